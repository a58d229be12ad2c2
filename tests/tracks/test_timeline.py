from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import InstantError
from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.timeline.view import NEVER
from toolkit.timeline.view import Change as Move
from toolkit.tracks.cache import Bounded
from toolkit.tracks.kinds import instant_of
from toolkit.tracks.state import TrackState
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import HOUR_MS, Change, Counter, Span, Track

if TYPE_CHECKING:
    from toolkit.tracks.placing import Placing

EPOCH = 1_767_225_600_000

DELETED = {b"true", b'"true"', b"[false,true]"}
"""Values of `_deleted` that mean it."""


def date(n: int) -> str:
    """The n-th second of the bundle, as Teraslice writes it."""
    return format_instant(EPOCH + n * 1000)


def timeline(**tracks: list[Track]) -> TrackTimeline:
    """A timeline over a hundred instants."""
    return TrackTimeline(tracks, 0, 100)


def job(name: str, updated: Any = None, **more: Any) -> Track:
    """A job's track."""
    return Track(name, {"job_id": name, "_updated": updated}, **more)


def ids(records: Any, field: str = "job_id") -> list[str]:
    """The ids of records."""
    return [record.fields[field] for record in records.value]


@st.composite
def job_tracks(draw: st.DrawFn) -> list[Track]:
    """Jobs that stand still, move, come and go."""
    tracks = []
    for number in range(draw(st.integers(0, 8))):
        times = sorted(draw(st.sets(st.integers(1, 100), max_size=3)))
        updates = st.integers(0, 4).map(date) | st.sampled_from([None, "odd", 5, "2026-99-01T00:00:00.000Z"])
        marks = st.sampled_from([True, True, False, None, "true", "false", [False, True]])
        fields = st.tuples(st.sampled_from(["_updated", "x"]), updates) | st.tuples(st.just("_deleted"), marks)
        changes = [Change(t, set=dict([draw(fields)])) for t in times]
        spans: list[Span] = draw(st.sampled_from([[], [(None, 40)], [(20, None)], [(10, 30), (60, 70)]]))
        track = job(f"j{number}", draw(updates), changes=changes, spans=spans)
        if draw(st.booleans()):
            track.doc["_deleted"] = draw(marks)
        tracks.append(track)
    return tracks


def expected(tracks: list[Track], t: int, *, deleted: bool = False) -> list[str]:
    """The ids of the list at an instant, from the definition."""
    every = [doc for track in tracks if (doc := TrackState(track).at(t).value) is not None]
    docs = [doc for doc in every if (dumps(doc.get("_deleted")) in DELETED) is deleted]
    return [doc["job_id"] for doc in sorted(docs, key=lambda doc: (-instant_of(doc["_updated"]), doc["job_id"]))]


@settings(deadline=None, max_examples=200)
@given(job_tracks(), st.lists(st.integers(0, 100), min_size=1, max_size=15), st.integers(0, 4), st.integers(0, 4))
def test_a_page_is_a_slice_of_the_sorted_list(tracks: list[Track], instants: list[int], start: int, size: int) -> None:
    """At any instant a page is what a full sort, newest first and then by id, has at these places."""
    found = timeline(jobs=tracks)
    for t in instants:
        view = found.at(t)
        assert expected(tracks, t)[start : start + size] == ids(view.jobs(start, size))
        assert view.job_count() == len(expected(tracks, t))
        assert expected(tracks, t, deleted=True)[start : start + size] == ids(view.deleted_jobs(start, size))


@settings(deadline=None, max_examples=100)
@given(job_tracks(), st.integers(0, 100))
def test_a_page_stays_so_until(tracks: list[Track], t: int) -> None:
    """A page is the same at every instant before its `until`, its documents included."""
    found = timeline(jobs=tracks)
    page = found.at(t).jobs(0, 5)
    assert page.until > t
    for later in range(t, min(page.until, 101)):
        assert [record.fields for record in page.value] == [r.fields for r in found.at(later).jobs(0, 5).value]
    gone = found.at(t).deleted_jobs(0, 5)
    for later in range(t, min(gone.until, 101)):
        assert [record.fields for record in gone.value] == [r.fields for r in found.at(later).deleted_jobs(0, 5).value]


def test_ready_made_texts_are_kept() -> None:
    """A record that stands still, or whose document has not changed since, is the same object, text included."""
    found = timeline(jobs=[job("a"), job("b", changes=[Change(50, set={"x": 1})])])
    for name in ("a", "b"):
        assert found.at(1).job(name).value is found.at(49).job(name).value
    assert found.at(1).job("b").value is not found.at(50).job("b").value


