"""Keyed draws: a number depends on its key and nothing else, so the order of calls cannot matter.

`Draws(seed, "ex", "duration").at(17)` is the same 64 bits on every machine, under every hash seed, in every process.
All arithmetic is on whole numbers and works alike on a Python integer and on a numpy `uint64` array, so that a big
world is built from columns with the very formulas that make one document.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

MASK64: Final = 2**64 - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB


def key_of(*parts: int | str) -> int:
    """Make a 64-bit key from a seed and names; `("a", "b")` and `("ab",)` differ."""
    text = "\x1f".join(f"{type(part).__name__}:{part}" for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def mix(x: Any) -> Any:  # noqa: ANN401 - an integer or an array of them
    """Scramble 64 bits (the finalizer of splitmix64); a bijection."""
    x = ((x ^ (x >> 30)) * _FIRST) & MASK64
    x = ((x ^ (x >> 27)) * _SECOND) & MASK64
    return x ^ (x >> 31)


class Draws:
    """A family of draws by index, keyed by a seed and names."""

    __slots__ = ("_key",)

    def __init__(self, *parts: int | str) -> None:
        """Key the family, usually by `seed, what, purpose`."""
        self._key = key_of(*parts)

    def at(self, index: Any) -> Any:  # noqa: ANN401 - an integer or an array of them
        """Give 64 bits for an index of 0 or more, or an array of them for an array of indices."""
        # `mix`, written out: a big world is mostly this line.
        x = (index * _GOLDEN + self._key) & MASK64
        x = ((x ^ (x >> 30)) * _FIRST) & MASK64
        x = ((x ^ (x >> 27)) * _SECOND) & MASK64
        return x ^ (x >> 31)

    def below(self, index: int, limit: int) -> int:
        """Give a number from 0 to `limit - 1`."""
        return int(self.at(index)) % limit

    def between(self, index: int, least: int, most: int) -> int:
        """Give a number from `least` to `most`, both included."""
        return least + int(self.at(index)) % (most - least + 1)

    def chance(self, index: int, permille: int) -> bool:
        """Tell whether something of this probability happens."""
        return int(self.at(index)) % 1000 < permille

    def two(self, index: Any, second: Any) -> Any:  # noqa: ANN401 - as above
        """Give 64 bits for a pair of indices, or arrays of them."""
        return mix((self.at(index) + second * _GOLDEN) & MASK64)
