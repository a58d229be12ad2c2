"""The clock of a test's cluster: time is in the test's hands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from toolkit.model.instants import format_duration, format_instant
from toolkit.testing.arguments import refuse_unfit

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.server.served import ServedWorld

_START = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_PROBLEM = "cannot set the clock"


def written(at: str | datetime) -> str:
    """Write an instant as the control API reads it; a date without a zone is taken as UTC."""
    return at if isinstance(at, str) else at.isoformat(timespec="milliseconds")


class HandClock:
    """The clock of one world; every change is in force when the method returns."""

    def __init__(self, world: ServedWorld, change: Callable[[dict[str, Any]], object]) -> None:
        """Read and change the clock of a world; `change` sends what becomes of it to the control API."""
        self._world = world
        self._change = change

    @property
    def t(self) -> int:
        """The instant, in milliseconds since the Unix epoch."""
        return self._world.clock.now()

    @property
    def now(self) -> datetime:
        """The instant, as a date and time in UTC."""
        return _START + self.t * _MS

    @property
    def text(self) -> str:
        """The instant as Teraslice writes it: `2026-01-01T00:00:00.000Z`."""
        return format_instant(self.t)

    @property
    def frozen(self) -> bool:
        """Whether it stands still."""
        return self._world.reading().frozen

    def set(self, at: str | datetime) -> None:
        """Go to an instant: a date, or an offset such as `+5m` from the world's start.

        A `datetime` without a zone is taken as UTC.

        Raises:
            CommandRefused: If the world does not reach it, or a text is neither.
            UsageError: If it is no instant at all, or the cluster is closed; so with every change.
        """
        refuse_unfit(_PROBLEM, "at", at)
        self._change({"set": written(at)})

    def advance(self, by: str | timedelta) -> None:
        """Go on by a duration such as `10m`, or back by `-10m`.

        Raises:
            CommandRefused: If the world does not reach that, or a text is no duration.
        """
        refuse_unfit(_PROBLEM, "by", by)
        if isinstance(by, timedelta):
            ms = by // _MS
            by = f"{'-' if ms < 0 else ''}{format_duration(abs(ms))}"
        self._change({"advance": by})

    def speed(self, times: float) -> None:
        """Run so many times as fast as the wall's from now on; 0.001 to 1,000,000.

        Raises:
            CommandRefused: If it is not in that range.
        """
        refuse_unfit(_PROBLEM, "speed", times)
        self._change({"speed": times, "frozen": False})

    def freeze(self) -> None:
        """Stand still where it is."""
        self._change({"frozen": True})

    def run(self) -> None:
        """Run, as fast as it ran last."""
        self._change({"frozen": False})
