"""Pages of two sorted sequences read as one, at the cost of the page.

A long sequence that can only be asked by position and a short one are merged without being walked: the split of the
first `start` entries is found by bisection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

K = TypeVar("K", bound=tuple[int, str])
A = TypeVar("A")
Entry = tuple[int, str]
"""Sort key of a list: negated `_updated` in milliseconds, then id. Smaller comes first."""


def merged_page(  # noqa: PLR0913, PLR0917 - two sequences and a place
    short: Sequence[tuple[Entry, A]],
    long_size: int,
    long_key: Callable[[int], Entry],
    long_item: Callable[[int], A],
    start: int,
    size: int,
) -> list[A]:
    """Give entries `start` to `start + size` of the two sequences merged.

    Args:
        short: The short sequence, sorted, each with its key.
        long_size: How many entries the long sequence has.
        long_key: The key of the long sequence's entry at a position; sorted.
        long_item: The entry at a position.
        start: First place wanted, 0 or more.
        size: How many at most.
    """
    low, high = max(0, start - long_size), min(start, len(short))
    while low < high:
        middle = (low + high) // 2
        other = start - middle - 1
        if short[middle][0] < long_key(other):
            low = middle + 1
        else:
            high = middle
    i, j = low, start - low
    page: list[A] = []
    while len(page) < size and (i < len(short) or j < long_size):
        if j >= long_size or (i < len(short) and short[i][0] < long_key(j)):
            page.append(short[i][1])
            i += 1
        else:
            page.append(long_item(j))
            j += 1
    return page
