"""One kind of records over time: each one's document by position or id, with ready-made texts kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from toolkit.timeline.view import NEVER, Held, Record
from toolkit.tracks.cache import Bounded
from toolkit.tracks.outline import Standing
from toolkit.tracks.state import TrackState

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from toolkit.tracks.outline import Outline, Run, TrackSource
    from toolkit.tracks.track import Track

RECORDS: Final = 16_384
"""How many records of a kind are kept with their texts: more than the longest page has."""
STATES: Final = RECORDS
"""How many changing tracks of a kind are kept indexed: a page of nothing else must fit."""


class Shelf:
    """The records of one kind."""

    def __init__(self, source: TrackSource, instants: Sequence[int] = ()) -> None:
        """Wrap tracks; `index` makes them ready.

        Args:
            source: Where the tracks are.
            instants: The frames' instants, if they are a recording's.
        """
        self._source = source
        self._instants = instants
        self._ids: list[str] = []
        self._changing = bytearray()
        self._still: Bounded[int, Record] = Bounded(RECORDS)
        self._records: Bounded[tuple[int, int], Held[Record | None]] = Bounded(RECORDS)
        self._states: Bounded[int, TrackState] = Bounded(STATES)

    def index(self) -> Iterator[tuple[int, Run]]:
        """Read all tracks once and index them; give each run, and the position it starts at, on the way."""
        for run in self._source.runs():
            position = len(self._ids)
            if isinstance(run, Standing):
                self._ids += run.ids
                self._changing += bytes(len(run.ids))
            else:
                self._ids.append(run.id)
                self._changing.append(run.changing)
            yield position, run

    def outlines(self) -> Iterator[Outline]:
        """Read all tracks once more, for what is asked seldom: their outlines in order, none of them kept.

        Take it to its end before asking for a record: a source that reads files finds its lines anew on the way.
        """
        return self._source.outlines()

    def plucked(self, positions: Iterable[int], field: str) -> Iterator[object]:
        """Give one field of some records' first documents, `None` where it is not there; none of them is kept."""
        return self._source.plucked(positions, field)

    def __len__(self) -> int:
        """Count the records that ever exist."""
        return len(self._ids)

    def track(self, position: int) -> Track:
        """Give the track at a position."""
        return self._source[position]

    def id(self, position: int) -> str:
        """Give the id of the record at a position."""
        return self._ids[position]

    def stands_still(self, position: int) -> bool:
        """Tell whether the record at a position is always there and never another one."""
        return not self._changing[position]

    def find(self, record_id: str, t: int) -> Held[Record | None]:
        """Give the record of an id at an instant, `None` where there is none."""
        position = self.position(record_id)
        return Held(None, NEVER) if position is None else self.at(position, t)

    def position(self, record_id: str) -> int | None:
        """Give where the record of an id is, `None` if there never is one."""
        position = bisect_left(self._ids, record_id)
        return position if position < len(self._ids) and self._ids[position] == record_id else None

    def at(self, position: int, t: int) -> Held[Record | None]:
        """Give the record at a position at an instant, `None` while it does not exist."""
        if not self._changing[position]:
            return Held(self._still.get(position) or self._standing(position), NEVER)
        return self._moving(position, t, bisect_right(self._instants, t) - 1)

    def _standing(self, position: int) -> Record:
        return self._still.put(position, Record(self._source[position].doc))

    def _moving(self, position: int, t: int, frame: int) -> Held[Record | None]:
        """Give a record that changes; one without counters is kept for each time between two of its changes."""
        state = self._states.peek(position) or self.state(position)
        if state.counts:
            return state.record(t, frame)
        key = position, state.segment(t)
        kept = self._records.get(key)
        if kept is None:
            kept = state.record(t, frame)
            if kept.value is not None:
                self._records.put(key, kept)
        return kept

    def state(self, position: int) -> TrackState:
        """Give the track at a position, ready to be asked for any instant."""
        state = self._states.get(position)
        return state or self._states.put(position, TrackState(self._source[position], self._instants))

    def all_at(self, positions: Held[list[int]], t: int) -> Held[list[tuple[int, Record]]]:
        """Give the records at positions, all of which exist at the instant, held as long as all of it stays so."""
        found: list[tuple[int, Record]] = []
        until = positions.until
        changing, still = self._changing, self._still.peek
        frame = bisect_right(self._instants, t) - 1
        for position in positions.value:
            if changing[position]:
                record, moves = self._moving(position, t, frame)
                if moves < until:  # noqa: PLR1730 - a page is made of these, and `min` takes three times as long
                    until = moves
                assert record is not None, "an order gives only what exists"
            else:
                record = still(position) or self._standing(position)
            found.append((position, record))
        return Held(found, until)
