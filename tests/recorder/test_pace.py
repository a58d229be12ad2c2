from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.recorder.pace import Pacer, pause_before, until_turn

TIMES = st.floats(0, 1e6)


class Hand:
    """A clock that stands where it is put, and moves when someone sleeps."""

    def __init__(self) -> None:
        """Stand at zero."""
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        """Move on, a little too short, as an event loop may."""
        await asyncio.sleep(0)
        self.now += max(seconds * 0.9, 1e-6)


def test_turns() -> None:
    """The first request goes at once; the next one a gap after it, or at once when more has passed."""
    assert until_turn(None, 7.0, 0.5) == 0
    assert until_turn(7.0, 7.0, 0.5) == 0.5
    assert until_turn(7.0, 7.25, 0.5) == 0.25
    assert until_turn(7.0, 9.0, 0.5) < 0


@given(arrivals=st.lists(st.floats(0, 3), max_size=20), per_second=st.floats(0.5, 100))
def test_requests_are_spaced_and_in_order(arrivals: list[float], per_second: float) -> None:
    """Whenever they come, requests go in that order, at least a gap apart, and none waits for nothing."""
    hand, sent = Hand(), list[tuple[int, float]]()

    async def use() -> None:
        pacer = Pacer(per_second, now=lambda: hand.now, sleep=hand.sleep)

        async def one(number: int) -> None:
            await pacer.turn()
            sent.append((number, hand.now))

        tasks = []
        for number, arrival in enumerate(arrivals):
            hand.now = max(hand.now, arrival)
            tasks.append(asyncio.ensure_future(one(number)))
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    asyncio.run(use())

    assert [number for number, _ in sent] == list(range(len(arrivals)))
    times = [time for _, time in sent]
    assert all(later - earlier >= 1 / per_second - 1e-9 for earlier, later in pairwise(times))
    assert not times or times[-1] <= max(arrivals) + len(arrivals) / per_second + 1e-3


def test_a_turn_given_up_is_not_lost() -> None:
    """A request that is cancelled while it waits leaves its turn to the next one."""
    hand = Hand()

    async def use() -> float:
        pacer = Pacer(1, now=lambda: hand.now, sleep=hand.sleep)
        await pacer.turn()
        waits = asyncio.ensure_future(pacer.turn())
        await asyncio.sleep(0)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        await pacer.turn()
        return hand.now

    assert asyncio.run(use()) == pytest.approx(1, abs=0.01)


def test_without_a_rate_nobody_waits() -> None:
    """Any number of requests may go at once."""
    hand = Hand()

    async def use() -> None:
        pacer = Pacer(None, now=lambda: hand.now, sleep=hand.sleep)
        for _ in range(100):
            await pacer.turn()

    asyncio.run(use())

    assert hand.now == 0


@given(attempt=st.integers(1, 10_000), asked=TIMES, drawn=st.floats(0, 1), longest=st.floats(0, 100))
def test_a_pause_is_bounded(attempt: int, asked: float, drawn: float, longest: float) -> None:
    """No pause is longer than the longest, and none shorter than what was asked for within that."""
    pause = pause_before(attempt, base=0.25, longest=longest, asked=asked, drawn=drawn)

    assert min(asked, longest) <= pause <= longest


def test_pauses_are_drawn_from_a_bound_that_doubles() -> None:
    """The bound doubles with each attempt, and the whole of it is drawn from."""
    bounds = [pause_before(attempt, base=1, longest=10, asked=0, drawn=1) for attempt in (1, 2, 3, 4, 5)]

    assert bounds == [1, 2, 4, 8, 10]
    assert pause_before(3, base=1, longest=10, asked=0, drawn=0.25) == 1
    assert pause_before(3, base=1, longest=10, asked=0, drawn=0) == 0
