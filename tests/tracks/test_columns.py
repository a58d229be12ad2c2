from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from tests.tracks.strategies import EPOCH
from toolkit.model.instants import format_instant
from toolkit.timeline.view import NEVER
from toolkit.tracks.columns import Deltas, Point, fit, number_of
from toolkit.tracks.state import moving
from toolkit.tracks.track import HOUR_MS, Counter, line_at

STEPS = st.sampled_from([1, 7, 1_000, 1_001, 60_000, HOUR_MS, HOUR_MS + 1, 30 * HOUR_MS])
RISES = [
    st.sampled_from([0, 1, 2]),
    st.sampled_from([10, 11]),
    st.integers(-5, 5),
    st.sampled_from([0, 0, 0, 2**40, 1]),
    st.sampled_from([2**62, -(2**62)]),
]


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[int], list[int | None]]:
    """Instants of frames, and a number at each, `None` before it is there and where it is missing."""
    steps = draw(st.lists(STEPS, min_size=1, max_size=40))
    instants = [EPOCH]
    for step in steps:
        instants.append(instants[-1] + step)
    rises = draw(st.sampled_from(RISES))
    value = draw(st.sampled_from([0, 5, -3, 10**12]))
    first = draw(st.integers(0, len(instants) - 1))
    values: list[int | None] = [None] * first
    for frame in range(first, len(instants)):
        value = max(-(2**63), min(2**63 - 1, value + draw(rises)))
        values.append(None if frame > first and draw(st.integers(0, 9)) == 0 else value)
    return instants, values


def points_of(values: list[int | None]) -> list[Point]:
    """Where a number is another one."""
    points: list[Point] = []
    for frame, value in enumerate(values):
        if value is not None and (not points or points[-1].value != value):
            points.append(Point(frame, value))
    return points


@settings(deadline=None, max_examples=300)
@given(columns())
def test_every_number_comes_back(column: tuple[list[int], list[int | None]]) -> None:
    """A fitted counter is at every frame what was seen there, whether it rises, falls, jumps or stands."""
    instants, values = column
    ready = moving(fit(points_of(values), len(instants) - 1, instants), instants)
    assert [ready.at(t).value for t, value in zip(instants, values, strict=True) if value is not None] == [
        value for value in values if value is not None
    ]


@settings(deadline=None, max_examples=200)
@given(columns())
def test_every_date_comes_back(column: tuple[list[int], list[int | None]]) -> None:
    """A date that moves is at every frame what was seen there, later or earlier than before."""
    instants, values = column
    dates = [None if value is None else EPOCH + value % 10**9 for value in values]
    counter = fit(points_of(dates), len(instants) - 1, instants, dates=True)
    ready = Deltas(counter, instants)
    seen = [(ready.at(t).value, date) for t, date in zip(instants, dates, strict=True) if date is not None]
    assert [value for value, _ in seen] == [format_instant(date) for _, date in seen]


@settings(deadline=None, max_examples=200)
@given(columns())
def test_no_number_is_held_too_long(column: tuple[list[int], list[int | None]]) -> None:
    """Until when a number holds is never later than the next frame at which it is another one."""
    instants, values = column
    for dates in (False, True):
        seen = points_of([None if value is None else EPOCH + value % 10**9 for value in values])
        ready = moving(fit(seen, len(instants) - 1, instants, dates=dates), instants)
        for t, later in pairwise(instants):
            value, until = ready.at(t)
            assert until > t
            assert ready.at(later).value == value or until <= later
        # Only what moves with the frames is what it was after the last of them; a line may go on.
        if isinstance(ready, Deltas):
            assert ready.at(instants[-1]).until == NEVER


@settings(deadline=None, max_examples=200)
@given(columns())
def test_the_steps_are_where_it_moves(column: tuple[list[int], list[int | None]]) -> None:
    """The steps of deltas are exactly the frames at which the number is another one, with that number."""
    instants, values = column
    seen = points_of([None if value is None else EPOCH + value % 10**9 for value in values])
    steps = list(Deltas(fit(seen, len(instants) - 1, instants, dates=True), instants).steps())
    assert steps == [(instants[point.frame], format_instant(point.value)) for point in seen[1:]]


@settings(deadline=None, max_examples=200)
@given(columns())
def test_lines_never_fall(column: tuple[list[int], list[int | None]]) -> None:
    """Where a number became lines, each begins where the one before it is, or above, as a bundle demands."""
    instants, values = column
    pieces = fit(points_of(values), len(instants) - 1, instants).pieces
    for before, piece in pairwise(pieces):
        assert before[0] < piece[0]
        assert line_at(before, piece[0]) <= piece[1]
    assert all(value >= 0 and per_hour >= 0 for _, value, per_hour in pieces)


def test_what_grows_evenly_is_one_line() -> None:
    """A number that grows by the same at every frame is one piece, however long."""
    instants = [EPOCH + 1_000 * n for n in range(600)]
    counter = fit([Point(n, 37 * n) for n in range(600)], 599, instants)
    assert counter == Counter(pieces=[(EPOCH, 0, 37 * HOUR_MS // 1_000)])


def test_what_is_noisy_is_deltas() -> None:
    """A number that falls is deltas, one text, from the frame where it was first."""
    instants = [EPOCH + 1_000 * n for n in range(6)]
    counter = fit([Point(1, 5), Point(2, 3), Point(5, 4)], 5, instants)
    assert counter == Counter(deltas="-2 0*2 1", since=instants[1], value=5)


def test_a_number_that_stands_is_held_until_it_moves() -> None:
    """Where deltas are 0 the number is held over all of these frames; before the first it is what it is there."""
    ready = Deltas(Counter(deltas="0*3 2*2", since=20, value=7), [10, 20, 30, 40, 50, 60, 70, 80])
    assert [ready.at(t) for t in (0, 10, 20, 49, 60, 70, 80)] == [
        (7, 30), (7, 30), (7, 60), (7, 60), (9, 70), (11, NEVER), (11, NEVER),
    ]  # fmt: skip
    assert list(ready.steps()) == [(60, 9), (70, 11)]
    assert Deltas(Counter(deltas="1", since=80, value=7), [80]).at(80).until == NEVER
    assert moving(Counter(deltas="", since=80, value=7), [80]).at(80) == (7, NEVER)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (7, 7),
        (-7, -7),
        (True, None),
        (1.0, None),
        (None, None),
        ([], None),
        ("7", None),
        ("2026-01-01T00:00:00.000Z", EPOCH),
        ("2026-01-01T00:00:00Z", None),
        ("2026-02-30T00:00:00.000Z", None),
        ("2026-01-01T24:00:00.000Z", None),
        ("0000-01-01T00:00:00.000Z", None),
    ],
)
def test_what_may_move(value: object, expected: int | None) -> None:
    """Whole numbers and dates that are written back letter by letter may move, and nothing else."""
    assert number_of(value) == expected


def test_extremes_come_back() -> None:
    """Numbers at both ends of 64 bit, a difference of 20 digits apart, come back."""
    low, high = -(2**63), 2**63 - 1
    counter = fit([Point(n, high if n % 2 else low) for n in range(4)], 3, [1, 2, 3, 4])
    assert counter.deltas is not UNSET
    assert [Deltas(counter, [1, 2, 3, 4]).at(t).value for t in (1, 2, 3, 4)] == [low, high, low, high]
