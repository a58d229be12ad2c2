"""Reading a list page by page while it moves: nothing doubled, nothing lost.

Teraslice's lists are newest `_updated` first, so a record that is written while the pages are read jumps to the front,
behind the reader's back, and one that is deleted pulls the rest forward. Pages therefore overlap, a page that does
not join the one before is asked again from further back, and at the end the front is read once more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from toolkit.model.wire import Document, dumps

WINDOW = 10_000
"""How far into a list Teraslice's search reaches: `from` and `size` together."""
SIZE = 1_000
"""Records on a page: most clusters' lists are one, which is then true at one instant."""
OVERLAP = 20
"""Records of the page before that a page asks for again."""
_WIDEST = 500

Get = Callable[[int, int], Awaitable[list[Document]]]
"""Asks for one page: from, size."""


class Pages(NamedTuple):
    """A whole list in its order; `cut` if it reaches to the window's end, so that more may lie behind it."""

    records: list[Document]
    cut: bool


async def read_pages(get: Get, id_field: str) -> Pages:
    """Read a list to its end, or to the end of the window.

    Args:
        get: Asks for one page.
        id_field: The field that tells records apart; where it is missing, the whole record does.
    """
    page = await get(0, SIZE)
    if len(page) < SIZE:
        return Pages(page, cut=False)
    seen = {_identity(record, id_field): record for record in page}
    end, overlap, cut = len(page), OVERLAP, False
    while end < WINDOW:
        start = end - overlap
        size = min(SIZE, WINDOW - start)
        page = await get(start, size)
        if page and _identity(page[0], id_field) not in seen and overlap < _WIDEST:
            overlap *= 5
            continue
        fresh = {name: record for name, record in _named(page, id_field) if name not in seen}
        seen |= fresh
        if not fresh or len(page) < size:
            break
        end, overlap = start + len(page), OVERLAP
        cut = end == WINDOW
    return Pages(await _with_front(get, id_field, seen), cut)


async def _with_front(get: Get, id_field: str, seen: dict[str | bytes, Document]) -> list[Document]:
    front: dict[str | bytes, Document] = {}
    while len(front) < WINDOW:
        page = dict(_named(await get(len(front), min(SIZE, WINDOW - len(front))), id_field))
        grown = not page.keys() <= front.keys()
        front |= page
        if page.keys() <= seen.keys() or not grown:
            break
    return list((front | {name: record for name, record in seen.items() if name not in front}).values())


def _named(page: list[Document], id_field: str) -> list[tuple[str | bytes, Document]]:
    return [(_identity(record, id_field), record) for record in page]


def _identity(record: Document, id_field: str) -> str | bytes:
    value = record.get(id_field)
    return value if isinstance(value, str) and value else dumps(record)
