"""The lifecycle starts that pass jobs by because clients have them in hand: as many as time brings, none written down.

A job's turn comes once in each cycle, so its starts are the places of one residue; which of them are passed by is known
from the place at which it was taken in hand.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Stretch(NamedTuple):
    """From a place on, the same turns are passed by.

    Attributes:
        first: The place.
        before: How many places before it are passed by.
        turns: The turns, ascending.
    """

    first: int
    before: int
    turns: list[int]


class Passed:
    """Places of the cycle of lifecycle events that are passed by."""

    def __init__(self, cycle: int) -> None:
        """Begin with none; `cycle` is how many places there are until a job's turn comes again."""
        self._cycle = cycle
        self._stretches: list[_Stretch] = []

    def add(self, turn: int, first: int) -> None:
        """Let the places of a turn be passed by from one on, which is not before those of earlier calls."""
        turns = self._stretches[-1].turns if self._stretches else []
        if not self._stretches or self._stretches[-1].first < first:
            turns = list(turns)
            self._stretches.append(_Stretch(first, self.before(first), turns))
        insort(turns, turn)

    def holds(self, place: int) -> bool:
        """Tell whether a place is passed by."""
        stretch = self._at(place)
        if stretch is None:
            return False
        turn = place % self._cycle
        found = bisect_left(stretch.turns, turn)
        return found < len(stretch.turns) and stretch.turns[found] == turn

    def before(self, place: int) -> int:
        """Count the places before one that are passed by."""
        stretch = self._at(place)
        return 0 if stretch is None else stretch.before + self._by(stretch, place) - self._by(stretch, stretch.first)

    def places(self, end: int) -> Iterator[int]:
        """Give the places before one that are passed by, in no order."""
        ends = [*(stretch.first for stretch in self._stretches), end][1:]
        for stretch, until in zip(self._stretches, ends, strict=True):
            for turn in stretch.turns:
                first = stretch.first + (turn - stretch.first) % self._cycle
                yield from range(first, min(until, end), self._cycle)

    def _by(self, stretch: _Stretch, place: int) -> int:
        """Count the places of a stretch's turns before one, as if they were so from place 0 on."""
        cycles, turn = divmod(place, self._cycle)
        return cycles * len(stretch.turns) + bisect_left(stretch.turns, turn)

    def _at(self, place: int) -> _Stretch | None:
        found = bisect_right(self._stretches, place, key=_first)
        return self._stretches[found - 1] if found else None


def _first(stretch: _Stretch) -> int:
    return stretch.first
