"""Cases of several processes on one port."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.benchmarks.comparing import Plan, Side, by_turns, compare_load
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.load import Header, press
from tests.benchmarks.processes import children_cpu
from tests.benchmarks.servers import server, toolkit
from tests.benchmarks.under_load import PAGE

if TYPE_CHECKING:
    from tests.benchmarks.servers import Server

_TWICE = Target(1.7, at_most=False)
_NAME = "two workers"
_MADE = "two workers, a page made for each request"
_FRESH = "X-Toolkit-At: +{}ms"
_AGAINST = "one worker"
_ASKED = 40
"""Over connections of their own, so that both processes answer."""


def two(plan: Plan) -> list[Figure]:
    """Two processes against one: requests per second, the CPU of each request, and whether they answer alike."""
    command = toolkit("--live", "--seed", "1", "--epoch", "2026-01-01T00:00:00Z", "--at", "+10m", "--frozen")
    with (
        server([*command, "--workers", "2"], plan.directory / "two.log") as both,
        server(command, plan.directory / "one.log") as one,
    ):
        same = _answers(both) == _answers(one)
        figures = compare_load(Side(both, PAGE), Side(one, PAGE), _AGAINST, plan, rate=_TWICE)
        made = compare_load(
            Side(both, PAGE, Header(_FRESH, 7)), Side(one, PAGE, Header(_FRESH, 7)), _AGAINST, plan, rate=_TWICE
        )
        allowed, alone = by_turns(plan.rounds, lambda: _allowed(both, 2, plan), lambda: _allowed(one, 1, plan))
    alike = Figure("the same answers", [int(same)], target=Target(1, "ours", at_most=False))
    note = "by the CPU per request: the load generator takes its share of the cores"
    bound = Figure(f"requests/s that {os.cpu_count()} cores allow", allowed, _AGAINST, alone, note=note)
    return [figure.of(_NAME) for figure in (*figures, bound, alike)] + [figure.of(_MADE) for figure in made]


def _answers(one: Server) -> set[tuple[tuple[tuple[str, str], ...], bytes]]:
    pages = [one.get(PAGE) for _ in range(_ASKED)]
    return {(tuple(page.headers), page.body) for page in pages}


def _allowed(one: Server, processes: int, plan: Plan) -> float:
    """Give the requests per second at which a server's processes, or all cores of the machine, would be busy."""
    ours, theirs = one.cpu_seconds(), children_cpu()
    load = press(one.url + PAGE, plan.seconds)
    each, generating = ((one.cpu_seconds() - ours) / load.requests, (children_cpu() - theirs) / load.requests)
    return min(processes / each, (os.cpu_count() or 1) / (each + generating))
