"""Frames of a recording, one after the other, become tracks: what each record was, from when to when.

Replaying the tracks at a frame's instant gives back exactly what was seen: every key, value and order. What was seen
of a record is kept in rows, in memory or elsewhere, and made into its track when that is asked for: a recording of any
length folds in the memory of one record.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from msgspec import UNSET

from toolkit.model.wire import Document, dumps
from toolkit.tracks.build import Version, build
from toolkit.tracks.frames import FrameBook, Frames
from toolkit.tracks.kinds import KINDS, Kind, Values, same
from toolkit.tracks.outline import values_of
from toolkit.tracks.placing import explicit, place, placings
from toolkit.tracks.state import apply
from toolkit.tracks.steps import BUDGET, FrameStep, Step, Stepper, followed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.tracks.placing import Explicit, Placing
    from toolkit.tracks.track import AnyChange, Track


class Frame(NamedTuple):
    """What a cluster answered at one tick.

    Attributes:
        t: The instant.
        skew_ms: How long it took from the first answer to the last.
        collections: By collection the records in the order they came, each with its id (see `record_id`). One that
            is missing could not be asked: it holds what it was.
        gaps: What is missing and why.
    """

    t: int
    skew_ms: int
    collections: dict[str, list[tuple[str, Document]]]
    gaps: dict[str, str]


class Rows(Protocol):
    """What was seen of each record: by frame, what made it another one, `None` where it went."""

    def add(self, name: str, record_id: str, frame: int, change: AnyChange | None) -> None:
        """Keep a row; frames come in their order."""

    def ids(self, name: str) -> Iterator[str]:
        """Give the ids of a collection's records, sorted."""

    def of(self, name: str, record_id: str) -> Iterator[tuple[int, AnyChange | None]]:
        """Give a record's rows, by frame."""


class MemoryRows:
    """Rows as objects."""

    def __init__(self) -> None:
        """Start empty."""
        self._rows: dict[str, dict[str, list[tuple[int, AnyChange | None]]]] = defaultdict(dict)

    def add(self, name: str, record_id: str, frame: int, change: AnyChange | None) -> None:
        """Keep a row."""
        self._rows[name].setdefault(record_id, []).append((frame, change))

    def ids(self, name: str) -> Iterator[str]:
        """Give the ids of a collection's records, sorted."""
        return iter(sorted(self._rows[name]))

    def of(self, name: str, record_id: str) -> Iterator[tuple[int, AnyChange | None]]:
        """Give a record's rows."""
        return iter(self._rows[name][record_id])


class Folded(NamedTuple):
    """A recording as tracks, sorted by id, the orders that are not the sort's, and its frames.

    `tracks` are made while they are gone through, once.
    """

    tracks: dict[str, Iterable[Track]]
    orders: dict[str, list[Explicit]]
    frames: Frames


def record_id(collection: str, doc: Document) -> str:
    """Give a record's id; a record without one gets one from its content."""
    value = doc.get(KINDS[collection].id_field)
    if isinstance(value, str) and value:
        return value
    return f"no-id-{hashlib.sha256(dumps(doc)).hexdigest()[:16]}"


def steps_of(frames: Iterable[Frame], budget: int = BUDGET) -> Iterator[FrameStep]:
    """Tell frames by their differences, within a budget of bytes."""
    stepper = Stepper(budget)
    for frame in frames:
        steps = {
            name: stepper.take(frame.t, name, [(record, dumps(doc)) for record, doc in records])
            for name, records in frame.collections.items()
        }
        yield FrameStep(frame.t, frame.skew_ms, frame.gaps, steps)


def fold(steps: Iterable[FrameStep], rows: Rows | None = None) -> Folded:
    """Make tracks of frames.

    Args:
        steps: In the order of their instants, at least one.
        rows: Where to keep what was seen; in memory by default.

    Raises:
        ValueError: If there is no frame, or an instant is not later than the one before.
    """
    rows = MemoryRows() if rows is None else rows
    book = FrameBook()
    orders = {name: _Orders(kind) for name, kind in KINDS.items()}
    number = -1
    for number, frame in enumerate(steps):
        book.note(frame.t, frame.skew_ms, frame.gaps)
        _keep(rows, orders, number, frame)
    if number < 0:
        msg = "there is no frame to fold"
        raise ValueError(msg)
    frames = book.frames
    return Folded(
        {name: _tracks(kind, rows, frames) for name, kind in KINDS.items()},
        {name: order.marks for name, order in orders.items() if order.marks},
        frames,
    )


def _keep(rows: Rows, orders: dict[str, _Orders], number: int, frame: FrameStep) -> None:
    # By itself, so that no name holds a part of a frame while the next one is read.
    for name, step in frame.steps.items():
        for gone in step.gone:
            rows.add(name, gone, number, None)
        for key, change in step.changed.items():
            rows.add(name, key, number, change)
        orders[name].take(frame.t, step)


def _tracks(kind: Kind, rows: Rows, frames: Frames) -> Iterator[Track]:
    last = len(frames.instants) - 1
    for record in rows.ids(kind.name):
        yield build(kind, record, partial(_versions, rows, kind.name, record), frames.instants, last)


def _versions(rows: Rows, name: str, record: str) -> Iterator[Version]:
    doc: Document = {}
    for frame, change in rows.of(name, record):
        if change is None:
            yield Version(frame, None)
        else:
            doc = apply(doc, change)
            yield Version(frame, doc)


class _Orders:
    """The order of one collection while its frames are gone through."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._order: list[str] = []
        self._values: dict[str, Values] = {}
        self._keys: dict[str, Any] = {}
        self._placed: dict[str, str | None] = {}
        self.marks: list[Explicit] = []

    def take(self, t: int, step: Step) -> None:
        """Go on by a frame; a mark is made where the order is not the one that would be given."""
        moved = bool(step.gone or step.placed)
        for gone in step.gone:
            del self._values[gone], self._keys[gone]
        for key, change in step.changed.items():
            values = self._changed(key, change)
            if key not in self._values or not same(self._values[key], values):
                moved = True
                self._values[key] = values
                self._keys[key] = self._kind.key(values, key)
        if not moved:
            return
        self._order = followed(self._order, step)
        placed = {entry: after for group in self._groups() for entry, after in self._group(group)}
        if placed != self._placed:
            self.marks.append(explicit(t, self._placed, placed))
            self._placed = placed

    def _changed(self, key: str, change: AnyChange) -> Values:
        other = change.doc
        if other is not UNSET:
            return values_of(self._kind, other)
        kept = zip(self._kind.watched, self._values[key], strict=True)
        return tuple([change.set.get(field, None if field in change.unset else value) for field, value in kept])

    def _groups(self) -> Iterable[list[str]]:
        """Give what is listed together: error records by execution, all others as one; deleted ones are not."""
        listed = [key for key in self._order if not self._kind.is_deleted(self._values[key])]
        if self._kind.name != "errors":
            return [listed]
        place_of = self._kind.watched.index("ex_id")
        groups: dict[str, list[str]] = defaultdict(list)
        for key in listed:
            if not isinstance(self._values[key][place_of], str):
                continue  # nobody can ask for it
            groups[self._values[key][place_of]].append(key)
        return groups.values()

    def _group(self, came: list[str]) -> Iterable[Placing]:
        """Give what has to be placed so that a list is as it came: as before, if that does."""
        base = sorted(came, key=self._keys.__getitem__)
        if base == came:
            return ()
        members = set(came)
        before = [(entry, after) for entry, after in self._placed.items() if entry in members]
        return before if before and place(base, before) == came else placings(base, came)
