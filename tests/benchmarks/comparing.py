"""Rounds of measurements, ours and the reference's by turns, so that a change of the machine's pace meets both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.load import Header, press

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.benchmarks.servers import Server

T = TypeVar("T")
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        quick: Small worlds and few rounds: for a look while developing.
        rounds: How often each side is measured.
        seconds: How long each time, where load is measured.
        directory: For files, removed at the end.
    """

    quick: bool
    rounds: int
    seconds: float
    directory: Path

    @property
    def large(self) -> tuple[str, str]:
        """The jobs of the large world, and how it is called."""
        return ("67000", "100,000 executions") if self.quick else ("670000", "1,000,000 executions")


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: a server, what it is asked for, and the header that each request has."""

    server: Server
    path: str
    header: Header = field(default_factory=Header)

    def measure(self, seconds: float) -> tuple[float, float]:
        """Give CPU microseconds per request, and requests per second, under load."""
        before = self.server.cpu_seconds()
        load = press(self.server.url + self.path, seconds, self.header)
        return (self.server.cpu_seconds() - before) / load.requests * _MICRO, load.rate


def by_turns(rounds: int, ours: Callable[[], T], reference: Callable[[], T]) -> tuple[list[T], list[T]]:
    """Measure both sides in every round; who goes first alternates."""
    mine: list[T] = []
    theirs: list[T] = []
    for number in range(rounds):
        for side, values in ((ours, mine), (reference, theirs))[:: 1 if number % 2 else -1]:
            values.append(side())
    return mine, theirs


def compare_load(  # noqa: PLR0913 - two sides, their name, how, and two targets
    ours: Side, reference: Side, against: str, plan: Plan, *, cpu: Target | None = None, rate: Target | None = None
) -> list[Figure]:
    """Put load on both sides by turns.

    Args:
        ours: One side.
        reference: The other.
        against: The other's name.
        plan: How much.
        cpu: What is wanted of the CPU time per request.
        rate: What is wanted of the requests per second.
    """
    sizes = [f"{len(side.server.get(side.path).body):,}" for side in (ours, reference)]
    note = f"{sizes[0]} bytes" if sizes[0] == sizes[1] else f"{sizes[0]} bytes against {sizes[1]}"
    for side in (ours, reference):
        press(side.server.url + side.path, 1, side.header)
    mine, theirs = by_turns(plan.rounds, lambda: ours.measure(plan.seconds), lambda: reference.measure(plan.seconds))
    return [
        Figure(what, [one[i] for one in mine], against, [one[i] for one in theirs], target, note)
        for i, (what, target) in enumerate((("CPU per request, µs", cpu), ("requests/s", rate)))
    ]
