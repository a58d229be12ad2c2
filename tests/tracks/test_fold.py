from __future__ import annotations

import itertools
from array import array

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracks.strategies import EPOCH, contents, moving_recordings, recordings
from toolkit.model.instants import format_instant
from toolkit.model.wire import Document, Literal, dumps
from toolkit.tracks.build import delta
from toolkit.tracks.fold import Folded, Frame, fold, record_id, steps_of
from toolkit.tracks.frames import Frames, Gap
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.state import apply
from toolkit.tracks.steps import BUDGET
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Counter, Track


def timeline_of(folded: Folded) -> TrackTimeline:
    """The timeline that a recording gives."""
    instants = folded.frames.instants
    tracks = {name: list(made) for name, made in folded.tracks.items()}
    return TrackTimeline(tracks, instants[0], instants[-1], folded.orders, instants)


def jobs(t: int, *records: tuple[str, Document]) -> Frame:
    """A frame of jobs alone."""
    return Frame(t, 0, {"jobs": list(records)}, {})


def errors_in_turn(records: list[tuple[str, Document]]) -> list[Document]:
    """Error records as `contents` gives them: by execution."""
    return [doc for ex_id in ("e1", "e2") for _, doc in records if doc["ex_id"] == ex_id]


@settings(deadline=None, max_examples=200)
@given(recordings() | moving_recordings(), st.sampled_from([0, 60, 300, BUDGET]))
def test_every_frame_comes_back(frames: list[Frame], budget: int) -> None:
    """Replaying a recording at a frame's instant gives every record, key, value and order that was seen."""
    timeline = timeline_of(fold(steps_of(iter(frames), budget)))
    held: dict[str, list[tuple[str, Document]]] = {name: [] for name in KINDS}
    for frame in frames:
        held |= frame.collections
        for name, records in held.items():
            expected = errors_in_turn(records) if name == "errors" else [doc for _, doc in records]
            assert list(map(dumps, expected)) == [dumps(r.fields) for r in contents(timeline, name, frame.t)]


@settings(deadline=None, max_examples=50)
@given(recordings())
def test_between_frames_the_last_one_holds(frames: list[Frame]) -> None:
    """Between two frames a recording stays what the earlier one saw."""
    timeline = timeline_of(fold(steps_of(frames)))
    for frame, after in itertools.pairwise(frames):
        for name in KINDS:
            expected = [dumps(record.fields) for record in contents(timeline, name, frame.t)]
            assert expected == [dumps(record.fields) for record in contents(timeline, name, after.t - 1)]


@settings(deadline=None, max_examples=50)
@given(moving_recordings())
def test_what_is_held_is_right_until_then(frames: list[Frame]) -> None:
    """Until when a page or a record of a recording holds is never later than the frame that shows another one."""
    timeline = timeline_of(fold(steps_of(frames)))
    for frame, after in itertools.pairwise(frames):
        views = [timeline.at(frame.t), timeline.at(after.t)]
        pages = [view.executions(0, 9) for view in views] + [view.controllers() for view in views]
        for before, later in (pages[:2], pages[2:]):
            same = [record.item for record in before.value] == [record.item for record in later.value]
            assert same or before.until <= after.t


