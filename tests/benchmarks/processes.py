"""Cases about whole processes: how long they take to be there, how much memory they hold."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.benchmarks.comparing import Plan, by_turns
from tests.benchmarks.figures import OURS, Figure, Target
from tests.benchmarks.installed import installed
from tests.benchmarks.load import press
from tests.benchmarks.machine import resident_bytes
from tests.benchmarks.servers import PATIENCE, TOOLKIT, Server, raw_sanic, server
from tests.benchmarks.under_load import CONTROLLERS, LIMIT, PAGE, limit_of, live
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Sequence

MEGA = 1_000_000
_FIGURES = ("s", "CPU s")
_FLAT = Target(1, OURS)
"""Megabytes that a load may add once the caches are full."""


def start(plan: Plan) -> list[Figure]:
    """From the start of the process to the first page, answered."""
    commands = installed(plan.directory)
    toolkit, python = str(commands / "toolkit"), str(commands / "python")
    with server(live(), plan.directory / "ours.log") as ours:
        _, *raw = raw_sanic(PAGE, ours.get(PAGE), plan.directory)
    jobs, name = plan.large

    def default() -> tuple[float, ...]:
        return started([toolkit, *live()[1:]], plan)

    def large() -> tuple[float, ...]:
        return started([toolkit, *live("--jobs", jobs)[1:]], plan)

    rounds = 2 + plan.rounds
    pairs = (
        ("default world", by_turns(rounds, default, lambda: started([python, *raw], plan)), LIMIT, 0.9),
        (name, by_turns(rounds, large, default), "ours, default", 4.0),
    )
    return [
        Figure(
            f"start to first answer, {world}: {what}",
            [one[i] for one in mine],
            against,
            [one[i] for one in theirs],
            Target(target, OURS) if i == 0 else None,
            "installed without development dependencies",
        )
        for world, (mine, theirs), against, target in pairs
        for i, what in enumerate(_FIGURES)
    ]


def started(command: list[str], plan: Plan) -> tuple[float, ...]:
    """Start a server and ask for a page: wall seconds and CPU seconds until it is answered."""
    with server(command, plan.directory / "start.log") as one:
        one.get(PAGE)
        return time.perf_counter() - one.begun, one.cpu_seconds()


def memory(plan: Plan) -> list[Figure]:
    """Resident memory after the first page, and what a load adds to it."""
    jobs, name = plan.large
    toolkit = str(installed(plan.directory) / "toolkit")
    with (
        server([toolkit, *live()[1:]], plan.directory / "default.log") as default,
        server([toolkit, *live("--jobs", jobs)[1:]], plan.directory / "large.log") as large,
        limit_of(default, PAGE, plan.directory) as limit,
    ):
        large.get(PAGE)
        base, whole, raw = (megabytes(one) for one in (default, large, limit.server))
        grown = {world: _growth(one, plan) for world, one in (("default world", default), (name, large))}
    # After the servers: this holds as much as they do.
    scenario = Scenario(jobs=int(jobs))
    count = LiveTimeline(scenario, MemoryLog()).at(scenario.epoch).execution_count()
    each = (whole - base) * MEGA / count
    return [
        Figure("memory after the first answer, default world: MB", [base], LIMIT, [raw], Target(70, OURS)),
        Figure(f"memory after the first answer, {name}: MB", [whole], "ours, default", [base]),
        Figure(
            f"memory, {name}: bytes an execution over the base", [each], target=Target(300, OURS), note=f"{count:,}"
        ),
        *(
            Figure(f"memory that each load adds, {world}: MB", added[1:], target=_FLAT, note="after a first load")
            for world, added in grown.items()
        ),
    ]


def megabytes(one: Server) -> float:
    """Give the memory that a server holds."""
    return resident_bytes(one.pid) / MEGA


def _growth(one: Server, plan: Plan) -> list[float]:
    added = []
    for _ in range(1 + plan.rounds):
        before = megabytes(one)
        for path in (PAGE, CONTROLLERS):
            press(one.url + path, plan.seconds)
        added.append(megabytes(one) - before)
    return added


def help_(plan: Plan) -> list[Figure]:
    """`toolkit --help`, whose reference is a Python that does nothing."""
    mine, theirs = by_turns(
        3 + 2 * plan.rounds, lambda: _quick([TOOLKIT, "--help"]), lambda: _quick([sys.executable, "-c", "pass"])
    )
    return [
        Figure(
            f"toolkit --help: {what}", [one[i] for one in mine], "python -c pass", [one[i] for one in theirs], target
        )
        for i, (what, target) in enumerate(zip(_FIGURES, (Target(0.2, OURS), None), strict=True))
    ]


def _quick(command: Sequence[str]) -> tuple[float, float]:
    """Run a command to its end: wall seconds, CPU seconds."""
    begun, used = time.perf_counter(), children_cpu()
    # Its pipes are read to their end: waiting with a timeout would look only now and then.
    subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    return time.perf_counter() - begun, children_cpu() - used


def children_cpu() -> float:
    """Give the CPU seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
