"""Checking one line of a bundle: the track, and its documents against their type."""

from __future__ import annotations

import codecs
import re
import types
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, get_args

import msgspec
from msgspec import UNSET, Struct

from toolkit.bundle.bulk import is_ascending, is_plain
from toolkit.bundle.checks import check_track
from toolkit.bundle.lines import parse_line
from toolkit.bundle.manifest import located
from toolkit.bundle.words import BOM, refuse, under
from toolkit.errors import BundleDamaged
from toolkit.model.instants import are_wire_instants, is_wire_instant
from toolkit.model.records import Asset, Controller, Count, ErrorRecord, Execution, Info, Job, Node, Totals
from toolkit.model.wire import Document, dumps, loads
from toolkit.tracks.outline import BEGINNING, Outline, Standing, outline
from toolkit.tracks.state import apply
from toolkit.tracks.track import Change, Counter, Item, Span, Track  # noqa: TC001 - msgspec reads a Struct's types

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from toolkit.bundle.listed import Lines
    from toolkit.tracks.kinds import Kind, Values
    from toolkit.tracks.outline import Run

D = TypeVar("D")

_BRACKETS: Final = 100
"""A line with more brackets than this is also tried for depth: what cannot be written cannot be served."""
_SURROGATE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_TYPES: Final[dict[str, Any]] = {
    "jobs": Job,
    "executions": Execution,
    "controllers": Controller,
    "nodes": Node,
    "errors": ErrorRecord,
    "assets": Asset,
}
_SPANS: Final = re.compile(rb'"spans":\[\[(?:null|[1-9][0-9]{0,15}),(?:null|[1-9][0-9]{0,15})\]\]\}')
_CLUSTER: Final[dict[str, Any]] = {"info": Info, "stats": Totals}


class _Checked(Struct, Generic[D], forbid_unknown_fields=True):
    """A track whose document has a type."""

    id: str
    doc: D
    changes: list[Change] = []
    counters: dict[str, Counter] = {}
    lists: dict[str, list[Item]] = {}
    counts: dict[str, tuple[int, str]] = {}
    spans: list[Span] = []


class LineCheck:
    """Checks the lines of one file of a recording: tracks of documents that may hold anything.

    Attributes:
        takes_many: Whether lines may be checked many at a time.
    """

    takes_many = False

    def __init__(self, kind: Kind, first: int, last: int, instants: Sequence[int] = ()) -> None:
        """Prepare for a file.

        Args:
            kind: The kind of records in it.
            first: The bundle's first instant.
            last: Its last one.
            instants: The frames' instants, if it is a recording.
        """
        self._kind = kind
        self._instants = instants
        self._first = first
        self._last = last

    def check(self, text: bytes) -> Outline:
        """Check a line and give its outline.

        Raises:
            BundleDamaged: If it is damaged; the text starts with the field, if there is one.
        """
        if text.startswith(codecs.BOM_UTF8):
            raise BundleDamaged(BOM)
        try:
            if text.count(b"[") + text.count(b"{") > _BRACKETS:
                dumps(loads(text))
            return self._outline(text)
        except msgspec.ValidationError as error:
            raise BundleDamaged(located(error)) from None
        except (TypeError, RecursionError):
            msg = "is nested too deep"
            raise BundleDamaged(msg) from None
        except ValueError:
            msg = "is not a track in JSON (one track a line, a comma after each but the last)"
            raise BundleDamaged(msg) from None

    def many(self, lines: Lines) -> list[Run] | None:  # noqa: ARG002 - what others may do
        """Check lines in a row, if that is possible at once; `None` means one by one."""
        return None

    def _outline(self, text: bytes) -> Outline:
        track = parse_line(text)
        # The cluster's totals begin anew when its master does.
        check_track(track, self._first, self._last, self._instants, may_fall=self._kind.name == "cluster")
        self._check_documents(track)
        return outline(self._kind, track, self._instants)

    def _check_documents(self, track: Track) -> None:
        # A node's key need not be its id, and of two records with one id the second has a number added.
        own = track.doc.get(self._kind.id_field)
        known = self._kind.name == "nodes" or not isinstance(own, str) or not own
        if not known and track.id != own and not track.id.startswith(f"{own}#"):
            refuse("$.id", f"is not the document's {self._kind.id_field}")


