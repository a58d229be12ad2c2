"""Cases of several processes on one port."""

from __future__ import annotations

import subprocess

from tests.benchmarks.comparing import Plan, Side, compare_load
from tests.benchmarks.figures import Figure, Target, missing
from tests.benchmarks.servers import PATIENCE, TOOLKIT, Server, server, toolkit
from tests.benchmarks.under_load import PAGE

_TWICE = Target(1.7, at_most=False)
_NAME = "two workers"
_ASKED = 40
"""Over connections of their own, so that both processes answer."""


def two(plan: Plan) -> list[Figure]:
    """Two processes against one: requests per second, the CPU of each request, and whether they answer alike."""
    shown = subprocess.run([TOOLKIT, "serve", "--help"], capture_output=True, text=True, timeout=PATIENCE, check=True)
    if "--workers" not in shown.stdout:
        return [missing(f"{_NAME}: requests/s", "not there: serve has no --workers yet", _TWICE)]
    command = toolkit("--live", "--seed", "1", "--epoch", "2026-01-01T00:00:00Z", "--at", "+10m", "--frozen")
    with (
        server([*command, "--workers", "2"], plan.directory / "two.log") as both,
        server(command, plan.directory / "one.log") as one,
    ):
        same = _answers(both) == _answers(one)
        figures = compare_load(Side(both, PAGE), Side(one, PAGE), "one worker", plan, rate=_TWICE)
    alike = Figure("the same answers", [int(same)], target=Target(1, "ours", at_most=False))
    return [figure.of(_NAME) for figure in (*figures, alike)]


def _answers(one: Server) -> set[tuple[tuple[tuple[str, str], ...], bytes]]:
    pages = [one.get(PAGE) for _ in range(_ASKED)]
    return {(tuple(page.headers), page.body) for page in pages}
