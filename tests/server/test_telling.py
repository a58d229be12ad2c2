from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from tests.serving import live_cluster
from toolkit.clock import FrozenClock
from toolkit.model.instants import MINUTE
from toolkit.server import telling
from toolkit.server.telling import line_of, tell_changes
from toolkit.timeline.view import Change
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    import pytest

EPOCH = Scenario().epoch


class SleptClock:
    """A clock that moves only when somebody sleeps, and stands still from `last` on."""

    def __init__(self, last: int) -> None:
        """Start at the epoch."""
        self.t, self.last = EPOCH, last

    def now(self) -> int:
        """Give the instant."""
        return self.t

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds that would have to be slept."""
        return None if t > self.last else max(0, t - self.t) / 1000

    async def sleep(self, seconds: float) -> None:
        """Let the time pass."""
        self.t = min(self.last, self.t + max(1, round(seconds * 1000)))


class Told(NamedTuple):
    """A line and the instant at which it was told."""

    t: int
    line: str


def test_every_change_is_told_once_and_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines are exactly the timeline's changes, in their order, each at the instant of its change."""
    timeline = live_cluster().timeline
    clock = SleptClock(EPOCH + 10 * MINUTE)
    monkeypatch.setattr(telling.asyncio, "sleep", clock.sleep)
    told: list[Told] = []
    asyncio.run(tell_changes(timeline, clock, lambda line: told.append(Told(clock.t, line))))
    changes = list(timeline.changes(EPOCH, EPOCH + 10 * MINUTE))
    assert len(changes) > 5
    assert told[:-1] == [Told(change.t, line_of(change)) for change in changes]
    assert told[-1] == Told(EPOCH + 10 * MINUTE, "2026-01-01T00:10:00.000Z the end is reached; the clock holds there")


def test_a_frozen_clock_has_nothing_to_tell() -> None:
    """The task ends at once."""
    timeline = live_cluster().timeline
    told: list[str] = []
    asyncio.run(tell_changes(timeline, FrozenClock(EPOCH), told.append))
    assert told == []


def test_lines_are_for_people() -> None:
    """A change names instant, execution and both statuses; a new execution says so."""
    assert (
        line_of(Change(EPOCH, "an-id", "a-name", "running", "stopping"))
        == "2026-01-01T00:00:00.000Z an-id a-name: running -> stopping"
    )
    assert line_of(Change(EPOCH, "an-id", "a-name", None, "pending")).endswith("a-name: new, pending")
