"""Which operation a request is for, as faults name it; the control API has none that may be spoiled."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from toolkit.answers.routes import ROUTES, match
from toolkit.errors import FaultError

if TYPE_CHECKING:
    from toolkit.model.faults import Fault

_CONTROL: Final = "/_toolkit/"
SPOILABLE: Final = tuple(route.name for route in ROUTES if not route.path.startswith(_CONTROL))
"""The operations that a fault may name."""
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
    """Refuse a fault for an operation that there is not.

    Raises:
        FaultError: If it is for one; the text names an operation that is called alike.
    """
    if fault.route in SPOILABLE or fault.route == "*" or fault.route.startswith("/"):
        return
    alike = get_close_matches(fault.route, SPOILABLE, 1) or ["executions"]
    msg = f"route: no operation is called {fault.route!r}; write one such as {alike[0]}, a path like /v1/ex/*, or *"
    raise FaultError(msg)
