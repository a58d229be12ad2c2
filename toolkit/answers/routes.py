"""Every route, once: what serves requests is what the OpenAPI document is made from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from toolkit import __version__
from toolkit.answers import assets, latest, lists, log, txt
from toolkit.answers.commands import table
from toolkit.answers.commands.writing import write
from toolkit.answers.control import clock, events, faults, info, marks, requests, stories
from toolkit.answers.exchange import Refusal
from toolkit.answers.parameters import ACTIVE, BAD_PAGE, DELETED, LATEST, PAGE, STATUS
from toolkit.answers.route import Route
from toolkit.answers.wording import UNKNOWN_RECORD
from toolkit.model.records import (
    ClusterStats,
    Controller,
    ErrorRecord,
    Execution,
    Health,
    Info,
    Job,
    Node,
    Refreshed,
)
from toolkit.model.wire import join_members, pretty
from toolkit.timeline.view import NEVER, Record
from toolkit.world.generations import REFRESH

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call, Steps

NOT_RECORDED: Final = "this recording holds no error records; toolkit record does not ask for them yet"


def _one(record: Record | None, until: int) -> Body:
    if record is None:
        raise Refusal(404, UNKNOWN_RECORD, until)
    return record.text, until


def _info(call: Call) -> Body:
    return _one(*call.view.info())


def _state(call: Call) -> Body:
    nodes, until = call.view.nodes()
    return join_members([(key, record.item) for key, record in nodes]), until


def _stats(call: Call) -> Body:
    return _one(*call.view.stats())


def _controllers(call: Call) -> Body:
    text, until = call.view.controllers_text()
    return text, until


def _jobs(call: Call) -> Body | Steps:
    return lists.jobs(call.view, call.query)


def _job(call: Call) -> Body:
    record, until = call.view.job(call.ids[0])
    fields = lists.wanted_fields(call.query)
    if record is None or fields is None:
        return _one(record, until)
    document, held = lists.with_execution(call.view, record, fields)
    return pretty(document), min(until, held)


def _executions(call: Call) -> Body | Steps:
    return lists.executions(call.view, call.query)


def _execution(call: Call) -> Body:
    return _one(*call.view.execution(call.ids[0]))


def _every_error(call: Call) -> Body | Steps:
    """Answer with nothing: Teraslice asks for `ex_id:"*"` in quotes, which matches no record. Source: observed."""
    return lists.errors(call.view, call.query, "*")


def _errors(call: Call) -> Body | Steps:
    if "errors" in call.cluster.absent:
        raise Refusal(501, NOT_RECORDED, NEVER)
    return lists.errors(call.view, call.query, call.ids[0])


def _refresh(call: Call) -> Body:
    view = write(call, {"do": REFRESH})
    counts = {
        "nodes": len(view.nodes().value),
        "controllers": len(view.controllers().value),
        "jobs": view.job_count(),
        "execution_contexts": view.execution_count(),
    }
    return pretty({"message": "All data refreshed", "counts": counts}), 0


def _health(call: Call) -> Body:
    return pretty({"status": "ok", "mode": call.cluster.mode, "version": __version__}), NEVER


UNKNOWN: Final = ((404, "no record of that id"),)
NEVER_RUN: Final = ((404, "the job has never run, or there is none of that id"),)
NO_CONTROLLER: Final = ((404, "no execution that is not terminal"),)

ROUTES: Final[tuple[Route, ...]] = (
    Route("GET", "/", "info", "The cluster's name and versions", "cluster", _info, Info),
    Route("GET", "/cluster/state", "state", "The nodes and their processes", "cluster", _state, dict[str, Node]),
    Route(
        "GET", "/cluster/controllers", "controllers", "Live statistics of every execution that is not terminal",
        "cluster", _controllers, list[Controller],
    ),
    Route(
        "GET", "/cluster/slicers", "slicers", "The same under its old name", "cluster", _controllers, list[Controller]
    ),
    Route(
        "GET", "/cluster/stats", "stats", "Totals that execution controllers push", "cluster", _stats, ClusterStats
    ),
    Route(
        "GET", "/jobs", "jobs", "Jobs, newest update first", "jobs", _jobs, list[Job],
        (*PAGE, ACTIVE, DELETED, LATEST), BAD_PAGE,
    ),
    Route("GET", "/jobs/{job_id}", "job", "One job", "jobs", _job, Job, (LATEST,), UNKNOWN),
    Route(
        "GET", "/jobs/{job_id}/ex", "latest_execution", "The latest execution of a job", "jobs",
        latest.execution, Execution, (), NEVER_RUN,
    ),
    Route(
        "GET", "/jobs/{job_id}/controller", "job_controller", "Live statistics of a job's latest execution", "jobs",
        latest.of_latest(latest.controller), list[Controller], (), NO_CONTROLLER,
    ),
    Route(
        "GET", "/jobs/{job_id}/slicer", "job_slicer", "The same under its old name", "jobs",
        latest.of_latest(latest.controller), list[Controller], (), NO_CONTROLLER,
    ),
    Route(
        "GET", "/jobs/{job_id}/errors", "job_errors", "Failed slices of a job's latest execution, newest first", "jobs",
        latest.of_latest(_errors), list[ErrorRecord], PAGE, (*NEVER_RUN, *BAD_PAGE),
    ),
    Route(
        "GET", "/ex", "executions", "Executions, newest update first", "ex", _executions, list[Execution],
        (*PAGE, DELETED, STATUS), BAD_PAGE,
    ),
    Route(
        "GET", "/ex/errors", "every_error", "Always empty, as on a real cluster", "ex", _every_error, list[ErrorRecord],
        PAGE, BAD_PAGE,
    ),
    Route("GET", "/ex/{ex_id}", "execution", "One execution", "ex", _execution, Execution, (), UNKNOWN),
    Route(
        "GET", "/ex/{ex_id}/errors", "execution_errors", "Failed slices of an execution, newest first", "ex",
        latest.of_execution(_errors), list[ErrorRecord], PAGE, BAD_PAGE,
    ),
    Route(
        "GET", "/ex/{ex_id}/controller", "execution_controller", "Live statistics of an execution", "ex",
        latest.of_execution(latest.controller), list[Controller], (), NO_CONTROLLER,
    ),
    Route(
        "GET", "/ex/{ex_id}/slicer", "execution_slicer", "The same under its old name", "ex",
        latest.of_execution(latest.controller), list[Controller], (), NO_CONTROLLER,
    ),
    *table.ROUTES,
    *assets.routes(PAGE, BAD_PAGE),
    Route(
        "POST", "/data/refresh", "refresh", "Begin a new world at this instant", "toolkit", _refresh, Refreshed,
        (), ((409, "the server replays a bundle"),), ("/v1",),
    ),
    Route(
        "GET", "/_toolkit/healthz", "healthz", "Whether the server answers", "toolkit", _health, Health,
        (), (), ("",),
    ),
    log.ROUTE,
    *clock.routes(),
    *marks.routes(),
    *faults.routes(),
    *info.routes(),
    *requests.routes(),
    events.ROUTE,
    *stories.ROUTES,
    *txt.routes(PAGE, BAD_PAGE),
)  # fmt: skip

KEPT: Final = 1_024
"""Paths whose routes are remembered."""
_TABLE: Final = tuple((route, route.pattern) for route in ROUTES)


@lru_cache(maxsize=KEPT)
def match(path: str) -> tuple[tuple[Route, tuple[str, ...]], ...]:
    """Give the routes a path matches, any method, with the ids in it; only the first of each method counts.

    Raises:
        ValueError: If an id is badly percent-encoded, which Teraslice answers in a way of its own.
    """
    found = ((route, pattern.fullmatch(path)) for route, pattern in _TABLE)
    return tuple((route, tuple(_decode(text) for text in hit.groups())) for route, hit in found if hit)


def _decode(text: str) -> str:
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        msg = "a percent sign without two digits"
        raise ValueError(msg)
    return unquote_to_bytes(text).decode()
