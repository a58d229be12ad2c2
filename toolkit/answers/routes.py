"""Every route, once: what serves requests is what the OpenAPI document is made from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote_to_bytes

from toolkit import __version__
from toolkit.answers import assets, latest, txt
from toolkit.answers.exchange import Refusal
from toolkit.answers.parameters import page_of, refuse_unapplied
from toolkit.answers.route import Parameter, Route
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
from toolkit.model.wire import join_items, join_members, pretty
from toolkit.timeline.view import NEVER, Record
from toolkit.world.timeline import REFRESH

if TYPE_CHECKING:
    from toolkit.answers.route import Answer, Body, Call

UNKNOWN_RECORD: Final = "OpenSearch Error: Response Error"
"""What Teraslice says of an id it does not know. Source: observed."""
REPLAY_REFUSAL: Final = "this server replays a bundle, which nothing changes; use toolkit serve --live for commands"


NOT_RECORDED: Final = "this recording holds no error records; toolkit record does not ask for them yet"


def _one(record: Record | None, until: int) -> Answer:
    if record is None:
        raise Refusal(404, UNKNOWN_RECORD, until)
    return record.text, until


def _info(call: Call) -> Answer:
    return _one(*call.view.info())


def _state(call: Call) -> Answer:
    nodes, until = call.view.nodes()
    return join_members([(key, record.item) for key, record in nodes]), until


def _stats(call: Call) -> Answer:
    return _one(*call.view.stats())


def _controllers(call: Call) -> Answer:
    records, until = call.view.controllers()
    return join_items([record.item for record in records]), until


def _jobs(call: Call) -> Answer:
    page = page_of(call.query)
    refuse_unapplied(call.query, ("sort", "filter", "active", "deleted", "ex"))
    records, until = call.view.jobs(*page)
    return join_items([record.item for record in records]), until


def _job(call: Call) -> Answer:
    answer = _one(*call.view.job(call.ids[0]))
    refuse_unapplied(call.query, ("ex",))
    return answer


def _executions(call: Call) -> Answer:
    page = page_of(call.query)
    refuse_unapplied(call.query, ("sort", "filter", "deleted", "status"))
    records, until = call.view.executions(*page)
    return join_items([record.item for record in records]), until


def _execution(call: Call) -> Answer:
    return _one(*call.view.execution(call.ids[0]))


def _every_error(call: Call) -> Answer:
    """Answer with nothing: Teraslice asks for `ex_id:"*"` in quotes, which matches no record. Source: observed."""
    page_of(call.query)
    return b"[]", NEVER


def _errors(call: Call) -> Body:
    if "errors" in call.cluster.absent:
        raise Refusal(501, NOT_RECORDED, NEVER)
    start, size = page_of(call.query)
    refuse_unapplied(call.query, ("sort", "filter"))
    records, until = call.view.errors(call.ids[0])
    return join_items([record.item for record in records[start : start + size]]), until


def _refresh(call: Call) -> Answer:
    log, t = call.cluster.log, call.view.t
    if log is None:
        raise Refusal(409, REPLAY_REFUSAL, NEVER)
    log.append(t, {"do": REFRESH})
    view = call.cluster.timeline.at(t)
    counts = {
        "nodes": len(view.nodes().value),
        "controllers": len(view.controllers().value),
        "jobs": view.job_count(),
        "execution_contexts": view.execution_count(),
    }
    return pretty({"message": "All data refreshed", "counts": counts}), 0


def _health(call: Call) -> Answer:
    return pretty({"status": "ok", "mode": call.cluster.mode, "version": __version__}), NEVER


SIZE: Final = Parameter(
    "size", "How many at most.", {"type": "integer", "minimum": 0, "maximum": 10_000, "default": 100}
)
FROM: Final = Parameter("from", "How many to leave out first.", {"type": "integer", "minimum": 0, "default": 0})
PAGE: Final = (SIZE, FROM)
BAD_PAGE: Final = (
    (400, "`size` or `from` is negative, or both together are above 10,000"),
    (500, "`size` or `from` is not a number"),
    (501, "a parameter that the toolkit does not apply yet"),
)
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
    Route("GET", "/jobs", "jobs", "Jobs, newest update first", "jobs", _jobs, list[Job], PAGE, BAD_PAGE),
    Route("GET", "/jobs/{job_id}", "job", "One job", "jobs", _job, Job, (), UNKNOWN),
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
        PAGE, BAD_PAGE,
    ),
    Route(
        "GET", "/ex/errors", "every_error", "Always empty, as on a real cluster", "ex", _every_error, list[ErrorRecord],
        PAGE, BAD_PAGE,
    ),
    Route("GET", "/ex/{ex_id}", "execution", "One execution", "ex", _execution, Execution, (), UNKNOWN),
    Route(
        "GET", "/ex/{ex_id}/errors", "execution_errors", "Failed slices of an execution, newest first", "ex", _errors,
        list[ErrorRecord], PAGE, BAD_PAGE,
    ),
    Route(
        "GET", "/ex/{ex_id}/controller", "execution_controller", "Live statistics of an execution", "ex",
        latest.controller, list[Controller], (), NO_CONTROLLER,
    ),
    Route(
        "GET", "/ex/{ex_id}/slicer", "execution_slicer", "The same under its old name", "ex",
        latest.controller, list[Controller], (), NO_CONTROLLER,
    ),
    *assets.routes(PAGE, BAD_PAGE),
    Route(
        "POST", "/data/refresh", "refresh", "Begin a new world at this instant", "toolkit", _refresh, Refreshed,
        (), ((409, "the server replays a bundle"),), ("/v1",),
    ),
    Route(
        "GET", "/_toolkit/healthz", "healthz", "Whether the server answers", "toolkit", _health, Health,
        (), (), ("",),
    ),
    *txt.routes(PAGE, BAD_PAGE),
)  # fmt: skip

_TABLE: Final = tuple((route, route.pattern) for route in ROUTES)


def match(path: str) -> list[tuple[Route, tuple[str, ...]]]:
    """Give the routes a path matches, any method, with the ids in it; only the first of each method counts.

    Raises:
        ValueError: If an id is badly percent-encoded, which Teraslice answers in a way of its own.
    """
    found = ((route, pattern.fullmatch(path)) for route, pattern in _TABLE)
    return [(route, tuple(_decode(text) for text in hit.groups())) for route, hit in found if hit]


def _decode(text: str) -> str:
    if re.search(r"%(?![0-9a-fA-F]{2})", text):
        msg = "a percent sign without two digits"
        raise ValueError(msg)
    return unquote_to_bytes(text).decode()
