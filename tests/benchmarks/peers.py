"""Cases against the servers that people have today: ts-topy's mock, and generic mock servers with a fixed body."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.comparing import Plan, Side, compare_load
from tests.benchmarks.figures import Figure, Target, missing
from tests.benchmarks.references import GENERIC
from tests.benchmarks.servers import TOOLKIT, server, toolkit, ts_topy
from tests.benchmarks.under_load import PAGE, live

if TYPE_CHECKING:
    from tests.benchmarks.references import Generic
    from tests.benchmarks.servers import Server

_SIZES = {0: ("its default size", 25, 7), 1_000: ("1,000", 484, 25), 10_000: ("10,000", 6_700, 250)}
"""How many executions ts-topy's mock has; how that is called, our jobs for as many, and how many times it we want."""
_RECORDING = 120
"""Seconds after which a recording of a mock server is given up."""
_GENERIC = Target(2.5, at_most=False)


def ts_topy_sizes(plan: Plan) -> list[Figure]:
    """The same page of ts-topy's mock server, at three sizes, against ours with about as many executions."""
    figures = []
    for executions, (name, jobs, times) in _SIZES.items():
        with (
            server(live("--jobs", str(jobs)), plan.directory / "ours.log") as ours,
            server(ts_topy(executions), plan.directory / "ts-topy.log") as theirs,
        ):
            count = executions or len(json.loads(theirs.get("/v1/ex?size=10000").body))
            against = f"ts-topy mock, {count:,} executions"
            target = Target(times, at_most=False)
            measured = compare_load(Side(ours, PAGE), Side(theirs, PAGE), against, plan, rate=target)
            same = _same_documents(theirs, against, plan, target)
        figures += [figure.of(f"page of 100 against ts-topy's mock, {name}") for figure in measured]
        figures += [figure.of(f"ts-topy's mock, recorded and replayed, against itself, {name}") for figure in same]
    return figures


def _same_documents(theirs: Server, against: str, plan: Plan, target: Target) -> list[Figure]:
    """Record a mock server and replay it: the documents are the same, in the format of Teraslice."""
    with tempfile.TemporaryDirectory(dir=plan.directory) as directory:
        bundle = Path(directory) / "recorded"
        command = [TOOLKIT, "record", theirs.url, "--no-redact", "--timeout", "60s", "--output", str(bundle)]
        subprocess.run(command, capture_output=True, timeout=_RECORDING, check=True)
        with server(toolkit("--replay", str(bundle)), plan.directory / "replay.log") as ours:
            return compare_load(Side(ours, PAGE), Side(theirs, PAGE), against, plan, rate=target)


def generic(plan: Plan) -> list[Figure]:
    """The page, live, against generic mock servers that answer with the same documents, whatever the time is."""
    figures = []
    with server(live(), plan.directory / "ours.log") as ours:
        page = Side(ours, PAGE)
        for reference in GENERIC:
            name = f"page of 100 against {reference.name} with a fixed body"
            lacks = reference.lacks()
            if lacks:
                figures.append(missing(name, lacks, _GENERIC))
                continue
            figures += [figure.of(name) for figure in _against(page, reference, plan)]
    return figures


def _against(ours: Side, reference: Generic, plan: Plan) -> list[Figure]:
    directory = plan.directory / reference.name
    directory.mkdir(exist_ok=True)
    started = reference.prepare(ours.server.get(ours.path).body, directory)
    with server(started.command, directory / "log", started.url, started.path) as theirs:
        begun = time.perf_counter()
        side = Side(theirs, started.path)
        while time.perf_counter() - begun < plan.seconds:
            # A just-in-time compiler has to have seen the request often.
            side.measure(1)
        return compare_load(ours, side, reference.name, plan, rate=_GENERIC)
