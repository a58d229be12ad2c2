"""Text as Lucene sees it: its tokens, wildcards, phrases and edit distances."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from toolkit.timeline.wanted import Like

_TOKEN: Final = re.compile(
    r"\w+(?:(?:(?<=[^\W\d_])[.:'’·](?=[^\W\d_])|(?<=\d)[.,;'’](?=\d))\w+)*",  # noqa: RUF001 - Unicode's apostrophe
)
"""Words as Unicode's rules (UAX 29) break them, near enough: a point in `a.b` or `1.2` joins, a dash never."""


@lru_cache(maxsize=4_096)
def tokens(text: str) -> tuple[str, ...]:
    """Break a text into the tokens of the standard analyser: words, lower case."""
    return tuple(found.lower() for found in _TOKEN.findall(text))


def has_phrase(text: tuple[str, ...], phrase: tuple[str, ...], slop: int) -> bool:
    """Tell whether tokens hold a phrase, its words moved by at most `slop` places in all."""
    # A word's place less its place in the phrase: equal for all words of an exact match, close for a sloppy one.
    shifts = [[at - i for at, token in enumerate(text) if token == word] for i, word in enumerate(phrase)]
    return any(_fits(shifts, low, slop) for found in shifts for low in found)


def _fits(shifts: list[list[int]], low: int, slop: int) -> bool:
    taken: set[int] = set()
    for i, found in enumerate(shifts):
        # No token stands for two words of the phrase; the earliest free one leaves the most for the next.
        place = next((s + i for s in found if low <= s <= low + slop and s + i not in taken), None)
        if place is None:
            return False
        taken.add(place)
    return True


def unescaped(text: str) -> str:
    r"""Take Lucene's escapes out of a term: `\x` is x, `\u0041` the character of that number.

    Raises:
        ValueError: If the number is none.
    """
    return re.sub(r"\\(u(.{0,4})|.)", lambda found: _meant(found[1], found[2]), text, flags=re.DOTALL)


def _meant(escaped: str, digits: str | None) -> str:
    if digits is None:
        return escaped
    if not re.fullmatch("[0-9a-fA-F]{4}", digits):
        raise ValueError(digits)
    return chr(int(digits, 16))


def has_wildcard(term: str) -> bool:
    """Tell whether a term (with its escapes) has `*` or `?` that stand for something else."""
    return re.search(r"[*?]", re.sub(r"\\.", "", term, flags=re.DOTALL)) is not None


class Wildcard:
    """A pattern of `*` and `?`, matched in time proportional to pattern times text, whatever they are."""

    def __init__(self, term: str, *, lower: bool) -> None:
        """Read a term with its escapes; `lower` for fields whose tokens are lower case."""
        self._parts: list[list[str]] = [[]]
        for found in re.finditer(r"\\.|.", term, re.DOTALL):
            one = found[0]
            if one == "*":
                self._parts.append([])
            elif one == "?":
                self._parts[-1].append("")
            else:
                self._parts[-1].append(one[-1].lower() if lower else one[-1])

    @property
    def hint(self) -> Like:
        """What is known of a text that fits."""
        first = self._parts[0]
        start = first[: first.index("")] if "" in first else first
        return Like("".join(start), frozenset(one for part in self._parts for one in part if one), self.matches)

    def matches(self, text: str) -> bool:
        """Tell whether the whole text fits."""
        first, *rest = self._parts
        if not self._at(first, text, 0):
            return False
        if not rest:
            return len(text) == len(first)
        place = len(first)
        for part in rest[:-1]:
            # The leftmost place is as good as any: what follows `*` may begin anywhere after it.
            place = next((i for i in range(place, len(text) + 1) if self._at(part, text, i)), -1)
            if place < 0:
                return False
            place += len(part)
        end = len(text) - len(rest[-1])
        return end >= place and self._at(rest[-1], text, end)

    @staticmethod
    def _at(part: list[str], text: str, place: int) -> bool:
        here = text[place : place + len(part)]
        return len(here) == len(part) and all(not want or want == have for want, have in zip(part, here, strict=True))


def within(one: str, other: str, most: int) -> bool:
    """Tell whether at most `most` insertions, deletions, changes and swaps of neighbours lead from one to the other."""
    if abs(len(one) - len(other)) > most:
        return False
    older, old = [0] * (len(other) + 1), list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        new = [i]
        for j, b in enumerate(other, 1):
            cost = min(old[j] + 1, new[j - 1] + 1, old[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and b == one[i - 2]:
                cost = min(cost, older[j - 2] + 1)
            new.append(cost)
        older, old = old, new
    return old[-1] <= most
