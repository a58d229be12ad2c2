"""A part of a bundle: the records whose ids lie between two bounds, so that parts in a row are the whole.

Ids are spread evenly, so each part has about its share of every large collection.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.errors import UsageError
from toolkit.model.instants import SHOWN
from toolkit.world.ids import RANKS, start_at

if TYPE_CHECKING:
    from toolkit.world.ids import Ids


class _Share(NamedTuple):
    number: int
    of: int


class Part(_Share):
    """One part of several.

    Attributes:
        number: Which, from 1.
        of: How many there are.
    """

    @cached_property
    def ranks(self) -> range:
        """The ranks of the ids of records made from a number."""
        return range(RANKS * (self.number - 1) // self.of, RANKS * self.number // self.of)

    @cached_property
    def _bounds(self) -> tuple[str, str]:
        return start_at(self.ranks.start), start_at(self.ranks.stop)

    def holds(self, record_id: str) -> bool:
        """Tell whether a record is in this part, whatever its id looks like; the ends have no bound."""
        low, high = self._bounds
        return (self.number == 1 or low <= record_id) and (self.number == self.of or record_id < high)

    def sorted(self, ids: Ids, numbers: Any) -> Any:  # noqa: ANN401 - arrays of whole numbers
        """Give those of an array of numbers whose records are in this part, in the order of their ids."""
        import numpy as np  # noqa: PLC0415 - a small world is served without numpy

        ranks = ids.rank(numbers.astype(np.uint64))
        here = np.flatnonzero((ranks >= self.ranks.start) & (ranks < self.ranks.stop))
        return numbers[here[np.argsort(ranks[here])]]


WHOLE: Final = Part(1, 1)
"""All of a bundle."""
_WRITTEN: Final = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")
_MOST: Final = 999_999


def parse_part(text: str) -> Part:
    """Read which part is meant: `2/8` is the second of eight.

    Raises:
        UsageError: If the text says none.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or int(found[1]) > int(found[2]):
        msg = f"cannot read the part {text[:SHOWN]!r}: it is not one of {_MOST} at most; write it like 2/8"
        raise UsageError(msg)
    return Part(int(found[1]), int(found[2]))
