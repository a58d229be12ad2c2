"""What a search wants of records, told before any document is made: enough to leave out what it cannot find.

Whoever is asked may answer for more records than match, never for fewer: the search looks at each of them itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from toolkit.timeline.view import Held, Record

if TYPE_CHECKING:
    from collections.abc import Iterable

Fetch = Callable[[int, int], Held[list[Record]]]
"""Gives records `start` to `start + size` of a list."""


class Exact(NamedTuple):
    """A value passes only if its text is one of some."""

    texts: frozenset[str]


class Between(NamedTuple):
    """A date passes only if it is neither before the first nor after the last of two instants."""

    first: float
    last: float


class Words(NamedTuple):
    """A text passes only if one of some words is among its tokens, or every one of them."""

    words: frozenset[str]
    every: bool


class Like(NamedTuple):
    """A value passes only if it, or one token of a text, is like a pattern.

    Attributes:
        start: What it begins with.
        letters: What is in it.
        fits: Tells whether a token is like it.
    """

    start: str
    letters: frozenset[str]
    fits: Callable[[str], bool]


class Leaf(NamedTuple):
    """One clause against one field.

    Attributes:
        field: The field.
        test: Tells whether one value of the field passes, as JSON has it.
        hint: What can be told of values that pass, `None` if nothing can.
    """

    field: str
    test: Callable[[Any], bool]
    hint: Exact | Between | Words | Like | None = None


class Either(NamedTuple):
    """At least one of some wishes; of none, nothing is wanted."""

    parts: tuple[Wanted, ...]


class Both(NamedTuple):
    """Every one of some wishes."""

    parts: tuple[Wanted, ...]


Wanted = Leaf | Either | Both | None
"""What a search wants; `None` for anything."""


class Lead(NamedTuple):
    """The first field of an order, and how many records in this order are wanted at most.

    Attributes:
        field: The field.
        down: Whether the greatest come first.
        most: How many.
        ranks: Gives what one value of the field is sorted by, `None` for one that counts as missing.
    """

    field: str
    down: bool
    most: int
    ranks: Callable[[Any], Any]

    def among_first(self, ranks: Any) -> Any:  # noqa: ANN401 - arrays of numpy's, which may not be imported yet
        """Tell of each of many records, by an array of their ranks, whether it is among the first or equal to one."""
        import numpy as np  # noqa: PLC0415 - what is small is served without numpy

        if len(ranks) <= self.most:
            return np.ones(len(ranks), dtype=bool)
        if self.down:
            return ranks >= np.partition(ranks, len(ranks) - self.most)[len(ranks) - self.most]
        return ranks <= np.partition(ranks, self.most - 1)[self.most - 1]


M = TypeVar("M")
"""A choice of records, with `&` and `|`: a set, or an array of truths."""
Choosing = Generator[None, None, M | None]
"""A choice that comes in steps, so that nobody waits for it; `None` for all records."""


def either(parts: Iterable[Wanted]) -> Wanted:
    """Want at least one of some wishes; several texts of one field are one wish."""
    texts: dict[str, Leaf] = {}
    others: list[Wanted] = []
    for part in parts:
        if part is None:
            return None
        if not isinstance(part, Leaf) or not isinstance(part.hint, Exact):
            others.append(part)
        elif part.field not in texts:
            texts[part.field] = part
        else:
            texts[part.field] = _joined(texts[part.field], part)
    found = (*texts.values(), *others)
    return found[0] if len(found) == 1 else Either(found)


def _joined(one: Leaf, other: Leaf) -> Leaf:
    assert isinstance(one.hint, Exact), "only those are joined"
    assert isinstance(other.hint, Exact), "only those are joined"
    first, second = one.test, other.test
    return Leaf(one.field, lambda value: first(value) or second(value), Exact(one.hint.texts | other.hint.texts))


def both(parts: Iterable[Wanted]) -> Wanted:
    """Want every one of some wishes."""
    found = tuple(part for part in parts if part is not None)
    return found[0] if len(found) == 1 else Both(found) if found else None


def chosen(wanted: Wanted, ask: Callable[[Leaf], Choosing[M]], nothing: M) -> Choosing[M]:
    """Give what may be wanted, `None` if that may be anything, in steps.

    Args:
        wanted: What is wanted.
        ask: Gives what a clause may find, `None` if it cannot tell, in steps.
        nothing: The choice of no record.
    """
    if wanted is None:
        return None
    if isinstance(wanted, Leaf):
        return (yield from ask(wanted))
    choice: M | None = None if isinstance(wanted, Both) else nothing
    for part in wanted.parts:
        more = yield from chosen(part, ask, nothing)
        if isinstance(wanted, Either):
            if more is None:
                return None
            choice = choice | more  # type: ignore[operator]  # both of one kind
        elif more is not None:
            choice = more if choice is None else choice & more  # type: ignore[operator]  # both of one kind
    return choice
