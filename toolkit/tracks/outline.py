"""What ordering needs to know of a track, and where tracks come from: memory, or files read piece by piece."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from msgspec import UNSET

from toolkit.tracks.columns import Deltas
from toolkit.tracks.kinds import same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from toolkit.model.wire import Document
    from toolkit.tracks.kinds import Kind, Values
    from toolkit.tracks.track import Span, Track

BEGINNING: Final = -(2**62)
"""An instant before every other."""


class Outline(NamedTuple):
    """What a list's order depends on, for one track.

    Attributes:
        id: The record's id.
        steps: The watched values from an instant on, ascending; the first from `BEGINNING`.
        spans: When the record exists; empty means throughout.
        changing: Whether the document is ever another one, or ever missing.
    """

    id: str
    steps: tuple[tuple[int, Values], ...]
    spans: list[Span]
    changing: bool


class Standing(NamedTuple):
    """The outlines of tracks in a row that are always there and never another one, as columns.

    Attributes:
        ids: The records' ids.
        columns: For each watched field, its values.
    """

    ids: list[str]
    columns: tuple[list[Any], ...]

    def rows(self) -> Iterator[Values]:
        """Give the watched values of one record after the other."""
        return zip(*self.columns, strict=True) if self.columns else repeat((), len(self.ids))

    def outlines(self) -> Iterator[Outline]:
        """Give the same one by one."""
        for record_id, values in zip(self.ids, self.rows(), strict=True):
            yield Outline(record_id, ((BEGINNING, values),), [], changing=False)


Run = Outline | Standing
"""One outline, or those of many tracks in a row."""


def values_of(kind: Kind, doc: Document) -> Values:
    """Give a document's watched values."""
    return tuple([doc.get(field) for field in kind.watched])


def outline(kind: Kind, track: Track, instants: Sequence[int] = ()) -> Outline:
    """Make a track's outline.

    Args:
        kind: The kind of record.
        track: Its track.
        instants: The frames' instants, if it is a recording's.
    """
    values = values_of(kind, track.doc)
    steps = [(BEGINNING, values)]
    for change in track.changes:
        base = values if change.doc is UNSET else values_of(kind, change.doc)
        kept = (None if field in change.unset else value for field, value in zip(kind.watched, base, strict=True))
        after = tuple([change.set.get(field, value) for field, value in zip(kind.watched, kept, strict=True)])
        if not same(after, values):
            steps.append((change.t, after))
        values = after
    for place, field in enumerate(kind.watched):
        counter = track.counters.get(field)
        if counter is not None and counter.deltas is not UNSET:
            steps = _moving(steps, place, Deltas(counter, instants))
    changing = bool(track.changes or track.spans or track.counters or track.lists)
    return Outline(track.id, tuple(steps), track.spans, changing)


def _moving(steps: list[tuple[int, Values]], place: int, deltas: Deltas) -> list[tuple[int, Values]]:
    """Put a watched value that moves by itself into an outline's steps, where the document has it."""
    moves = dict(deltas.steps())
    given = dict(steps)
    values, value = steps[0][1], deltas.at(BEGINNING).value
    merged = []
    for t in sorted(given.keys() | moves.keys()):
        values, value = given.get(t, values), moves.get(t, value)
        merged.append((t, values if values[place] is None else (*values[:place], value, *values[place + 1 :])))
    return merged


class TrackSource(Protocol):
    """Tracks of one kind, sorted by id."""

    def __getitem__(self, index: int, /) -> Track:
        """Give one track."""

    def outlines(self) -> Iterator[Outline]:
        """Give every track's outline, in order; a source that reads files checks each as it goes."""

    def runs(self) -> Iterator[Run]:
        """Give the same, tracks that stand still many at a time where that is faster."""

    def plucked(self, indexes: Iterable[int], field: str) -> Iterator[object]:
        """Give one field of the first documents of some tracks, `None` where it is not there."""


class MemoryTracks:
    """Tracks that are objects already."""

    def __init__(self, kind: Kind, tracks: Sequence[Track], instants: Sequence[int] = ()) -> None:
        """Sort tracks by id; `instants` are a recording's frames."""
        self._kind = kind
        self._instants = instants
        self._tracks = sorted(tracks, key=lambda track: track.id)

    def __getitem__(self, index: int, /) -> Track:
        """Give one track."""
        return self._tracks[index]

    def outlines(self) -> Iterator[Outline]:
        """Give every track's outline, in order."""
        return (outline(self._kind, track, self._instants) for track in self._tracks)

    def runs(self) -> Iterator[Outline]:
        """Give the same."""
        return self.outlines()

    def plucked(self, indexes: Iterable[int], field: str) -> Iterator[object]:
        """Give one field of the first documents of some tracks, `None` where it is not there."""
        return (self._tracks[index].doc.get(field) for index in indexes)
