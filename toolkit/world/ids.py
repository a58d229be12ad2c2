"""UUIDs v4 that can be read back: an id is its record's number, enciphered with the seed.

A record is found from its id without any index: the high 60 bits are a keyed bijection of the number, the low 62 are
drawn from the high ones, so that an id we did not make is recognised as unknown.
"""

from __future__ import annotations

import re
from typing import Any, Final

from toolkit.world.draws import key_of, mix

RANKS: Final = 2**60
"""How many ranks there are; each is a whole number below."""

_MASK: Final = RANKS - 1
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_FACTORS: Final = (0xA24BAED4963EE4B | 1, 0x9FB21C651E98DF2 | 1)
_INVERSES: Final = tuple(pow(factor, -1, 2**60) for factor in _FACTORS)
_SHIFT: Final = 30
_VARIANT: Final = 2**63


def start_at(rank: int) -> str:
    """Give how the id of a rank starts: where ids of this rank and above begin among all texts."""
    digits = f"{rank >> 12:012x}4{rank & 0xFFF:03x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:]}"


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
        return self.id_at(self.rank(number))

    def id_at(self, rank: int) -> str:
        """Give the id that sorts by a rank."""
        return self.spelled(rank, self.low(rank))

    def low(self, rank: Any) -> Any:  # noqa: ANN401 - as above
        """Give the low 62 bits of an id, drawn from its rank."""
        return mix(rank ^ self._low) >> 2

    def spelled(self, rank: int, low: int) -> str:
        """Write an id from its two halves."""
        digits = (rank << 64 | _VARIANT | low).to_bytes(16, "big").hex()
        return f"{digits[1:9]}-{digits[9:13]}-4{digits[13:16]}-{digits[16:20]}-{digits[20:]}"

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
