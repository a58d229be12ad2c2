"""Lists as Teraslice searches them: the same queries, built the same way, run over a view in pages.

Source: Teraslice 3.18.0's base queries; its order of checks, then OpenSearch's: page, query, sort, window.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.exchange import Refusal
from toolkit.answers.parameters import numbers_of, refuse_deep, refuse_negative
from toolkit.model.wire import join_items, pretty_item
from toolkit.query.lucene import compile_query
from toolkit.query.mapping import ERRORS, EXECUTIONS, JOBS, Kind
from toolkit.query.select import select
from toolkit.query.sort import NEWEST, Best, read_sort
from toolkit.query.wording import QueryRefused
from toolkit.timeline.view import NEVER, Held, Record

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as ReadOnly

    from toolkit.answers.parameters import Page, Query
    from toolkit.answers.route import Body, Steps
    from toolkit.model.wire import Document
    from toolkit.query.lucene import Query as Compiled
    from toolkit.timeline.view import View

_STEP: Final = 20_000
"""About how many fields are looked at between two yields: some milliseconds."""
_MOST_AT_ONCE: Final = 500
"""How many records are fetched between two yields at most."""
_UNQUOTED: Final = re.compile(r'[^"\\]*')


class _Search(NamedTuple):
    """What to look through, and how."""

    fetch: Callable[[int, int], Held[list[Record]]]
    id_field: str
    mapping: ReadOnly[str, Kind]
    query: str
    plain: bool


class _Asked(NamedTuple):
    page: Page
    sort: str
    filter: str


def jobs(view: View, query: Query) -> Body | Steps:
    """Answer `GET /jobs`."""
    deleted = _deleted(query)
    asked = _asked(query)
    active = _only(query, "active")
    base = {"true": "job_id:* AND !active:false", "false": "job_id:* AND active:false"}.get(active, "job_id:*")
    fields = wanted_fields(query)
    plain = not deleted and active not in {"true", "false"}
    search = _Search(view.jobs, "job_id", JOBS, base + _deletion(deleted=deleted), plain and fields is None)
    return _run(view, search, asked, fields)


def executions(view: View, query: Query) -> Body | Steps:
    """Answer `GET /ex`."""
    deleted = _deleted(query)
    asked = _asked(query)
    given = query.get("status", [])
    # Given once, the value is a list with commas; given again and again, the values are the list.
    names = given if len(given) > 1 else ",".join(given).split(",")
    statuses = [name.strip() for name in names if name.strip()]
    base = "ex_id:*"
    if statuses:
        wanted = " OR ".join(f'_status:"{name}"' for name in statuses)
        base += f" AND ({wanted})"
    search = _Search(
        view.executions, "ex_id", EXECUTIONS, base + _deletion(deleted=deleted), not deleted and not statuses
    )
    return _run(view, search, asked, None)


def errors(view: View, query: Query, ex_id: str) -> Body | Steps:
    """Answer `GET /ex/{id}/errors`; `*` is every execution to Teraslice, but it says so in quotes: none."""

    def fetch(start: int, size: int) -> Held[list[Record]]:
        records, until = view.errors(ex_id)
        return Held(records[start : start + size], until)

    base = f'state:error AND ex_id:"{ex_id}"'
    plain = _UNQUOTED.fullmatch(ex_id) is not None
    return _run(view, _Search(fetch, "slice_id", ERRORS, base, plain), _asked(query), None)


def wanted_fields(query: Query) -> list[str] | None:
    """Read `ex`: the fields of a job's newest execution, none for all; `None` if it is not asked for, or twice."""
    given = query.get("ex", [])
    return [name for name in given[0].split(",") if name] if len(given) == 1 else None


def with_execution(view: View, job: Record, fields: list[str]) -> Held[Document]:
    """Give a job with the chosen fields of its newest execution; nothing of it where it says that it was deleted."""
    record, until = view.latest_execution(job.fields["job_id"])
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


def _asked(query: Query) -> _Asked:
    page, sort = numbers_of(query), query.get("sort", [])
    if len(sort) > 1:
        raise Refusal(500, f"sort parameter must be a string, got {','.join(sort)}"[:3000], NEVER)
    refuse_negative(page)
    return _Asked(page, ",".join(sort) or NEWEST, ",".join(query.get("filter", [])))


def _run(view: View, search: _Search, asked: _Asked, fields: list[str] | None) -> Body | Steps:
    if search.plain and asked.sort == NEWEST and not asked.filter:
        refuse_deep(asked.page)
        records, until = search.fetch(*asked.page)
        return join_items([record.item for record in records]), until
    text = f"({search.query}) AND ({asked.filter})" if asked.filter else search.query
    try:
        query = compile_query(text, search.mapping, view.t)
        keys = read_sort(asked.sort, search.mapping)
    except QueryRefused as refused:
        # A date that is no date is none at any instant, so a refusal holds for ever.
        raise Refusal(400, refused.message, NEVER) from None
    refuse_deep(asked.page)
    best = None if asked.sort == NEWEST else Best(keys, search.id_field, sum(asked.page))
    return _walk(view, search, query, asked.page, best, fields)


def _walk(  # noqa: PLR0913, PLR0917 - what was asked
    view: View, search: _Search, query: Compiled, page: Page, best: Best | None, fields: list[str] | None
) -> Steps:
    """Look through a list, newest first, and stop as soon as the page is full if that is its order."""
    step = max(1, min(_MOST_AT_ONCE, _STEP // query.cost))
    until = view.t + 1 if query.uses_now else NEVER
    found: list[Record] = []
    start, more = 0, page.size > 0
    while more:
        records, held = search.fetch(start, step)
        until = min(until, held)
        start += len(records)
        take = found.append if best is None else best.add
        for record in records:
            if query.matches(record.fields):
                take(record)
        more = len(records) == step and (best is not None or len(found) < sum(page))
        yield
    chosen = (found if best is None else best.records())[page.start : page.start + page.size]
    items = []
    for i, record in enumerate(chosen):
        if fields is None:
            items.append(record.item)
            continue
        document, held = with_execution(view, record, fields)
        until = min(until, held)
        items.append(pretty_item(document))
        if i % 100 == 99:  # noqa: PLR2004 - some milliseconds
            yield
    return join_items(items), until
