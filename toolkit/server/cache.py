"""Ready-made answers, served exactly as long as they are right.

An entry is used from the instant at which it was made to its `until`, that one excluded; a clock that goes back makes
it useless. The cache is bounded in entries and bytes and forgets the oldest first.
"""

from __future__ import annotations

from typing import Generic, NamedTuple, TypeVar

V = TypeVar("V")


class _Entry(NamedTuple, Generic[V]):
    made: int
    until: int
    size: int
    value: V


class AnswerCache(Generic[V]):
    """A bounded map from a request to its answer and the time in which it holds."""

    def __init__(self, most_entries: int = 4_096, most_bytes: int = 64_000_000) -> None:
        """Start empty."""
        self._entries: dict[object, _Entry[V]] = {}
        self._most_entries = most_entries
        self._most_bytes = most_bytes
        self._bytes = 0

    @property
    def bytes_held(self) -> int:
        """How much the entries take, as they said."""
        return self._bytes

    def get(self, key: object, t: int) -> V | None:
        """Give the answer that holds at `t`, `None` if there is none."""
        entry = self._entries.get(key)
        return entry.value if entry is not None and entry.made <= t < entry.until else None

    def put(self, key: object, value: V, *, t: int, until: int, size: int) -> None:
        """Keep an answer made at `t` that holds until `until`; one that is too large, or holds no time, is not kept."""
        old = self._entries.pop(key, None)
        if old is not None:
            self._bytes -= old.size
        if until <= t or size > self._most_bytes:
            return
        self._entries[key] = _Entry(t, until, size, value)
        self._bytes += size
        while len(self._entries) > self._most_entries or self._bytes > self._most_bytes:
            self._bytes -= self._entries.pop(next(iter(self._entries))).size
