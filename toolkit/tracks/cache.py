"""A bounded cache: what was not used for longest goes first."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """At most `size` values by key.

    Attributes:
        peek: Gives the value of a key, or `None`, without noting that it was used: what is looked at a hundred at once
            costs a third.
    """

    __slots__ = ("_entries", "_size", "peek")

    def __init__(self, size: int) -> None:
        """Start empty."""
        self._size = size
        self._entries: OrderedDict[K, V] = OrderedDict()
        self.peek: Callable[[K], V | None] = self._entries.get

    def get(self, key: K) -> V | None:
        """Give the value of a key and note that it was used; `None` if it is not there."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V) -> V:
        """Keep a value under a key, and give it back."""
        self._entries[key] = value
        self._entries.move_to_end(key)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        return value

    def __len__(self) -> int:
        """Count the values held."""
        return len(self._entries)
