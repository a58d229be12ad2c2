"""Cases under load: what a request costs, against the limit, against a small world, against ts-topy's mock server."""

from __future__ import annotations

import json
import subprocess
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from tests.benchmarks.comparing import Plan, Side, compare_load
from tests.benchmarks.figures import Figure, Target
from tests.benchmarks.servers import PATIENCE, TOOLKIT, Page, Server, raw_sanic, server, toolkit, ts_topy
from toolkit.clock import wall_now
from toolkit.model.instants import MINUTE, format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE = "/v1/ex?size=100"
LIMIT = "raw Sanic, same bytes"
LEAN = "raw Sanic, same body, only Content-Type"


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


def _against_limit(command: list[str], path: str, plan: Plan, cpu: float, rate: float | None = None) -> list[Figure]:
    with server(command, plan.directory / "ours.log") as ours:
        if path.endswith("/"):
            path += json.loads(ours.get(f"{path[:-1]}?size=1").body)[0]["ex_id"]
        with limit_of(ours, path, plan.directory) as limit:
            return compare_load(
                Side(ours, path),
                limit,
                LIMIT,
                plan,
                cpu=Target(cpu),
                rate=Target(rate, at_most=False) if rate is not None else None,
            )


def page_live(plan: Plan) -> list[Figure]:
    """A page of executions of the default world, live."""
    return _against_limit(live(), PAGE, plan, 1.15, 0.85)


def page_lean(plan: Plan) -> list[Figure]:
    """The same page against raw Sanic without our headers: less than what is asked for, a stricter limit."""
    with (
        server(live(), plan.directory / "ours.log") as ours,
        limit_of(ours, PAGE, plan.directory, lean=True) as limit,
    ):
        return compare_load(Side(ours, PAGE), limit, LEAN, plan)


def page_replay(plan: Plan) -> list[Figure]:
    """The same of a bundle."""
    bundle = plan.directory / "bundle"
    subprocess.run(
        [TOOLKIT, "generate", "--seed", "1", "--for", "1h", "--output", str(bundle), "--force"],
        capture_output=True,
        timeout=PATIENCE,
        check=True,
    )
    return _against_limit(toolkit("--replay", str(bundle), "--at", "+10m"), PAGE, plan, 1.12, 0.9)


def controllers(plan: Plan) -> list[Figure]:
    """All controllers of the default world: their counters move all the time."""
    return _against_limit(live(), "/v1/cluster/controllers", plan, 1.4)


def one_execution(plan: Plan) -> list[Figure]:
    """One execution by its id."""
    return _against_limit(live(), "/v1/ex/", plan, 1.2)


def page_of_many(plan: Plan) -> list[Figure]:
    """A page of a large world against the same of a small one."""
    jobs, name = plan.large
    with ExitStack() as stack:
        large, small = (
            Side(stack.enter_context(server(live("--jobs", count), plan.directory / f"{count}.log")), PAGE)
            for count in (jobs, "484")
        )
        figures = compare_load(large, small, "ours, 1,000 executions", plan, cpu=Target(1.15))
    return [_renamed(figure, f"{name}: {figure.what}") for figure in figures]


def page_of_ts_topy(plan: Plan) -> list[Figure]:
    """The same page of ts-topy's mock server, both at their default sizes."""
    with (
        server(live(), plan.directory / "ours.log") as ours,
        server(ts_topy(), plan.directory / "ts-topy.log") as theirs,
    ):
        count = len(json.loads(theirs.get("/v1/ex?size=10000").body))
        name = f"ts-topy mock, {count} executions"
        return compare_load(Side(ours, PAGE), Side(theirs, PAGE), name, plan, rate=Target(7, at_most=False))


def _renamed(figure: Figure, what: str) -> Figure:
    return Figure(what, figure.ours, figure.against, figure.reference, figure.target, figure.note)
