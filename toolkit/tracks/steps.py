"""From one frame of a recording to the next: what came, what changed, what went, and what stands elsewhere.

A frame costs what is different in it. The texts of records are held within a budget of bytes; a record whose text is
held no more is written whole when it changes, which costs room and loses nothing.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import UNSET

from toolkit.model.wire import dumps_to_keep, loads
from toolkit.tracks.build import delta
from toolkit.tracks.placing import Placing, place, placings
from toolkit.tracks.state import apply
from toolkit.tracks.track import Written

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from toolkit.tracks.track import AnyChange

BUDGET: Final = 32 * 1024 * 1024


class Step(NamedTuple):
    """What one collection's frame has over the one before.

    Attributes:
        changed: By id, what makes the record of what it was; one that was not there comes with its document.
        gone: The ids that are there no more.
        placed: What is not where it was, among what stayed and, behind it, what came.
    """

    changed: dict[str, AnyChange]
    gone: list[str]
    placed: list[Placing]


class FrameStep(NamedTuple):
    """A frame, told by its difference from the one before.

    Attributes:
        t: The instant.
        skew_ms: From the first answer to the last.
        gaps: What is missing and why.
        steps: By collection; one that is missing is as it was.
    """

    t: int
    skew_ms: int
    gaps: dict[str, str]
    steps: dict[str, Step]


class Stepper:
    """Turns frames of one recording into their differences."""

    def __init__(self, budget: int = BUDGET) -> None:
        """Start with nothing seen.

        Args:
            budget: Bytes of records' texts that are held.
        """
        self._texts = _Texts(budget)
        self._orders: dict[str, list[str]] = {}

    def take(self, t: int, name: str, records: Iterable[tuple[str, bytes | None]]) -> Step:
        """Take in a collection as a frame has it.

        Args:
            t: The frame's instant.
            name: The collection.
            records: Ids and compact JSON texts in their order; `None` is a record known to be as it was.
        """
        seen = _unique(records)
        before = self._orders.get(name, [])
        known = set(before)
        changed: dict[str, AnyChange] = {}
        for record_id, text in seen.items():
            if text is None:
                continue
            held = self._texts.get((name, record_id)) if record_id in known else None
            if held != text:
                changed[record_id] = Written(t, text) if held is None else delta(t, loads(held), loads(text))
                self._texts.put((name, record_id), text)
        gone = [record_id for record_id in before if record_id not in seen]
        for record_id in gone:
            self._texts.drop((name, record_id))
        came = list(seen)
        self._orders[name] = came
        return Step(changed, gone, placings(following(before, seen), came))

    def follow(self, frame: FrameStep) -> None:
        """Take in a frame that was told by its difference already, to go on after it."""
        for name, step in frame.steps.items():
            self._orders[name] = followed(self._orders.get(name, []), step)
            for record_id in step.gone:
                self._texts.drop((name, record_id))
            for record_id, change in step.changed.items():
                held = self._texts.get((name, record_id))
                if held is not None or change.doc is not UNSET:
                    self._texts.put((name, record_id), dumps_to_keep(apply(loads(held or b"{}"), change)))

    def text(self, name: str, record_id: str) -> bytes | None:
        """Give a record's text as the last frame had it; `None` if it is not held."""
        return self._texts.get((name, record_id))

    def order(self, name: str) -> list[str]:
        """Give the ids of a collection in their order, as the last frame had them."""
        return self._orders.get(name, [])


def following(before: Sequence[str], present: Mapping[str, object]) -> list[str]:
    """Give the order that records have if nothing is placed: as before, and what came behind it."""
    known = set(before)
    stayed = [record_id for record_id in before if record_id in present]
    return stayed + [record_id for record_id in present if record_id not in known]


def followed(before: Sequence[str], step: Step) -> list[str]:
    """Give the order of a collection after a step."""
    gone, known = set(step.gone), set(before)
    stayed = [record_id for record_id in before if record_id not in gone]
    base = stayed + [record_id for record_id in step.changed if record_id not in known]
    return place(base, step.placed) if step.placed else base


def _unique(records: Iterable[tuple[str, bytes | None]]) -> dict[str, bytes | None]:
    """Key records by id; one that came twice is kept twice."""
    seen: dict[str, bytes | None] = {}
    for name, text in records:
        key, count = name, 1
        while key in seen:
            count += 1
            key = f"{name}#{count}"
        seen[key] = text
    return seen


class _Texts:
    """Texts within a budget of bytes; what was put in longest ago goes first."""

    def __init__(self, budget: int) -> None:
        self._left = budget
        self._texts: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, key: tuple[str, str]) -> bytes | None:
        return self._texts.get(key)

    def put(self, key: tuple[str, str], text: bytes) -> None:
        self.drop(key)
        self._texts[key] = text
        self._left -= len(text)
        while self._left < 0:
            _, dropped = self._texts.popitem(last=False)
            self._left += len(dropped)

    def drop(self, key: tuple[str, str]) -> None:
        text = self._texts.pop(key, None)
        if text is not None:
            self._left += len(text)
