"""The only module that reads the time.

A clock says which instant it is in a cluster's life. Everything else takes that instant as an argument.
"""

from __future__ import annotations

import time
from typing import Protocol


def wall_now() -> int:
    """Read the machine's wall clock, in milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // 1_000_000


class Clock(Protocol):
    """Says which instant it is."""

    def now(self) -> int:
        """Give the instant, in milliseconds since the Unix epoch, UTC."""

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds to sleep until the clock shows `t`; `None` if it never will."""


class FrozenClock:
    """A clock that stands still."""

    def __init__(self, t: int) -> None:
        """Stand at `t`."""
        self._t = t

    def now(self) -> int:
        """Give the instant at which the clock stands."""
        return self._t

    def seconds_until(self, t: int) -> float | None:
        """Give 0 for what is past, `None` for what will never come."""
        return 0.0 if t <= self._t else None


class RunningClock:
    """A clock that runs at normal speed and holds its last instant.

    It follows the monotonic clock, so that a correction of the machine's time never makes it jump or run backwards.
    """

    def __init__(self, start: int, last: int, anchor_wall: int | None = None) -> None:
        """Start now, or go on as if started earlier.

        Args:
            start: The instant the clock showed when it started.
            last: The instant it never passes.
            anchor_wall: The wall time at which it started, if another process started it; now if `None`.
        """
        self.start = start
        self.anchor_wall = wall_now() if anchor_wall is None else anchor_wall
        self._last = last
        behind = 0 if anchor_wall is None else max(0, wall_now() - anchor_wall)
        self._zero = time.monotonic_ns() - behind * 1_000_000

    def now(self) -> int:
        """Give the instant, the last one once it is reached."""
        return min(self.start + (time.monotonic_ns() - self._zero) // 1_000_000, self._last)

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds until the clock shows `t`: 0 for what is past, `None` for what is after its last instant."""
        if t > self._last:
            return None
        due = self._zero + (t - self.start) * 1_000_000
        return max(0, due - time.monotonic_ns()) / 1_000_000_000
