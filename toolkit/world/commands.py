"""The command log: facts `(sequence, t, entry)`, only ever appended.

A timeline folds the entries in the order `(t, sequence)`; an entry is effective at its instant.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from toolkit.world.ids import Ids


class Command(NamedTuple):
    """One entry of the log.

    Attributes:
        sequence: Its place, from 1.
        t: The instant from which it counts.
        entry: What was asked, as JSON; `{"do": "refresh"}` makes a new world.
    """

    sequence: int
    t: int
    entry: dict[str, Any]


class MemoryLog:
    """An append-only log in memory."""

    def __init__(self, seed: int = 1) -> None:
        """Start empty; `seed` keys the ids."""
        self.seed = seed
        self._entries: list[Command] = []

    @property
    def sequence(self) -> int:
        """The last entry's sequence number, 0 while there is none."""
        return len(self._entries)

    def append(self, t: int, entry: dict[str, Any]) -> int:
        """Add a fact and give its sequence number."""
        self._entries.append(Command(len(self._entries) + 1, t, entry))
        return len(self._entries)

    def in_order(self) -> list[Command]:
        """Give the entries in the order in which a timeline folds them."""
        return sorted(self._entries, key=lambda command: (command.t, command.sequence))

    def new_id(self, kind: str) -> str:
        """Give the id of a record that the next entry makes."""
        return Ids(self.seed, "command", kind).id_of(self.sequence + 1)


CommandLog = MemoryLog
