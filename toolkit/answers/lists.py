"""Lists as Teraslice searches them: the same queries, built the same way. JSON and tables show what is found here.

Source: Teraslice 3.18.0's base queries.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from toolkit.answers.exchange import Refusal
from toolkit.answers.search import Found, Search, read_asked, run, settled
from toolkit.model.wire import join_items, pretty_item
from toolkit.query.mapping import ERRORS, EXECUTIONS, JOBS
from toolkit.query.select import select
from toolkit.query.sort import NEWEST
from toolkit.timeline.view import NEVER, Held, Record

if TYPE_CHECKING:
    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Body, Steps
    from toolkit.answers.search import Finding
    from toolkit.model.wire import Document
    from toolkit.timeline.view import View

_UNQUOTED: Final = re.compile(r'[^"\\]*')


def find_jobs(view: View, query: Query) -> Found | Finding:
    """Find the jobs that a request asks for: a page of those listed, or of those deleted."""
    deleted = _deleted(query)
    asked = read_asked(query)
    active = _only(query, "active")
    base = {"true": "job_id:* AND !active:false", "false": "job_id:* AND active:false"}.get(active, "job_id:*")
    fetch, like = (view.deleted_jobs, None) if deleted else (view.jobs, view.jobs_like)
    plain = active not in {"true", "false"}
    return run(view, Search(fetch, "job_id", JOBS, base + _deletion(deleted=deleted), plain, NEWEST, like), asked)


def find_executions(view: View, query: Query, statuses: list[str]) -> Found | Finding:
    """Find the executions that a request asks for, in any of some statuses, in any at all if there are none."""
    deleted = _deleted(query)
    asked = read_asked(query)
    base = "ex_id:*"
    if statuses:
        wanted = " OR ".join(f'_status:"{name}"' for name in statuses)
        base += f" AND ({wanted})"
    base += _deletion(deleted=deleted)
    fetch, like = (view.deleted_executions, None) if deleted else (view.executions, view.executions_like)
    return run(view, Search(fetch, "ex_id", EXECUTIONS, base, not statuses, NEWEST, like), asked)


def jobs(view: View, query: Query) -> Body | Steps:
    """Answer `GET /jobs`."""
    found, fields = find_jobs(view, query), wanted_fields(query)
    return _body(found) if fields is None else _with_executions(view, found, fields)


def executions(view: View, query: Query) -> Body | Steps:
    """Answer `GET /ex`."""
    given = query.get("status", [])
    # Given once, the value is a list with commas; given again and again, the values are the list.
    names = given if len(given) > 1 else ",".join(given).split(",")
    return _body(find_executions(view, query, [name.strip() for name in names if name.strip()]))


def errors(view: View, query: Query, ex_id: str) -> Body | Steps:
    """Answer `GET /ex/{id}/errors`; `*` is every execution to Teraslice, but it says so in quotes: none."""

    def fetch(start: int, size: int) -> Found:
        records, until = view.errors(ex_id)
        return Held(records[start : start + size], until)

    base = f'state:error AND ex_id:"{ex_id}"'
    search = Search(fetch, "slice_id", ERRORS, base, _UNQUOTED.fullmatch(ex_id) is not None, NEWEST)
    return _body(run(view, search, read_asked(query)))


def wanted_fields(query: Query) -> list[str] | None:
    """Read `ex`: the fields of a job's newest execution, none for all; `None` if it is not asked for, or twice."""
    given = query.get("ex", [])
    return [name for name in given[0].split(",") if name] if len(given) == 1 else None


def with_execution(view: View, job: Record, fields: list[str]) -> Held[Document]:
    """Give a job with the chosen fields of its newest execution; nothing of it where it says that it was deleted."""
    # A recorded job may lack its id: then nothing is known to be its execution.
    record, until = view.latest_execution(str(job.fields.get("job_id")))
    chosen: Document = {}
    if record is not None:
        chosen = select(record.fields, fields) if fields else record.fields
        if chosen.get("_deleted"):
            chosen = {}
    return Held({**job.fields, "ex": chosen}, until)


def _only(query: Query, name: str) -> str:
    given = query.get(name, [])
    return given[0] if len(given) == 1 else ""


def _deleted(query: Query) -> bool:
    given = query.get("deleted", ["false"])
    if len(given) > 1 or given[0] not in {"true", "false", ""}:
        raise Refusal(400, "deleted query option must true or false", NEVER)
    return given[0] != "false"


def _deletion(*, deleted: bool) -> str:
    return " AND _deleted:true" if deleted else " AND (_deleted:false OR (* AND -_deleted:*))"


def _body(found: Found | Finding) -> Body | Steps:
    if isinstance(found, Held):
        return join_items([record.item for record in found.value]), found.until
    return _body_later(found)


def _body_later(finding: Finding) -> Steps:
    records, until = yield from finding
    items = []
    for i, record in enumerate(records):
        items.append(record.item)
        if i % 100 == 99:  # noqa: PLR2004 - some milliseconds, where they are not made yet
            yield None
    return join_items(items), until


def _with_executions(view: View, found: Found | Finding, fields: list[str]) -> Steps:
    records, until = yield from settled(found)
    items = []
    for i, record in enumerate(records):
        document, held = with_execution(view, record, fields)
        until = min(until, held)
        items.append(pretty_item(document))
        if i % 100 == 99:  # noqa: PLR2004 - some milliseconds
            yield None
    return join_items(items), until
