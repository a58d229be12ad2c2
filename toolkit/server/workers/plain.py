"""Which requests any process may answer: plain reads of the world without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.answer import Request, answer
from toolkit.answers.spoilable import SPOILABLE, route_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.answers.route import Cluster

_READING: Final = frozenset({"GET", "HEAD"})
_KNOWN: Final = frozenset(SPOILABLE)
_FIRST: Final = ("/v1/jobs", "/v1/ex", "/v1/cluster/controllers", "/v1/cluster/state")


def is_plain(method: str, target: str, headers: Mapping[str, str]) -> bool:
    """Tell whether a request reads a route of Teraslice's, has no body, and names no world.

    Args:
        method: As sent.
        target: The path and query, as sent.
        headers: All that were sent, by name in lower case.
    """
    return (
        method in _READING
        and "x-toolkit-world" not in headers
        and "content-length" not in headers
        and "transfer-encoding" not in headers
        and route_of(method, target.partition("?")[0]) in _KNOWN
    )


def make_ready(cluster: Cluster, t: int) -> None:
    """Make of a world what its first reads make: processes that are forked after that have it in memory once.

    Args:
        cluster: What is served.
        t: The instant that is read first.
    """
    for path in _FIRST:
        answer(cluster, t, Request("GET", path))
