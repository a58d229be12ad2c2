"""Lists of records at any instant, in order, at the cost of the page.

Records whose place never changes are sorted once. The others are sorted again for each segment between two instants at
which any of them moves, and merged in. Deleted records have an order of their own, made the same way.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.timeline.order import merged_page
from toolkit.timeline.view import NEVER, Held
from toolkit.tracks.cache import Bounded
from toolkit.tracks.kinds import instant_of
from toolkit.tracks.outline import Standing
from toolkit.tracks.placing import Explicit, carry, place
from toolkit.tracks.track import exists

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from toolkit.tracks.kinds import Kind
    from toolkit.tracks.outline import Outline, Run

_SEGMENTS: Final = 8
"""How many segments are kept sorted."""

_CHECKPOINT: Final = 32
"""After so many marks what is placed is kept, so that a seek carries on from no further back."""
_CHECKPOINTS: Final = 64
"""About how often; where there are many marks they are further apart."""

_start_of = itemgetter(0)


class _Segment(NamedTuple):
    """The moving records in order, those listed and those deleted, and all listed ones where the order is explicit."""

    listed: list[tuple[Any, int]]
    deleted: list[tuple[Any, int]]
    explicit: list[int] | None


class _Still(NamedTuple):
    """Records that never move, in order."""

    keys: list[Any]
    positions: list[int]


def _sorted_once(rows: list[tuple[Any, int]]) -> _Still:
    rows.sort(key=_start_of)
    return _Still([key for key, _ in rows], [position for _, position in rows])


class _Dated:
    """Records that never move, by date: their ids ascend with their positions, so that sorting by date is enough."""

    def __init__(self) -> None:
        self._dates: list[int] = []
        self._ids: list[str] = []
        self._positions: list[int] = []

    def take(self, position: int, run: Standing) -> None:
        """Take a run that starts at a position after those taken before."""
        self._dates += map(instant_of, run.columns[0])
        self._ids += run.ids
        self._positions += range(position, position + len(run.ids))

    def rows(self) -> list[tuple[Any, int]]:
        """Give keys and positions, the newest first."""
        dates, ids, positions = self._dates, self._ids, self._positions
        # Of equal dates the lower id stays first.
        order = sorted(range(len(dates)), key=dates.__getitem__, reverse=True)
        return [((-dates[place], ids[place]), positions[place]) for place in order]


class Ordering:
    """The order of one kind of records over time; what it gives are positions.

    Attributes:
        moving: The records whose place changes, or which are not always there or deleted: positions and outlines.
    """

    def __init__(self, kind: Kind, members: Iterable[tuple[int, Run]], explicit: Sequence[Explicit] = ()) -> None:
        """Sort what stands still, and index the instants of what moves.

        Args:
            kind: The kind, for its sort key.
            members: The records' outlines, and where each run of them starts.
            explicit: Orders that hold instead of the sort, ascending; not for deleted records.
        """
        self._kind = kind
        self._explicit = explicit
        self.moving: list[tuple[int, Outline]] = []
        listed: list[tuple[Any, int]] = []
        deleted: list[tuple[Any, int]] = []
        dated = _Dated()
        edges = {mark.t for mark in explicit}
        for position, member in members:
            if isinstance(member, Standing) and kind.newest_first and not kind.has_deleted(member.columns):
                dated.take(position, member)
            elif isinstance(member, Standing):
                for at, (record_id, values) in enumerate(zip(member.ids, member.rows(), strict=True), position):
                    (deleted if kind.is_deleted(values) else listed).append((kind.key(values, record_id), at))
            elif len(member.steps) == 1 and not member.spans:
                values = member.steps[0][1]
                (deleted if kind.is_deleted(values) else listed).append((kind.key(values, member.id), position))
            else:
                self.moving.append((position, member))
                edges.update(t for t, _ in member.steps[1:])
                edges.update(t for t in chain.from_iterable(member.spans) if t is not None)
        self._listed = _sorted_once(dated.rows() + listed)
        self._deleted = _sorted_once(deleted)
        self._edges = sorted(edges)
        self._every = max(_CHECKPOINT, len(explicit) // _CHECKPOINTS)
        self._carried: dict[int, dict[str, str | None]] = {0: {}}
        self._latest = 0, self._carried[0]
        self._segments: Bounded[int, _Segment] = Bounded(_SEGMENTS)

    def page(self, t: int, start: int, size: int) -> Held[list[int]]:
        """Give the positions of entries `start` to `start + size` at an instant, deleted records left out."""
        segment, until = self._segment(t)
        if segment.explicit is not None:
            return Held(segment.explicit[start : start + size], until)
        return Held(_merged(segment.listed, self._listed, start, size), until)

    def among(self, t: int, some: set[int]) -> Held[list[int]]:
        """Give those of some positions that are listed at an instant, in order; the cost is that of the whole list."""
        segment, until = self._segment(t)
        if segment.explicit is not None:
            return Held([position for position in segment.explicit if position in some], until)
        moving = [row for row in segment.listed if row[1] in some]
        still = [place for place, position in enumerate(self._listed.positions) if position in some]
        left = _Still([self._listed.keys[place] for place in still], [self._listed.positions[place] for place in still])
        return Held(_merged(moving, left, 0, len(some)), until)

    @property
    def still(self) -> list[int]:
        """The positions of the records whose place never changes, in their order."""
        return self._listed.positions

    def only(self, t: int, places: Sequence[int]) -> Callable[[int, int], Held[list[int]]] | None:
        """Leave records out whose place never changes; give what gives a page of the others.

        `None` where the order is explicit.

        Args:
            t: The instant.
            places: Which of `still` are kept, ascending.
        """
        segment, until = self._segment(t)
        if segment.explicit is not None:
            return None
        keys, positions = self._listed

        def page(start: int, size: int) -> Held[list[int]]:
            found = merged_page(
                segment.listed,
                len(places),
                lambda place: keys[places[place]],
                lambda place: positions[places[place]],
                start,
                size,
            )
            return Held(found, until)

        return page

    def deleted_page(self, t: int, start: int, size: int) -> Held[list[int]]:
        """Give the positions of entries `start` to `start + size` of the deleted records at an instant."""
        segment, until = self._segment(t)
        return Held(_merged(segment.deleted, self._deleted, start, size), until)

    def count(self, t: int) -> int:
        """Count the records that exist at an instant, deleted ones left out."""
        return len(self._listed.keys) + len(self._segment(t).value.listed)

    def _segment(self, t: int) -> Held[_Segment]:
        number = bisect_right(self._edges, t)
        until = self._edges[number] if number < len(self._edges) else NEVER
        segment = self._segments.get(number)
        if segment is None:
            segment = self._segments.put(number, self._sorted(t))
        return Held(segment, until)

    def _sorted(self, t: int) -> _Segment:
        listed: list[tuple[Any, int]] = []
        deleted: list[tuple[Any, int]] = []
        for position, member in self.moving:
            if exists(member.spans, t):
                _, values = member.steps[bisect_right(member.steps, t, key=_start_of) - 1]
                into = deleted if self._kind.is_deleted(values) else listed
                into.append((self._kind.key(values, member.id), position))
        listed.sort(key=_start_of)
        deleted.sort(key=_start_of)
        placed = self._placings(bisect_right(self._explicit, t, key=_start_of))
        if not placed:
            return _Segment(listed, deleted, None)
        everything = sorted([*zip(*self._listed, strict=True), *listed], key=_start_of)
        positions = {key[-1]: position for key, position in everything}
        return _Segment(listed, deleted, [positions[entry] for entry in place(positions, placed.items())])

    def _placings(self, count: int) -> dict[str, str | None]:
        """Give what is placed after the first `count` marks; going on from where it was asked last costs little."""
        start, latest = self._latest
        if not start <= count < start + self._every:
            start = max(kept for kept in self._carried if kept <= count)
            latest = self._carried[start]
        placed = dict(latest)
        for done, mark in enumerate(self._explicit[start:count], start + 1):
            carry(placed, mark)
            if done % self._every == 0:
                self._carried[done] = dict(placed)
        self._latest = count, placed
        return placed


def _merged(moving: list[tuple[Any, int]], still: _Still, start: int, size: int) -> list[int]:
    keys, positions = still
    if not moving:
        return positions[start : start + size]
    return merged_page(moving, len(keys), keys.__getitem__, positions.__getitem__, start, size)
