"""Numbers in a row as a short text: `10*3 12 0*598` is 10 three times, 12 once and 0 598 times."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Run = tuple[int, int]
"""A number, and how often it comes: at least once."""


class Runs(NamedTuple):
    """Runs as two columns, which are added up several times as fast as pairs."""

    values: list[int]
    counts: list[int]


# The difference between two numbers of 64 bit has up to 20 digits.
_RUN: Final = re.compile(r"(-?[0-9]{1,20})(?:\*([1-9][0-9]{0,9}))?")
_PLAIN: Final = re.compile(r"[-0-9 ]+")
_SHORT: Final = 18


def write_runs(runs: Iterable[Run]) -> str:
    """Write runs, neighbours with the same number joined."""
    return " ".join(str(value) if count == 1 else f"{value}*{count}" for value, count in _joined(runs))


def read_runs(text: str) -> Runs:
    """Read runs.

    Raises:
        ValueError: If the text is none; it says which part.
    """
    if not text:
        return Runs([], [])
    parts = text.split(" ")
    if _PLAIN.fullmatch(text) and max(map(len, parts)) <= _SHORT:
        # What is noisy comes once each: several times as fast, and what is wrong is named below.
        with contextlib.suppress(ValueError):
            return Runs(list(map(int, parts)), [1] * len(parts))
    runs = Runs([], [])
    for part in parts:
        found = _RUN.fullmatch(part)
        if found is None:
            msg = f"{part[:40]!a} is not a number, or a number and how often, such as 10*3"
            raise ValueError(msg)
        runs.values.append(int(found[1]))
        runs.counts.append(int(found[2] or 1))
    return runs


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    before, times = 0, 0
    for value, count in runs:
        if times and value != before:
            yield before, times
            times = 0
        before, times = value, times + count
    if times:
        yield before, times
