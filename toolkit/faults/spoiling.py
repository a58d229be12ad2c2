"""What is done to one answer."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, NamedTuple

LONGEST: Final = 240_000
"""Milliseconds: no delay, no slow body and no answer that hangs takes longer."""


class Manner(StrEnum):
    """What may be done to an answer besides a delay."""

    STATUS = "status"
    STALE = "stale"
    RESET = "reset"
    EMPTY = "empty"
    TRUNCATED = "truncated"
    INVALID_JSON = "invalid_json"
    DRIP = "drip"
    HANG = "hang"


OF_BODIES: Final = frozenset({Manner.EMPTY, Manner.TRUNCATED, Manner.INVALID_JSON, Manner.DRIP})
"""What needs a body."""
NEVER_KEPT: Final = OF_BODIES - {Manner.DRIP}
"""What no client should find in its cache later."""


class Harm(NamedTuple):
    """What is done to an answer besides a delay.

    Attributes:
        manner: What.
        status: The error's status.
        message: What it says.
        retry_after: The seconds of its `Retry-After`, `None` for no such header.
        stale: How old the answer is, in milliseconds.
        bytes_per_second: How fast the body drips, `None` where `lasts` says how long.
        lasts: How long it does, in milliseconds.
    """

    manner: Manner
    status: int = 0
    message: str = ""
    retry_after: int | None = None
    stale: int = 0
    bytes_per_second: int | None = None
    lasts: int = 0

    def lasting(self, size: int) -> int:
        """Give the milliseconds in which a body of so many bytes drips, `LONGEST` at most."""
        lasts = self.lasts if self.bytes_per_second is None else size * 1_000 // self.bytes_per_second
        return min(LONGEST, lasts)

    def __str__(self) -> str:
        """Name it in a word or two."""
        return f"{self.manner} {self.status}" if self.manner is Manner.STATUS else str(self.manner)


class Spoiling(NamedTuple):
    """What one request gets.

    Attributes:
        faults: The ids of the faults it is from.
        told: The same for a person, in a line of ASCII.
        delay: Milliseconds until the answer is sent.
        harm: What else.
    """

    faults: tuple[int, ...]
    told: str
    delay: int = 0
    harm: Harm | None = None
