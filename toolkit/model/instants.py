"""Instants and durations: integer milliseconds inside, text at the edges.

An instant is milliseconds since the Unix epoch, UTC. This module never reads a clock.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY}

SHOWN = 60
"""How much of a text that cannot be read is repeated."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTES = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(DAY // MINUTE)]
_SECONDS = [f"{second:02d}." for second in range(60)]
_THOUSANDTHS = [f"{ms:03d}Z" for ms in range(SECOND)]
_MINUTE_OF = {text: number * MINUTE for number, text in enumerate(_MINUTES)}
_SECOND_OF = {text: number * SECOND for number, text in enumerate(_SECONDS)}
_THOUSANDTH_OF = {text: number for number, text in enumerate(_THOUSANDTHS)}
_DATE = re.compile(r"\d{4}-\d\d-\d\dT", re.ASCII)
_PART = re.compile(r"(\d{1,15})(ms|s|m|h|d)", re.ASCII)
_DURATION = re.compile(r"(?:\d{1,15}(?:ms|s|m|h|d))+", re.ASCII)
_WIRE = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z", re.ASCII)

EARLIEST = -62_135_596_800_000
"""0001-01-01T00:00:00.000Z: the first instant that can be written down."""
LATEST = 253_402_300_799_999
"""9999-12-31T23:59:59.999Z: the last one."""


def format_instant(t: int) -> str:
    """Write an instant as Teraslice does: ISO 8601, UTC, milliseconds, `Z`.

    Args:
        t: Milliseconds since the Unix epoch, `EARLIEST` to `LATEST`.
    """
    days, rest = divmod(t, DAY)
    return f"{_day(days)}{_MINUTES[rest // MINUTE]}{_SECONDS[rest // SECOND % 60]}{_THOUSANDTHS[rest % SECOND]}"


@lru_cache(maxsize=4_096)
def _day(days: int) -> str:
    at = _EPOCH + timedelta(days=days)
    return f"{at.year:04d}-{at.month:02d}-{at.day:02d}T"


def shown_instant(t: int) -> str:
    """Write an instant for a person, also one beyond the years that a date can say."""
    return format_instant(t) if EARLIEST <= t <= LATEST else f"the year {1970 + t // (365 * DAY + 6 * HOUR)}"


def parse_instant(text: str) -> int:
    """Read a date and time in ISO 8601; one without a zone is taken as UTC.

    Raises:
        UsageError: If the text is no date, or has more than milliseconds.
    """
    return _read(text, "")


def _read(text: str, hint: str) -> int:
    try:
        at = datetime.fromisoformat(text.strip())
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        msg = f"cannot read the date {text[:SHOWN]!r}: write it like 2026-01-01T00:00:00Z{hint}"
        raise UsageError(msg) from None
    whole, rest = divmod(at - _EPOCH, timedelta(milliseconds=1))
    if rest:
        msg = f"cannot read the date {text[:SHOWN]!r}: instants are whole milliseconds; leave the further digits out"
        raise UsageError(msg)
    return whole


def is_wire_instant(text: str) -> bool:
    """Tell whether a text is a date as Teraslice writes it (format only)."""
    return _WIRE.fullmatch(text) is not None


def are_wire_instants(texts: Iterable[str]) -> bool:
    """Tell whether all of many texts are such dates."""
    return all(map(_WIRE.fullmatch, texts))


def parse_wire_instant(text: str) -> int:
    """Read an instant that Teraslice wrote, many times as fast as any date is read.

    Raises:
        ValueError: If it is written otherwise, or there is no such day.
    """
    try:
        return _midnight(text[:11]) + _MINUTE_OF[text[11:17]] + _SECOND_OF[text[17:20]] + _THOUSANDTH_OF[text[20:]]
    except KeyError:
        msg = f"not written as Teraslice writes an instant: {text[:SHOWN]!r}"
        raise ValueError(msg) from None


@lru_cache(maxsize=4_096)
def _midnight(day: str) -> int:
    if not _DATE.fullmatch(day):
        raise KeyError(day)
    return (date.fromisoformat(day[:10]) - _EPOCH.date()).days * DAY


def parse_duration(text: str) -> int:
    """Read a duration such as `500ms`, `5s`, `30m`, `2h`, `30d` or `1h30m`, in milliseconds.

    Raises:
        UsageError: If the text is no duration.
    """
    if not _DURATION.fullmatch(text.strip()):
        msg = f"cannot read the duration {text[:SHOWN]!r}: write it like 500ms, 5s, 30m, 2h, 30d or 1h30m"
        raise UsageError(msg)
    return sum(int(count) * UNITS[unit] for count, unit in _PART.findall(text))


def format_duration(ms: int) -> str:
    """Write a duration the way `parse_duration` reads it, the largest units first; 0 is `0ms`."""
    parts = []
    rest = ms
    for unit in ("d", "h", "m", "s", "ms"):
        count, rest = divmod(rest, UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0ms"


def format_shift(ms: int) -> str:
    """Write an amount of time with its sign: `+330d`, `-5m`."""
    return f"{'-' if ms < 0 else '+'}{format_duration(abs(ms))}"


def parse_at(text: str, base: int) -> int:
    """Read an instant given as a date, or as an offset (`+4m3s`) from `base`.

    Raises:
        UsageError: If the text is neither.
    """
    stripped = text.strip()
    if stripped[:1] in {"+", "-"}:
        size = parse_duration(stripped[1:])
        t = base + size if stripped[0] == "+" else base - size
        if not EARLIEST <= t <= LATEST:
            msg = (
                f"cannot go {text!r} from {format_instant(base)}: that is beyond the years 1 to 9999; write it like +5m"
            )
            raise UsageError(msg)
        return t
    return _read(stripped, f", or as an offset: +{stripped if _DURATION.fullmatch(stripped) else '5m'}")
