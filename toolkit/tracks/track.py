"""One record over time, as a bundle stores it: a base document, dated changes, counters as pieces of lines.

Pure: knows neither files nor clocks. The envelope's keys are sorted on disk; documents keep their wire order.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET, Raw, Struct, UnsetType

from toolkit.model.wire import Document, loads

if TYPE_CHECKING:
    from collections.abc import Iterator

HOUR_MS = 3_600_000

Span = tuple[int | None, int | None]
"""A time a record exists, `[from, to)` in milliseconds; `None` is open."""
Piece = tuple[int, int, int]
"""A line from an instant on: `(from, value, per_hour)` is `value + (t - from) * per_hour // 3_600_000`."""


class Change(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What a record's document becomes at an instant: fields set and removed, or another document altogether."""

    t: int
    set: dict[str, Any] = {}
    unset: list[str] = []
    doc: dict[str, Any] | UnsetType = UNSET


class Written:
    """Another document altogether at an instant, as its text: thousands of them at once are read one by one."""

    __slots__ = ("_text", "t")
    set: Final[Document] = {}
    unset: Final[list[str]] = []

    def __init__(self, t: int, text: bytes | Raw) -> None:
        """Keep the text of an object, which may be a part of a larger one."""
        self.t = t
        self._text = text

    @property
    def text(self) -> bytes:
        """The text."""
        return bytes(self._text)

    @property
    def doc(self) -> Document:
        """Read it."""
        document: Document = loads(self.text)
        return document


AnyChange = Change | Written


class Counter(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """A whole number that moves by itself: one of three forms.

    Attributes:
        pieces: Lines, each from an instant on.
        deltas: What is added frame by frame, as `toolkit.tracks.runs` writes it; only recordings have frames.
        since: With deltas: the instant of the frame that they begin after.
        value: With deltas: the number before the first of them; a date if it is one that moves by milliseconds.
        of: Another field's name; its value `* times // per`.
        times: See `of`.
        per: See `of`.
    """

    pieces: list[Piece] = []
    deltas: str | UnsetType = UNSET
    since: int = 0
    value: int | str = 0
    of: str = ""
    times: int = 1
    per: int = 1


class Item(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """An entry of a list inside a document, with its own time of existence."""

    doc: dict[str, Any]
    since: int | None = None
    until: int | None = None


class Track(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """One record over time.

    Attributes:
        id: The record's id; unique within its file.
        doc: The document at the track's start; counters and lists have a placeholder where they stand.
        changes: What is set and removed, by instant, ascending; later ones build on earlier ones.
        counters: By field, or by `toolkit.tracks.paths` inside one; of every pieces list the last piece not later than
            `t` counts (the first one before that).
        lists: By field; the items that exist at `t`, in the stored order.
        counts: By field; the number `base - entries of that list at t`, as `[base, list field]`.
        spans: When the record exists; empty means throughout.
    """

    id: str
    doc: dict[str, Any]
    changes: list[Change] = []
    counters: dict[str, Counter] = {}
    lists: dict[str, list[Item]] = {}
    counts: dict[str, tuple[int, str]] = {}
    spans: list[Span] = []


def line_at(piece: Piece, t: int) -> int:
    """Give the value of a piece at an instant not before it."""
    start, value, per_hour = piece
    return value + (t - start) * per_hour // HOUR_MS


def line_next(piece: Piece, t: int) -> int | None:
    """Give the first instant after `t` at which the piece's value is another one; `None` if it stands still."""
    start, value, per_hour = piece
    if per_hour == 0:
        return None
    steps = line_at(piece, t) - value + 1
    return start - (-steps * HOUR_MS // per_hour)


def exists(spans: list[Span], t: int) -> bool:
    """Tell whether a record with these spans exists at an instant."""
    return not spans or any((a is None or a <= t) and (b is None or t < b) for a, b in spans)


def dated(track: Track) -> Iterator[int]:
    """Give every instant that a track says something of: changes, and ends of existence, of list entries too."""
    yield from (change.t for change in track.changes)
    items = chain.from_iterable(track.lists.values())
    for since, until in chain(track.spans, ((item.since, item.until) for item in items)):
        if since is not None:
            yield since
        if until is not None:
            yield until


__all__ = [
    "AnyChange",
    "Change",
    "Counter",
    "Document",
    "Item",
    "Piece",
    "Span",
    "Track",
    "Written",
    "dated",
    "exists",
    "line_at",
    "line_next",
]
