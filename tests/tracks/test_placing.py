from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.tracks.placing import Explicit, Placing, carry, explicit, place, placings

ENTRIES = [f"r{n}" for n in range(8)]
PLACED = st.dictionaries(st.sampled_from(ENTRIES), st.none() | st.sampled_from(ENTRIES))


@given(st.integers(0, 8).flatmap(lambda n: st.tuples(*[st.permutations(ENTRIES[:n])] * 2)))
def test_an_order_becomes_another(orders: tuple[list[str], list[str]]) -> None:
    """What is placed makes any order of any other one of the same entries."""
    base, came = orders
    assert place(base, placings(base, came)) == came


@pytest.mark.parametrize(
    ("came", "expected"),
    [
        ("abcd", []),
        ("bacd", [("a", "b")]),
        ("dabc", [("d", None)]),
        ("bcda", [("a", "d")]),
    ],
)
def test_as_few_as_can_be_are_placed(came: str, expected: list[Placing]) -> None:
    """An entry that moved is one placing; none is said of those that stayed."""
    assert placings("abcd", came) == expected


@given(PLACED, PLACED)
def test_what_is_marked_is_what_changed(before: dict[str, str | None], after: dict[str, str | None]) -> None:
    """A mark makes the later placings of the earlier ones, and is empty where they are the same."""
    mark = explicit(5, before, after)
    made = dict(before)
    carry(made, mark)
    assert made == after
    assert explicit(6, after, after) == Explicit(6, [], [])


def test_what_was_never_placed_may_be_freed() -> None:
    """A mark that frees what nothing was said of does no harm."""
    placed: dict[str, str | None] = {"a": "b"}
    carry(placed, Explicit(0, [], ["x"]))
    assert placed == {"a": "b"}


@given(st.lists(st.sampled_from(ENTRIES), unique=True), PLACED)
def test_whatever_is_placed_nothing_is_lost(base: list[str], placed: dict[str, str | None]) -> None:
    """Placings of others, after one another in a circle or after what is not there keep every entry, once."""
    assert sorted(place(base, placed.items())) == sorted(base)


def test_what_comes_after_one_that_is_gone_comes_after_its_own() -> None:
    """An entry whose place is after one that went goes after the one before that, or stays where it is."""
    assert place("abcd", [("a", "x"), ("x", "d")]) == ["b", "c", "d", "a"]
    assert place("abcd", [("a", "x"), ("x", None)]) == ["a", "b", "c", "d"]
    assert place("abcd", [("c", "x")]) == ["a", "b", "c", "d"]
    assert place("abcd", [("c", "x"), ("x", "y"), ("y", "x")]) == ["a", "b", "c", "d"]


def test_circles_come_last() -> None:
    """Entries placed after each other, or after themselves, come behind all others, in their order."""
    assert place("abcd", [("a", "b"), ("b", "a"), ("c", "c")]) == ["d", "a", "b", "c"]
