"""The order of a list: OpenSearch's `sort` texts over mapped fields, and the best of many without keeping all."""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.query.dates import stored_date
from toolkit.query.mapping import Kind, number, truth, values, word
from toolkit.query.wording import refuse

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Mapping as ReadOnly

    from toolkit.timeline.view import Record

NEWEST: Final = "_updated:desc"
"""The order that lists have without being asked."""
NEWEST_CREATED: Final = "_created:desc"
"""The order that assets have, which are never written again."""
_BY_SCORE: Final = frozenset({"_score", "_doc"})
"""Everything found has one score, so both are the index's order."""
_TEXT: Final = (
    "Text fields are not optimised for operations that require per-document field data like aggregations and sorting, "
    "so these operations are disabled by default. Please use a keyword field instead. Alternatively, set "
    "fielddata=true on [{name}] in order to load field data by uninverting the inverted index. Note that this can use "
    "significant memory."
)
_BINARY: Final = (
    "Can't load fielddata on [{name}] because fielddata is unsupported on fields of type [binary]. "
    "Use doc values instead."
)


class Key(NamedTuple):
    """One field of an order."""

    field: str
    kind: Kind
    down: bool


def read_sort(text: str, mapping: ReadOnly[str, Kind]) -> tuple[Key, ...]:
    """Read a `sort` parameter: `field:direction`, several with commas.

    No direction is ascending. An entry with an unknown direction sorts nothing, as in OpenSearch's own reading; with no
    entry left records come in the index's order, in which a written one moves to the end: oldest `_updated` first, or
    `_created` where nothing is written again.

    Raises:
        QueryRefused: In OpenSearch's words, for a field that is not mapped, or whose kind has no order.
    """
    keys = []
    for entry in filter(None, text.split(",")):
        name, mark, direction = entry.rpartition(":")
        if not mark:
            name, direction = entry, "asc"
        if direction not in {"asc", "desc"} or name in _BY_SCORE:
            continue
        kind = mapping.get(name)
        if kind is None:
            refuse(f"No mapping found for [{name}] in order to sort on")
        if kind == Kind.TEXT:
            refuse(_TEXT.format(name=name), "illegal_argument_exception")
        if kind == Kind.BINARY:
            refuse(_BINARY.format(name=name), "illegal_argument_exception")
        keys.append(Key(name, kind, direction == "desc"))
    written = "_updated" if "_updated" in mapping else "_created"
    return tuple(keys) or (Key(written, Kind.DATE, down=False),)


class Best:
    """The first so many records of an order, out of any number: what cannot be among them is soon let go."""

    def __init__(self, keys: tuple[Key, ...], id_field: str, most: int) -> None:
        """Begin with none.

        Args:
            keys: The order; records that it leaves equal are in order of their ids.
            id_field: Where the id is.
            most: How many to keep.
        """
        self._id = id_field
        self._most = most
        self._ranks = [_rank(key) for key in keys]
        # The first places of a row are the ranks, then comes the id, then the record; the last is sorted by first.
        self._sorts = [(itemgetter(len(keys)), False)]
        self._sorts += [(itemgetter(place), key.down) for place, key in reversed(list(enumerate(keys)))]
        self._found: list[tuple[Any, ...]] = []

    def add(self, record: Record) -> None:
        """Take one more into account."""
        self._found.append((*[rank(record) for rank in self._ranks], word(record.fields.get(self._id)), record))
        if len(self._found) > 2 * self._most + 100:
            self._found = self._first()

    def _first(self) -> list[tuple[Any, ...]]:
        for place, down in self._sorts:
            self._found.sort(key=place, reverse=down)
        return self._found[: self._most]

    def records(self) -> list[Record]:
        """Give the first records, in order."""
        return [row[-1] for row in self._first()]


def _rank(key: Key) -> Callable[[Record], tuple[bool, Any]]:
    """Give what to sort by; a record without the field comes last in either direction."""

    def rank(record: Record) -> tuple[bool, Any]:
        held = [value for one in values(record.fields, key.field) if (value := rank_of(key.kind, one)) is not None]
        if not held:
            return not key.down, 0
        return key.down, max(held) if key.down else min(held)

    return rank


def rank_of(kind: Kind, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Give what one value of a field of a kind is sorted by, `None` for one that counts as missing."""
    if kind == Kind.KEYWORD:
        return word(value)
    if kind == Kind.DATE:
        return stored_date(value)
    return truth(value) if kind == Kind.BOOLEAN else number(value)
