"""Cases of recordings: what recording a large cluster costs, and how small and quick a recording is."""

from __future__ import annotations

import gzip
import subprocess
import time
from statistics import median
from typing import TYPE_CHECKING

from tests.benchmarks.figures import OURS, Figure, Target, missing
from tests.benchmarks.machine import cpu_seconds
from tests.benchmarks.servers import TOOLKIT, Server, ended, server
from tests.benchmarks.under_load import live
from tests.bundle.counting import EXECUTIONS, Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.model.wire import join_items
from toolkit.tracks.fold import fold, steps_of
from toolkit.world.draws import Draws

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.comparing import Plan

_POLLS = 600
_POSITIONS = 200
_MEGA = 1_000_000
_SHARE = Target(30, OURS)
_LONGEST = 60


def each_second(plan: Plan) -> list[Figure]:
    """What the recorder needs of one core while it asks a cluster of 10,000 executions once a second."""
    jobs, executions = ("670", "1,000") if plan.quick else ("6700", "10,000")
    name = f"recording {executions} executions each second"
    frames = 5 if plan.quick else 15
    with server(live("--jobs", jobs), plan.directory / "ours.log") as ours:
        reached, share, spent = _share(ours, frames, plan)
    what = f"{name}: share of a core, %"
    if reached < 2:
        return [missing(what, f"no second frame within {_LONGEST} s", _SHARE)]
    note = f"{reached} frames, {spent / (reached - 1) * 1000:,.0f} ms of CPU each; start and end not counted"
    return [Figure(what, [share], target=_SHARE, note=note)]


def _share(ours: Server, frames: int, plan: Plan) -> tuple[int, float, float]:
    """Record some frames: how many came, the share of a core from the first to the last of them, the CPU seconds."""
    target = plan.directory / "recording"
    asked = ["--every", "1s", "--for", f"{frames}s", "--json", "--force", "--output", str(target)]
    command = [TOOLKIT, "record", ours.url, *asked]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    marks: list[tuple[float, float]] = []
    assert process.stdout is not None
    begun = time.perf_counter()
    with ended(process), process.stdout:
        for line in process.stdout:
            # Each frame is a line as soon as it is taken; the last line is about the bundle.
            if b'"bundle"' in line or time.perf_counter() - begun > _LONGEST:
                break
            marks.append((time.perf_counter(), cpu_seconds(process.pid)))
    if len(marks) < 2:
        return len(marks), 0, 0
    (first, before), (last, after) = marks[0], marks[-1]
    return len(marks), (after - before) / (last - first) * 100, after - before


def polls(plan: Plan) -> list[Figure]:
    """A recording of 600 polls of 100 executions: its size, how long it takes to load, and how long one frame does."""
    count = 60 if plan.quick else _POLLS
    figures = []
    for noisy in (False, True):
        cluster = Cluster("executions", noisy=noisy, updated=False)
        bundle = _bundle(cluster, count, plan.directory / f"polls-{noisy}")
        files = [file.read_bytes() for file in sorted(bundle.iterdir())]
        loads, frames = _read(bundle, plan.rounds)
        name = f"{count} polls of 100, {'noisy' if noisy else 'smooth'} counters"
        note = f"{cluster.raw / _MEGA:,.1f} MB of bodies"
        figures += [
            Figure(f"{name}: MB on disk", [sum(map(len, files)) / _MEGA], target=Target(0.6, OURS), note=note),
            Figure(f"{name}: kB gzipped", [len(gzip.compress(b"".join(files))) / 1000], target=Target(90, OURS)),
            Figure(f"{name}: load, CPU ms", loads, target=Target(50, OURS)),
            Figure(f"{name}: one frame at any position, CPU ms", frames, target=Target(0.2, OURS)),
        ]
    return figures


def _bundle(cluster: Cluster, count: int, target: Path) -> Path:
    folded = fold(steps_of(cluster.frames(count)))
    instants = folded.frames.instants
    return write_bundle(
        target,
        folded.tracks,
        first=instants[0],
        last=instants[-1],
        origin={"kind": "recorded"},
        orders=folded.orders,
        frames=folded.frames,
    )


def _read(bundle: Path, rounds: int) -> tuple[list[float], list[float]]:
    """Load a bundle some times and look at positions in no order: milliseconds of each load and of a frame."""
    loads, frames = [], []
    draws = Draws(1, "positions")
    for number in range(1 + rounds):
        begun = time.process_time()
        timeline = read_bundle(bundle).timeline
        loads.append((time.process_time() - begun) * 1000)
        took = []
        for n in range(_POSITIONS):
            t = timeline.first + draws.below(number * _POSITIONS + n, timeline.last - timeline.first)
            begun = time.process_time()
            join_items([record.item for record in timeline.at(t).executions(0, EXECUTIONS).value])
            took.append((time.process_time() - begun) * 1000)
        frames.append(median(took))
    return loads[1:], frames[1:]
