"""Dates in filters: parts of a date, zones, milliseconds, and date math relative to an instant.

Source: OpenSearch's `strict_date_optional_time||epoch_millis` and its date math.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import Final

from toolkit.model.instants import EARLIEST, LATEST

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)
_DATE: Final = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d))?)?(?:T(?:(\d\d)(?::(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)?(Z|[+-]\d\d:?\d\d)?)?)?",
    re.ASCII,
)
_MILLIS: Final = re.compile(r"-?\d{1,15}", re.ASCII)
_MATH: Final = re.compile(r"([+-])(\d{0,9})([yMwdhHms])|/([yMwdhHms])", re.ASCII)
_UNIT: Final = {"y": 0, "M": 1, "d": 2, "h": 3, "H": 3, "m": 4, "s": 5}
_SPAN: Final = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "H": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}
_STEP: Final = (None, None, _SPAN["d"], _SPAN["h"], _SPAN["m"], _SPAN["s"])
"""How long a day, an hour, a minute, a second is; years and months vary."""


class NoDate(ValueError):
    """A text that is no date."""


def uses_now(text: str) -> bool:
    """Tell whether a date depends on when it is asked for."""
    return text.startswith("now")


def read_date(text: str, now: int, *, end: bool) -> int:
    """Read a date in a filter, in milliseconds since the Unix epoch.

    Args:
        text: A date, milliseconds, or date math: `now-1h/d`, `2026-01-01||+1M`.
        now: What `now` is.
        end: Whether what the text leaves open is taken as late as can be, not as early.

    Raises:
        NoDate: If it is no date, or beyond the years 1 to 9999.
    """
    try:
        if uses_now(text):
            return _math(_EPOCH + now * _MS, text[3:], end=end)
        start, mark, math = text.partition("||")
        # What date math starts from is never rounded up: only its last step may be.
        return _math(_start(start, end=end and not mark), math, end=end)
    except (OverflowError, ValueError):
        raise NoDate(text) from None


def _start(text: str, *, end: bool) -> datetime:
    found = _DATE.fullmatch(text)
    if found is None:
        if not _MILLIS.fullmatch(text):
            raise NoDate(text)
        return _EPOCH + int(text) * _MS
    given = [int(part) for part in found.groups()[:6] if part is not None]
    at = datetime(*(given + [1] * (3 - len(given))), tzinfo=UTC)  # type: ignore[misc,arg-type]  # at most six numbers
    if found[7] is not None:
        at += timedelta(milliseconds=int(found[7][:3].ljust(3, "0")))
    elif end:
        at = _next(at, len(given) - 1) - _MS
    zone = found[8]
    if zone is not None and zone != "Z":
        hours, minutes = int(zone[:3]), int(zone[0] + zone[-2:])
        at = at.replace(tzinfo=timezone(timedelta(hours=hours, minutes=minutes)))
    return at.astimezone(UTC)


def _math(at: datetime, text: str, *, end: bool) -> int:
    place = 0
    while place < len(text):
        found = _MATH.match(text, place)
        if found is None:
            raise NoDate(text)
        sign, count, unit, floor = found.groups()
        if floor is not None:
            at = _floor(at, floor)
            if end:
                at = (at + _SPAN["w"] if floor == "w" else _next(at, _UNIT[floor])) - _MS
        else:
            steps = int(count or 1) * (1 if sign == "+" else -1)
            at = _months(at, steps * (12 if unit == "y" else 1)) if unit in "yM" else at + steps * _SPAN[unit]
        place = found.end()
    return (at - _EPOCH) // _MS


def _floor(at: datetime, unit: str) -> datetime:
    if unit == "w":
        at -= timedelta(days=at.weekday())
    depth = _UNIT["d" if unit == "w" else unit]
    whole = [at.year, at.month, at.day, at.hour, at.minute, at.second][: depth + 1]
    return datetime(*(whole + [1] * (3 - len(whole))), tzinfo=UTC)  # type: ignore[misc,arg-type]  # at most six numbers


def _next(at: datetime, depth: int) -> datetime:
    """Give the beginning of the next year, month, day, hour, minute or second: 0 to 5."""
    step = _STEP[depth]
    return at + step if step is not None else _months(at, 12 if depth == 0 else 1)


def _months(at: datetime, count: int) -> datetime:
    years, month = divmod(at.year * 12 + at.month - 1 + count, 12)
    if not 1 <= years <= 9999:  # noqa: PLR2004 - what a date can say
        raise NoDate
    return at.replace(year=years, month=month + 1, day=min(at.day, calendar.monthrange(years, month + 1)[1]))


@lru_cache(maxsize=65_536)
def stored_date(value: str | float) -> int | None:
    """Give a document's date in milliseconds, `None` if it is none."""
    if isinstance(value, str):
        try:
            return read_date(value, 0, end=False)
        except NoDate:
            return None
    whole = int(value)
    return whole if EARLIEST <= whole <= LATEST else None
