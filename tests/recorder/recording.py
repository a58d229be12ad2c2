"""Recording in tests: a plan from a few arguments, and what is told as lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.recorder.fake_cluster import QUICK, StepClock
from toolkit.recorder import record as recorder
from toolkit.recorder.address import parse_address
from toolkit.recorder.plan import Plan

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toolkit.recorder.record import Surroundings
    from toolkit.recorder.watching import Standing


class Told:
    """A watcher that gives every line to a function."""

    def __init__(self, say: Callable[[str], object]) -> None:
        """Give lines to a function."""
        self.say = say
        self.standing: Standing | None = None

    def frame(self, standing: Standing, told: str) -> None:
        """Tell a frame in a line, if there is more than one."""
        self.standing = standing
        if standing.of == 1:
            return
        of = "" if standing.of is None else f" of {standing.of:,}"
        self.say(f"frame {standing.frames + standing.missed:,}{of}: {told}")


def record(
    url: str,
    *,
    target: Path,
    say: Callable[[str], object] = lambda _: None,
    around: Surroundings | None = None,
    **asked: Any,
) -> Path:
    """Record a cluster at the speed of a step clock, with a test's patience."""
    plan = Plan(parse_address(url), target, **{"limits": QUICK} | asked)
    return recorder.record(plan, Told(say), around or StepClock().around()).path
