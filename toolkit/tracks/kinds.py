"""The kinds of records a bundle holds: where their id stands, and how their lists are sorted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.instants import EARLIEST, parse_wire_instant
from toolkit.model.status import is_deleted
from toolkit.model.wire import dumps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_UNDATED: Final = EARLIEST - 1

Values = tuple[Any, ...]
"""What a list's order depends on: the values of a kind's watched fields, `None` where one is missing."""


def same(some: Values, others: Values) -> bool:
    """Tell whether watched values are the same ones; for Python `1` and `True` are, for a list of the deleted not."""
    return some == others and dumps(some) == dumps(others)


class Kind(NamedTuple):
    """One kind of records.

    Attributes:
        name: The collection's name; its file is `<name>.json`.
        id_field: The document's field with the record's id; empty where it has none.
        watched: The fields that lists (and status changes) depend on.
        key: Makes a record's sort key from its watched values and its id; smaller comes first.
        deletes: Whether records are soft-deleted: then `_deleted` is watched, and those it is true of have a list of
            their own.
    """

    name: str
    id_field: str
    watched: tuple[str, ...]
    key: Callable[[Values, str], Any]
    deletes: bool = False

    @property
    def newest_first(self) -> bool:
        """Whether records are sorted by the date in the first watched field, the newest first, and then by id."""
        return self.key is _newest_first

    def is_deleted(self, values: Values) -> bool:
        """Tell whether a record with these watched values is in the list of the deleted."""
        return self.deletes and is_deleted(values[self.watched.index("_deleted")])

    def has_deleted(self, columns: Sequence[list[Any]]) -> bool:
        """Tell whether any of many records is, their watched values by field."""
        return self.deletes and any(map(is_deleted, columns[self.watched.index("_deleted")]))


class _Descending:
    """A text that sorts the other way round; a missing one comes first, as lodash's `orderBy` has it."""

    __slots__ = ("_rank",)

    def __init__(self, value: object) -> None:
        self._rank = (0, value) if isinstance(value, str) else (1, "")

    def __lt__(self, other: _Descending) -> bool:
        return self._rank > other._rank

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Descending) and self._rank == other._rank

    __hash__ = None  # type: ignore[assignment]  # a sort key, never a dictionary's


def instant_of(value: object) -> int:
    """Read a date for sorting; one that is missing or not as Teraslice writes it counts as older than any other."""
    if not isinstance(value, str):
        return _UNDATED
    try:
        return parse_wire_instant(value)
    except ValueError:
        return _UNDATED


def _newest_first(values: Values, record_id: str) -> tuple[int, str]:
    return -instant_of(values[0]), record_id


def _by_name(values: Values, record_id: str) -> tuple[_Descending, _Descending, str]:
    return _Descending(values[0]), _Descending(values[1]), record_id


def _by_id(_values: Values, record_id: str) -> tuple[str]:
    return (record_id,)


KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("jobs", "job_id", ("_updated", "_deleted"), _newest_first, deletes=True),
        Kind("executions", "ex_id", ("_updated", "_status", "name", "job_id", "_deleted"), _newest_first, deletes=True),
        Kind("controllers", "ex_id", ("name", "started"), _by_name),
        Kind("nodes", "node_id", (), _by_id),
        Kind("errors", "slice_id", ("_updated", "ex_id"), _newest_first),
        Kind("assets", "id", ("_created",), _newest_first),
        Kind("cluster", "", (), _by_id),
    )
}
"""Every kind by its name, in the order a bundle's files are written."""
