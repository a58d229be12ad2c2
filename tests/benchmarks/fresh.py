"""Cases of answers that nobody has asked for before, against encoding the same documents at each request."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
import orjson

from tests.benchmarks.comparing import Plan, Side, by_turns, compare_load
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.load import Header
from tests.benchmarks.servers import raw_sanic, server, toolkit
from tests.benchmarks.under_load import CONTROLLERS, PAGE
from tests.serving import live_cluster
from toolkit.answers.answer import Request, answer
from toolkit.model.instants import HOUR, MINUTE
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

_ENCODING = "raw Sanic, encoding the same documents"
_FORMAT = "orjson and 4-space format, same process"
_LIMIT = Target(1.5)
_LIVING = 1_700
"""Jobs of a world with 1,000 living executions."""


def page(plan: Plan) -> list[Figure]:
    """The page at an instant never asked for, and at one at which every record on it is another."""
    return [
        *_under_load(plan, "page of 100, fresh instant", PAGE, 25, 7),
        *_in_process(plan, "page of 100, fresh instant", PAGE, 25, 7),
        *_in_process(plan, "page of 100, all records new", PAGE, 25, 30 * HOUR),
    ]


def controllers(plan: Plan) -> list[Figure]:
    """The controllers of 1,000 living executions at an instant never asked for."""
    name = "1,000 controllers, fresh instant"
    return [
        *_under_load(plan, name, CONTROLLERS, _LIVING, 7),
        *_in_process(plan, name, CONTROLLERS, _LIVING, 7),
    ]


def _under_load(plan: Plan, name: str, path: str, jobs: int, step: int) -> list[Figure]:
    command = toolkit("--live", "--seed", "1", "--jobs", str(jobs), "--at", "+10m", "--frozen")
    with server(command, plan.directory / "ours.log") as ours:
        encoding = raw_sanic(path, ours.get(path), plan.directory, encode=True)
        with server(encoding, plan.directory / "raw.log") as raw:
            header = Header("X-Toolkit-At: +{}ms", step)
            figures = compare_load(Side(ours, path, header), Side(raw, path), _ENCODING, plan, cpu=_LIMIT)
    return [figure.of(name) for figure in figures]


def _in_process(plan: Plan, name: str, path: str, jobs: int, step: int) -> list[Figure]:
    """Compare without HTTP: the same page, the ETag included in ours only."""
    cluster = live_cluster(Scenario(seed=1, jobs=jobs))
    request = Request("GET", path)
    t = cluster.timeline.first + 10 * MINUTE
    documents = orjson.loads(answer(cluster, t, request).body)

    def ours() -> None:
        nonlocal t
        t += step
        answer(cluster, t, request)

    def encode() -> None:
        msgspec.json.format(orjson.dumps(documents), indent=4)

    count = 50 if plan.quick else 150
    mine, theirs = by_turns(2 + plan.rounds, lambda: _each(ours, count), lambda: _each(encode, count))
    return [Figure(f"{name}: CPU without HTTP, µs", mine[1:], _FORMAT, theirs[1:], _LIMIT)]


def _each(work: Callable[[], None], count: int) -> float:
    begun = time.process_time()
    for _ in range(count):
        work()
    return (time.process_time() - begun) / count * 1_000_000
