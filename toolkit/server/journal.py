"""The last requests that a world had, for whoever wants to know what a client really asked."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Asked(NamedTuple):
    """One request and how it was answered.

    Attributes:
        number: Its place among all of the world, from 1.
        t: The instant at which it was answered.
        method: As sent.
        target: The path and query, as sent.
        headers: As sent; whoever shows them masks credentials.
        body: The beginning of what was sent with it.
        status: The HTTP status of the answer.
    """

    number: int
    t: int
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    status: int


MOST_BODY = 4_096
"""Bytes of a body that are kept."""


class Journal:
    """The last requests of one world, bounded; `total` counts all there were."""

    def __init__(self, most: int) -> None:
        """Start empty; `most` requests are kept."""
        self.total = 0
        self._kept: deque[Asked] = deque(maxlen=most)

    def add(  # noqa: PLR0913, PLR0917 - the parts of a request
        self, t: int, method: str, target: str, headers: Mapping[str, str], body: bytes, status: int
    ) -> None:
        """Note a request."""
        self.total += 1
        self._kept.append(Asked(self.total, t, method, target, headers, body[:MOST_BODY], status))

    def kept(self) -> list[Asked]:
        """Give those that are kept, the oldest first."""
        return list(self._kept)

    def clear(self) -> None:
        """Forget all requests, their number too."""
        self.total = 0
        self._kept.clear()
