"""Cases of bundles: how fast they are written, in how much memory, and how a large one is served."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.benchmarks.figures import OURS, Figure, Target, missing
from tests.benchmarks.machine import cpu_seconds, resident_bytes
from tests.benchmarks.processes import MEGA, megabytes
from tests.benchmarks.servers import TOOLKIT, ended, server, toolkit
from tests.benchmarks.under_load import PAGE

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.benchmarks.comparing import Plan

_LOOK_EVERY = 0.02
_LONGEST = 150
"""Seconds after which a bundle is not waited for any more."""
_MEMORY = Target(500, OURS)
_READY = Target(3, OURS)


@dataclass(frozen=True, slots=True)
class _Run:
    """A command that ended, or was given up.

    Attributes:
        ended: Whether it came to its end.
        seconds: How long it ran.
        cpu: The CPU seconds it used.
        most: The most bytes it held.
    """

    ended: bool
    seconds: float
    cpu: float
    most: int


def generate(plan: Plan) -> list[Figure]:
    """Records written to disk each second, all kinds together, and the most memory that took."""
    jobs = 2_000 if plan.quick else 20_000
    bundle, run = _generated(plan, jobs)
    counts = json.loads((bundle / "bundle.json").read_bytes())["counts"]
    records = sum(counts.values())
    note = ", ".join(f"{count:,} {kind}" for kind, count in counts.items() if count)
    name = f"generate {jobs:,} jobs"
    rate = Target(50_000, OURS, at_most=False)
    figures = [
        Figure(f"{name}: records/s", [records / run.seconds], target=rate, note=note),
        Figure(f"{name}: CPU a record, µs", [run.cpu / records * MEGA], note=note),
        Figure(f"{name}: most memory, MB", [run.most / MEGA]),
    ]
    jobs_of_large, world = plan.large
    if plan.quick:
        return [*figures, missing(f"generate {world}: most memory, MB", "not with --quick", _MEMORY)]
    run = _watched(_command(int(jobs_of_large), plan.directory / "large"))
    note = f"in {run.seconds:.0f} s" if run.ended else f"when it was ended after {_LONGEST} s, before it was done"
    return [*figures, Figure(f"generate {world}: most memory, MB", [run.most / MEGA], target=_MEMORY, note=note)]


def replay(plan: Plan) -> list[Figure]:
    """From the start of the process to the first page of a large bundle, and the memory it holds then."""
    jobs = 2_000 if plan.quick else 100_000
    name = f"replay of {jobs:,} jobs"
    bundle, run = _generated(plan, jobs)
    if not run.ended:
        why = f"the bundle was not written within {_LONGEST} s"
        return [missing(f"{name}: start to first answer, s", why, _READY), missing(f"{name}: MB", why, _MEMORY)]
    size = sum(file.stat().st_size for file in bundle.iterdir()) / MEGA
    took, held = [], []
    for _ in range(plan.rounds):
        with server(toolkit("--replay", str(bundle)), plan.directory / "replay.log") as one:
            one.get(PAGE)
            took.append(time.perf_counter() - one.begun)
            held.append(megabytes(one))
    note = f"{size:,.0f} MB on disk"
    return [
        Figure(f"{name}: start to first answer, s", took, target=_READY, note=note),
        Figure(f"{name}: memory after it, MB", held, target=_MEMORY, note=note),
    ]


def _generated(plan: Plan, jobs: int) -> tuple[Path, _Run]:
    bundle = plan.directory / f"generated-{jobs}"
    return bundle, _watched(_command(jobs, bundle))


def _command(jobs: int, bundle: Path) -> list[str]:
    return [TOOLKIT, "generate", "--seed", "1", "--jobs", str(jobs), "--output", str(bundle), "--force"]


def _watched(command: Sequence[str]) -> _Run:
    """Run a command to its end, or for as long as we wait.

    Raises:
        subprocess.CalledProcessError: If it fails.
    """
    begun, cpu, most = time.perf_counter(), 0.0, 0
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    with ended(process):
        while process.poll() is None and time.perf_counter() - begun < _LONGEST:
            # Its own account, while it runs: that of an ended child includes what its parent held at the fork.
            cpu, most = cpu_seconds(process.pid) or cpu, max(most, resident_bytes(process.pid, "VmHWM"))
            time.sleep(_LOOK_EVERY)
        code = process.poll()
    if code:
        raise subprocess.CalledProcessError(code, command)
    return _Run(code is not None, time.perf_counter() - begun, cpu, most)
