"""A fault that was checked: which requests it is for, how likely it is, what it does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

import msgspec

from toolkit.errors import FaultError, UsageError
from toolkit.faults.latency import Latency, log_normal
from toolkit.faults.spoiling import LONGEST, OF_BODIES, Harm, Manner
from toolkit.model.faults import Fault, Spread
from toolkit.model.instants import format_duration, parse_at, parse_duration
from toolkit.model.mistakes import mistake_of
from toolkit.timeline.view import NEVER
from toolkit.world.draws import Draws

if TYPE_CHECKING:
    from toolkit.model.faults import Drip

MILLION: Final = 1_000_000
_METHOD: Final = re.compile(r"[A-Za-z]+", re.ASCII)
_NAME: Final = re.compile(r"[a-z_]+", re.ASCII)
_BEFORE: Final = -NEVER


class Facing(NamedTuple):
    """One request, as a fault sees it.

    Attributes:
        route: The name of its operation, empty if there is none.
        method: Its method.
        path: Its path.
        number: Its place among the requests to the route, from 1.
        t: The instant that it is about.
    """

    route: str
    method: str
    path: str
    number: int
    t: int


class Rule(NamedTuple):
    """A fault, checked.

    Attributes:
        fault: As it was written.
        pieces: What is between the `*` of the path that it is for; `None` if it is for an operation.
        method: The method that it is for, upper case, `None` for all.
        ppm: How likely it is, in millionths.
        start: The first instant of its time.
        end: The first one after it.
        latency: How long it delays.
        harm: What else it does.
    """

    fault: Fault
    pieces: tuple[str, ...] | None
    method: str | None
    ppm: int
    start: int
    end: int
    latency: Latency | None
    harm: Harm | None

    def is_for(self, facing: Facing) -> bool:
        """Tell whether it is for a request, whatever the draw says."""
        if not self.start <= facing.t < self.end or self.method not in {None, facing.method}:
            return False
        if self.pieces is None:
            return self.fault.route in {"*", facing.route}
        return _fits(self.pieces, facing.path.lower())

    def harms(self, facing: Facing) -> Harm | None:
        """Give what it does besides a delay, which depends on what there is to be done."""
        harm = self.harm
        if harm is None:
            return None
        if harm.manner in OF_BODIES and facing.method == "HEAD":
            return None
        return None if harm.manner is Manner.STALE and facing.method not in {"GET", "HEAD"} else harm

    def hits(self, seed: int, number: int, facing: Facing) -> bool:
        """Draw whether it hits a request that it is for; `number` is its id."""
        bits = int(Draws(seed, "fault", number, facing.route, "rate").at(facing.number))
        return bits % MILLION < self.ppm

    def delay(self, seed: int, number: int, facing: Facing) -> int:
        """Draw how long it delays a request that it hits, in milliseconds."""
        if self.latency is None:
            return 0
        bits = int(Draws(seed, "fault", number, facing.route, "delay").at(facing.number))
        return self.latency.drawn(bits, LONGEST)


def _fits(pieces: tuple[str, ...], path: str) -> bool:
    if len(pieces) == 1:
        return path.rstrip("/") == pieces[0].rstrip("/")
    first, last, at = pieces[0], pieces[-1], len(pieces[0])
    if not path.startswith(first) or not path.endswith(last):
        return False
    for piece in pieces[1:-1]:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return at <= len(path) - len(last)


def fault_from(document: object) -> Fault:
    """Read a fault.

    Raises:
        FaultError: If it is none; the text begins with the field.
    """
    try:
        return msgspec.convert(document, Fault)
    except msgspec.ValidationError as error:
        field, why = mistake_of(error, Fault)
        _refuse(field or "fault", why)


def _refuse(field: str, why: str) -> NoReturn:
    msg = f"{field}: {why}"
    raise FaultError(msg) from None


def document_of(fault: Fault) -> dict[str, object]:
    """Write a fault as JSON has it, without what it does not say."""
    written: dict[str, object] = msgspec.to_builtins(fault)
    return written


def rule_of(fault: Fault, first: int) -> Rule:
    """Check a fault for a world that starts at `first`.

    Raises:
        FaultError: If it cannot be; the text begins with the field.
    """
    pieces = None
    if fault.route.startswith("/"):
        pieces = tuple(fault.route.lower().split("*"))
    elif fault.route != "*" and not _NAME.fullmatch(fault.route):
        _refuse("route", f"{fault.route!r} is no operation and no path; write executions, /v1/ex/* or *")
    if fault.method is not None and not _METHOD.fullmatch(fault.method):
        _refuse("method", f"{fault.method!r} is no method; write one such as GET")
    start = _BEFORE if fault.from_ is None else _instant("from", fault.from_, first)
    end = NEVER if fault.to is None else _instant("to", fault.to, first)
    if start >= end:
        _refuse("to", "it is not after from; choose a later instant")
    latency, harm = _latency(fault), _harm(fault)
    if latency is None and harm is None:
        _refuse("fault", "it says neither delay, status, answer, drip nor stale; say one of them")
    method = None if fault.method is None else fault.method.upper()
    return Rule(fault, pieces, method, _ppm(fault.rate), start, end, latency, harm)


def _ppm(rate: float) -> int:
    scaled = round(rate * MILLION, 6)
    if not 0 <= scaled <= MILLION or scaled != int(scaled):
        _refuse("rate", f"{rate} is not from 0 to 1 with six decimals at most; write it like 0.25")
    return int(scaled)


def _latency(fault: Fault) -> Latency | None:
    spread = fault.delay
    if spread is None:
        return None
    if isinstance(spread, str):
        always = _duration("delay", spread)
        return Latency(always, always)
    given = {name for name in Spread.__struct_fields__ if getattr(spread, name) is not None}
    if spread.least is not None and spread.most is not None and len(given) == 2:  # noqa: PLR2004 - a pair
        least, most = _duration("delay.least", spread.least), _duration("delay.most", spread.most)
        if most < least:
            _refuse("delay.most", f"{spread.most} is less than least; write the longer one there")
        return Latency(least, most)
    if spread.median is not None and spread.p99 is not None and len(given) == 2:  # noqa: PLR2004 - a pair
        median, p99 = _duration("delay.median", spread.median), _duration("delay.p99", spread.p99)
        if not 0 < median <= p99:
            _refuse("delay.p99", f"{spread.p99} is less than median, or that is nothing; write the longer one there")
        return log_normal(median, p99)
    _refuse("delay", "it must say least and most, or median and p99, or be a duration such as 200ms")


def _harm(fault: Fault) -> Harm | None:
    found = [name for name in ("status", "answer", "drip", "stale") if getattr(fault, name) is not None]
    if len(found) > 1:
        _refuse(found[1], f"one answer cannot have both {found[0]} and {found[1]}; make two faults of them")
    if fault.status is not None:
        message = fault.message or f"the toolkit was asked for a fault: it answers with {fault.status}"
        return Harm(Manner.STATUS, fault.status, message, fault.retry_after)
    for name in ("message", "retry_after"):
        if getattr(fault, name) is not None:
            _refuse(name, "only an error has one; say its status too")
    if fault.stale is not None:
        return Harm(Manner.STALE, stale=_duration("stale", fault.stale, None))
    if fault.drip is not None:
        return _drip(fault.drip)
    return None if fault.answer is None else Harm(Manner(fault.answer))


def _drip(drip: Drip) -> Harm:
    if (drip.bytes_per_second is None) == (drip.lasts is None):
        _refuse("drip", "it must say one of bytes_per_second and lasts")
    lasts = 0 if drip.lasts is None else _duration("drip.lasts", drip.lasts)
    return Harm(Manner.DRIP, bytes_per_second=drip.bytes_per_second, lasts=lasts)


def _duration(field: str, text: str, longest: int | None = LONGEST) -> int:
    try:
        size = parse_duration(text)
    except UsageError as error:
        _refuse(field, str(error))
    if longest is not None and size > longest:
        _refuse(field, f"{text} is longer than {format_duration(longest)}, the longest there is; choose a shorter time")
    return size


def _instant(field: str, text: str, first: int) -> int:
    try:
        return parse_at(text, first)
    except UsageError as error:
        _refuse(field, str(error))
