"""Every route, once: what serves requests is what the OpenAPI document is made from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from toolkit import __version__
from toolkit.answers import lists
from toolkit.answers.exchange import Refusal, Request
from toolkit.answers.parameters import ACTIVE, BAD_PAGE, DELETED, LATEST, PAGE, STATUS, Parameter, Query
from toolkit.model.records import (
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
from toolkit.timeline.view import NEVER, Record, Timeline, View
from toolkit.world.timeline import REFRESH

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.answers.lists import Answer, Steps
    from toolkit.world.commands import CommandLog

UNKNOWN_RECORD: Final = "OpenSearch Error: Response Error"
"""What Teraslice says of an id it does not know. Source: observed."""
REPLAY_REFUSAL: Final = "this server replays a bundle, which nothing changes; use toolkit serve --live for commands"


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is served: a timeline, and the log that commands go to (`None` on replay)."""

    timeline: Timeline
    log: CommandLog | None
    mode: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a route, at one instant."""

    cluster: Cluster
    view: View
    request: Request
    ids: tuple[str, ...]
    query: Query


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        method: Its HTTP method; a GET route answers HEAD too.
        path: Its path below the root, `{name}` for an id.
        name: Unique; the operation id in the OpenAPI document.
        summary: One sentence.
        tag: Its group in the document.
        handler: Makes the body, at once or in steps; raises `Refusal`.
        returns: The type of the answer.
        parameters: Its query parameters.
        failures: Error statuses with what they mean.
        versioned: Whether it also exists below `/v1` (and only there for `/data/refresh`).
    """

    method: str
    path: str
    name: str
    summary: str
    tag: str
    handler: Callable[[Call], Answer | Steps]
    returns: Any
    parameters: tuple[Parameter, ...] = ()
    failures: tuple[tuple[int, str], ...] = ()
    prefixes: tuple[str, ...] = ("", "/v1")

    @property
    def pattern(self) -> re.Pattern[str]:
        """What matches its path; letter case and one trailing slash do not matter, as in Express."""
        prefixes = "|".join(re.escape(prefix) for prefix in self.prefixes)
        path = re.sub(r"\\\{\w+\\\}", "([^/]+)", re.escape(self.path.rstrip("/")))
        return re.compile(f"(?:{prefixes}){path}/?", re.IGNORECASE)


def _one(record: Record | None, until: int) -> Answer:
    if record is None:
        raise Refusal(404, UNKNOWN_RECORD, until)
    return record.text, until


def _info(call: Call) -> Answer:
    return _one(*call.view.info())


def _state(call: Call) -> Answer:
    nodes, until = call.view.nodes()
    return join_members([(key, record.item) for key, record in nodes]), until


def _controllers(call: Call) -> Answer:
    records, until = call.view.controllers()
    return join_items([record.item for record in records]), until


def _jobs(call: Call) -> Answer | Steps:
    return lists.jobs(call.view, call.query)


def _job(call: Call) -> Answer:
    record, until = call.view.job(call.ids[0])
    fields = lists.wanted_fields(call.query)
    if record is None or fields is None:
        return _one(record, until)
    document, held = lists.with_execution(call.view, record, fields)
    return pretty(document), min(until, held)


def _executions(call: Call) -> Answer | Steps:
    return lists.executions(call.view, call.query)


def _execution(call: Call) -> Answer:
    return _one(*call.view.execution(call.ids[0]))


def _every_error(call: Call) -> Answer | Steps:
    """Answer with nothing: Teraslice asks for `ex_id:"*"` in quotes, which matches no record. Source: observed."""
    return lists.errors(call.view, call.query, "*")


def _errors(call: Call) -> Answer | Steps:
    return lists.errors(call.view, call.query, call.ids[0])


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


UNKNOWN: Final = ((404, "no record of that id"),)

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
        "GET", "/jobs", "jobs", "Jobs, newest `_updated` first", "jobs", _jobs, list[Job],
        (*PAGE, ACTIVE, DELETED, LATEST), BAD_PAGE,
    ),
    Route("GET", "/jobs/{job_id}", "job", "One job", "jobs", _job, Job, (LATEST,), UNKNOWN),
    Route(
        "GET", "/ex", "executions", "Executions, newest `_updated` first", "ex", _executions, list[Execution],
        (*PAGE, DELETED, STATUS), BAD_PAGE,
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
        "POST", "/data/refresh", "refresh", "Begin a new world at this instant", "toolkit", _refresh, Refreshed,
        (), ((409, "the server replays a bundle"),), ("/v1",),
    ),
    Route(
        "GET", "/_toolkit/healthz", "healthz", "Whether the server answers", "toolkit", _health, Health,
        (), (), ("",),
    ),
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
