"""What goes into the text tables of nodes, processes, jobs, executions and controllers.

Source: observed tables; Teraslice's handlers below `/txt`, which exist only at the root.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers import lists
from toolkit.answers.exchange import HTML, Refusal, Response, table_response
from toolkit.answers.parameters import ACTIVE, DEFAULT_SIZE, DELETED, Parameter, whole
from toolkit.answers.route import Route
from toolkit.answers.search import settled
from toolkit.answers.tables import table, table_in_steps

if TYPE_CHECKING:
    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Call, Stepwise
    from toolkit.answers.search import Finding, Found
    from toolkit.model.wire import Document
    from toolkit.timeline.view import Record

Failures = tuple[tuple[int, str], ...]

LAYOUT: Final = (
    Parameter("fields", "Columns instead of the usual ones, with commas; paths reach inside.", {"type": "string"}),
    Parameter("headers", "`false` leaves the names and the dashes out.", {"type": "string"}),
)
SLICE: Final = (
    Parameter("size", "The place of the first row that is left out, as in Teraslice.", {"type": "integer"}),
    Parameter("from", "The place of the first row.", {"type": "integer"}),
    *LAYOUT,
)
WORKERS: Final = ("assignment", "job_id", "ex_id", "node_id", "pid")
POD_WORKERS: Final = ("assignment", "job_id", "ex_id", "node_id", "pod_name", "image")
"""The columns of a cluster on Kubernetes, which a replay may show."""
NODES: Final = ("node_id", "state", "hostname", "total", "active", "pid", "teraslice_version", "node_version")
JOBS: Final = ("job_id", "name", "active", "lifecycle", "slicers", "workers", "_created", "_updated")
EXECUTIONS: Final = (
    "name", "lifecycle", "slicers", "workers", "_status", "ex_id", "job_id", "_created", "_updated",
)  # fmt: skip
CONTROLLERS: Final = ("name", "job_id", "workers_available", "workers_active", "failed", "queued", "processed")


def with_deletion(columns: tuple[str, ...], query: Query) -> tuple[str, ...]:
    """Add when a record was deleted, unless only those that were not are asked for."""
    return columns if query.get("deleted", ["false"]) == ["false"] else (*columns, "_deleted_on")


def _place(query: Query, name: str, default: int) -> int:
    try:
        return whole(query, name, default)
    except Refusal:
        return 0  # JavaScript's `slice` takes what is no number for 0


def _sliced(rows: list[Document], query: Query) -> list[Document]:
    """Cut rows as Teraslice does: `size` is where the slice ends, and negative places count from the end."""
    return rows[_place(query, "from", 0) : _place(query, "size", DEFAULT_SIZE)]


def _processes(node: Record) -> list[Document]:
    """Give a node's processes; a recorded document may hold anything."""
    active = node.fields.get("active")
    return [process for process in active if isinstance(process, dict)] if isinstance(active, list) else []


def workers(call: Call) -> Response:
    """Answer with the processes of the connected nodes, each with its node's id and host name."""
    nodes, until = call.view.nodes()
    info, known = call.view.info()
    native = info.fields.get("clustering_type", "native") == "native"
    rows = [
        process | {key: node.fields[key] for key in ("node_id", "hostname") if key in node.fields}
        for _, node in nodes
        if node.fields.get("state") == "connected"
        for process in _processes(node)
    ]
    text = table(_sliced(rows, call.query), call.query, WORKERS if native else POD_WORKERS)
    return table_response(text, min(until, known))


def nodes(call: Call) -> Response:
    """Answer with the nodes; `active` is how many processes a node has."""
    found, until = call.view.nodes()
    rows = [node.fields | {"active": len(_processes(node))} for _, node in found]
    return table_response(table(_sliced(rows, call.query), call.query, NODES), until)


def jobs(call: Call) -> Stepwise[Response]:
    """Answer with the jobs that `GET /jobs` finds."""
    return _found(lists.find_jobs(call.view, call.query), call.query, JOBS)


def executions(call: Call) -> Stepwise[Response]:
    """Answer with the executions that `GET /ex` finds; a `status` is not looked at."""
    return _found(lists.find_executions(call.view, call.query, []), call.query, EXECUTIONS)


def _found(found: Found | Finding, query: Query, columns: tuple[str, ...]) -> Stepwise[Response]:
    records, until = yield from settled(found)
    rows = [record.fields for record in records]
    text = yield from table_in_steps(rows, query, with_deletion(columns, query))
    return table_response(text, until)


def controllers(call: Call) -> Response:
    """Answer with the execution controllers."""
    records, until = call.view.controllers()
    rows = _sliced([record.fields for record in records], call.query)
    return table_response(table(rows, call.query, CONTROLLERS), until)


def routes(page: tuple[Parameter, ...], bad_page: Failures) -> tuple[Route, ...]:
    """Give the routes.

    Args:
        page: The parameters of pages.
        bad_page: What is answered to bad ones.
    """
    sliced = (SLICE, ())
    of_jobs, of_executions = ((*page, *more, DELETED, *LAYOUT) for more in ((ACTIVE,), ()))
    rows = (
        ("workers", "The processes of the connected nodes", workers, sliced),
        ("nodes", "The nodes", nodes, sliced),
        ("jobs", "Jobs, newest update first", jobs, (of_jobs, bad_page)),
        ("ex", "Executions, newest update first", executions, (of_executions, bad_page)),
        ("controllers", "Live statistics of executions", controllers, sliced),
        ("slicers", "The same under its old name", controllers, sliced),
    )
    return tuple(
        Route(
            "GET", f"/txt/{name}", f"txt_{name}", summary, "txt", handler, str, *documented, ("",),
            content=HTML, options=False,
        )
        for name, summary, handler, documented in rows
    )  # fmt: skip
