"""One record as it was seen becomes its track: a base document, and of what changed only the change.

What was seen is gone through twice, so that only what is kept is held: first to find the numbers that move and the
lists that are worth keeping entry by entry, then for the changes of all the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.wire import Document, dumps
from toolkit.tracks.columns import Point, fit, number_of
from toolkit.tracks.items import ItemBook
from toolkit.tracks.paths import Path, find, name_of, put
from toolkit.tracks.state import apply
from toolkit.tracks.track import Change, Span, Track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from toolkit.tracks.kinds import Kind

_MOVES: Final = 3
"""A number or a date that moves as often as this is kept as a counter."""


class Version(NamedTuple):
    """What a record was from a frame on: its document, `None` if it was not there."""

    frame: int
    doc: Document | None


def delta(t: int, before: Document, after: Document) -> Change:
    """Give the change that makes one document of another, key order included.

    The fields' JSON texts are compared: Python takes `1`, `True` and `1.0` for the same, a client may not.
    """
    changed: dict[str, Any] = {
        field: value for field, value in after.items() if field not in before or not _same(before[field], value)
    }
    change = Change(t, set=changed, unset=[field for field in before if field not in after])
    return change if list(apply(before, change)) == list(after) else Change(t, doc=after)


def _same(one: object, other: object) -> bool:
    if one is other:
        return True
    if type(one) is type(other) and isinstance(one, str | int):
        return one == other
    return dumps(one) == dumps(other)


def build(
    kind: Kind, record_id: str, versions: Callable[[], Iterable[Version]], instants: Sequence[int], last: int
) -> Track:
    """Make a record's track.

    Args:
        kind: The kind of record.
        record_id: Its id.
        versions: Gives what was seen of it, by frame, ascending; asked twice.
        instants: The frames' instants.
        last: The number of the last frame.
    """
    survey = _Survey(kind, instants)
    for version in versions():
        if version.doc is not None:
            survey.take(version.frame, version.doc)
    columns = survey.columns()
    lists = survey.lists()
    points: dict[Path, list[Point]] = {path: [] for path in columns}
    track: Track | None = None
    before: Document = {}
    for version in versions():
        t = instants[version.frame]
        if version.doc is None:
            assert track is not None, "a record comes before it goes"
            track.spans = [*(track.spans or [(None, None)])[:-1], (_since(track.spans), t)]
            continue
        for path, seen in points.items():
            _note(seen, version.frame, version.doc, path)
        doc = _still(version.doc, columns, lists)
        if track is None:
            track = Track(record_id, doc, spans=[(t, None)] if version.frame else [])
        else:
            if track.spans and track.spans[-1][1] is not None:
                track.spans.append((t, None))
            if dumps(doc) != dumps(before):
                track.changes.append(delta(t, before, doc))
        before = doc
    assert track is not None, "a record was seen at least once"
    track.counters = {
        name_of(path): fit(seen, last, instants, dates=isinstance(columns[path], str)) for path, seen in points.items()
    }
    track.lists = {field: book.items for field, book in lists.items()}
    return track


def _since(spans: list[Span]) -> int | None:
    return spans[-1][0] if spans else None


def _note(seen: list[Point], frame: int, doc: Document, path: Path) -> None:
    try:
        value = number_of(find(doc, path))
    except KeyError:
        return
    assert value is not None, "only what is always a number is a column"
    if not seen or seen[-1].value != value:
        seen.append(Point(frame, value))


def _still(doc: Document, numbers: dict[Path, int | str], lists: dict[str, ItemBook]) -> Document:
    """Give a document with a placeholder for all that is kept apart."""
    for path, value in numbers.items():
        doc = put(doc, path, value)
    return doc | {field: [] for field in lists if field in doc}


class _Survey:
    """Finds, among all that was seen of a record, the numbers and dates that move and the lists of objects."""

    def __init__(self, kind: Kind, instants: Sequence[int]) -> None:
        self._watched = set(kind.watched)
        self._instants = instants
        self._before: Document = {}
        self._first: dict[Path, int | str] = {}
        self._last: dict[Path, int] = {}
        self._moves: dict[Path, int] = {}
        self._other: set[Path] = set()
        self._books: dict[str, ItemBook] = {}
        self._no_list: set[str] = set(kind.watched)
        self._begun = False

    def take(self, frame: int, doc: Document) -> None:
        for field, value in doc.items():
            if field not in self._before or self._before[field] is not value:
                for path, leaf in _leaves((field,), value):
                    self._leaf(path, leaf)
                self._list(self._instants[frame] if self._begun else None, field, value)
        self._before = doc
        self._begun = True

    def columns(self) -> dict[Path, int | str]:
        """Give what moves, with what it was first."""
        return {
            path: self._first[path]
            for path, moves in self._moves.items()
            # What a list is sorted by may be a date, as it should be; any other number is looked up in the changes.
            if moves >= _MOVES
            and path not in self._other
            and (isinstance(self._first[path], str) or path[0] not in self._watched)
        }

    def lists(self) -> dict[str, ItemBook]:
        return {
            field: book for field, book in self._books.items() if field not in self._no_list and book.size < book.whole
        }

    def _leaf(self, path: Path, value: object) -> None:
        number = number_of(value)
        if number is None or (path in self._first and type(value) is not type(self._first[path])):
            self._other.add(path)
        elif path not in self._first:
            assert isinstance(value, int | str)
            self._first[path] = value
            self._last[path] = number
        elif self._last[path] != number:
            self._moves[path] = self._moves.get(path, 0) + 1
            self._last[path] = number

    def _list(self, t: int | None, field: str, value: object) -> None:
        if type(value) is list and all(type(item) is dict for item in value):
            self._books.setdefault(field, ItemBook()).take(t, value)
        else:
            self._no_list.add(field)


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    """Give every value in a value, itself first; lists are not looked into."""
    yield path, value
    if type(value) is dict:
        for key, inner in value.items():
            yield from _leaves((*path, key), inner)
