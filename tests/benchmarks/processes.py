"""Cases about whole processes: how long they take to be there, how much memory they hold, how fast they write."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from tests.benchmarks.comparing import Plan, by_turns
from tests.benchmarks.figures import OURS, Figure, Target
from tests.benchmarks.load import press
from tests.benchmarks.machine import resident_bytes
from tests.benchmarks.servers import PATIENCE, TOOLKIT, Server, raw_sanic, server
from tests.benchmarks.under_load import LIMIT, PAGE, limit_of, live
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Sequence

_MEGA = 1_000_000
_LOOK_EVERY = 0.02
_LONGEST = 600
_FIGURES = ("s", "CPU s")


def start(plan: Plan) -> list[Figure]:
    """From the start of the process to the first page, answered."""
    with server(live(), plan.directory / "ours.log") as ours:
        raw = raw_sanic(PAGE, ours.get(PAGE), plan.directory)
    jobs, name = plan.large

    def default() -> tuple[float, ...]:
        return _started(live(), plan)

    pairs = (
        ("default world", by_turns(plan.rounds, default, lambda: _started(raw, plan)), LIMIT, 0.9),
        (name, by_turns(plan.rounds, lambda: _started(live("--jobs", jobs), plan), default), "ours, default", 4.0),
    )
    return [
        Figure(
            f"{world}: start to first answer, {what}",
            [one[i] for one in mine],
            against,
            [one[i] for one in theirs],
            Target(target, OURS) if i == 0 else None,
        )
        for world, (mine, theirs), against, target in pairs
        for i, what in enumerate(_FIGURES)
    ]


def _started(command: list[str], plan: Plan) -> tuple[float, ...]:
    with server(command, plan.directory / "start.log") as started:
        started.get(PAGE)
        return time.perf_counter() - started.begun, started.cpu_seconds()


def memory(plan: Plan) -> list[Figure]:
    """Resident memory after the first page, and what a load adds to it."""
    jobs, name = plan.large
    with (
        server(live(), plan.directory / "default.log") as default,
        server(live("--jobs", jobs), plan.directory / "large.log") as large,
        limit_of(default, PAGE, plan.directory) as limit,
    ):
        large.get(PAGE)
        base, whole, raw = (_megabytes(one) for one in (default, large, limit.server))
        grown = {world: _growth(one, plan) for world, one in (("default world", default), (name, large))}
    # After the servers: this holds as much as they do.
    scenario = Scenario(jobs=int(jobs))
    count = LiveTimeline(scenario, MemoryLog()).at(scenario.epoch).execution_count()
    each = (whole - base) * _MEGA / count
    return [
        Figure("default world: RSS after the first answer, MB", [base], LIMIT, [raw], Target(70, OURS)),
        Figure(f"{name}: RSS after the first answer, MB", [whole], "ours, default", [base]),
        Figure(f"{name}: bytes an execution", [each], target=Target(300, OURS), note=f"{count:,} executions"),
        *(
            Figure(f"{world}: RSS added by each load, MB", added, note="the first fills the caches")
            for world, added in grown.items()
        ),
    ]


def _megabytes(one: Server) -> float:
    return resident_bytes(one.pid) / _MEGA


def _growth(one: Server, plan: Plan) -> list[float]:
    added = []
    for _ in range(plan.rounds):
        before = _megabytes(one)
        for path in (PAGE, "/v1/cluster/controllers"):
            press(one.url + path, plan.seconds)
        added.append(_megabytes(one) - before)
    return added


def help_(plan: Plan) -> list[Figure]:
    """`toolkit --help`, whose reference is a Python that does nothing."""
    mine, theirs = by_turns(
        3 * plan.rounds, lambda: _quick([TOOLKIT, "--help"]), lambda: _quick([sys.executable, "-c", "pass"])
    )
    return [
        Figure(what, [one[i] for one in mine], "python -c pass", [one[i] for one in theirs], target)
        for i, (what, target) in enumerate(zip(_FIGURES, (Target(0.2, OURS), None), strict=True))
    ]


def _quick(command: Sequence[str]) -> tuple[float, float]:
    """Run a command to its end: wall seconds, CPU seconds."""
    begun, used = time.perf_counter(), _children_cpu()
    # Its pipes are read to their end: waiting with a timeout would look only now and then.
    subprocess.run(command, capture_output=True, timeout=PATIENCE, check=True)
    return time.perf_counter() - begun, _children_cpu() - used


def generate(plan: Plan) -> list[Figure]:
    """Records written to disk each second, all kinds together, and the most memory that took."""
    jobs = "2000" if plan.quick else "100000"
    bundle = plan.directory / "generated"
    command = [TOOLKIT, "generate", "--seed", "1", "--jobs", jobs, "--output", str(bundle), "--force"]
    rounds = []
    counts: dict[str, int] = {}
    for _ in range(1 if plan.quick else 2):
        wall, cpu, most = _long(command)
        counts = json.loads((bundle / "bundle.json").read_bytes())["counts"]
        records = sum(counts.values())
        rounds.append((records / wall, cpu / records * 1_000_000, most / _MEGA))
    note = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    figures = (
        ("records/s", Target(50_000, OURS, at_most=False)),
        ("CPU a record, µs", None),
        ("most memory, MB", Target(500, OURS)),
    )
    return [
        Figure(what, [one[i] for one in rounds], target=target, note=note) for i, (what, target) in enumerate(figures)
    ]


def _long(command: Sequence[str]) -> tuple[float, float, float]:
    """Run a command to its end: wall seconds, CPU seconds, the most bytes it held."""
    begun, used, most = time.perf_counter(), _children_cpu(), 0
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None:
            if time.perf_counter() - begun > _LONGEST:
                raise subprocess.TimeoutExpired(command, _LONGEST)
            # Its own account, while it runs: that of an ended child includes what its parent held at the fork.
            most = max(most, resident_bytes(process.pid, "VmHWM"))
            time.sleep(_LOOK_EVERY)
    finally:
        process.kill()
        code = process.wait()
    wall = time.perf_counter() - begun
    if code:
        raise subprocess.CalledProcessError(code, command)
    return wall, _children_cpu() - used, most


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
