"""UUIDs v4 that can be read back: an id is its record's number, enciphered with the seed.

A record is found from its id without any index: the high 60 bits are a keyed bijection of the number, the low 62 are
drawn from the high ones, so that an id we did not make is recognised as unknown.
"""

from __future__ import annotations

import re
from typing import Any, Final

from toolkit.world.draws import key_of, mix

_MASK: Final = 2**60 - 1
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_FACTORS: Final = (0xA24BAED4963EE4B | 1, 0x9FB21C651E98DF2 | 1)
_INVERSES: Final = tuple(pow(factor, -1, 2**60) for factor in _FACTORS)
_SHIFT: Final = 30


class Ids:
    """The ids of one kind of record in one world."""

    __slots__ = ("_high", "_low")

    def __init__(self, *parts: int | str) -> None:
        """Key the ids, usually by `seed, kind`."""
        self._high = key_of(*parts, "id") & _MASK
        self._low = key_of(*parts, "id check")

    def rank(self, number: Any) -> Any:  # noqa: ANN401 - an integer or an array of them
        """Give what ids sort by: for two numbers, the order of the ranks is the order of the ids."""
        x = (number + self._high) & _MASK
        x = x ^ (x >> _SHIFT)
        for factor in _FACTORS:
            x = (x * factor) & _MASK
            x = x ^ (x >> _SHIFT)
        return x

    def id_of(self, number: int) -> str:
        """Give the id of a record's number (0 to 2**60 - 1)."""
        high = self.rank(number)
        low = mix(high ^ self._low) >> 2
        return (
            f"{high >> 28:08x}-{(high >> 12) & 0xFFFF:04x}-4{high & 0xFFF:03x}"
            f"-{0x8000 | (low >> 48):04x}-{low & (2**48 - 1):012x}"
        )

    def number_of(self, text: str) -> int | None:
        """Give the number an id was made from, `None` for an id that is not one of these."""
        if not _UUID.fullmatch(text):
            return None
        digits = text.replace("-", "")
        x = int(digits[:12] + digits[13:16], 16)
        x = x ^ (x >> _SHIFT)
        for inverse in reversed(_INVERSES):
            x = (x * inverse) & _MASK
            x = x ^ (x >> _SHIFT)
        number = (x - self._high) & _MASK
        return number if self.id_of(number) == text else None
