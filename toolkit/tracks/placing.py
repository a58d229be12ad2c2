"""An order told by what is different in it: which entries stand somewhere else, and after which other ones."""

from __future__ import annotations

from bisect import bisect_left
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Placing = tuple[str, str | None]
"""An entry, and the one it comes right after; `None` is the front."""


class Explicit(NamedTuple):
    """From an instant on, what is placed anew and what stands again where the sort has it; all else as before."""

    t: int
    placed: list[Placing]
    freed: list[str]


def explicit(t: int, before: Mapping[str, str | None], after: Mapping[str, str | None]) -> Explicit:
    """Give what makes placings of others, from an instant on."""
    placed = [(entry, after[entry]) for entry in sorted(after) if entry not in before or before[entry] != after[entry]]
    return Explicit(t, placed, sorted(before.keys() - after.keys()))


def carry(placed: dict[str, str | None], mark: Explicit) -> None:
    """Make placings those from a mark on."""
    for entry in mark.freed:
        placed.pop(entry, None)
    placed.update(mark.placed)


def placings(base: Sequence[str], came: Sequence[str]) -> list[Placing]:
    """Give the fewest entries that have to be placed anew, so that one order becomes another.

    Args:
        base: The order that would be.
        came: The same entries in the order that is.
    """
    if base == came:
        return []
    places = {entry: place for place, entry in enumerate(base)}
    # From the end, so that of entries in the wrong order the first one stays and the others come after it: what is
    # said of them then does not depend on what moves in front of them.
    staying = {-place for place in _longest_rising([-places[entry] for entry in reversed(came)])}
    before: list[str | None] = [None, *came]
    return [(entry, before[place]) for place, entry in enumerate(came) if places[entry] not in staying]


def place(base: Iterable[str], placed: Iterable[Placing]) -> list[str]:
    """Put entries where placings say; the others keep their order.

    What should come after an entry that is gone comes after the one that this one was placed after; if it was not
    placed, the entry stays where it is.
    """
    entries = list(base)
    followers = _followers(entries, placed)
    moved = {entry for group in followers.values() for entry in group}
    out: list[str] = []
    stack = [entry for entry in reversed(entries) if entry not in moved]
    stack += reversed(followers.get(None, []))
    while stack:
        entry = stack.pop()
        out.append(entry)
        stack += reversed(followers.get(entry, []))
    if len(out) < len(entries):
        # Entries that were placed after each other, in a bundle that nobody's fold wrote.
        shown = set(out)
        out += [entry for entry in entries if entry not in shown]
    return out


def _followers(entries: list[str], placed: Iterable[Placing]) -> dict[str | None, list[str]]:
    """Give, by what they come after, the entries that are placed."""
    present = set(entries)
    targets = dict(placed)
    followers: dict[str | None, list[str]] = {}
    for entry, target in sorted(targets.items(), key=itemgetter(0)):
        if entry not in present:
            continue
        after, tried = target, {entry}
        while after is not None and after not in present and after in targets and after not in tried:
            tried.add(after)
            after = targets[after]
        if after is None or after in present:
            followers.setdefault(after, []).append(entry)
    return followers


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """Give the members of a longest rising subsequence of different numbers."""
    tops: list[int] = []
    ends: list[int] = []
    before: list[int] = []
    for place, number in enumerate(numbers):
        length = bisect_left(tops, number)
        before.append(ends[length - 1] if length else -1)
        tops[length : length + 1] = [number]
        ends[length : length + 1] = [place]
    out: set[int] = set()
    place = ends[-1] if ends else -1
    while place >= 0:
        out.add(numbers[place])
        place = before[place]
    return out
