"""A list inside a record as it was seen frame by frame: its entries, each with its own time of existence."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from toolkit.model.wire import dumps
from toolkit.tracks.track import Item

if TYPE_CHECKING:
    from collections.abc import Sequence


class _Entry:
    __slots__ = ("doc", "since", "text", "until")

    def __init__(self, doc: dict[str, Any], text: bytes, since: int | None) -> None:
        self.doc = doc
        self.text = text
        self.since = since
        self.until: int | None = None


class ItemBook:
    """One list's entries, in an order that gives back every list that was seen.

    Attributes:
        whole: About how many bytes it would take to store each list that was seen.
    """

    def __init__(self) -> None:
        """Start with a list that was never seen."""
        self.whole = 0
        self._stored: list[_Entry] = []
        self._present: list[_Entry] = []

    def take(self, t: int | None, items: Sequence[dict[str, Any]]) -> None:
        """Take in the list as it is from an instant on; `None` is the beginning."""
        texts = [dumps(item) for item in items]
        self.whole += sum(map(len, texts))
        matcher = SequenceMatcher(None, [entry.text for entry in self._present], texts, autojunk=False)
        present: list[_Entry] = []
        for kind, i1, i2, j1, j2 in matcher.get_opcodes():
            if kind == "equal":
                present += self._present[i1:i2]
                continue
            for entry in self._present[i1:i2]:
                entry.until = t
            fresh = [_Entry(items[place], texts[place], t) for place in range(j1, j2)]
            # After the entry before it; what was gone before stays where it is.
            place = self._stored.index(present[-1]) + 1 if present else 0
            self._stored[place:place] = fresh
            present += fresh
        self._present = present

    @property
    def size(self) -> int:
        """About how many bytes the entries take."""
        return sum(len(entry.text) + _ENVELOPE for entry in self._stored)

    @property
    def items(self) -> list[Item]:
        """The entries."""
        return [Item(entry.doc, entry.since, entry.until) for entry in self._stored]


_ENVELOPE = 60
"""Bytes around an entry: its key, and two instants."""
