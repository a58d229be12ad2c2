from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from toolkit.model.wire import Document, dumps, pretty_item
from toolkit.timeline.view import NEVER
from toolkit.tracks import state
from toolkit.tracks.state import Line, TrackState, apply
from toolkit.tracks.track import HOUR_MS, Change, Counter, Item, Piece, Track, line_at, line_next

if TYPE_CHECKING:
    import pytest

TIMES = st.integers(0, 40)
RATES = st.sampled_from([0, 1, HOUR_MS // 7, HOUR_MS // 2, HOUR_MS, 3 * HOUR_MS])


@st.composite
def pieces(draw: st.DrawFn) -> list[Piece]:
    """Pieces of a line that joins up, or starts anew."""
    starts = sorted(draw(st.sets(TIMES, min_size=1, max_size=4)))
    line: list[Piece] = []
    for start in starts:
        value = draw(st.integers(0, 9))
        if line and draw(st.booleans()):
            value = line_at(line[-1], start)
        line.append((start, value, draw(RATES)))
    return line


@st.composite
def spans(draw: st.DrawFn) -> list[tuple[int | None, int | None]]:
    """Times of existence that follow one another."""
    bounds: list[Any] = sorted(draw(st.sets(TIMES, max_size=4)))
    if draw(st.booleans()):
        bounds.insert(0, None)
    if len(bounds) % 2:
        bounds.append(None)
    return list(zip(bounds[::2], bounds[1::2], strict=True))


@st.composite
def tracks(draw: st.DrawFn) -> Track:
    """A track with everything a track can have."""
    fields = st.sampled_from(["a", "b", "n", "of_n", "items"])
    changes = []
    for t in sorted(draw(st.sets(TIMES, max_size=6))):
        doc: Any = draw(st.just(UNSET) | st.dictionaries(fields, st.integers(0, 3)))
        sets = draw(st.dictionaries(fields, st.integers(0, 3), max_size=2))
        changes.append(Change(t, set=sets, unset=draw(st.lists(fields, max_size=2, unique=True)), doc=doc))
    ends = st.none() | TIMES
    items = [
        Item({"w": number}, since, until) for number, (since, until) in enumerate(draw(st.lists(st.tuples(ends, ends))))
    ]
    return (
        Track(
            "r",
            {"a": 0, "items": [], "n": 0, "left": 0, "of_n": 0, "of_b": 0, "of_of_n": 0},
            changes=changes,
            counters=draw(
                st.sampled_from(
                    [
                        {},
                        {
                            "n": Counter(pieces=draw(pieces())),
                            "of_n": Counter(of="n", times=3, per=2),
                            "of_of_n": Counter(of="of_n", times=1, per=3),
                            "of_b": Counter(of="b", times=2),
                        },
                    ]
                )
            ),
            lists=draw(st.sampled_from([{}, {"items": items}])) or {},
            counts={"left": (10, "items")},
            spans=draw(spans()),
        )
        if draw(st.booleans())
        else Track("r", {"a": 0}, changes=changes, spans=draw(spans()))
    )


def plain(track: Track, t: int) -> Document | None:
    """The document at an instant, worked out from the definition without any cleverness."""
    if track.spans and not any((a is None or a <= t) and (b is None or t < b) for a, b in track.spans):
        return None
    doc = dict(track.doc)
    for change in track.changes:
        if change.t <= t:
            doc = apply(doc, change)
    present = {
        field: [i.doc for i in items if (i.since is None or i.since <= t) and (i.until is None or t < i.until)]
        for field, items in track.lists.items()
    }
    for field, entries in present.items():
        if field in doc:
            doc[field] = entries
    for field, (base, of) in track.counts.items():
        if field in doc and of in present:
            doc[field] = base - len(present[of])
    values = {field: count(track, doc, field, t) for field in track.counters if field in doc}
    return doc | values


def count(track: Track, doc: Document, field: str, t: int) -> int:
    """A counter's value from the definition."""
    counter = track.counters.get(field)
    if counter is None:
        return int(doc.get(field, 0))
    if counter.of:
        return count(track, doc, counter.of, t) * counter.times // counter.per
    begun = [piece for piece in counter.pieces if piece[0] <= t]
    return line_at(begun[-1], t) if begun else counter.pieces[0][1]


@settings(deadline=None, max_examples=300)
@given(tracks().filter(lambda track: track.lists or not track.counts), st.lists(TIMES, min_size=1, max_size=12))
def test_the_state_is_the_definitions(track: Track, instants: list[int]) -> None:
    """Whatever is asked first, every instant's document is the one the definition gives, key order included."""
    state = TrackState(track)
    for t in instants:
        expected = plain(track, t)
        record = state.record(t, -1).value
        assert (None if record is None else record.item) == (None if expected is None else pretty_item(expected))
        assert dumps(expected) == dumps(state.at(t).value)


@settings(deadline=None, max_examples=300)
@given(tracks().filter(lambda track: track.lists or not track.counts), TIMES)
def test_a_document_stays_so_until(track: Track, t: int) -> None:
    """Nothing changes from the instant asked for up to `until`."""
    doc, until = TrackState(track).at(t)
    assert until > t
    assert {dumps(doc)} == {dumps(plain(track, later)) for later in range(t, min(until, 60))}


@settings(deadline=None, max_examples=300)
@given(pieces(), TIMES)
def test_a_counter_says_when_it_changes(line: list[Piece], t: int) -> None:
    """`until` is the first instant at which a counter has another value, not before it and not after it."""
    track = Track("r", {"n": 0}, counters={"n": Counter(pieces=line)})
    value, until = Line(line).at(t)
    assert value == count(track, {}, "n", t)
    end = min(until, t + 400)
    assert all(count(track, {}, "n", later) == value for later in range(t, end))
    assert until == NEVER or count(track, {}, "n", until) != value


def test_a_line_in_the_far_future_is_exact() -> None:
    """A slow counter's next step is computed to the millisecond, years ahead."""
    piece = (0, 0, 1)
    t = 10**15
    step = line_next(piece, t)
    assert step is not None
    assert line_at(piece, step) == line_at(piece, t) + 1
    assert line_at(piece, step - 1) == line_at(piece, t)


def test_pieces_that_carry_on_do_not_end_a_value() -> None:
    """A piece that starts at the value of the one before changes nothing at its start."""
    assert Line([(0, 0, 0), (10, 0, 0), (20, 0, 0)]).at(5) == (0, NEVER)
    assert Line([(0, 0, 0), (10, 0, 0), (20, 0, HOUR_MS)]).at(5) == (0, 21)
    assert Line([(0, 0, 0), (10, 0, 0), (20, 7, 0)]).at(5) == (0, 20)


def test_many_pieces_cost_no_more_than_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many pieces carry a value on, a read looks at the one it is in, and knows when the value ends."""
    line = Line([(t, 7, t % 2) for t in range(100_000)] + [(100_000, 8, 0)])
    looked: list[Piece] = []

    def counted(piece: Piece, t: int) -> int | None:
        looked.append(piece)
        return line_next(piece, t)

    monkeypatch.setattr(state, "line_next", counted)
    assert (line.at(3), looked) == ((7, 100_000), [(3, 7, 1)])


def test_a_missing_record_says_when_it_comes() -> None:
    """Where a record does not exist, `until` is its next beginning."""
    state = TrackState(Track("r", {}, changes=[Change(5, set={"a": 1})], spans=[(10, 20), (30, 40)]))
    assert [state.at(t) for t in (0, 25, 40)] == [(None, 10), (None, 30), (None, NEVER)]


def test_a_seek_among_many_changes_is_right_and_starts_near() -> None:
    """A track of many changes answers for any instant, folding from a document kept nearby."""
    state = TrackState(Track("r", {"a": 0}, changes=[Change(t, set={"a": t}) for t in range(1, 201)]))
    assert [{"a": t} for t in (200, 3, 150, 151, 0)] == [state.at(t).value for t in (200, 3, 150, 151, 0)]
    assert {0, 32, 64, 96, 128, 160, 192} == set(state._checkpoints)
