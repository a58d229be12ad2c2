"""What stories have done to one execution: conditions with dates, which hold whatever clients command meanwhile."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from toolkit.timeline.view import NEVER

Stretch = tuple[int, int]
"""From an instant on, until another one."""


@dataclass(slots=True)
class Upsets:
    """The conditions.

    Attributes:
        since: From when on a story has touched it: its workers are counted as a real controller does from then on.
        away: When single workers are disconnected.
        stuck: When its slicer makes no slices.
        levels: How long its queue is from an instant on, `None` for as usual.
        broke: After how many slices, processed and failed, every further one fails.
        breaks: When they begin to.
        breaks_for: How long it then goes on, in milliseconds.
        lost: From when on its controller is lost.
        node: The node it was lost with.
    """

    since: int = NEVER
    away: list[Stretch] = field(default_factory=list)
    stuck: list[Stretch] = field(default_factory=list)
    levels: list[tuple[int, int | None]] = field(default_factory=list)
    broke: tuple[int, int] | None = None
    breaks: int = NEVER
    breaks_for: int = 0
    lost: int = NEVER
    node: str = ""

    def begin(self, t: int) -> None:
        """Note that a story touches it."""
        self.since = min(self.since, t)

    def left(self, t: int) -> int:
        """Count the workers that have disconnected by `t`."""
        return sum(a <= t for a, _ in self.away)

    def back(self, t: int) -> int:
        """Count those that are back by `t`."""
        return sum(b <= t for _, b in self.away)

    def is_stuck(self, t: int) -> bool:
        """Tell whether its slicer makes no slices at `t`."""
        return any(a <= t < b for a, b in self.stuck)

    def level(self, t: int) -> int | None:
        """Give how long its queue is at `t`, `None` if that is as usual."""
        place = bisect_right(self.levels, t, key=lambda step: step[0])
        return self.levels[place - 1][1] if place else None

    def strand(self, t: int) -> bool:
        """Let one of the workers that are away at `t` never come back. Gives whether there is one."""
        for place, (a, b) in enumerate(self.away):
            if a <= t < b < NEVER:
                self.away[place] = a, NEVER
                return True
        return False

    def edges(self) -> set[int]:
        """Give the instants at which a condition begins or ends."""
        stretches = {t for stretch in (*self.away, *self.stuck) for t in stretch}
        return stretches | {t for t, _ in self.levels} | {self.since, self.breaks, self.lost}
