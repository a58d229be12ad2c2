"""Which operation a request is for, as faults name it; the control API has none that may be spoiled."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NoReturn

from toolkit.answers.nearest import nearest
from toolkit.answers.route import OWN
from toolkit.answers.routes import ROUTES, match
from toolkit.answers.wording import unknown_operation
from toolkit.errors import FaultError

if TYPE_CHECKING:
    from toolkit.answers.route import Route
    from toolkit.model.faults import Fault

_ROUTES: Final = tuple(route for route in ROUTES if not route.path.startswith(OWN))
SPOILABLE: Final = tuple(route.name for route in _ROUTES)
"""The operations that a fault may name."""
_METHODS: Final = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ID: Final = "\0"
_READING: Final = frozenset({"GET", "HEAD"})


@lru_cache(maxsize=4_096)
def route_of(method: str, path: str) -> str:
    """Give the name of the operation that a request is for, empty if there is none."""
    asked = "GET" if method in _READING else method
    try:
        return next((route.name for route, _ in match(path) if route.method == asked), "")
    except ValueError:
        return ""


def refuse_unknown(fault: Fault) -> None:
    """Refuse a fault that no request can meet: a test that waits for it would prove nothing.

    Raises:
        FaultError: If it is for an operation, a path or a method that there is not; the text names one that is alike.
    """
    method = None if fault.method is None else fault.method.upper()
    if method is not None and method not in _METHODS:
        _refuse("method", f"no route has {fault.method!r}; write one of {', '.join(_METHODS)}")
    if fault.route == "*":
        return
    if not fault.route.startswith("/"):
        found = [route for route in _ROUTES if route.name == fault.route]
        if not found:
            _refuse("route", f"{unknown_operation(fault.route, SPOILABLE)}, a path like /v1/ex/*, or *")
    else:
        found = [route for route in _ROUTES if any(_meet(glob, fault.route) for glob in _globs(route))]
        if not found and fault.route.lower().startswith(OWN):
            _refuse("route", f"{fault.route!r} is of the control API, which is never spoiled; choose another path")
        if not found:
            near = nearest(method or "GET", fault.route.replace("*", "x"))
            like = near.path if near is not None else "/v1/ex/*"
            _refuse("route", f"no route of the cluster is like {fault.route!r}; write one such as {like}")
    if method not in {None, "OPTIONS"}:
        of = {"GET", "HEAD"}
        known = sorted({name for route in found for name in (of if route.method == "GET" else {route.method})})
        if method not in known:
            _refuse("method", f"{fault.route} has no {method}; write one of {', '.join(known)}")


def _refuse(field: str, why: str) -> NoReturn:
    msg = f"{field}: {why}"
    raise FaultError(msg)


def _globs(route: Route) -> list[str]:
    """The paths of a route, `*` for what may be anything, `_ID` for what may be anything but a slash."""
    path = re.sub(r"\{\w+\}", _ID, route.path.rstrip("/").replace("{*}", "*"))
    return [f"{prefix}{path}".lower() or "/" for prefix in route.prefixes]


@lru_cache(maxsize=4_096)
def _meet(one: str, other: str) -> bool:
    """Tell whether some path is both: as each says, letter by letter, `*` for anything."""
    other = other.lower().rstrip("/") or "/"
    # Which beginnings of `other` are met by the beginning of `one` that was looked at.
    met = _with_nothing({0}, other)
    for letter in one:
        if letter == "*":
            met = set(range(min(met), len(other) + 1))
            continue
        if letter == _ID:
            met |= {end for at in met for end in range(at, (other + "/").index("/", at) + 1)}
            continue
        stays = {at for at in met if at < len(other) and other[at] == "*"}
        goes = {at + 1 for at in met if at < len(other) and other[at] == letter}
        met = _with_nothing(stays | goes, other)
        if not met:
            return False
    return len(other) in met


def _with_nothing(met: set[int], other: str) -> set[int]:
    """Add where one comes to when a `*` stands for nothing more."""
    found, todo = set(met), list(met)
    while todo:
        at = todo.pop()
        if at < len(other) and other[at] == "*" and at + 1 not in found:
            found.add(at + 1)
            todo.append(at + 1)
    return found
