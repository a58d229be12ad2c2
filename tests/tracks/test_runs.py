from __future__ import annotations

from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.tracks.runs import read_runs, write_runs

RUNS = st.lists(st.tuples(st.integers(-(2**64) + 1, 2**64 - 1) | st.sampled_from([0, 1]), st.integers(1, 5)))


@given(RUNS | st.lists(st.tuples(st.integers(-9, 9), st.just(1))))
def test_numbers_come_back(runs: list[tuple[int, int]]) -> None:
    """What is written is read as the same numbers in a row, neighbours that are the same joined."""
    read = read_runs(write_runs(runs))
    assert list(chain.from_iterable(repeat(*run) for run in zip(*read, strict=True))) == list(
        chain.from_iterable(repeat(*run) for run in runs)
    )
    assert write_runs(zip(*read, strict=True)) == write_runs(runs)


def test_they_are_short() -> None:
    """A number that comes again is counted; none at all is an empty text."""
    assert write_runs([(10, 1), (10, 2), (12, 1), (0, 598)]) == "10*3 12 0*598"
    assert write_runs([(0, 3)]) == "0*3"
    assert write_runs([]) == ""
    assert read_runs("") == ([], [])


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (" ", ""),
        ("1 ", ""),
        ("1  2", ""),
        (" 1", ""),
        ("-", "-"),
        ("1 --2", "--2"),
        ("1-2", "1-2"),
        ("1 +2", "+2"),
        ("1_0", "1_0"),
        ("1.5", "1.5"),
        ("x", "x"),
        ("1\n2", r"1\n2"),
        ("\N{ARABIC-INDIC DIGIT ONE}", r"\u0661"),
        ("1*0", "1*0"),
        ("1*", "1*"),
        ("1*-2", "1*-2"),
        ("1*2*3", "1*2*3"),
        ("1*12345678901", "1*12345678901"),
        ("9" * 21, "9" * 21),
        ("9" * 5000, "9" * 40),
    ],
)
def test_other_texts_are_refused(text: str, part: str) -> None:
    """A text that is no row of numbers is refused, and says which part."""
    with pytest.raises(ValueError, match="is not a number, or a number and how often, such as") as error:
        read_runs(text)
    assert str(error.value) == f"'{part}' is not a number, or a number and how often, such as 10*3"
