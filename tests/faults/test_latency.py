from __future__ import annotations

from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.faults.latency import Latency, log_normal
from toolkit.faults.quantiles import P99, normal
from toolkit.world.draws import MASK64, Draws

NORMAL = NormalDist()
LONG = 10**12


def bits_of(probability: float) -> int:
    """Give the draw that stands for a probability."""
    if probability < 0.5:
        return int(probability * 2**32) << 1
    return (int((1 - probability) * 2**32) << 1) | 1


@pytest.mark.parametrize("probability", [1e-6, 1e-5, 0.0004, 0.01, 0.0377, 0.1, 0.25, 0.4, 0.4999, 0.5001, 0.9, 0.99])
def test_a_draw_is_the_quantile_that_statistics_says(probability: float) -> None:
    """From one in a million to the middle, on both sides: within half a thousandth of a standard deviation."""
    assert normal(bits_of(probability)) / 1e6 == pytest.approx(NORMAL.inv_cdf(probability), abs=5e-4)


def test_what_is_rarer_than_the_table_is_its_last() -> None:
    """No draw is farther out than one in two million."""
    assert normal(0) == normal(2 << 1) == -normal(1) == round(NORMAL.inv_cdf(2**-21) * 1e6)


def test_the_quantile_of_99_percent_is_the_one_that_scales() -> None:
    """The constant is the normal distribution's."""
    assert round(NORMAL.inv_cdf(0.99) * 1e6) == P99


@given(st.integers(0, MASK64), st.integers(0, MASK64))
def test_quantiles_grow_with_the_probability(one: int, other: int) -> None:
    """The rarer a draw is, the farther out, without a step back between the table's numbers."""
    ranks = sorted(bits >> 1 & 0x7FFF_FFFF for bits in (one, other))
    assert normal(ranks[0] << 1) <= normal(ranks[1] << 1) <= 0


@pytest.mark.parametrize(
    ("median", "p99"), [(200, 3_000), (100, 101), (50, 50), (1_000, 1_500), (20, 239_000), (150_000, 240_000)]
)
def test_median_and_p99_come_out_as_asked(median: int, p99: int) -> None:
    """Of many draws half stay below the one and 99 % below the other, within five standard deviations."""
    latency, draws = log_normal(median, p99), Draws(7, "latency")
    count = 20_000
    drawn = [latency.drawn(int(draws.at(number)), LONG) for number in range(count)]
    for delay, part in ((median, 0.5), (p99, 0.99)):
        below, up_to = sum(one < delay for one in drawn), sum(one <= delay for one in drawn)
        play = 5 * (count * part * (1 - part)) ** 0.5
        assert below - play <= part * count <= up_to + play


@given(st.integers(1, 240_000), st.integers(0, 239_999), st.floats(0.001, 0.999))
def test_a_log_normal_delay_is_the_formula_in_whole_numbers(median: int, more: int, probability: float) -> None:
    """The table and the powers of two agree with floats to a thousandth, or to a millisecond."""
    bits = bits_of(probability)
    wanted = median * ((median + more) / median) ** (normal(bits) / P99)
    assert log_normal(median, median + more).drawn(bits, LONG) == pytest.approx(wanted, rel=1e-6, abs=0.51)


def test_delays_are_the_same_on_every_machine() -> None:
    """These numbers were written down once: another processor or Python must draw them too."""
    latency, draws = log_normal(200, 3_000), Draws(1, "fault")
    drawn = [latency.drawn(int(draws.at(number)), LONG) for number in range(8)]
    assert drawn == [151, 192, 96, 454, 310, 215, 67, 748]


def test_a_delay_between_two_is_any_of_them() -> None:
    """Both ends included, each as likely."""
    latency, draws = Latency(10, 13), Draws(1, "even")
    drawn = [latency.drawn(int(draws.at(number)), LONG) for number in range(4_000)]
    assert set(drawn) == {10, 11, 12, 13}
    assert all(900 < drawn.count(delay) < 1_100 for delay in set(drawn))


@pytest.mark.parametrize("latency", [Latency(9, 9), log_normal(9, 90)])
def test_no_delay_is_longer_than_the_longest(latency: Latency) -> None:
    """What would take longer takes as long as may be."""
    assert {latency.drawn(number << 1 | 1, 5) for number in range(2**31 - 100, 2**31)} == {5}
