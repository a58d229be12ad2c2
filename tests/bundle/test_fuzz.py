from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bundle.making import CONTROLLER, DATE, END, EPOCH, EXECUTION, NAMES, make
from tests.tracks.strategies import contents
from toolkit.bundle.lines import line, parse_line
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.typed import line_check
from toolkit.errors import BundleDamaged, BundleError
from toolkit.model.wire import Document, loads
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.placing import Explicit, Placing
from toolkit.tracks.runs import write_runs
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Counter, Item, Track

PIECES = [b"", b"\x00", b"\xff", b'"', b"{", b"[", b"]", b",", b"-1", b"1e999", b"null", b"\\ud800", b"9" * 400, b"\n"]


SPOILT = (
    st.sampled_from(["generated", "recorded"]),
    st.sampled_from(NAMES),
    st.integers(0, 10_000),
    st.integers(0, 30),
    st.sampled_from(PIECES),
)
"""What `spoilt` takes after its folder."""


def spoilt(folder: str, kind: str, name: str, place: int, length: int, piece: bytes) -> Path:  # noqa: PLR0913, PLR0917
    """Make a small bundle of a kind with other bytes at a place of one of its files."""
    path = make(Path(folder) / "x", kind)
    text = (path / name).read_bytes()
    place %= len(text)
    (path / name).write_bytes(text[:place] + piece + text[place + length :])
    return path