def test_a_counting_record_is_kept_until_it_counts() -> None:
    """A record with a counter is made again when the counter moves, and not before."""
    track = Track("e", {"ex_id": "e", "n": 0}, counters={"n": Counter(pieces=[(0, 0, HOUR_MS // 10)])})
    found = timeline(executions=[track])
    record, until = found.at(12).execution("e")
    assert record is not None
    assert (record.fields["n"], until) == (1, 20)
    assert record is found.at(19).execution("e").value
    assert [found.at(t).execution("e").value.fields["n"] for t in (5, 20)] == [0, 2]  # type: ignore[union-attr]  # it is there


def test_an_unknown_id_is_nobody() -> None:
    """An id that no track has gives nothing, for ever; one that is not there yet gives nothing until it is."""
    found = timeline(jobs=[job("b", spans=[(10, None)])])
    assert [found.at(5).job(name) for name in ("a", "c")] == [(None, NEVER)] * 2
    assert found.at(5).job("b") == (None, 10)


@pytest.mark.parametrize("t", [-1, 101, 10**18])
def test_instants_outside_are_refused(t: int) -> None:
    """An instant before the first or after the last is an error that says what there is."""
    with pytest.raises(
        InstantError, match=r"the bundle goes from 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:00.100Z"
    ):
        timeline().at(t)


def test_records_are_counted() -> None:
    """The count of a list is of what exists, a shelf's of what ever does."""
    found = timeline(executions=[execution("a"), execution("b", spans=[(50, None)])])
    assert [found.at(t).execution_count() for t in (0, 50)] == [1, 2]
    assert len(found.shelf("executions")) == 2


def test_both_ends_are_inside() -> None:
    """The first and the last instant can be asked for."""
    assert [timeline().at(t).t for t in (0, 100)] == [0, 100]


def test_controllers_are_sorted_as_teraslice_does() -> None:
    """Controllers come by name, then start, both descending, then by id; a missing value comes first."""
    rows = [
        ("1", "alpha", date(1)), ("2", "beta", date(1)), ("3", "beta", date(2)), ("4", "beta", None),
        ("5", None, date(9)), ("6", "alpha", date(1)),
    ]  # fmt: skip
    tracks = [Track(key, {"ex_id": key, "name": name, "started": started}) for key, name, started in rows]
    assert ids(timeline(controllers=tracks).at(0).controllers(), "ex_id") == ["5", "4", "3", "2", "1", "6"]


def test_nodes_come_by_id_with_their_keys() -> None:
    """The nodes of the cluster state come by key, each with it."""
    nodes = timeline(nodes=[Track("n2", {"node_id": "n2"}), Track("n1", {"node_id": "n1"})]).at(0).nodes()
    assert [key for key, _ in nodes.value] == ["n1", "n2"]


def test_the_info_of_a_bundle_without_one_is_empty() -> None:
    """A bundle that does not know the cluster's versions answers `{}`."""
    found = timeline().at(0).info()
    assert (found.value.fields, found.until) == ({}, NEVER)
    info = timeline(cluster=[Track("info", {"name": "c"})]).at(0).info()
    assert info.value.fields == {"name": "c"}


def error(name: str, ex_id: str, second: int, **more: Any) -> Track:
    """An error record's track."""
    return Track(name, {"slice_id": name, "ex_id": ex_id, "_updated": date(second)}, **more)


def test_errors_are_those_of_the_execution() -> None:
    """An execution's errors are the records of it that exist, newest first, then by id."""
    found = timeline(
        errors=[
            error("s1", "e", 1),
            error("s2", "e", 2),
            error("s3", "e", 2),
            error("s4", "other", 9),
            error("s5", "e", 5, spans=[(50, None)]),
            error("s6", "other", 5, changes=[Change(80, set={"ex_id": "e"})]),
        ]
    )
    for t, expected_ids, until in ((0, ["s2", "s3", "s1"], 50), (50, ["s5", "s2", "s3", "s1"], 80)):
        errors = found.at(t).errors("e")
        assert (expected_ids, until) == (ids(errors, "slice_id"), errors.until)
    assert ids(found.at(80).errors("e"), "slice_id") == ["s5", "s6", "s2", "s3", "s1"]
    assert found.at(0).errors("nobody") == ([], NEVER)


def chain(*ids: str) -> list[Placing]:
    """Ids placed at the front, one after the other."""
    return [(name, ids[place - 1] if place else None) for place, name in enumerate(ids)]


def test_an_explicit_order_holds_until_the_next() -> None:
    """From its instant on an explicit order counts: records are placed after others, also after ones long gone."""
    tracks = [job("a", date(3)), job("b", date(2)), job("c", date(1)), job("d", date(0), spans=[(None, 30)])]
    found = TrackTimeline({"jobs": tracks}, 0, 100, {"jobs": [(20, chain("d", "nobody", "c")), (40, [])]})
    pages = {t: (ids(found.at(t).jobs(0, 9)), found.at(t).jobs(0, 9).until) for t in (0, 20, 30, 40)}
    assert pages == {
        0: (["a", "b", "c", "d"], 20),
        20: (["d", "c", "a", "b"], 30),
        30: (["c", "a", "b"], 40),
        40: (["a", "b", "c"], NEVER),
    }
    assert ids(found.at(20).jobs(1, 2)) == ["c", "a"]
    assert [found.at(t).job_count() for t in (20, 30)] == [4, 3]


def test_deleted_executions_are_in_a_list_of_their_own() -> None:
    """From its deletion on an execution is in the other list and still served alone; `false` and nothing are alike."""
    found = timeline(
        executions=[
            execution("a", (30, {"_deleted": True, "_updated": date(30)})),
            execution("b", (50, {"_deleted": False})),
            execution("c", (0, {"_deleted": True, "job_id": "j"})),
            Track("d", {"ex_id": "d", "_updated": date(9), "_deleted": True}),
        ]
    )
    shown = {
        t: (ids(found.at(t).executions(0, 9), "ex_id"), ids(found.at(t).deleted_executions(0, 9), "ex_id"))
        for t in (29, 30, 50)
    }
    assert shown == {29: (["a", "b"], ["d", "c"]), 30: (["b"], ["a", "d", "c"]), 50: (["b"], ["a", "d", "c"])}
    assert [found.at(t).execution_count() for t in (29, 30)] == [2, 1]
    assert found.at(29).deleted_executions(0, 1).until == 30
    for name in "acd":
        assert found.at(50).execution(name).value is not None
    assert found.at(50).latest_execution("j").value is found.at(50).execution("c").value


def test_an_explicit_order_is_of_listed_records() -> None:
    """A recorded order names what was listed; deleted records keep the sort."""
    gone = [Track(name, {"job_id": name, "_updated": date(n), "_deleted": True}) for n, name in enumerate("xy")]
    found = TrackTimeline(
        {"jobs": [*gone, job("a", date(5)), job("b", date(6))]}, 0, 100, {"jobs": [(0, chain("a", "x"))]}
    )
    assert ids(found.at(0).jobs(0, 9)) == ["a", "b"]
    assert ids(found.at(0).deleted_jobs(0, 9)) == ["y", "x"]
    assert found.at(0).asset_operations() == ({}, NEVER)


def execution(name: str, *moves: tuple[int, dict[str, Any]], spans: list[Span] | None = None) -> Track:
    """An execution's track."""
    doc = {"ex_id": name, "name": "job", "_status": "pending"}
    return Track(name, doc, changes=[Change(t, set=fields) for t, fields in moves], spans=spans or [])


def test_status_changes_come_in_their_order() -> None:
    """Every status that becomes another one is told, and every beginning, by instant and then by execution."""
    found = timeline(
        executions=[
            execution("b", (20, {"_status": "running"}), (30, {"name": "new"}), (40, {"_status": "running"})),
            execution("a", (20, {"_status": "failed"}), spans=[(10, 50), (60, None)]),
            execution("c", (5, {"_status": "running"}), (20, {"_status": None}), spans=[(10, None)]),
            execution("still"),
        ]
    )
    moves = [
        Move(10, "a", "job", None, "pending"),
        Move(10, "c", "job", None, "running"),
        Move(20, "a", "job", "pending", "failed"),
        Move(20, "b", "job", "pending", "running"),
        Move(20, "c", "job", "running", "unknown"),
        Move(60, "a", "job", None, "failed"),
    ]
    assert moves == list(found.changes(0, 100))
    assert moves[2:5] == list(found.changes(10, 20))
    assert [found.next_change(t) for t in (0, 10, 20, 60)] == [10, 20, 60, NEVER]


def test_a_document_that_is_replaced_moves_too() -> None:
    """A change that is another document altogether counts for order and status like any other."""
    track = Track("e", {"_status": "running"}, changes=[Change(5, doc={"x": 1}), Change(6, unset=["_status"])])
    assert [Move(5, "e", "unknown", "running", "unknown")] == list(timeline(executions=[track]).changes(0, 100))


def test_a_bounded_cache_forgets_what_was_not_used() -> None:
    """A full cache drops what was used longest ago."""
    cache: Bounded[int, str] = Bounded(2)
    cache.put(1, "a")
    cache.put(2, "b")
    cache.get(1)
    cache.put(3, "c")
    assert [cache.get(key) for key in (1, 2, 3)] == ["a", None, "c"]
    assert len(cache) == 2


def test_many_executions_errors_are_listed_in_turn() -> None:
    """More executions than error lists are kept still each get theirs."""
    found = timeline(errors=[error(f"s{n:03}", f"e{n}", n) for n in range(100)])
    for _ in range(2):
        assert [[f"s{n:03}"] for n in range(100)] == [ids(found.at(0).errors(f"e{n}"), "slice_id") for n in range(100)]
