"""Searches as Teraslice makes them of OpenSearch: one query, page, order and filter over records of a view.

Source: Teraslice 3.18.0's order of checks, then OpenSearch's: page, query, sort, window.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.exchange import Refusal
from toolkit.answers.parameters import numbers_of, refuse_deep, refuse_negative
from toolkit.query.lucene import compile_query
from toolkit.query.sort import Best, rank_of, read_sort
from toolkit.query.wording import QueryRefused
from toolkit.timeline.view import NEVER, Held, Record
from toolkit.timeline.wanted import Lead

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as ReadOnly

    from toolkit.answers.parameters import Page, Query
    from toolkit.query.lucene import Query as Compiled
    from toolkit.query.mapping import Kind
    from toolkit.query.sort import Key
    from toolkit.timeline.view import View
    from toolkit.timeline.wanted import Choosing, Fetch, Wanted

_STEP: Final = 20_000
"""About how many fields are looked at between two yields: some milliseconds."""
_MOST_AT_ONCE: Final = 50
"""How many records are fetched between two yields at most: some milliseconds, where each is made anew."""
_SHORT: Final = 250
"""The longest page that is given at once."""

Found = Held[list[Record]]
"""The records of a page."""
Finding = Generator[None, None, Found]
"""A search that goes on in steps, so that nobody waits for it."""


class Search(NamedTuple):
    """What to look through, and how.

    Attributes:
        fetch: Gives records `start` to `start + size`, newest first.
        id_field: Where a record's id is.
        mapping: What can be searched.
        query: Teraslice's own part of the query.
        plain: Whether that part finds everything that `fetch` gives.
        newest: The order of `fetch`, which is that of a list nobody asked to sort.
        like: Gives the same without what a search cannot find, if the view can tell.
    """

    fetch: Callable[[int, int], Found]
    id_field: str
    mapping: ReadOnly[str, Kind]
    query: str
    plain: bool
    newest: str
    like: Callable[[Wanted, Lead | None], Choosing[Fetch]] | None = None


class Asked(NamedTuple):
    """What a request asks of a list."""

    page: Page
    sort: str
    filter: str


def read_asked(query: Query) -> Asked:
    """Read `from`, `size`, `sort` and `filter`.

    Raises:
        Refusal: In Teraslice's words, for what is no number or no text; in OpenSearch's, for a negative number.
    """
    page, sort = numbers_of(query), query.get("sort", [])
    if len(sort) > 1:
        raise Refusal(500, f"sort parameter must be a string, got {','.join(sort)}"[:3000], NEVER)
    refuse_negative(page)
    return Asked(page, ",".join(sort), ",".join(query.get("filter", [])))


def run(view: View, search: Search, asked: Asked) -> Found | Finding:
    """Find a page: at once where that is the view's own, else in steps.

    Raises:
        Refusal: In OpenSearch's words, for a query, an order or a page that it refuses.
    """
    sort = asked.sort or search.newest
    if search.plain and sort == search.newest and not asked.filter:
        refuse_deep(asked.page)
        return search.fetch(*asked.page) if asked.page.size <= _SHORT else _pieces(search.fetch, asked.page)
    text = f"({search.query}) AND ({asked.filter})" if asked.filter else search.query
    try:
        query = compile_query(text, search.mapping, view.t)
        keys = read_sort(sort, search.mapping)
    except QueryRefused as refused:
        # A date that is no date is none at any instant, so a refusal holds for ever.
        raise Refusal(400, refused.message, NEVER) from None
    refuse_deep(asked.page)
    if sort == search.newest:
        return _walk(view, search, query, asked.page, None)
    best = Best(keys, search.id_field, sum(asked.page))
    return _walk(view, search, query, asked.page, best, None if asked.filter else _lead(search, keys[0], asked.page))


def _lead(search: Search, key: Key, page: Page) -> Lead | None:
    """Give what may be left out for its place in an order, where nothing is left out for what it is."""
    return Lead(key.field, key.down, max(1, sum(page)), partial(rank_of, key.kind)) if search.plain else None


def _pieces(fetch: Fetch, page: Page) -> Finding:
    """Give a long page, fetched in pieces."""
    found: list[Record] = []
    until, more = NEVER, True
    while more:
        size = min(_MOST_AT_ONCE, page.size - len(found))
        records, held = fetch(page.start + len(found), size)
        until = min(until, held)
        found += records
        for record in records:
            # Its text is made here, where it takes its time among others.
            record.item  # noqa: B018 - made once, on being looked at
        more = len(records) == size and len(found) < page.size
        yield
    return Held(found, until)


def settled(found: Found | Finding) -> Finding:
    """Go on with a search until it is done."""
    return found if isinstance(found, Held) else (yield from found)


def _walk(  # noqa: PLR0913, PLR0917 - what is looked for, and how
    view: View, search: Search, query: Compiled, page: Page, best: Best | None, lead: Lead | None = None
) -> Finding:
    """Look through a list, newest first, and stop as soon as the page is full if that is its order."""
    fetch = search.fetch
    if search.like is not None:
        fetch = (yield from search.like(query.wanted, lead)) or fetch
    step = max(1, min(_MOST_AT_ONCE, _STEP // query.cost))
    until = view.t + 1 if query.uses_now else NEVER
    found: list[Record] = []
    start, more = 0, page.size > 0
    while more:
        records, held = fetch(start, step)
        until = min(until, held)
        start += len(records)
        take = found.append if best is None else best.add
        for record in records:
            if query.matches(record.fields):
                take(record)
        more = len(records) == step and (best is not None or len(found) < sum(page))
        yield
    return Held((found if best is None else best.records())[page.start : page.start + page.size], until)
