"""The only module that reads the time.

A clock says which instant it is in a cluster's life. Everything else takes that instant as an argument.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NORMAL: Final = 1_000
"""Normal speed: speeds are whole thousandths of it."""
_NS: Final = 1_000_000
"""Nanoseconds of a millisecond."""
_FIRST: Final = -(2**62)
_LAST: Final = 2**62


def wall_now() -> int:
    """Read the machine's wall clock, in milliseconds since the Unix epoch, UTC."""
    return time.time_ns() // _NS


def uptime() -> float:
    """Read the machine's monotonic clock, in seconds since some moment of its own."""
    return time.monotonic()


class Clock(Protocol):
    """Says which instant it is."""

    def now(self) -> int:
        """Give the instant, in milliseconds since the Unix epoch, UTC."""

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds to sleep until the clock shows `t`; `None` if it never will."""


class Setting(NamedTuple):
    """How a clock is set.

    Attributes:
        t: The instant that it shows when it is set so.
        speed: How fast it runs from there, in thousandths of normal speed, 1 or more.
        frozen: Whether it stands still instead.
    """

    t: int
    speed: int = NORMAL
    frozen: bool = False


class SetClock:
    """A clock that can be set, frozen and sped up; it holds its last instant, or begins again at its first.

    It follows the monotonic clock, so that a correction of the machine's time never makes it jump or run backwards.
    A setting is replaced as a whole, so that any thread may do it.
    """

    def __init__(  # noqa: PLR0913 - one fact each
        self,
        setting: Setting,
        *,
        first: int = _FIRST,
        last: int = _LAST,
        loop: bool = False,
        set_wall: int | None = None,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Set it, now or as if some time ago.

        Args:
            setting: How it is set.
            first: The instant that it begins again at, if it loops.
            last: The instant that it never passes.
            loop: Whether it begins again at `first` after `last`.
            set_wall: The wall time at which it was set so, if another process did; now if `None`.
            monotonic_ns: What it follows.
        """
        self.first = first
        self.last = last
        self.loop = loop
        self._monotonic_ns = monotonic_ns
        self._watchers: list[Callable[[], None]] = []
        behind = 0 if set_wall is None else max(0, wall_now() - set_wall)
        self._set = setting, monotonic_ns() - behind * _NS

    def another(self, setting: Setting) -> SetClock:
        """Give another clock of the same world, set now."""
        return SetClock(setting, first=self.first, last=self.last, loop=self.loop, monotonic_ns=self._monotonic_ns)

    def now(self) -> int:
        """Give the instant."""
        (t, speed, frozen), zero = self._set
        if frozen:
            return t
        shown = t + (self._monotonic_ns() - zero) * speed // (_NS * NORMAL)
        if shown <= self.last:
            return shown
        return self.first + (shown - self.first) % (self.last - self.first + 1) if self.loop else self.last

    @property
    def setting(self) -> Setting:
        """How it is set, as of now: the same as ever, but for the instant."""
        return self._set[0]._replace(t=self.now())

    @property
    def standing(self) -> tuple[Setting, int]:
        """How it is set as of now, and for how many nanoseconds it has shown that instant."""
        setting, zero = self._set
        if setting.frozen:
            return setting, 0
        passed = (self._monotonic_ns() - zero) * setting.speed
        shown = self.now()
        return setting._replace(t=shown), passed % (_NS * NORMAL) // setting.speed

    @property
    def since(self) -> tuple[Setting, int]:
        """How it was last set, and when: nanoseconds of what it follows, alike in all processes of a machine."""
        return self._set

    def set(self, setting: Setting, shown_ns: int = 0) -> None:
        """Set it, as if it had shown its instant for some nanoseconds; whoever waits for an instant looks again."""
        self.set_since(setting, self._monotonic_ns() - shown_ns)

    def set_since(self, setting: Setting, since: int) -> None:
        """Set it as another one was, at a moment of that one's `since`; whoever waits for an instant looks again."""
        self._set = setting, since
        for watcher in list(self._watchers):
            watcher()

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds until it shows `t`: 0 for what is past, `None` for what never comes as it is set."""
        (_, speed, frozen), _ = self._set
        now = self.now()
        if t <= now:
            return 0.0
        if frozen or t > self.last:
            return None
        return self._exactly(t, now, speed)

    def _exactly(self, t: int, now: int, speed: int) -> float:
        """Give the seconds to an instant to come, to the fraction of the millisecond that it shows."""
        (start, _, _), zero = self._set
        passed = self._monotonic_ns() - zero
        if self.loop and start + passed * speed // (_NS * NORMAL) > self.last:
            return (t - now) * NORMAL / speed / 1_000
        due = -(-(t - start) * _NS * NORMAL // speed)
        return max(0, due - passed) / 1_000_000_000

    @contextmanager
    def watched(self, watcher: Callable[[], None]) -> Iterator[None]:
        """Call a function each time it is set, from whichever thread does."""
        self._watchers.append(watcher)
        try:
            yield
        finally:
            self._watchers.remove(watcher)


class FrozenClock(SetClock):
    """A clock that stands still until it is set."""

    def __init__(self, t: int) -> None:
        """Stand at `t`."""
        super().__init__(Setting(t, frozen=True))


class RunningClock(SetClock):
    """A clock that runs at normal speed and holds its last instant."""

    def __init__(self, start: int, last: int, anchor_wall: int | None = None) -> None:
        """Start now, or go on as if started earlier.

        Args:
            start: The instant the clock showed when it started.
            last: The instant it never passes.
            anchor_wall: The wall time at which it started, if another process started it; now if `None`.
        """
        super().__init__(Setting(start), last=last, set_wall=anchor_wall)
