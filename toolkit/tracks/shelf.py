"""One kind of records over time: each one's document by position or id, with ready-made texts kept."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.timeline.view import NEVER, Held, Record
from toolkit.tracks.cache import Bounded
from toolkit.tracks.outline import BEGINNING, TrackSource
from toolkit.tracks.state import TrackState

if TYPE_CHECKING:
    from collections.abc import Iterable

RECORDS: Final = 16_384
"""How many records of a kind are kept with their texts: more than the longest page has."""
STATES: Final = 4_096
"""How many changing tracks of a kind are kept indexed."""


class _Kept(NamedTuple):
    record: Record
    since: int
    until: int


class Shelf:
    """The records of one kind."""

    def __init__(self, source: TrackSource, members: Iterable[tuple[str, bool]]) -> None:
        """Index the records.

        Args:
            source: Where the tracks are.
            members: Each record's id, in order, and whether it ever changes.
        """
        self._source = source
        self._ids: list[str] = []
        self._changing = bytearray()
        for record_id, changing in members:
            self._ids.append(record_id)
            self._changing.append(changing)
        self._records: Bounded[tuple[int, int], _Kept] = Bounded(RECORDS)
        self._states: Bounded[int, TrackState] = Bounded(STATES)

    def id(self, position: int) -> str:
        """Give the id of the record at a position."""
        return self._ids[position]

    def find(self, record_id: str, t: int) -> Held[Record | None]:
        """Give the record of an id at an instant, `None` where there is none."""
        position = bisect_left(self._ids, record_id)
        if position == len(self._ids) or self._ids[position] != record_id:
            return Held(None, NEVER)
        return self.at(position, t)

    def at(self, position: int, t: int) -> Held[Record | None]:
        """Give the record at a position at an instant, `None` while it does not exist."""
        if not self._changing[position]:
            kept = self._records.get((position, 0))
            if kept is None:
                kept = _Kept(Record(self._source[position].doc), BEGINNING, NEVER)
                self._records.put((position, 0), kept)
            return Held(kept.record, NEVER)
        state = self._states.get(position) or self._states.put(position, TrackState(self._source[position]))
        key = position, state.segment(t)
        kept = self._records.get(key)
        if kept is None or not kept.since <= t < kept.until:
            doc, until = state.at(t)
            if doc is None:
                return Held(None, until)
            since = t if state.track.counters else BEGINNING
            kept = self._records.put(key, _Kept(Record(doc), since, until))
        return Held(kept.record, kept.until)

    def all_at(self, positions: Held[list[int]], t: int) -> Held[list[tuple[int, Record]]]:
        """Give the records at positions that exist at an instant, held as long as all of it stays so."""
        found = []
        until = positions.until
        for position in positions.value:
            record, held = self.at(position, t)
            until = min(until, held)
            if record is not None:
                found.append((position, record))
        return Held(found, until)
