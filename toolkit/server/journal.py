"""The last requests that a world had, for whoever wants to know what a client really asked.

Noting one is cheap, for every answer pays for it: nothing is read, and what has a bound already is not copied.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from toolkit.answers.control.desk import MOST_BODY, MOST_HEAD, MOST_TARGET, Asked

MOST_BYTES: Final = 64_000_000
"""Bytes that the journals of all worlds of a server take together."""
_LONGEST_METHOD: Final = 32
_OVERHEAD: Final = 500
"""What a request takes besides its texts."""


class Shelf:
    """Where the journals of a server stand, with room for so many bytes in all."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        """Start empty."""
        self.most = most
        self.weight = 0
        self.journals: list[Journal] = []

    def make_room(self) -> None:
        """Let the journal that takes most forget the older half, until all take what they may."""
        while self.weight > self.most:
            max(self.journals, key=lambda journal: journal.weight).forget_half()


class Journal:
    """The last requests of one world, bounded.

    Attributes:
        total: All requests there were.
        weight: Bytes that the kept ones take.
    """

    def __init__(self, most: int, shelf: Shelf | None = None) -> None:
        """Start empty.

        Args:
            most: How many requests are kept.
            shelf: What bounds the bytes of several journals; a shelf of its own unless given.
        """
        self.total = 0
        self.weight = 0
        self._most = most
        self._kept: deque[Asked] = deque()
        self._shelf = shelf or Shelf()
        self._shelf.journals.append(self)

    def add(  # noqa: PLR0913, PLR0917 - the parts of a request
        self, t: int, method: str, target: str, head: bytes, body: bytes, status: int, fault: str = ""
    ) -> None:
        """Note a request."""
        cut = len(head) > MOST_HEAD or len(body) > MOST_BODY or len(target) > MOST_TARGET
        if cut:
            target, head, body = target[:MOST_TARGET], head[:MOST_HEAD], body[:MOST_BODY]
        self.put(Asked(self.total + 1, t, method[:_LONGEST_METHOD], target, head, body, cut, status, fault))

    def put(self, asked: Asked) -> None:
        """Note a request that has its number already, and its bounds; those that come after it go on from there."""
        self.total = asked.number
        self._kept.append(asked)
        weight = _weight(asked)
        self.weight += weight
        self._shelf.weight += weight
        if len(self._kept) > self._most:
            self._drop_oldest()
        if self._shelf.weight > self._shelf.most:
            self._shelf.make_room()

    def kept(self) -> list[Asked]:
        """Give those that are kept, the oldest first."""
        return list(self._kept)

    def clear(self) -> None:
        """Forget all requests, their number too."""
        while self._kept:
            self._drop_oldest()
        self.total = 0

    def forget_half(self) -> None:
        """Forget the older half of the requests, at least one."""
        for _ in range((len(self._kept) + 1) // 2):
            self._drop_oldest()

    def close(self) -> None:
        """Keep nothing any more: the world is gone."""
        self._most = 0
        self.clear()
        self._shelf.journals.remove(self)

    def _drop_oldest(self) -> None:
        weight = _weight(self._kept.popleft())
        self.weight -= weight
        self._shelf.weight -= weight


def _weight(asked: Asked) -> int:
    return _OVERHEAD + len(asked.target) + len(asked.head) + len(asked.body)
