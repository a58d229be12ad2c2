"""A bundle moved to another beginning: whether it can be is known before anything is served."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from toolkit.bundle.lines import parse_line
from toolkit.bundle.manifest import Reach
from toolkit.errors import InstantError
from toolkit.model.instants import EARLIEST, LATEST, format_instant, format_shift
from toolkit.tracks.shift import check_shift, shifted_frames, shifted_orders

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from toolkit.bundle.listed import Lines
    from toolkit.bundle.typed import LineCheck
    from toolkit.tracks.kinds import Kind
    from toolkit.tracks.outline import Outline, Run

_REST: Final = "-[0-9]{2}-[0-9]{2}T"
_MOVING: Final = re.compile(rb'"value"\s*:\s*"')
"""A counter of dates, which may lead to other years than it begins in."""


class ShiftCheck:
    """Checks the lines of one file, and that the dates on them can be moved.

    A line is looked at closely only if it has a date of a year that may lead beyond those a date can say.
    """

    def __init__(self, inner: LineCheck, kind: Kind, ms: int, instants: Sequence[int] = ()) -> None:
        """Prepare for a file.

        Args:
            inner: What each line must be besides.
            kind: The kind of records in it.
            ms: By how much dates are moved.
            instants: The frames' instants, if it is a recording.
        """
        self._inner = inner
        self.takes_many = inner.takes_many
        self._kind = kind
        self._ms = ms
        self._instants = instants
        self._years = _years_to(_year(EARLIEST - ms)) if ms < 0 else _years_from(_year(LATEST - ms))

    def check(self, text: bytes) -> Outline:
        """Check a line and give its outline.

        Raises:
            BundleDamaged: If it is damaged.
            InstantError: If a date on it cannot be moved; the text starts with the field.
        """
        outline = self._inner.check(text)
        # Escaped letters may be those of a date.
        moving = b'"deltas"' in text and _MOVING.search(text)
        if moving or b"\\u" in text or self._years.search(text):
            check_shift(self._kind, parse_line(text), self._ms, self._instants)
        return outline

    def many(self, lines: Lines) -> list[Run] | None:
        """Check lines in a row, if it is plain that every date in them can be moved."""
        if b'"deltas"' in lines.joined or self._years.search(lines.joined):
            return None
        return self._inner.many(lines)


def shifted_reach(bundle: Path, dates: Reach, ms: int) -> Reach:
    """Give a manifest's dates moved by milliseconds.

    Args:
        bundle: The bundle's directory.
        dates: Its dates.
        ms: By how much.

    Raises:
        InstantError: If the first or the last would be beyond the years that a date can say.
    """
    first, last = dates.first + ms, dates.last + ms
    if not EARLIEST <= first <= last <= LATEST:
        raise unshiftable(bundle, f"moved by {format_shift(ms)} it goes beyond the years 1 to 9999")
    return Reach(first, last, shifted_frames(dates.frames, ms), shifted_orders(dates.orders, ms))


def unshiftable(bundle: Path, why: str) -> InstantError:
    """Make the error for a bundle whose dates cannot be moved so far."""
    return InstantError(
        f"cannot shift the dates of the bundle {bundle}: {why}; choose a beginning nearer to the bundle's own"
    )


def _year(t: int) -> str:
    return format_instant(t)[:4]


def _years_from(year: str) -> re.Pattern[bytes]:
    """Find dates of a year or a later one."""
    return _dates(year, lambda digit: f"[{int(digit) + 1}-9]" if digit < "9" else "")


def _years_to(year: str) -> re.Pattern[bytes]:
    """Find dates of a year or an earlier one."""
    return _dates(year, lambda digit: f"[0-{int(digit) - 1}]" if digit > "0" else "")


def _dates(year: str, beyond: Callable[[str], str]) -> re.Pattern[bytes]:
    # What has the first digits and then one beyond; the fewer letters are open, the faster a line is gone through.
    others = [
        f"{year[:place]}{digits}{'[0-9]' * (3 - place)}"
        for place, digit in enumerate(year)
        if (digits := beyond(digit))
    ]
    return re.compile(f'"(?:{"|".join([year, *others])}){_REST}'.encode())
