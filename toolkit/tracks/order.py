"""Lists of records at any instant, in order, at the cost of the page.

Records whose place never changes are sorted once. The others are sorted again for each segment between two instants at
which any of them moves, and merged in.
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.timeline.order import merged_page
from toolkit.timeline.view import NEVER, Held
from toolkit.tracks.cache import Bounded
from toolkit.tracks.track import exists

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from toolkit.tracks.kinds import Kind
    from toolkit.tracks.outline import Outline

Explicit = tuple[int, list[str] | None]
"""From an instant on, a list's order: the ids, or `None` for the sort."""

_SEGMENTS: Final = 8
"""How many segments are kept sorted."""

_start_of = itemgetter(0)


def arrange(entries: list[tuple[str, int]], wanted: list[str]) -> list[int]:
    """Put sorted entries, each an id and a position, into an explicit order; those it does not name come after."""
    left = dict(entries)
    named = [left.pop(record_id) for record_id in wanted if record_id in left]
    return named + list(left.values())


class _Segment(NamedTuple):
    """The moving records in order, or all of them where the order is explicit."""

    moving: list[tuple[Any, int]]
    explicit: list[int] | None


class Ordering:
    """The order of one kind of records over time; what it gives are positions.

    Attributes:
        moving: The records whose place changes, or which are not always there: positions and outlines.
    """

    def __init__(self, kind: Kind, members: Iterable[tuple[int, Outline]], explicit: Sequence[Explicit] = ()) -> None:
        """Sort what stands still, and index the instants of what moves.

        Args:
            kind: The kind, for its sort key.
            members: The records' positions and outlines.
            explicit: Orders that hold instead of the sort, ascending.
        """
        self._kind = kind
        self._explicit = explicit
        self.moving: list[tuple[int, Outline]] = []
        still = []
        edges = {t for t, _ in explicit}
        for position, member in members:
            if len(member.steps) == 1 and not member.spans:
                still.append((kind.key(member.steps[0][1], member.id), position))
            else:
                self.moving.append((position, member))
                edges.update(t for t, _ in member.steps[1:])
                edges.update(t for t in chain.from_iterable(member.spans) if t is not None)
        still.sort(key=_start_of)
        self._keys = [key for key, _ in still]
        self._positions = [position for _, position in still]
        self._edges = sorted(edges)
        self._segments: Bounded[int, _Segment] = Bounded(_SEGMENTS)

    def page(self, t: int, start: int, size: int) -> Held[list[int]]:
        """Give the positions of entries `start` to `start + size` at an instant."""
        segment, until = self._segment(t)
        if segment.explicit is not None:
            return Held(segment.explicit[start : start + size], until)
        page = merged_page(
            segment.moving, len(self._keys), self._keys.__getitem__, self._positions.__getitem__, start, size
        )
        return Held(page, until)

    def count(self, t: int) -> int:
        """Count the records that exist at an instant."""
        return len(self._keys) + len(self._segment(t).value.moving)

    def _segment(self, t: int) -> Held[_Segment]:
        number = bisect_right(self._edges, t)
        until = self._edges[number] if number < len(self._edges) else NEVER
        segment = self._segments.get(number)
        if segment is None:
            segment = self._segments.put(number, self._sorted(t))
        return Held(segment, until)

    def _sorted(self, t: int) -> _Segment:
        moving = []
        for position, member in self.moving:
            if exists(member.spans, t):
                step = member.steps[bisect_right(member.steps, t, key=_start_of) - 1]
                moving.append((self._kind.key(step[1], member.id), position))
        moving.sort(key=_start_of)
        place = bisect_right(self._explicit, t, key=_start_of)
        wanted = self._explicit[place - 1][1] if place else None
        if wanted is None:
            return _Segment(moving, None)
        still = list(zip(self._keys, self._positions, strict=True))
        everything = sorted(still + moving, key=_start_of)
        return _Segment(moving, arrange([(key[-1], position) for key, position in everything], wanted))
