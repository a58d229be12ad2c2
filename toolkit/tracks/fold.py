"""Frames of a recording, one after the other, become tracks: what each record was, from when to when.

Replaying the tracks at a frame's instant gives back exactly what was seen: every key, value and order. Only the last
texts and the tracks themselves are held, so a recording of any length folds in the memory of what changed.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from toolkit.model.wire import Document, dumps, loads
from toolkit.tracks.kinds import KINDS, Kind
from toolkit.tracks.order import Explicit, arrange
from toolkit.tracks.outline import values_of
from toolkit.tracks.state import apply
from toolkit.tracks.track import Change, Track

if TYPE_CHECKING:
    from collections.abc import Iterable


class Frame(NamedTuple):
    """What a cluster answered at one tick.

    Attributes:
        t: The instant.
        skew_ms: How long it took from the first answer to the last.
        collections: By collection the records in the order they came, each with its id (see `record_id`). One that
            is missing could not be asked: it holds what it was.
        gaps: What is missing and why, for people.
    """

    t: int
    skew_ms: int
    collections: dict[str, list[tuple[str, Document]]]
    gaps: list[str]


class Mark(Struct, omit_defaults=True):
    """What stays of a frame beside its records."""

    t: int
    skew_ms: int = 0
    gaps: list[str] = []


class Folded(NamedTuple):
    """A recording as tracks, sorted by id, the orders that are not the sort's, and the frames' instants."""

    tracks: dict[str, list[Track]]
    orders: dict[str, list[Explicit]]
    frames: list[Mark]


def record_id(collection: str, doc: Document) -> str:
    """Give a record's id; a record without one gets one from its content."""
    value = doc.get(KINDS[collection].id_field)
    if isinstance(value, str) and value:
        return value
    return f"no-id-{hashlib.sha256(dumps(doc)).hexdigest()[:16]}"


def fold(frames: Iterable[Frame]) -> Folded:
    """Make tracks of frames.

    Args:
        frames: In the order of their instants, at least one.

    Raises:
        ValueError: If there is no frame, or an instant is not later than the one before.
    """
    folds = {name: _Fold(kind) for name, kind in KINDS.items()}
    marks: list[Mark] = []
    for frame in frames:
        if marks and frame.t <= marks[-1].t:
            msg = f"frames must come in the order of their instants: {frame.t} after {marks[-1].t}"
            raise ValueError(msg)
        for name, records in frame.collections.items():
            folds[name].add(frame.t, records, since=frame.t if marks else None)
        marks.append(Mark(frame.t, frame.skew_ms, frame.gaps))
    if not marks:
        msg = "there is no frame to fold"
        raise ValueError(msg)
    return Folded(
        {name: [folding.tracks[key] for key in sorted(folding.tracks)] for name, folding in folds.items()},
        {name: folding.orders for name, folding in folds.items() if folding.orders},
        marks,
    )


class _Fold:
    """One collection while it is folded."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._texts: dict[str, bytes] = {}
        self._present: list[str] = []
        self.tracks: dict[str, Track] = {}
        self.orders: list[Explicit] = []

    def add(self, t: int, records: list[tuple[str, Document]], *, since: int | None) -> None:
        """Take in the collection as one frame saw it."""
        seen = _unique(records)
        moved = self._present != list(seen)
        for gone in set(self._present).difference(seen):
            track = self.tracks[gone]
            spans = track.spans or [(None, None)]
            track.spans = [*spans[:-1], (spans[-1][0], t)]
        for key in seen.keys() - set(self._present):
            if key in self.tracks:
                self.tracks[key].spans.append((t, None))
        for key, doc in seen.items():
            text = dumps(doc)
            if key not in self.tracks:
                self.tracks[key] = Track(key, doc, spans=[] if since is None else [(since, None)])
            elif self._texts[key] != text:
                self.tracks[key].changes.append(delta(t, loads(self._texts[key]), doc))
                moved = True
            self._texts[key] = text
        self._present = list(seen)
        if moved:
            self._note_order(t, seen)

    def _note_order(self, t: int, seen: dict[str, Document]) -> None:
        """Store the order the records came in, where it is not the one that would be given anyway."""
        came = list(seen)
        key = self._kind.key
        entries = sorted((key(values_of(self._kind, doc), name), name) for name, doc in seen.items())
        by_sort = [name for _, name in entries]
        wanted = self.orders[-1][1] if self.orders else None
        places = [(name, place) for place, name in enumerate(by_sort)]
        given = by_sort if wanted is None else [by_sort[place] for place in arrange(places, wanted)]
        if given != came:
            self.orders.append((t, None if by_sort == came else came))


def _unique(records: list[tuple[str, Document]]) -> dict[str, Document]:
    """Key records by id; one that came twice is kept twice."""
    seen: dict[str, Document] = {}
    for name, doc in records:
        key, count = name, 1
        while key in seen:
            count += 1
            key = f"{name}#{count}"
        seen[key] = doc
    return seen


def delta(t: int, before: Document, after: Document) -> Change:
    """Give the change that makes one document of another, key order included.

    The fields' JSON texts are compared: Python takes `1`, `True` and `1.0` for the same, a client may not.
    """
    changed: dict[str, Any] = {
        field: value for field, value in after.items() if field not in before or dumps(before[field]) != dumps(value)
    }
    change = Change(t, set=changed, unset=[field for field in before if field not in after])
    return change if dumps(apply(before, change)) == dumps(after) else Change(t, doc=after)
