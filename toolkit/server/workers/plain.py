"""Which requests any process may answer: plain reads of the world without a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.spoilable import SPOILABLE, route_of

if TYPE_CHECKING:
    from collections.abc import Mapping

_READING: Final = frozenset({"GET", "HEAD"})
_KNOWN: Final = frozenset(SPOILABLE)


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