@settings(deadline=None, max_examples=300)
@given(*SPOILT)
def test_damage_is_never_a_traceback(kind: str, name: str, place: int, length: int, piece: bytes) -> None:
    """Whatever bytes are put anywhere into a bundle, it is refused with an error of ours, or it answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = spoilt(folder, kind, name, place, length, piece)
        with contextlib.suppress(BundleError):
            timeline = read_bundle(path, allow_edited=True).timeline
            for t in (timeline.first, min(max(EPOCH + 1, timeline.first), timeline.last), min(END, timeline.last)):
                assert all(record.text for name in KINDS for record in contents(timeline, name, t))


NUMBERS = st.sampled_from([-(2**63), -1, 0, 1, 2, 3_600_000, EPOCH, EPOCH + 1_000, END, END + 1, 2**62, 2**63 - 1])
FIELDS = st.sampled_from(["failed", "processed", "slicers", "queued", "listed", "name", "gone"])
COUNTERS = st.one_of(
    st.builds(Counter, pieces=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=1, max_size=3).map(sorted)),
    st.builds(Counter, of=FIELDS, times=NUMBERS, per=NUMBERS),
)


@settings(deadline=None, max_examples=400)
@given(
    st.booleans(),
    st.dictionaries(FIELDS, COUNTERS, max_size=3),
    st.lists(st.dictionaries(FIELDS, NUMBERS | st.just("x")), max_size=2),
    st.tuples(FIELDS, NUMBERS),
    st.lists(st.tuples(st.none() | NUMBERS, st.none() | NUMBERS), max_size=3),
)
def test_what_counts_is_refused_or_answers(
    generated: bool,  # noqa: FBT001 - drawn by position
    counters: dict[str, Counter],
    changed: list[dict[str, object]],
    counted: tuple[str, int],
    items: list[tuple[int | None, int | None]],
) -> None:
    """Whatever numbers make up counters and counts, they are refused or give whole numbers that never fall."""
    track = Track(
        "e1",
        CONTROLLER | {"listed": []},
        changes=[Change(EPOCH + 500 * n, set=fields) for n, fields in enumerate(changed, 1)],
        counters=counters,
        lists={"listed": [Item({}, since, until) for since, until in items]},
        counts={counted[0]: (counted[1], "listed")},
    )
    text = line(track)
    with contextlib.suppress(BundleDamaged):
        line_check(KINDS["controllers"], EPOCH, END, generated=generated).check(text)
        timeline = TrackTimeline({"controllers": [parse_line(text)]}, EPOCH, END)
        before = dict.fromkeys(counters, 0)
        for t in (EPOCH, EPOCH + 1, EPOCH + 999, EPOCH + 1_000, END):
            record = timeline.at(t).controllers().value[0]
            assert record.text
            assert counted[0] in counters or 0 <= record.fields[counted[0]] < 2**63
            for field in before:
                assert type(record.fields[field]) is int
                assert not counters[field].pieces or before[field] <= record.fields[field]
                assert 0 <= record.fields[field] < 2**63
                before[field] = record.fields[field]


INSTANTS = range(EPOCH, END + 1, 1_000)
PLACES = st.sampled_from(
    ["_updated", "_status", "_deleted", "name", "slicers", "n", "/s/a~1b", "/s/deep/x", "/s/none", "/s", "/_updated"]
)
TEXTS = st.lists(st.tuples(NUMBERS | st.integers(-9, 9), st.integers(1, 20)), max_size=5).map(write_runs)
BEGINS = NUMBERS | st.sampled_from([-(2**63), DATE, "9999-12-31T23:59:59.999Z", "2026-02-30T00:00:00.000Z", "x"])
MOVING = st.one_of(
    COUNTERS,
    st.builds(Counter, deltas=TEXTS | st.just("x"), since=st.sampled_from([*INSTANTS, 0]), value=BEGINS),
    st.builds(Counter, of=PLACES, times=st.sampled_from([1, 3, 2**62]), per=st.just(2)),
)
DOCS = st.fixed_dictionaries(
    {},
    optional={
        "s": st.sampled_from([5, None, [], {}, {"a/b": 1, "deep": {"x": 2}}, {"a/b": "x", "deep": [1]}]),
        "n": st.sampled_from([5, -1, "x", None, {"a": 1}]),
        "_updated": st.sampled_from([DATE, None, 5]),
        "_deleted": st.sampled_from([True, 1, None]),
    },
)


@settings(deadline=None, max_examples=400)
@given(
    DOCS,
    st.dictionaries(PLACES, MOVING, max_size=4),
    st.lists(DOCS, max_size=2),
    st.lists(st.tuples(st.sampled_from(["e1", "e2", "x"]), st.sampled_from(["e1", "e2", "x", None])), max_size=4),
)
def test_what_moves_in_a_recording_is_refused_or_answers(
    doc: Document, counters: dict[str, Counter], changed: list[Document], placed: list[Placing]
) -> None:
    """Whatever moves by frames, wherever a pointer leads, it is refused or there is an answer at every instant."""
    changes = [Change(EPOCH + 30_000 * n, set=fields) for n, fields in enumerate(changed, 1)]
    texts = [line(Track("e1", EXECUTION | doc, changes=changes, counters=counters))]
    texts.append(line(Track("e2", EXECUTION | {"ex_id": "e2"})))
    check = line_check(KINDS["executions"], EPOCH, END, INSTANTS, generated=False)
    try:
        for text in texts:
            check.check(text)
    except BundleDamaged:
        return
    orders = {"executions": [Explicit(EPOCH + 5_000, placed, [])]}
    timeline = TrackTimeline({"executions": list(map(parse_line, texts))}, EPOCH, END, orders, INSTANTS)
    assert all(change.ex_id for change in timeline.changes(EPOCH, END))
    for t in sorted({*INSTANTS, *(t + 1 for t in INSTANTS[:-1])}):
        view = timeline.at(t)
        listed = view.executions(0, 9)
        deleted = view.deleted_executions(0, 9)
        assert sorted(r.fields["ex_id"] for r in listed.value + deleted.value) == ["e1", "e2"]
        assert all(loads(record.text) == record.fields for record in listed.value + deleted.value)
        assert min(listed.until, deleted.until) > t
        assert view.latest_execution("j1").value is not None
        assert len(view.living_of("j1").value) <= 2
