"""Cases of a large world: pages small and large, filters, and jumps of the clock."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from http import HTTPStatus
from urllib.parse import quote

from tests.benchmarks.comparing import Plan, Side, compare_load
from tests.benchmarks.figures import OURS, Figure, Target
from tests.benchmarks.load import Header, press, pressing
from tests.benchmarks.servers import Server, raw_sanic, server, toolkit
from tests.benchmarks.under_load import PAGE, limit_of, live
from tests.benchmarks.waiting import p99, waits

_LARGE_PAGE = "/v1/ex?size=10000"
_WAIT = Target(30, OURS)
_FRESH = "X-Toolkit-At: +{}ms"
_ALONE = "nobody else asking"
_LONGEST = 20
"""Seconds after which an answer is not waited for any more."""
_TOO_LONG = 3_000
"""Milliseconds of an answer after which it is not asked for again."""


def page(plan: Plan) -> list[Figure]:
    """A page of a large world against the same of a small one, and each against raw Sanic sending its bytes.

    The large world's page is longer: more of what it shows has ended, and has statistics.
    """
    jobs, name = plan.large
    with ExitStack() as stack:
        large, small = (
            Side(stack.enter_context(server(live("--jobs", count), plan.directory / f"{count}.log")), PAGE)
            for count in (jobs, "484")
        )
        figures = compare_load(large, small, "ours, 1,000 executions", plan, cpu=Target(1.15))
        limits = []
        for number, side in enumerate((large, small)):
            directory = plan.directory / f"limit-{number}"
            directory.mkdir(exist_ok=True)
            limits.append(stack.enter_context(limit_of(side.server, PAGE, directory)))
        shares = [
            [_share(side, limit, plan) for side, limit in zip((large, small), limits, strict=True)]
            for _ in range(plan.rounds)
        ]
    mine, theirs = zip(*shares, strict=True)
    figures.append(
        Figure("CPU over raw Sanic's, each with its own bytes", mine, "ours, 1,000 executions", theirs, Target(1.15))
    )
    return [figure.of(f"page of 100 of {name}") for figure in figures]


def _share(side: Side, limit: Side, plan: Plan) -> float:
    return side.measure(plan.seconds)[0] / limit.measure(plan.seconds)[0]


def _frozen(plan: Plan) -> tuple[list[str], str]:
    jobs, name = plan.large
    return toolkit("--live", "--seed", "1", "--jobs", jobs, "--at", "+10m", "--frozen"), name


def ten_thousand(plan: Plan) -> list[Figure]:
    """A page of 10,000, each time at an instant never asked for, and how long others wait meanwhile."""
    command, world = _frozen(plan)
    with server(command, plan.directory / "large.log") as ours:
        encoding = raw_sanic(_LARGE_PAGE, ours.get(_LARGE_PAGE), plan.directory, encode=True)
        with server(encoding, plan.directory / "raw.log") as raw:
            header = Header(_FRESH, 7)
            against = "raw Sanic, encoding the same documents"
            figures = _one_by_one(Side(ours, _LARGE_PAGE, header), Side(raw, _LARGE_PAGE), against, plan)
        figures.append(_waiting(ours, _LARGE_PAGE, header, plan))
    return [figure.of(f"page of 10,000 of {world}") for figure in figures]


def _one_by_one(ours: Side, reference: Side, against: str, plan: Plan) -> list[Figure]:
    """Compare over one connection: one such page at a time is what a client asks for."""

    def measure(side: Side) -> float:
        before = side.server.cpu_seconds()
        load = press(side.server.url + side.path, max(2, plan.seconds), side.header, connections=1)
        return (side.server.cpu_seconds() - before) / load.requests * 1000

    measure(ours)
    rounds = [(measure(ours), measure(reference)) for _ in range(plan.rounds)]
    mine, theirs = zip(*rounds, strict=True)
    return [Figure("CPU per request, ms", mine, against, theirs, Target(1.5))]


def _waiting(ours: Server, path: str, header: Header, plan: Plan) -> Figure:
    """How long somebody waits for a small page while another asks for much without a pause."""
    alone = [p99(waits(ours.url + PAGE, plan.seconds)) for _ in range(plan.rounds)]
    # Not by turns: what was given up is perhaps still worked at.
    with pressing(ours.url + path, header, 1):
        meanwhile = [p99(waits(ours.url + PAGE, plan.seconds)) for _ in range(plan.rounds)]
    return Figure("p99 of others' page of 100 meanwhile, ms", meanwhile, _ALONE, alone, _WAIT)


def filter_(plan: Plan) -> list[Figure]:
    """Filters that match ten executions, each time at an instant never asked for, and how long others wait."""
    command, world = _frozen(plan)
    figures = []
    for name in ("ex_id", "_updated"):
        # A server each: one may still be at work at what was given up.
        with server(command, plan.directory / "large.log") as ours:
            some = json.loads(ours.get("/v1/ex?size=10&from=5000").body)
            text = _range(some) if name == "_updated" else " OR ".join(f"ex_id:{one['ex_id']}" for one in some)
            path = "/v1/ex?size=100&filter=" + quote(text)
            header = Header(_FRESH, 7)
            waiting = _waiting(ours, path, header, plan)
            figures += [figure.of(f"by {name}") for figure in (*_found(ours, path, header, plan), waiting)]
    return [figure.of(f"filter of {world}") for figure in figures]


def _range(some: list[dict[str, str]]) -> str:
    updated = sorted(one["_updated"] for one in some)
    return f'_updated:["{updated[0]}" TO "{updated[-1]}"]'


def _found(ours: Server, path: str, header: Header, plan: Plan) -> list[Figure]:
    wall, cpu, note = [], [], ""
    for _ in range(plan.rounds):
        used, begun = ours.cpu_seconds(), time.perf_counter()
        try:
            answer = ours.get(path, {"X-Toolkit-At": f"+{header.next}ms"}, _LONGEST).body
            note = f"{len(json.loads(answer))} found"
        except TimeoutError:
            note = f"no answer yet after {_LONGEST} s, not waited for"
        wall.append((time.perf_counter() - begun) * 1000)
        cpu.append((ours.cpu_seconds() - used) * 1000)
        header.spent(1)
        if wall[-1] > _TOO_LONG:
            break
    return [
        Figure("until the answer, ms", wall, target=Target(50, OURS), note=note),
        Figure("CPU, ms", cpu, note="counted in steps of 10 ms"),
    ]


def jump(plan: Plan) -> list[Figure]:
    """The clock goes on by a day, again and again: until the answer to the first page after that."""
    jobs, world = plan.large
    took, how = [], ""
    with server(live("--jobs", jobs), plan.directory / "large.log") as ours:
        ours.get(PAGE)
        for day in range(1, 4 + plan.rounds):
            begun = time.perf_counter()
            status, _ = ours.ask("POST", "/_toolkit/clock", {"Content-Type": "application/json"}, b'{"advance": "1d"}')
            if status == HTTPStatus.OK:
                how = "by POST /_toolkit/clock"
                ours.get(PAGE)
            else:
                how = "by X-Toolkit-At, there is no POST /_toolkit/clock yet"
                begun = time.perf_counter()
                ours.get(PAGE, {"X-Toolkit-At": f"+{day}d"})
            took.append((time.perf_counter() - begun) * 1000)
    figures = [Figure("until the first page, ms", took, target=Target(100, OURS), note=how)]
    return [figure.of(f"clock on by a day at {world}") for figure in figures]
