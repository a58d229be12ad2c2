"""What a search can tell of a bundle's records before it reads any: fields of those that stand still, in columns.

Those that change are left to the search. A column is made when a search first asks for its field.
"""

from __future__ import annotations

from heapq import merge
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.timeline.wanted import Leaf, chosen
from toolkit.tracks.cache import Bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from toolkit.timeline.wanted import Choosing, Lead, Wanted
    from toolkit.tracks.shelf import Shelf

LARGE: Final = 4_096
"""So many records are worth columns."""
MOST_FIELDS: Final = 4
"""A search in more fields than these has to read the records: it would take as long to make the columns."""
_COLUMNS: Final = 8
"""How many columns are kept."""
STEP: Final = 1_000
"""How many records are read, or values tested, between two steps: some milliseconds."""
_UNCLEAR: Final = 0
_MISSING: Final = 1
_PLAIN: Final = frozenset({str, int, bool})
_UNRANKED: Final = -1
_NONE: Final = 0
"""The rank of what counts as missing; those of values come after it."""


class _Column(NamedTuple):
    """A field of many records.

    Attributes:
        codes: For each record, the place of its value.
        values: Every value once. Before the first one come two places: for what has to be read, because it changes or
            is no plain value, and for a field that is not there.
    """

    codes: Any
    values: list[Any]


class Finder:
    """The records of one list whose place in it never changes, by these places."""

    def __init__(self, shelf: Shelf, positions: list[int], id_field: str) -> None:
        """Make nothing yet.

        Args:
            shelf: Where the records are.
            positions: Their positions there, in the order of the list.
            id_field: The field that no two share a value of.
        """
        self._shelf = shelf
        self._positions = positions
        self._id_field = id_field
        self._columns: Bounded[str, _Column] = Bounded(_COLUMNS)
        self._ranks: Bounded[str, Any] = Bounded(_COLUMNS)

    def places(
        self, wanted: Wanted, lead: Lead | None, indexed: Callable[[Leaf], set[int] | None]
    ) -> Choosing[list[int]]:
        """Give the places, ascending, of those that a search may find; `None` if it may find any.

        Args:
            wanted: What it looks for.
            lead: The first field of its order, if all that it does is sorting.
            indexed: Gives the positions of what a clause may find, if there is an index of its field.
        """
        import numpy as np  # noqa: PLC0415 - a small bundle is served without numpy

        if len(self._positions) < LARGE:
            return None
        if lead is not None:
            found = np.flatnonzero((yield from self._leading(lead)))
            return found.tolist()
        if len(set(_fields(wanted)) - {self._id_field}) > MOST_FIELDS:
            return None

        def ask(leaf: Leaf) -> Choosing[Any]:
            known = indexed(leaf)
            if known is not None:
                return np.isin(self._positions, list(known))
            # To test as many ids as there are records is no faster than to read them.
            return None if leaf.field == self._id_field else (yield from self._passing(leaf))

        choice = yield from chosen(wanted, ask, np.zeros(len(self._positions), dtype=bool))
        return None if choice is None else np.flatnonzero(choice).tolist()

    def _passing(self, leaf: Leaf) -> Generator[None, None, Any]:
        """Tell of each record whether it may pass a clause."""
        import numpy as np  # noqa: PLC0415 - as above

        codes, values = yield from self._column(leaf.field)
        passing = np.zeros(len(values), dtype=bool)
        passing[_UNCLEAR] = True
        for start in range(_MISSING + 1, len(values), STEP):
            some = values[start : start + STEP]
            passing[start : start + len(some)] = [leaf.test(value) for value in some]
            yield
        return passing[codes]

    def _leading(self, lead: Lead) -> Generator[None, None, Any]:
        """Tell of each record whether it may be among the first of an order."""
        codes, values = yield from self._column(lead.field)
        ranks = self._ranks.get(lead.field)
        if ranks is None:
            ranks = self._ranks.put(lead.field, (yield from _ranked(values, lead.ranks)))
        found = ranks[codes]
        unclear = found == _UNRANKED
        # A record without the field comes last in either direction; no other one is left out for what is unclear.
        found[found <= _NONE] = _NONE if lead.down else len(values)
        return unclear | lead.among_first(found)

    def _column(self, field: str) -> Generator[None, None, _Column]:
        import numpy as np  # noqa: PLC0415 - as above

        column = self._columns.get(field)
        if column is None:
            shelf, positions = self._shelf, self._positions
            codes = np.full(len(positions), _UNCLEAR, dtype=np.uint32)
            values: list[Any] = [None, None]
            known: dict[tuple[type, Any], int] = {}
            for start in range(0, len(codes), STEP):
                some = range(start, min(start + STEP, len(codes)))
                still = [place for place in some if shelf.stands_still(positions[place])]
                plucked = shelf.plucked((positions[place] for place in still), field)
                codes[still] = [_code(value, values, known) for value in plucked]
                yield
            column = self._columns.put(field, _Column(codes, values))
        return column


def _code(value: object, values: list[Any], known: dict[tuple[type, Any], int]) -> int:
    if value is None:
        return _MISSING
    kind = type(value)
    if kind not in _PLAIN:
        return _UNCLEAR
    # For Python `1` and `True` are the same.
    code = known.get((kind, value))
    if code is None:
        code = known[kind, value] = len(values)
        values.append(value)
    return code


def _ranked(values: list[Any], ranks: Callable[[Any], Any]) -> Generator[None, None, Any]:
    """Number a column's values by their order, equal ones alike."""
    import numpy as np  # noqa: PLC0415 - as above

    numbers = np.full(len(values), _NONE, dtype=np.int64)
    numbers[_UNCLEAR] = _UNRANKED
    pieces: list[list[tuple[Any, int]]] = []
    for start in range(_MISSING + 1, len(values), STEP):
        rows = []
        for place, value in enumerate(values[start : start + STEP], start):
            if (rank := ranks(value)) is not None:
                rows.append((rank, place))
        pieces.append(sorted(rows))
        yield
    number, before = _NONE, None
    for done, (rank, place) in enumerate(merge(*pieces)):
        if rank != before:
            number, before = number + 1, rank
        numbers[place] = number
        if done % STEP == 0:
            yield
    return numbers


def _fields(wanted: Wanted) -> Iterator[str]:
    if isinstance(wanted, Leaf):
        yield wanted.field
    elif wanted is not None:
        for part in wanted.parts:
            yield from _fields(part)
