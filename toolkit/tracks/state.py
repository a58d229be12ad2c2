"""What a track's document is at an instant, and until when.

The part that moves only at dated instants (changes, list items, existence) is folded once a segment between them;
counters are integer lines put on top.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from toolkit.timeline.view import NEVER, Held
from toolkit.tracks.columns import Deltas
from toolkit.tracks.paths import path_of, put
from toolkit.tracks.track import Counter, Piece, Track, dated, exists, line_at, line_next

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.model.wire import Document
    from toolkit.tracks.track import AnyChange

_CHECKPOINT: Final = 32
"""Every so many changes a folded document is kept, so that a seek folds no more than that."""

_start_of = itemgetter(0)


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

    __slots__ = ("_moves", "_pieces")

    def __init__(self, pieces: list[Piece]) -> None:
        """Note of every piece until when the value at its start is held; pieces after it may carry it on."""
        self._pieces = pieces
        self._moves = [NEVER] * len(pieces)
        for place in range(len(pieces) - 1, -1, -1):
            self._moves[place] = self._next(place, pieces[place][0])

    def at(self, t: int) -> Held[int]:
        """Give the value at an instant, and the first later instant at which it is another one."""
        place = max(0, bisect_right(self._pieces, t, key=_start_of) - 1)
        at = max(t, self._pieces[place][0])
        return Held(line_at(self._pieces[place], at), self._next(place, at))

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


class TrackState:
    """One track, ready to be asked for any instant."""

    __slots__ = ("_checkpoints", "_edges", "_instants", "_latest", "_lines", "_paths", "_settled", "_times", "track")

    def __init__(self, track: Track, instants: Sequence[int] = ()) -> None:
        """Index a track's instants.

        Args:
            track: The track.
            instants: The frames' instants, if it is a recording's.
        """
        self.track = track
        self._instants = instants
        self._times = [change.t for change in track.changes]
        self._edges = sorted(set(dated(track)))
        self._checkpoints: dict[int, Document] = {0: track.doc}
        self._latest = (0, track.doc)
        self._settled: tuple[int, Document] | None = None
        self._lines = {name: moving(counter, instants) for name, counter in track.counters.items() if not counter.of}
        self._paths = {name: path_of(name) for name in track.counters}

    def segment(self, t: int) -> int:
        """Number the time between two of the track's own instants that `t` is in; only counters move within one."""
        return bisect_right(self._edges, t)

    def at(self, t: int) -> Held[Document | None]:
        """Give the document at an instant, `None` where there is none; it is shared, never change it."""
        segment = self.segment(t)
        until = self._edges[segment] if segment < len(self._edges) else NEVER
        if not exists(self.track.spans, t):
            starts = [since for since, _ in self.track.spans if since is not None and since > t]
            return Held(None, min(starts, default=NEVER))
        if self._settled is None or self._settled[0] != segment:
            self._settled = segment, self._listed(self._folded(bisect_right(self._times, t)), t)
        doc = self._settled[1]
        if not self.track.counters:
            return Held(doc, until)
        doc = dict(doc)
        frame = bisect_right(self._instants, t) - 1
        for name, (field, *inside) in self._paths.items():
            if field in doc:
                value, held = self._count(doc, name, t, frame)
                if not inside:
                    doc[field] = value
                elif type(doc[field]) is dict:
                    doc[field] = put(doc[field], inside, value)
                until = min(until, held)
        return Held(doc, until)

    def values(self, fields: Sequence[str], t: int) -> Document | None:
        """Give some fields of the document at an instant, `None` where there is none, at the cost of no others.

        Fields that are lists, or counted by them, are not asked for.
        """
        if not exists(self.track.spans, t):
            return None
        doc = self._folded(bisect_right(self._times, t))
        frame = bisect_right(self._instants, t) - 1
        return {field: self._count(doc, field, t, frame).value for field in fields if field in doc}

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

    def _count(self, doc: Document, field: str, t: int, frame: int) -> Held[Any]:
        """Give a counter's value; a derived one is held as long as what it is made of."""
        counter = self.track.counters.get(field)
        if counter is None:
            return Held(doc.get(field, 0), NEVER)
        if not counter.of:
            line = self._lines[field]
            return line.at_frame(frame) if isinstance(line, Deltas) else line.at(t)
        source = self._count(doc, counter.of, t, frame)
        return Held(source.value * counter.times // counter.per, source.until)
