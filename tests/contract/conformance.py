"""The conformance table of the README, made from what playing the transcripts gave.

`python -m tests.contract.conformance` writes it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.contract.transcripts.known import KNOWN, Known
from tests.contract.transcripts.player import Played, Result, played
from toolkit.answers.routes import match

if TYPE_CHECKING:
    from tests.contract.transcripts.exchanges import Exchange

README: Final = Path(__file__).parents[2] / "README.md"
MARKERS: Final = ("<!-- conformance: python -m tests.contract.conformance -->", "<!-- end of conformance -->")
JOB: Final = "/jobs/{job_id}"
EX: Final = "/ex/{ex_id}"
ROUTES: Final[tuple[tuple[str, str], ...]] = (
    *(("GET", path) for path in ("/", "/cluster/state", "/cluster/stats", "/cluster/controllers", "/cluster/slicers")),
    ("POST", "/jobs"), ("GET", "/jobs"), ("GET", JOB), ("PUT", JOB), ("DELETE", JOB),
    *(("GET", f"{JOB}/{name}") for name in ("ex", "controller", "slicer", "errors")),
    *(
        ("POST", f"{JOB}/_{name}")
        for name in (
            "start", "stop", "pause", "resume", "recover", "workers", "settings", "active", "inactive",
        )
    ),
    ("GET", "/ex"), ("GET", "/ex/errors"), ("GET", EX),
    *(("GET", f"{EX}/{name}") for name in ("controller", "slicer", "errors")),
    *(("POST", f"{EX}/_{name}") for name in ("stop", "pause", "resume", "recover", "workers")),
    ("GET", "/assets"), ("GET", "/assets/{name}"), ("GET", "/assets/{name}/{version}"),
    ("POST", "/assets"), ("DELETE", "/assets/{name}"),
    ("GET", "/txt/assets"), ("GET", "/txt/assets/{name}"), ("GET", "/txt/assets/{name}/{version}"),
    *(("GET", f"/txt/{name}") for name in ("workers", "nodes", "jobs", "ex", "controllers", "slicers")),
)  # fmt: skip
"""Every route of Teraslice 3.18.0. Source: its `api.ts` and asset service, by way of the fact sheet."""
OPTIONS: Final = "`OPTIONS` anywhere"
ELSE: Final = "anything else"


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        name: The route.
        level: How well it is served.
        count: The exchanges that were compared.
        known: What differs, each with the exchanges of this route.
    """

    name: str
    level: str
    count: int
    known: list[tuple[Known, list[int]]]


def _pattern(path: str) -> re.Pattern[str]:
    escaped = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path.rstrip("/")))
    prefix = "" if path.startswith("/txt") else "(?:/v1)?"
    return re.compile(f"{prefix}{escaped}/?", re.IGNORECASE)


_PATTERNS: Final = tuple((method, path, _pattern(path)) for method, path in ROUTES)


def route_of(exchange: Exchange) -> str:
    """Give the route of a request, as the table names it."""
    if exchange.method == "OPTIONS":
        return OPTIONS
    method = "GET" if exchange.method == "HEAD" else exchange.method
    # A later pattern is never a better one: `/ex/errors` stands before `/ex/{ex_id}`.
    found = ((m, path) for m, path, pattern in _PATTERNS if m == method and pattern.fullmatch(exchange.path))
    return next((f"`{m} {path}`" for m, path in found), ELSE)


def is_served(method: str, path: str) -> bool:
    """Tell whether the toolkit has a route for a method and a path with names in braces."""
    return any(route.method == method for route, _ in match(re.sub(r"\{(\w+)\}", r"\1", path)))


def _level(results: list[Result], known: list[tuple[Known, list[int]]], *, served: bool) -> str:
    if not served:
        return "absent"
    if not results:
        return "not recorded"
    if any(not any(k.covers(r.exchange.n, where) for k, _ in known) for r in results for where, _ in r.found):
        return "differs"
    return "simplified" if any(k.kind == "simplified" for k, _ in known) else "faithful"


def rows(results: list[Result]) -> list[Row]:
    """Give the table's lines: every route of Teraslice, then what is no route."""
    by_route: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_route[route_of(result.exchange)].append(result)
    names = [(f"`{method} {path}`", is_served(method, path)) for method, path in ROUTES]
    return [_row(name, by_route[name], served=served) for name, served in [*names, (OPTIONS, True), (ELSE, True)]]


def _row(name: str, results: list[Result], *, served: bool) -> Row:
    known = [
        (one, numbers)
        for one in KNOWN
        if (numbers := [r.exchange.n for r in results if any(one.covers(r.exchange.n, where) for where, _ in r.found)])
    ]
    return Row(name, _level(results, known, served=served), len(results), known)


def table(play: Played) -> str:
    """Give the table as Markdown."""
    lines = ["| route | | compared | known differences |", "|---|---|---|---|"]
    for row in rows([result for results in play.results.values() for result in results]):
        known = "; ".join(f"{known.reason} ({', '.join(map(str, numbers))})" for known, numbers in row.known)
        lines.append(f"| {row.name} | {row.level} | {row.count} | {known} |")
    return "\n".join(lines)


def written(readme: str, text: str) -> str:
    """Give the README with the table between its markers."""
    start, end = MARKERS
    before, _, rest = readme.partition(start)
    return f"{before}{start}\n{text}\n{end}{rest.partition(end)[2]}"


if __name__ == "__main__":
    README.write_text(written(README.read_text("utf-8"), table(played(None))), "utf-8")
