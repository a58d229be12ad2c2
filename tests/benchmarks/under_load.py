"""Cases under load: what a request costs, against the limit."""

from __future__ import annotations

import json
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.benchmarks.comparing import Plan, Side, by_turns, compare_load
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.load import Header
from tests.benchmarks.servers import PATIENCE, TOOLKIT, Page, Server, raw_sanic, server, toolkit
from toolkit.clock import wall_now
from toolkit.model.instants import MINUTE, format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = "/v1/ex?size=100"
CONTROLLERS = "/v1/cluster/controllers"
LIMIT = "raw Sanic, same bytes"
LEAN = "raw Sanic, same body, only Content-Type"
_FIRST_SECONDS = 8
"""How long the load lasts right after the epoch: with the start of the load generator within 10 s."""


def live(*more: str) -> list[str]:
    """Give the command of a live server ten minutes after its epoch, with a running clock."""
    epoch = format_instant(wall_now() - 10 * MINUTE)
    return toolkit("--live", "--seed", "1", "--epoch", epoch, "--at", "+10m", *more)


@contextmanager
def limit_of(ours: Server, path: str, directory: Path, *, lean: bool = False) -> Iterator[Side]:
    """Run raw Sanic with the bytes that a server of ours sends now, and its headers.

    Sanic takes a microsecond or two for each header, so that the same headers flatter us, who write them at once:
    a `lean` one sends only the Content-Type.
    """
    page = ours.get(path)
    if lean:
        page = Page([header for header in page.headers if header[0].lower() == "content-type"], page.body)
    with server(raw_sanic(path, page, directory), directory / "raw.log") as raw:
        if raw.get(path).body != page.body:
            msg = "raw Sanic does not send the same bytes"
            raise RuntimeError(msg)
        yield Side(raw, path)


def _against_limit(  # noqa: PLR0913, PLR0917 - a row of the table
    command: list[str], path: str, plan: Plan, name: str, cpu: float, rate: float | None = None
) -> list[Figure]:
    with server(command, plan.directory / "ours.log") as ours:
        if path.endswith("/"):
            path += _some_execution(ours)
        with limit_of(ours, path, plan.directory) as limit:
            figures = compare_load(
                Side(ours, path),
                limit,
                LIMIT,
                plan,
                cpu=Target(cpu),
                rate=Target(rate, at_most=False) if rate is not None else None,
            )
    return [figure.of(name) for figure in figures]


def _some_execution(ours: Server) -> str:
    found: str = json.loads(ours.get("/v1/ex?size=1").body)[0]["ex_id"]
    return found


def page_live(plan: Plan) -> list[Figure]:
    """A page of executions of the default world, live."""
    return _against_limit(live(), PAGE, plan, "page of 100, live", 1.15, 0.85)


def page_lean(plan: Plan) -> list[Figure]:
    """The same page against raw Sanic without our headers: less than what is asked for, a stricter limit."""
    with (
        server(live(), plan.directory / "ours.log") as ours,
        limit_of(ours, PAGE, plan.directory, lean=True) as limit,
    ):
        figures = compare_load(Side(ours, PAGE), limit, LEAN, plan)
    return [figure.of("page of 100, live") for figure in figures]


def page_replay(plan: Plan) -> list[Figure]:
    """The same of a bundle."""
    bundle = plan.directory / "bundle"
    subprocess.run(
        [TOOLKIT, "generate", "--seed", "1", "--for", "1h", "--output", str(bundle), "--force"],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    command = toolkit("--replay", str(bundle), "--at", "+10m")
    return _against_limit(command, PAGE, plan, "page of 100, replay", 1.12, 0.9)


def page_first(plan: Plan) -> list[Figure]:
    """The page in the first seconds of a world, when executions start up.

    Of the default world three do, of one with 1,000 living executions 200.
    """
    figures = []
    for name, more in (("default world", ()), ("1,000 living", ("--jobs", "1700"))):
        command = toolkit("--live", "--seed", "1", *more)
        with (
            server(command, plan.directory / "ours.log") as ours,
            limit_of(ours, PAGE, plan.directory) as limit,
        ):
            mine, theirs = by_turns(
                min(plan.rounds, 2),
                lambda command=command: _first(command, plan),  # type: ignore[misc]  # mypy and defaults of lambdas
                lambda limit=limit: limit.measure(plan.seconds),  # type: ignore[misc]
            )
        figures += [
            Figure(f"first 10 s, {name}: {what}", [one[i] for one in mine], LIMIT, [one[i] for one in theirs])
            for i, what in enumerate(("CPU per request, µs", "requests/s"))
        ]
    return figures


def _first(command: list[str], plan: Plan) -> tuple[float, float]:
    with server(command, plan.directory / "first.log") as ours:
        return Side(ours, PAGE).measure(2 if plan.quick else _FIRST_SECONDS)


def controllers(plan: Plan) -> list[Figure]:
    """All controllers of the default world: their counters move all the time."""
    return _against_limit(live(), CONTROLLERS, plan, "controllers", 1.4)


def one_execution(plan: Plan) -> list[Figure]:
    """One execution by its id."""
    return _against_limit(live(), "/v1/ex/", plan, "one execution", 1.2)


def at_instant(plan: Plan) -> list[Figure]:
    """The page at an instant that was asked for before, by `X-Toolkit-At`."""
    with server(live(), plan.directory / "ours.log") as ours, limit_of(ours, PAGE, plan.directory) as limit:
        header = Header(f"X-Toolkit-At: {format_instant(wall_now() + MINUTE)}")
        figures = compare_load(Side(ours, PAGE, header), limit, LIMIT, plan, cpu=Target(1.2))
    return [figure.of("page of 100, an instant asked before") for figure in figures]
