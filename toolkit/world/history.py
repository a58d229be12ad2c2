"""A history of statuses, each with the instant at which it is taken: the questions that every execution answers."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

from toolkit.model.status import TERMINAL
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence

Move = tuple[int, str]
"""From an instant on, a status."""
COUNTED: Final = frozenset({"failing", "stopping", "completed", "stopped", "failed", "terminated"})
"""With these statuses statistics are written into the record; what was rejected never had any."""
BEGUN: Final = ("running", "recovering")
"""From the first of these statuses on an execution has workers and counts."""
FINAL: Final = ("stopping", *TERMINAL)
"""From the first of these statuses on its statistics never change."""


def instant_of(move: Move) -> int:
    """Give when a status is taken."""
    return move[0]


class History:
    """Statuses by instant.

    Attributes:
        moves: The statuses in their order, the first at the creation.
    """

    __slots__ = ()

    moves: Sequence[Move]

    @property
    def created(self) -> int:
        """When it was created."""
        return self.moves[0][0]

    def move_at(self, t: int) -> Move:
        """Give the latest move not later than `t`."""
        return self.moves[bisect_right(self.moves, t, key=instant_of) - 1]

    def moves_until(self, t: int) -> int:
        """Count the moves not later than `t`."""
        return bisect_right(self.moves, t, key=instant_of)

    def next_move(self, t: int) -> int:
        """Give the instant of the next move after `t`, `NEVER` if there is none."""
        place = bisect_right(self.moves, t, key=instant_of)
        return self.moves[place][0] if place < len(self.moves) else NEVER

    def first(self, *statuses: str) -> int:
        """Give the instant at which it first takes one of the statuses, `NEVER` if it does not."""
        for t, status in self.moves:
            if status in statuses:
                return t
        return NEVER

    @property
    def started(self) -> int:
        """When it began to run (or to recover): from then on it has workers and counts."""
        return self.first(*BEGUN)

    def runs_since(self, t: int) -> int:
        """Give since when it runs at `t`; since its creation before it does."""
        return self.started if t >= self.started else self.created

    if TYPE_CHECKING:
        # Asked for with every counter: each kind of history finds them in its own way.

        @property
        def final(self) -> int:
            """From when on its statistics are written down and never change."""

        @property
        def ended(self) -> int:
            """When it takes a terminal status."""
