"""What a track's document is at an instant, and until when.

The part that moves only at dated instants (changes, list items, existence) is folded once a segment between them;
counters are integer lines put on top.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from toolkit.timeline.view import NEVER, Held, Record
from toolkit.tracks.columns import Deltas
from toolkit.tracks.form import FilledForm, Form, bare_form, form_of
from toolkit.tracks.paths import path_of
from toolkit.tracks.track import Counter, Piece, Track, dated, exists, line_at, line_next

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.model.wire import Document
    from toolkit.tracks.track import AnyChange

_CHECKPOINT: Final = 32
"""Every so many changes a folded document is kept, so that a seek folds no more than that."""


def apply(doc: Document, change: AnyChange) -> Document:
    """Give the document that a change makes of another one.

    Fields that are removed go first, so that one both removed and set moves to the end; fields that are only set keep
    their place.
    """
    other = change.doc
    after = dict(doc if other is UNSET else other)
    for field in change.unset:
        after.pop(field, None)
    after.update(change.set)
    return after


class Line:
    """Pieces of a line, ready to be asked for any instant at the cost of one look-up, however many there are."""

    __slots__ = ("_moves", "_pieces", "_starts")

    def __init__(self, pieces: list[Piece]) -> None:
        """Note of every piece until when the value at its start is held; pieces after it may carry it on."""
        self._pieces = pieces
        self._starts = [start for start, _, _ in pieces]
        self._moves = [NEVER] * len(pieces)
        for place in range(len(pieces) - 1, -1, -1):
            self._moves[place] = self._next(place, pieces[place][0])

    def at(self, t: int) -> Held[int]:
        """Give the value at an instant, and the first later instant at which it is another one."""
        return Held(*self.look(t))

    def look(self, t: int) -> tuple[int, int]:
        """Give the same, as a pair that costs less."""
        place = bisect_right(self._starts, t) - 1
        if place < 0:
            place, t = 0, self._starts[0]
        return line_at(self._pieces[place], t), self._next(place, t)

    def _next(self, place: int, at: int) -> int:
        """Give the first instant after one in a piece at which the value is another one."""
        piece, after = self._pieces[place], place + 1
        end = self._pieces[after][0] if after < len(self._pieces) else NEVER
        step = line_next(piece, at)
        if step is not None and step < end:
            return step
        if after == len(self._pieces) or line_at(self._pieces[after], end) != line_at(piece, at):
            return end
        return self._moves[after]


def moving(counter: Counter, instants: Sequence[int]) -> Line | Deltas:
    """Make a counter ready; one that is made of another field is not."""
    return Line(counter.pieces) if counter.deltas is UNSET else Deltas(counter, instants)


_Looker = tuple["Callable[[int], tuple[Any, int]]", bool]
"""Tells a value, and until when it stays, at a frame or at an instant; and whether it is at a frame."""
_NOTHING: Final[Held[Record | None]] = Held(None, -NEVER)


class TrackState:
    """One track, ready to be asked for any instant.

    Attributes:
        track: The track.
        counts: Whether anything in it is a counter.
    """

    __slots__ = (
        "_checkpoints", "_edges", "_form", "_instants", "_latest", "_lines", "_lookers", "_paths", "_settled", "_shown",
        "_since", "_times", "counts", "track",
    )  # fmt: skip

    def __init__(self, track: Track, instants: Sequence[int] = ()) -> None:
        """Index a track's instants.

        Args:
            track: The track.
            instants: The frames' instants, if it is a recording's.
        """
        self.track = track
        self.counts = bool(track.counters)
        self._instants = instants
        self._times = [change.t for change in track.changes]
        self._edges = sorted(set(dated(track)))
        self._checkpoints: dict[int, Document] = {0: track.doc}
        self._latest = (0, track.doc)
        self._settled: tuple[int, Document | None] = -1, None
        self._form: Form | None = None
        self._lookers: list[_Looker] = []
        self._since, self._shown = NEVER, _NOTHING
        self._lines = {name: moving(counter, instants) for name, counter in track.counters.items() if not counter.of}
        self._paths = {path_of(name): name for name in track.counters}

    def segment(self, t: int) -> int:
        """Number the time between two of the track's own instants that `t` is in; only counters move within one."""
        return bisect_right(self._edges, t)

    def at(self, t: int) -> Held[Document | None]:
        """Give the document at an instant, `None` where there is none; it is shared, never change it."""
        record, until = self.record(t, bisect_right(self._instants, t) - 1)
        return Held(None if record is None else record.fields, until)

    def record(self, t: int, frame: int) -> Held[Record | None]:
        """Give the record at an instant, `None` where there is none; the last one is kept.

        Args:
            t: The instant.
            frame: The number of the last frame that is not later; -1 before the first, or without any.
        """
        if self._since <= t < self._shown.until:
            return self._shown
        segment = bisect_right(self._edges, t)
        until = self._edges[segment] if segment < len(self._edges) else NEVER
        if self.track.spans and not exists(self.track.spans, t):
            starts = [since for since, _ in self.track.spans if since is not None and since > t]
            return Held(None, min(starts, default=NEVER))
        held, doc = self._settled
        if held != segment or doc is None:
            doc = self._listed(self._folded(bisect_right(self._times, t)), t)
            self._settled = segment, doc
        self._since, self._shown = t, self._counted(doc, t, frame, until) if self.counts else Held(Record(doc), until)
        return self._shown

    def _counted(self, doc: Document, t: int, frame: int, until: int) -> Held[Record | None]:
        form = self._form
        if form is None or form.doc is not doc or form.bare:
            form = self._formed(doc, cut=form is not None and form.doc is doc)
        values = []
        next_frame = last = len(self._instants)
        # A page of many counters is made of these comparisons: `min` takes three times as long.
        for look, by_frame in self._lookers:
            if by_frame:
                value, moves = look(frame)
                if moves < next_frame:  # noqa: PLR1730 - see above
                    next_frame = moves
            else:
                value, moves = look(t)
                if moves < until:  # noqa: PLR1730 - see above
                    until = moves
            values.append(value)
        if next_frame < last:
            until = min(until, self._instants[next_frame])
        return Held(FilledForm(form, values), until)

    def _formed(self, doc: Document, *, cut: bool) -> Form:
        """Make ready for a document; its text is cut when it is asked for again, for only then that pays."""
        dates = {path: self._is_date(name) for path, name in self._paths.items() if path[0] in doc}
        self._form = form = form_of(doc, dates) if cut else bare_form(doc, list(dates))
        self._lookers = [self._looker(doc, self._paths[path]) for path in form.paths]
        return form

    def _is_date(self, name: str) -> bool:
        line = self._lines.get(name)
        return isinstance(line, Deltas) and line.dates

    def _looker(self, doc: Document, field: str) -> _Looker:
        """Give what tells a field's value, and until when it stays: by frame, or else by instant."""
        line = self._lines.get(field)
        if line is not None:
            return line.look, isinstance(line, Deltas)
        counter = self.track.counters.get(field)
        if counter is None:
            value = doc.get(field, 0)
            return lambda _: (value, NEVER), False
        look, by_frame = self._looker(doc, counter.of)

        def derived(at: int) -> tuple[Any, int]:
            made_of, moves = look(at)
            return made_of * counter.times // counter.per, moves

        return derived, by_frame

    def values(self, fields: Sequence[str], t: int) -> Document | None:
        """Give some fields of the document at an instant, `None` where there is none, at the cost of no others.

        Fields that are lists, or counted by them, are not asked for.
        """
        if not exists(self.track.spans, t):
            return None
        doc = self._folded(bisect_right(self._times, t))
        frame = bisect_right(self._instants, t) - 1
        lookers = {field: self._looker(doc, field) for field in fields if field in doc}
        return {field: look(frame if by_frame else t)[0] for field, (look, by_frame) in lookers.items()}

    def touched(self, fields: Sequence[str], after: int, until: int) -> set[int]:
        """Give the instants later than `after` and not later than `until` at which some fields may become others."""
        first, last = bisect_right(self._times, after), bisect_right(self._times, until)
        found = {
            change.t
            for change in self.track.changes[first:last]
            if change.doc is not UNSET or any(field in change.set or field in change.unset for field in fields)
        }
        found.update(t for span in self.track.spans for t in span if t is not None and after < t <= until)
        for field in fields:
            while (counter := self.track.counters.get(field)) is not None and counter.of:
                field = counter.of  # noqa: PLW2901 - what it is made of moves it
            line = self._lines.get(field)
            t = after
            while line is not None and (t := line.at(t).until) <= until:
                found.add(t)
        return found

    def _folded(self, count: int) -> Document:
        """Give the document after the first `count` changes."""
        start, doc = self._latest
        checkpoint = count - count % _CHECKPOINT
        while checkpoint not in self._checkpoints:
            checkpoint -= _CHECKPOINT
        if not checkpoint <= start <= count:
            start, doc = checkpoint, self._checkpoints[checkpoint]
        for done, change in enumerate(self.track.changes[start:count], start + 1):
            doc = apply(doc, change)
            if done % _CHECKPOINT == 0:
                self._checkpoints[done] = doc
        self._latest = count, doc
        return doc

    def _listed(self, doc: Document, t: int) -> Document:
        """Put the entries that exist at an instant into the document's lists, and what is counted by them."""
        if not self.track.lists:
            return doc
        lists = {
            field: [
                item.doc
                for item in items
                if (item.since is None or item.since <= t) and (item.until is None or t < item.until)
            ]
            for field, items in self.track.lists.items()
        }
        counts = {field: base - len(lists[of]) for field, (base, of) in self.track.counts.items()}
        return doc | {field: value for field, value in (lists | counts).items() if field in doc}
