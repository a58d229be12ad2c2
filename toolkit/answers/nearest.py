"""The known route that a request to an unknown one is most like: for whoever mistyped it.

Costs of edits over path segments are whole thousandths: a segment left out or too much, one that is written otherwise,
another method.
"""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from toolkit.answers.routes import ROUTES, match

_READ_AS: Final = {"HEAD": "GET"}
_MOST_SEGMENTS: Final = 8
_LONGEST_SEGMENT: Final = 40
"""A longer path or segment is a scanner's, and like none of ours."""
_LONGEST: Final = 400
_MISSING: Final = 700
_PLACEHOLDER: Final = 250
"""What it costs to take a segment for an id: less than a word that is quite another, more than a slip."""
_VERSION: Final = 200
"""What it costs to leave out `v1`, or to have it too much."""
_BEGINNING: Final = 400
"""What it costs to write the beginning of a word, or a word and more."""
_SLIP: Final = 500
"""What is less like a word than this is another word."""
_METHOD: Final = 300
_FARTHEST: Final = 900
"""Beyond this nothing is near."""
_ONE: Final = 1_000


ROUTE_NAMES: Final = tuple(route.name for route in ROUTES)
"""The names of all routes, as the OpenAPI document has them."""


class Near(NamedTuple):
    """A route that is near.

    Attributes:
        method: Its method.
        path: Its path as documented, with names for ids.
        why: What is wrong with the request, in a few words; empty if it is but written otherwise.
    """

    method: str
    path: str
    why: str

    @property
    def route(self) -> str:
        """Method and path."""
        return f"{self.method} {self.path}"


def route_name(method: str, path: str) -> str | None:
    """Give the name of the route that a request reaches, `None` if there is none."""
    try:
        found = match(path)
    except ValueError:
        return None
    wanted = _READ_AS.get(method, method)
    return next((route.name for route, _ in found if route.method == wanted), None)


def nearest(method: str, path: str) -> Near | None:
    """Give the known route that is most like an unknown one, `None` if none is.

    Args:
        method: As sent.
        path: As sent, without the query.
    """
    return _nearest(_READ_AS.get(method, method), path) if len(path) <= _LONGEST else None


@lru_cache(maxsize=512)
def _nearest(wanted: str, path: str) -> Near | None:
    for why, cleaned in _cleanings(path):
        near = _reached(wanted, cleaned, why)
        if near is not None:
            return near
    segments = tuple(part for part in path.lower().split("/") if part)
    if not segments or len(segments) > _MOST_SEGMENTS or max(map(len, segments)) > _LONGEST_SEGMENT:
        return None
    cost, _, best = min(
        (_cost(segments, known) + _METHOD * (own != wanted), number, Near(own, path, ""))
        for number, (own, path, known) in enumerate(_KNOWN)
    )
    return best if cost <= _FARTHEST else None


def _cleanings(path: str) -> list[tuple[str, str]]:
    single = re.sub(r"//+", "/", path)
    return [
        ("", path),
        ("doubled slashes", single),
        ("without /v1", f"/v1{single}"),
        ("/v1 is there twice", single.removeprefix("/v1")),
    ]


def _reached(method: str, path: str, why: str) -> Near | None:
    """Give what a path leads to, by this method or by another one that it has."""
    try:
        found = [route for route, _ in match(path) if route.documented]
    except ValueError:
        return None
    if not found:
        return None
    # `/jobs` below `/v1` is no id of anything else: routes without a placeholder come first where there are some.
    exact = [route for route in found if route.method == method]
    route = (exact or found)[0]
    if not exact:
        methods = ", ".join(sorted({one.method for one in found}))
        why = "; ".join(part for part in (why, f"the path has {methods}") if part)
    return Near(route.method, _documented(route.prefixes[-1], route.path), why)


def _documented(prefix: str, path: str) -> str:
    return (prefix + path).rstrip("/") or "/"


_KNOWN: Final = tuple(
    (route.method, whole, tuple(whole.strip("/").split("/")))
    for route in ROUTES
    if route.documented
    for whole in [_documented(route.prefixes[-1], route.path)]
    if route.path != "/"
)


def _cost(asked: tuple[str, ...], known: tuple[str, ...]) -> int:
    """Give the least cost of the edits between two paths."""
    before = list(accumulate(map(_missing, known), initial=0))
    for segment in asked:
        row = [before[0] + _missing(segment)]
        for n, name in enumerate(known):
            other, more, less = _unlike(segment, name), _missing(segment), _missing(name)
            row.append(min(before[n] + other, before[n + 1] + more, row[n] + less))
        before = row
    return before[-1]


def _missing(segment: str) -> int:
    return _VERSION if segment == "v1" else _MISSING


@lru_cache(maxsize=4_096)
def _unlike(segment: str, name: str) -> int:
    if name.startswith("{"):
        return _PLACEHOLDER
    unlike = _ONE - int(_ONE * SequenceMatcher(None, segment, name, autojunk=False).ratio())
    if unlike <= _SLIP:
        return unlike
    return _BEGINNING if segment.startswith(name) or name.startswith(segment) else 2 * _MISSING