def test_numbers_and_dates_that_move_are_counters() -> None:
    """What moves again and again is a counter, where it stands; what moves once is a change, a list its entries."""
    frames = [
        jobs(
            EPOCH + 1_000 * n,
            ("j", {"job_id": "j", "_updated": format_instant(EPOCH + n * n), "s": {"n/": 5 * n}, "a": n // 5, "d": -n}),
        )
        for n in range(6)
    ]
    (track,) = fold(steps_of(frames)).tracks["jobs"]
    assert track.counters == {
        "_updated": Counter(deltas="1 3 5 7 9", since=EPOCH, value=format_instant(EPOCH)),
        "/s/n~1": Counter(pieces=[(EPOCH, 0, 5 * 3_600)]),
        "d": Counter(deltas="-1*5", since=EPOCH, value=0),
    }
    assert track.changes == [Change(EPOCH + 5_000, set={"a": 1})]


def test_error_records_of_no_execution_are_nobodys() -> None:
    """An error record whose execution is no text is kept, and does not order those of an execution."""
    records = [(name, {"slice_id": name, "ex_id": ex_id}) for name, ex_id in (("b", 1), ("a", "1"), ("c", None))]
    folded = fold(steps_of([Frame(5, 0, {"errors": records}, {})]))
    assert folded.orders == {}
    timeline = timeline_of(folded)
    assert [record.fields["slice_id"] for record in timeline.at(5).errors("1").value] == ["a"]
    assert len(timeline.shelf("errors")) == 3


def test_an_order_is_the_same_wherever_one_looks_first() -> None:
    """In a recording of many orders any frame is given as it was, forwards, backwards and across."""
    names = [f"j{n}" for n in range(6)]
    frames = [
        jobs(
            n + 1,
            *[(name, {"job_id": name}) for name in sorted(names, key=lambda name, n=n: int(name[1]) * (n % 7 + 1) % 7)],
        )
        for n in range(200)
    ]
    timeline = timeline_of(fold(steps_of(frames)))
    for number in [*range(199, 0, -13), 0, 199, 100, 101, 64, 63, 65, 31, 32, 33]:
        seen = [name for name, _ in frames[number].collections["jobs"]]
        assert [record.fields["job_id"] for record in contents(timeline, "jobs", number + 1)] == seen


def test_what_does_not_change_costs_nothing() -> None:
    """A record that is the same in every frame has no change and no span."""
    folded = fold(steps_of([jobs(t, ("j", {"job_id": "j", "x": Literal("1.0")})) for t in (1, 2, 3)]))
    assert [Track("j", {"job_id": "j", "x": Literal("1.0")})] == list(folded.tracks["jobs"])
    assert folded.orders == {}


def test_a_change_costs_its_fields() -> None:
    """A change holds the fields that are other ones, and the names of those that are gone."""
    assert Change(5, set={"b": 3}, unset=["c"]) == delta(5, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3})


def test_numbers_are_compared_as_text() -> None:
    """`1`, `true` and `1.0` are three values, whatever Python says of their equality."""
    assert Change(5, set={"a": True}) == delta(5, {"a": 1}, {"a": True})
    assert Change(5, set={"a": 1}) == delta(5, {"a": Literal("1.0")}, {"a": 1})


def test_an_order_of_keys_that_no_delta_gives_is_kept_whole() -> None:
    """Where the fields' own changes would leave the keys in another order, the whole document is stored."""
    change = delta(5, {"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert Change(5, doc={"b": 2, "a": 1}) == change
    assert list(apply({"a": 1, "b": 2}, change)) == ["b", "a"]


def test_the_order_is_stored_only_where_it_is_not_the_sorts() -> None:
    """An explicit order starts where the sort would be wrong, lasts while it is right, and ends with the sort."""
    a, b = ("a", {"job_id": "a"}), ("b", {"job_id": "b"})
    folded = fold(steps_of([jobs(1, a, b), jobs(2, b, a), jobs(3, b, a), jobs(4, a, b), jobs(5, a, b)]))
    assert folded.orders == {"jobs": [(2, [("a", "b")], []), (4, [], ["a"])]}


def test_the_frames_stay_known() -> None:
    """What a frame was beside its records stays: instant, skew and gaps."""
    frames = fold(steps_of([Frame(3, 12, {}, {"nodes": "500"}), Frame(4, 0, {}, {"nodes": "500"})])).frames
    assert Frames(array("q", [3, 4]), array("q", [12, 0]), [Gap("nodes", "500", 3, 4, 2)]) == frames


@pytest.mark.parametrize(
    ("collection", "doc", "expected"),
    [
        ("jobs", {"job_id": "j"}, "j"),
        ("controllers", {"ex_id": "e", "job_id": "j"}, "e"),
        ("nodes", {"node_id": "n"}, "n"),
        ("jobs", {"job_id": ""}, "no-id-e535ad4e2f55286d"),
        ("jobs", {"job_id": 7}, "no-id-d4a991d32535c6f8"),
        ("cluster", {}, "no-id-44136fa355b3678a"),
    ],
)
def test_records_without_an_id_get_one(collection: str, doc: Document, expected: str) -> None:
    """A record's id is its field; one without gets an id from its content, the same one every time."""
    assert expected == record_id(collection, doc)


@pytest.mark.parametrize("instants", [[], [2, 2], [3, 1]])
def test_frames_must_come_in_order(instants: list[int]) -> None:
    """No frame, or one that is not later than the one before, is a mistake of the caller's."""
    with pytest.raises(ValueError, match="frame"):
        fold(steps_of([jobs(t) for t in instants]))


def test_one_is_not_true() -> None:
    """A record whose `_deleted` turns from 1 into true goes to the deleted ones, and comes back with 1."""
    a, b = ("a", {"job_id": "a"}), ("b", {"job_id": "b"})
    states = [1, True, [1], [True]]
    frames = [jobs(n, a, (b[0], b[1] | {"_deleted": value})) for n, value in enumerate(states)]
    timeline = timeline_of(fold(steps_of(frames)))
    assert [len(timeline.at(t).jobs(0, 9).value) for t in range(4)] == [2, 1, 2, 1]
    assert [len(timeline.at(t).deleted_jobs(0, 9).value) for t in range(4)] == [0, 1, 0, 1]
