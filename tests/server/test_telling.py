from __future__ import annotations

import asyncio
from typing import NamedTuple

import pytest

from tests.serving import live_cluster
from toolkit.clock import FrozenClock, SetClock, Setting
from toolkit.model.instants import DAY, MINUTE
from toolkit.server import telling
from toolkit.server.telling import line_of, tell_changes
from toolkit.timeline.view import Change
from toolkit.world.scenario import Scenario

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
        """Let the time pass; end the test once it no longer does."""
        if self.t == self.last:
            raise asyncio.CancelledError
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
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(tell_changes(timeline, clock, lambda line: told.append(Told(clock.t, line))))
    changes = list(timeline.changes(EPOCH, EPOCH + 10 * MINUTE))
    assert len(changes) > 5
    assert told[:-1] == [Told(change.t, line_of(change)) for change in changes]
    assert told[-1] == Told(EPOCH + 10 * MINUTE, "2026-01-01T00:10:00.000Z the clock stands still")


def looked(clock: SetClock, *settings: Setting, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tell what a clock shows that is set anew before each look."""
    rest = iter(settings)

    async def sleep(_seconds: float) -> None:
        try:
            clock.set(next(rest))
        except StopIteration:
            raise asyncio.CancelledError from None

    monkeypatch.setattr(telling.asyncio, "sleep", sleep)
    told: list[str] = []
    with pytest.raises(asyncio.CancelledError):
        asyncio.run(tell_changes(live_cluster().timeline, clock, told.append))
    return told


def test_a_frozen_clock_has_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what it is set to counts: what lies between is told, also when it is set back."""
    still = Setting(EPOCH, frozen=True)
    assert looked(FrozenClock(EPOCH), still, monkeypatch=monkeypatch) == []
    there_and_back = still._replace(t=EPOCH + MINUTE), still
    lines = looked(FrozenClock(EPOCH), *there_and_back, monkeypatch=monkeypatch)
    changes = live_cluster().timeline.changes(EPOCH, EPOCH + MINUTE)
    assert lines == [*map(line_of, changes), "2026-01-01T00:00:00.000Z the clock went back"]


def test_a_jump_of_years_does_not_flood_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand changes are told, and that there were more."""
    lines = looked(FrozenClock(EPOCH), Setting(EPOCH + 365 * DAY, frozen=True), monkeypatch=monkeypatch)
    assert len(lines) == telling.MOST_AT_ONCE + 1
    assert lines[-1] == "2027-01-01T00:00:00.000Z the clock went far ahead: there were more changes, which are not told"


def test_lines_are_for_people() -> None:
    """A change names instant, execution and both statuses; a new execution says so."""
    assert (
        line_of(Change(EPOCH, "an-id", "a-name", "running", "stopping"))
        == "2026-01-01T00:00:00.000Z an-id a-name: running -> stopping"
    )
    assert line_of(Change(EPOCH, "an-id", "a-name", None, "pending")).endswith("a-name: new, pending")
