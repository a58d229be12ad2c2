"""What is remembered of a cluster's sources from frame to frame, while they are read again and again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from toolkit.recorder.bodies import cut_map
from toolkit.recorder.client import Answer, Before
from toolkit.recorder.narrow import Whole
from toolkit.recorder.recall import Found, Recall, read_anew
from toolkit.recorder.sources import SOURCES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from toolkit.recorder.pages import Page
    from toolkit.recorder.sources import Source

_MANY: Final = {source.name: source for source in SOURCES if source.id_field or source.cut is cut_map}
"""Sources of many records."""


class Memory:
    """What is remembered; nothing at all of sources whose records are to come with their texts, always."""

    def __init__(self, *, texts: Collection[str] = (), brief: bool) -> None:
        """Start with nothing known.

        Args:
            texts: The sources whose records always come with their texts.
            brief: Whether those of the others that are known come without.
        """
        self._recalls = {name: Recall(source) for name, source in _MANY.items() if brief and name not in texts}
        self._wholes: dict[str, Whole] = {}

    def remembers(self, name: str) -> bool:
        """Tell whether anything is remembered of a source."""
        return name in self._recalls

    def before(self, source: Source, target: str) -> Before[Found] | None:
        """Give what a cluster may say is still the same."""
        recall = self._recalls.get(source.name)
        found = recall.held(target) if recall else None
        return Before(found, found.tag) if found else None

    def reader(self, source: Source, target: str) -> Callable[[bytes], Found]:
        """Give what reads a body; it raises `Fault`."""
        recall = self._recalls.get(source.name)
        return partial(recall.read, target) if recall else partial(read_anew, source)

    def note(self, source: Source, target: str, answer: Answer[Found]) -> Found:
        """Take in what came of a request."""
        recall = self._recalls.get(source.name)
        return recall.note(target, answer.value, answer.tag) if recall else answer.value

    def whole(self, source: Source, page: Page) -> Whole:
        """Give what a source that is one page holds; the very same if the page is."""
        whole = self._wholes.get(source.name)
        return whole if whole is not None and whole.entries is page.entries else Whole(page.entries)

    def same(self, wholes: Mapping[str, Whole]) -> frozenset[str]:
        """Give the sources that hold the very same as in the last frame that had them."""
        return frozenset(name for name, whole in wholes.items() if self._wholes.get(name) is whole)

    def settle(self, wholes: Mapping[str, Whole]) -> set[str]:
        """Know the records that a frame has from now on, without their texts; give the sources that are not known."""
        unknown = set()
        for name, recall in self._recalls.items():
            if name not in wholes:
                recall.drop()
            elif recall.settle(wholes[name]):
                self._wholes[name] = wholes[name]
            else:
                self._wholes.pop(name, None)
                unknown.add(name)
        return unknown
