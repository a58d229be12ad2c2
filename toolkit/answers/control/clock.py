"""The clock over HTTP: read, set, moved, sped up, frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.control.desk import Change, Reading
from toolkit.answers.control.sent import desk_of, read_as, refused, signed_duration
from toolkit.answers.exchange import BARE_JSON
from toolkit.answers.route import Route, Sent
from toolkit.errors import UsageError
from toolkit.model.control import ClockReading, ClockSetting
from toolkit.model.instants import format_instant, parse_at, shown_instant
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call
    from toolkit.model.wire import Document

NORMAL: Final = 1_000
"""Thousandths: normal speed."""
FASTEST: Final = 1_000_000 * NORMAL
_LIKE: Final = '{"advance": "10m"}'


def shown(reading: Reading) -> Document:
    """Show how a clock stands."""
    whole, rest = divmod(reading.speed, NORMAL)
    return {
        "t": format_instant(reading.t),
        "speed": whole if not rest else reading.speed / NORMAL,
        "frozen": reading.frozen,
        "loop": reading.loop,
        "first": format_instant(reading.first),
        "last": format_instant(reading.last),
    }


def read_clock(call: Call) -> Body:
    """Answer how the clock stands."""
    return pretty(shown(desk_of(call).reading())), 0


def set_clock(call: Call) -> Body:
    """Change the clock, and answer how it stands then."""
    desk = desk_of(call)
    setting = read_as(call, ClockSetting, "set the clock", _LIKE)
    try:
        change = change_of(setting, desk.reading())
    except UsageError as error:
        raise refused(400, error) from None
    return pretty(shown(desk.set_clock(change))), 0


def change_of(setting: ClockSetting, now: Reading) -> Change:
    """Give what a setting that was sent makes of a clock.

    Raises:
        UsageError: If it says nothing, or two instants, or one that the world does not reach, or no possible speed.
    """
    if setting == ClockSetting():
        msg = f"cannot set the clock: the body says neither set, advance, speed nor frozen; send JSON like {_LIKE}"
        raise UsageError(msg)
    if setting.set is not None and setting.advance is not None:
        msg = "cannot set the clock: set and advance are two instants; send one of them"
        raise UsageError(msg)
    t = None
    if setting.set is not None:
        t = parse_at(setting.set, now.first)
    elif setting.advance is not None:
        t = now.t + signed_duration(setting.advance)
    if t is not None and not now.first <= t <= now.last:
        msg = (
            f"cannot set the clock to {shown_instant(t)}: it goes from {format_instant(now.first)} to "
            f"{format_instant(now.last)}; choose an instant in between"
        )
        raise UsageError(msg)
    return Change(t, None if setting.speed is None else speed_of(setting.speed), setting.frozen)


def speed_of(speed: float) -> int:
    """Give a speed in thousandths.

    Raises:
        UsageError: If it is not from 0.001 to 1,000,000 or has more digits.
    """
    scaled = speed * NORMAL if isinstance(speed, int) else round(speed * NORMAL, 6)
    if not 1 <= scaled <= FASTEST or scaled != int(scaled):
        msg = (
            f"cannot run at speed {speed}: it must be from 0.001 to 1000000, with three decimals at most; "
            "to stand still, freeze the clock"
        )
        raise UsageError(msg)
    return int(scaled)


def routes() -> tuple[Route, ...]:
    """Give the routes."""
    refusals = ((400, "a body that says nothing or something impossible, or an instant the world does not reach"),)
    return (
        Route(
            "GET", "/_toolkit/clock", "clock", "How the clock stands", "control", read_clock, ClockReading,
            (), (), ("",),
        ),
        Route(
            "POST", "/_toolkit/clock", "set_clock", "Set, move, speed up or freeze the clock", "control", set_clock,
            ClockReading, (), refusals, ("",), body=Sent(BARE_JSON, "What becomes of the clock", ClockSetting),
        ),
    )  # fmt: skip
