"""Tracks moved in time as one block: their instants and the known dates in their documents, by the same amount.

What moves is what Teraslice wrote: the dates in fields of its own (`DATES`), and in the slices of error records, which
its slicers made, every value that is a date and nothing else (`TEXTS`). Ids, numbers and durations stay. So do dates
that are the users' own (in jobs' metadata and operations, in names, in texts such as a failure's), and dates that are
not exactly as Teraslice writes them.
"""

from __future__ import annotations

import re
from array import array
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from toolkit.errors import InstantError
from toolkit.model.instants import EARLIEST, LATEST, format_instant, format_shift
from toolkit.tracks.columns import Deltas, number_of
from toolkit.tracks.frames import Frames
from toolkit.tracks.outline import Standing
from toolkit.tracks.paths import Path, find, path_of, put
from toolkit.tracks.track import Change, Counter, Item, Span, Track

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from toolkit.model.wire import Document
    from toolkit.tracks.kinds import Kind
    from toolkit.tracks.outline import Outline, Run, TrackSource
    from toolkit.tracks.placing import Explicit

_WRITTEN: Final = (("_created",), ("_updated",))
_STARTED: Final = ("started", "queuing_complete")
DATES: Final[Mapping[str, tuple[Path, ...]]] = {
    "jobs": (*_WRITTEN, ("_deleted_on",)),
    "executions": (*_WRITTEN, ("_deleted_on",), *(("_slicer_stats", name) for name in _STARTED)),
    "controllers": tuple((name,) for name in _STARTED),
    "nodes": (),
    "errors": _WRITTEN,
    "assets": (("_created",),),
    "cluster": (),
}
"""Where Teraslice writes dates into a document, by collection. No number of its documents is an instant."""
TEXTS: Final[Mapping[str, tuple[Path, ...]]] = {"errors": (("request",),)}
"""Where a document holds JSON as a text in which Teraslice writes dates, by collection: what a slice asks for."""
_VALUE: Final = re.compile(r'"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{12}Z)"(?!\s*:)')
"""A string in a JSON text that may be a date, unless it is a key."""


class Shifted:
    """The tracks of a source, each moved when it is asked for."""

    def __init__(self, kind: Kind, source: TrackSource, ms: int) -> None:
        """Move a source of a kind of records by milliseconds, forwards if they are positive."""
        self._kind = kind
        self._source = source
        self._ms = ms

    def __getitem__(self, index: int, /) -> Track:
        """Give one track, moved.

        Raises:
            InstantError: If one of its dates would be beyond the years that a date can say.
        """
        return shifted(self._kind, self._source[index], self._ms)

    def outlines(self) -> Iterator[Outline]:
        """Give every track's outline with its instants moved.

        The values that lists are sorted by stay as they were, and with them every order.
        """
        return map(self._moved, self._source.outlines())

    def runs(self) -> Iterator[Run]:
        """Give the same, many at a time: what stands still stays as it was."""
        return (run if isinstance(run, Standing) else self._moved(run) for run in self._source.runs())

    def plucked(self, indexes: Iterable[int], field: str) -> Iterator[object]:
        """Give one field of the first documents of some tracks, moved; `None` where it is not there."""
        return (self[index].doc.get(field) for index in indexes)

    def _moved(self, member: Outline) -> Outline:
        first, *later = member.steps
        if not later and not member.spans:
            return member
        steps = (first, *((t + self._ms, values) for t, values in later))
        return member._replace(steps=steps, spans=_spans(member.spans, self._ms))


def shifted(kind: Kind, track: Track, ms: int) -> Track:
    """Give a track moved by milliseconds; the one given stays as it is.

    Raises:
        InstantError: If one of its dates would be beyond the years that a date can say.
    """
    name = kind.name
    return Track(
        track.id,
        _document(track.doc, name, ms),
        changes=[
            Change(
                change.t + ms,
                set=_document(change.set, name, ms),
                unset=change.unset,
                doc=UNSET if change.doc is UNSET else _document(change.doc, name, ms),
            )
            for change in track.changes
        ],
        counters={of: _counter(path_of(of), counter, DATES[name], ms) for of, counter in track.counters.items()},
        lists={
            field: [Item(item.doc, _instant(item.since, ms), _instant(item.until, ms)) for item in items]
            for field, items in track.lists.items()
        },
        counts=track.counts,
        spans=_spans(track.spans, ms),
    )


def check_shift(kind: Kind, track: Track, ms: int, instants: Sequence[int] = ()) -> None:
    """Check that a track can be moved, at every instant of it.

    Args:
        kind: The kind of record.
        track: Its track.
        ms: By how much.
        instants: The frames' instants, if it is a recording's.

    Raises:
        InstantError: If one of its dates would be beyond the years that a date can say; the text starts with the field.
    """
    shifted(kind, track, ms)
    for name, counter in track.counters.items():
        path = path_of(name)
        if isinstance(counter.value, str) and path in DATES[kind.name]:
            values = Deltas(counter, instants).values
            for t in (min(values), max(values)):
                _date(format_instant(t), path, ms)


def shifted_frames(frames: Frames, ms: int) -> Frames:
    """Give a recording's frames moved by milliseconds."""
    gaps = [gap._replace(first=gap.first + ms, last=gap.last + ms) for gap in frames.gaps]
    return Frames(array("q", (t + ms for t in frames.instants)), frames.skews, gaps)


def shifted_orders(orders: Mapping[str, Sequence[Explicit]], ms: int) -> dict[str, list[Explicit]]:
    """Give explicit orders moved by milliseconds."""
    return {name: [mark._replace(t=mark.t + ms) for mark in marks] for name, marks in orders.items()}


def _instant(t: int | None, ms: int) -> int | None:
    return None if t is None else t + ms


def _spans(spans: list[Span], ms: int) -> list[Span]:
    return [(_instant(since, ms), _instant(until, ms)) for since, until in spans]


def _counter(path: Path, counter: Counter, dates: tuple[Path, ...], ms: int) -> Counter:
    if counter.of:
        return counter
    if counter.deltas is UNSET:
        return Counter(pieces=[(t + ms, value, per_hour) for t, value, per_hour in counter.pieces])
    value = _date(counter.value, path, ms) if path in dates else counter.value
    return Counter(deltas=counter.deltas, since=counter.since + ms, value=value)


def _document(doc: Document, name: str, ms: int) -> Document:
    for paths, moved in ((DATES[name], _date), (TEXTS.get(name, ()), _text)):
        for path in paths:
            try:
                value = find(doc, path)
            except KeyError:
                continue
            doc = put(doc, path, moved(value, path, ms))
    return doc


def _text(value: Any, path: Path, ms: int) -> Any:  # noqa: ANN401 - JSON is what it is
    """Move the dates among the values of a JSON text, whose other letters stay; anything else stays."""
    return _VALUE.sub(lambda found: f'"{_date(found[1], path, ms)}"', value) if isinstance(value, str) else value


def _date(value: Any, path: Path, ms: int) -> Any:  # noqa: ANN401 - JSON is what it is
    """Move a date; anything else stays."""
    t = number_of(value) if isinstance(value, str) else None
    if t is None:
        return value
    if not EARLIEST <= t + ms <= LATEST:
        msg = f"{'.'.join(path)}: {value} moved by {format_shift(ms)} is beyond the years 1 to 9999"
        raise InstantError(msg)
    return format_instant(t + ms)
