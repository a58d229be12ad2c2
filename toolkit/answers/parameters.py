"""Query parameters, read and refused as Teraslice does.

Source: observed answers to odd `size` and `from` values, and Teraslice's order of checks (its own, then OpenSearch's).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import isinf
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote_plus

from toolkit.answers.exchange import Refusal
from toolkit.query.sort import NEWEST
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from toolkit.answers.route import Route

WINDOW: Final = 10_000
DEFAULT_SIZE: Final = 100
_NUMBER: Final = re.compile(r"\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?|0[xX][0-9a-fA-F]{1,13})\s*", re.ASCII)

Query = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter, as documented."""

    name: str
    text: str
    schema: dict[str, Any]
    required: bool = False


class Page(NamedTuple):
    """A place in a list."""

    start: int
    size: int


def parse_query(query: str) -> Query:
    """Read a query string flat, as Express 5 does: repeated keys gather, `a[b]` stays a literal key."""
    values: Query = {}
    for part in query.split("&"):
        if part:
            name, _, value = part.partition("=")
            values.setdefault(unquote_plus(name), []).append(unquote_plus(value))
    return values


def refuse_unknown(route: Route, query: Query) -> None:
    """Refuse a parameter that one of the toolkit's own routes does not have; Teraslice's take any.

    Raises:
        Refusal: With 400; the text names those that there are.
    """
    known = [parameter.name for parameter in route.parameters]
    unknown = next((name for name in query if name not in known), None)
    if unknown is not None:
        there = f"there are {', '.join(known)}" if known else "it takes none"
        text = f"cannot {route.method} {route.path}: no parameter is called {unknown[:60]!r}; {there}"
        raise Refusal(400, text, NEVER)


def number_of(text: str) -> float | None:
    """Read a number as JavaScript's `Number` does; blanks are 0, `None` is what is not a number."""
    bare = text.strip()
    if not bare:
        return 0
    if not _NUMBER.fullmatch(text):
        return None
    return int(bare, 16) if bare[:2].lower() == "0x" else float(bare)


def whole(query: Query, name: str, default: int) -> int:
    """Read a whole number as Teraslice does: decimals are cut, an empty one is the default.

    Raises:
        Refusal: If it is no number, or given twice.
    """
    given = ",".join(query.get(name, []))
    if not given:
        return default
    number = number_of(given) if given.strip() and len(given) <= WINDOW else None
    if len(query[name]) > 1 or number is None or isinf(number):
        raise Refusal(500, f"{name} parameter must be a integer, got {given}"[:3000], NEVER)
    return int(number)


def numbers_of(query: Query) -> Page:
    """Read `from` and `size`.

    Raises:
        Refusal: In Teraslice's words, for a value that is no number.
    """
    return Page(whole(query, "from", 0), whole(query, "size", DEFAULT_SIZE))


def refuse_negative(page: Page) -> None:
    """Refuse what OpenSearch does before it looks at a query.

    Raises:
        Refusal: For a negative number.
    """
    for name, value in (("From", page.start), ("Size", page.size)):
        if value < 0:
            text = f"OpenSearch Error: Illegal Argument: Reason: [{name}] Parameter Cannot Be Negative, Found [{value}]"
            raise Refusal(400, text, NEVER)


def refuse_deep(page: Page) -> None:
    """Refuse what OpenSearch does after it looked at query and sort.

    Raises:
        Refusal: For a page beyond the window.
    """
    if page.start + page.size > WINDOW:
        text = (
            "OpenSearch Error: Search Phase Execution: [Illegal Argument] Reason: Result Window Is Too Large, "
            f"From + Size Must Be Less Than Or Equal To: [{WINDOW}] But Was [{page.start + page.size}]. "
            "See The Scroll Api For A More Efficient Way To Request Large Data Sets. This Limit Can Be Set By Changing "
            "The [Index.max Result Window] Index Level Setting."
        )
        raise Refusal(400, text, NEVER)


SIZE: Final = Parameter(
    "size", "How many at most.", {"type": "integer", "minimum": 0, "maximum": 10_000, "default": 100}
)
FROM: Final = Parameter("from", "How many to leave out first.", {"type": "integer", "minimum": 0, "default": 0})
SORT: Final = Parameter(
    "sort", "`field:asc` or `field:desc`, several with commas.", {"type": "string", "default": NEWEST}
)
FILTER: Final = Parameter("filter", "A Lucene query over the mapped fields.", {"type": "string"})
PAGE: Final = (SIZE, FROM, SORT, FILTER)
ACTIVE: Final = Parameter("active", "Only jobs that are, or are not, active.", {"enum": ["true", "false"]})
DELETED: Final = Parameter(
    "deleted", "Only deleted records, or only others.", {"enum": ["true", "false", ""], "default": "false"}
)
STATUS: Final = Parameter("status", "Only these statuses, with commas.", {"type": "string"})
LATEST: Final = Parameter(
    "ex", "Adds these fields of the job's newest execution, with commas; all if empty.", {"type": "string"}
)
BAD_PAGE: Final = (
    (400, "a page, query or sort that OpenSearch refuses"),
    (500, "`size` or `from` is not a number, or `sort` is given twice"),
)