class TypedCheck(LineCheck):
    """Checks the lines of one file of a generated bundle: documents are what their type says, at every instant."""

    takes_many = True

    def __init__(self, kind: Kind, first: int, last: int) -> None:
        """Prepare for a file."""
        super().__init__(kind, first, last)
        self._type = _TYPES[kind.name]
        type_: Any = types.GenericAlias(_Checked, (self._type,))
        self._tracks = msgspec.json.Decoder(type_)
        names = {known.encode_name: known.name for known in msgspec.structs.fields(self._type)}
        self._columns = watched = [names[field] for field in kind.watched]
        self._watched: Callable[[Struct], Values] = (
            attrgetter(*watched) if len(watched) > 1 else lambda doc: tuple([getattr(doc, name) for name in watched])
        )
        self._optional = {known.name for known in msgspec.structs.fields(self._type) if not known.required}
        self._id: Callable[[Struct], str] = attrgetter(names[kind.id_field])
        self._dated = "_updated" in names
        self._countable = countable(self._type)

    def check(self, text: bytes) -> Outline:
        """Check a line and give its outline, as every check does."""
        # Most documents never change, and nothing is wrong with them: they are checked without being made.
        if b"\\u" not in text and text.isascii() and text.count(b"[") + text.count(b"{") <= _BRACKETS:
            try:
                track = self._tracks.decode(text)
            except (ValueError, RecursionError):
                return super().check(text)  # which finds the words
            doc = track.doc
            if (
                not (track.changes or track.counters or track.lists or track.counts)
                and (not track.spans or _plain_spans(text, track.spans))
                and self._id(doc) == track.id
                and (not self._dated or is_wire_instant(doc.updated))
            ):
                return Outline(track.id, ((BEGINNING, self._values(doc)),), track.spans, bool(track.spans))
        return super().check(text)

    def _values(self, doc: Struct) -> Values:
        values = self._watched(doc)
        return tuple([None if value is UNSET else value for value in values]) if UNSET in values else values

    def many(self, lines: Lines) -> list[Run] | None:
        """Check lines in a row, if nothing is wrong with any."""
        if not is_plain(lines.joined, lines.starts, _BRACKETS):
            return None
        try:
            tracks = list(map(self._tracks.decode, lines.texts))
            runs: list[Run] = []
            begin = 0
            for place in _moving(tracks):
                if begin < place:
                    runs.append(self._standing(tracks[begin:place]))
                runs.append(self.check(lines.texts[place]))
                begin = place + 1
            if begin < len(tracks):
                runs.append(self._standing(tracks[begin:]))
        except (ValueError, RecursionError, BundleDamaged):
            return None  # one by one, what is wrong is found with its words
        return runs

    def _standing(self, tracks: Sequence[Any]) -> Standing:
        ids = [track.id for track in tracks]
        docs = [track.doc for track in tracks]
        dated = not self._dated or are_wire_instants([doc.updated for doc in docs])
        if not dated or list(map(self._id, docs)) != ids or not is_ascending(ids):
            raise ValueError
        return Standing(ids, tuple([self._column(name, docs) for name in self._columns]))

    def _column(self, name: str, docs: Sequence[Struct]) -> list[Any]:
        values = [getattr(doc, name) for doc in docs]
        return [None if value is UNSET else value for value in values] if name in self._optional else values

    def _check_documents(self, track: Track) -> None:
        check_countable(track, self._countable)
        for where, doc in documents(track):
            self._check_typed(where, track.id, decode_as(self._type, where, doc))

    def _check_typed(self, where: str, record_id: str, doc: Struct) -> None:
        if self._id(doc) != record_id:
            refuse(f"{where}.{self._kind.id_field}", "is not the track's id")
        updated = getattr(doc, "updated", None)
        if updated is not None and not is_wire_instant(updated):
            refuse(f"{where}._updated", f"{updated!a} is not a date such as 2026-01-01T00:00:00.000Z")


class ClusterCheck(LineCheck):
    """Checks the cluster file of a generated bundle."""

    def _check_documents(self, track: Track) -> None:
        if track.id in _CLUSTER:
            kind = _CLUSTER[track.id]
            check_countable(track, countable(kind))
            for where, doc in documents(track):
                decode_as(kind, where, doc)


def line_check(kind: Kind, first: int, last: int, instants: Sequence[int] = (), *, generated: bool) -> LineCheck:
    """Give the check for a file.

    Args:
        kind: The kind of records in it.
        first: The bundle's first instant.
        last: Its last one.
        instants: The frames' instants, if it is a recording.
        generated: Whether documents must be what their type says.
    """
    if generated and kind.name in _TYPES:
        return TypedCheck(kind, first, last)
    if generated and kind.name == "cluster":
        return ClusterCheck(kind, first, last)
    return LineCheck(kind, first, last, instants)


def countable(type_: type[Struct]) -> frozenset[str]:
    """Give the fields of a record that hold a count, so that it may move by itself."""
    fields = msgspec.structs.fields(type_)
    return frozenset(known.encode_name for known in fields if Count in (known.type, *get_args(known.type)))


def check_countable(track: Track, fields: frozenset[str]) -> None:
    """Check that nothing moves by itself but counts.

    Raises:
        BundleDamaged: If something else does; the text starts with the field.
    """
    for part, names in (("counters", track.counters), ("counts", track.counts)):
        for name in names:
            if name not in fields:
                refuse(under(f"$.{part}", name), "is not a count in this kind of record")


def documents(track: Track) -> Iterator[tuple[str, Document]]:
    """Give every document that a track's changes make, all entries in its lists, and where it is made."""
    doc = track.doc | {field: [item.doc for item in items] for field, items in track.lists.items()}
    yield "$.doc", doc
    for place, change in enumerate(track.changes):
        doc = apply(doc, change)
        yield f"$.changes[{place}]", doc


def _moving(tracks: Sequence[_Checked[Struct]]) -> list[int]:
    """Give where in a row are tracks of records that are not always there, or that change."""
    return [
        place
        for place, track in enumerate(tracks)
        if track.spans or track.changes or track.counters or track.lists or track.counts
    ]


def _plain_spans(text: bytes, spans: list[Span]) -> bool:
    """Tell whether a line ends with one time of existence that is a whole and is written as we write it."""
    ((since, until), *_) = spans
    ordered = since is None or until is None or since < until
    return ordered and _SPANS.fullmatch(text, text.rfind(b'"spans"')) is not None


def decode_as(type_: Any, where: str, doc: Document) -> Any:  # noqa: ANN401 - whatever the type is
    """Make a typed record of a document.

    Raises:
        BundleDamaged: If it is not what the type says; the text starts with the field, `where` in front.
    """
    # msgspec refuses lone surrogates, which a type says nothing about.
    text = _SURROGATE.sub(rb"\1?", dumps(doc))
    try:
        return msgspec.json.decode(text, type=type_)
    except msgspec.ValidationError as error:
        raise BundleDamaged(where + located(error).removeprefix("$")) from None
