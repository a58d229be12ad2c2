"""How long answers are held back: always as long, evenly between two, or log-normal; in whole numbers throughout."""

from __future__ import annotations

from math import isqrt
from typing import Final, NamedTuple

from toolkit.faults.quantiles import P99, normal

_ONE: Final = 64
"""Bits behind the point of a factor."""
_BITS: Final = 32
"""Bits behind the point of a logarithm."""


def _roots() -> tuple[int, ...]:
    roots = [2 << _ONE]
    for _ in range(_BITS):
        roots.append(isqrt(roots[-1] << _ONE))
    return tuple(roots[1:])


_ROOTS: Final = _roots()
"""2 to the power of a half, a quarter, and so on."""


class Latency(NamedTuple):
    """How answers are delayed.

    Attributes:
        least: Milliseconds; the median if log-normal.
        most: Milliseconds, `least` or more; the 99th percentile if log-normal.
        growth: The logarithm to the base 2 of `most / least`, if log-normal.
    """

    least: int
    most: int
    growth: int | None = None

    def drawn(self, bits: int, longest: int) -> int:
        """Give the delay that a draw of 64 bits stands for, `longest` at most, in milliseconds."""
        if self.growth is None:
            return min(longest, self.least + bits % (self.most - self.least + 1))
        whole, part = divmod(self.growth * normal(bits) // P99, 1 << _BITS)
        factor = 1 << _ONE
        for place, root in enumerate(_ROOTS, 1):
            if part >> (_BITS - place) & 1:
                factor = factor * root >> _ONE
        scaled = self.least * factor << 1
        scaled = scaled << whole if whole >= 0 else scaled >> -whole
        return min(longest, ((scaled >> _ONE) + 1) >> 1)


def log_normal(median: int, p99: int) -> Latency:
    """Give delays of which half are below the median and 99 % below the other, both 1 ms or more."""
    ratio = (p99 << _ONE) // median
    whole = ratio.bit_length() - _ONE - 1
    ratio >>= whole
    growth = whole
    for _ in range(_BITS):
        ratio = ratio * ratio >> _ONE
        over = ratio >> (_ONE + 1)
        ratio >>= over
        growth = growth << 1 | over
    return Latency(median, p99, growth)
