"""Sorted sequences that are asked by position, whole, with gaps, or at some places only."""

from __future__ import annotations

from bisect import bisect_left
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from toolkit.timeline.order import Entry
    from toolkit.world.world import World


class Sequenced(NamedTuple):
    """A sorted sequence that is asked by position."""

    size: int
    key: Callable[[int], Entry]
    number: Callable[[int], int]

    @classmethod
    def of_ended(cls, world: World, t: int) -> Sequenced:
        """Give what events stopped by `t`, and what ended before the epoch, newest first."""
        gone = world.gone(t)
        return cls(gone + len(world.history), partial(world.ended_entry, gone), partial(world.ended_number, gone))

    def without(self, out: int, before: Callable[[int], int]) -> Sequenced:
        """Leave so many entries out.

        Args:
            out: How many.
            before: Counts those at positions before one.
        """
        if not out:
            return self

        def place(i: int) -> int:
            # The first position that has one more than `i` entries that stay up to it: most often not far.
            reach = 1
            while reach < out and before(i + reach) >= reach:
                reach *= 2
            return bisect_left(range(self.size), i + 1, i, i + min(reach, out), key=lambda at: at + 1 - before(at + 1))

        return Sequenced(self.size - out, lambda i: self.key(place(i)), lambda i: self.number(place(i)))

    def only(self, places: Any, gaps: Sequence[int] = ()) -> Sequenced:  # noqa: ANN401 - an array
        """Keep the entries at some places, an ascending array of numpy's, those in gaps left out."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        left = places[~np.isin(places, gaps)] if gaps else places
        return Sequenced(len(left), lambda i: self.key(int(left[i])), lambda i: self.number(int(left[i])))
