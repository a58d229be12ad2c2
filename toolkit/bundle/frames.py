"""A recording's frames and orders in the manifest: short texts for what is regular, dates for what people look for."""

from __future__ import annotations

from array import array
from itertools import accumulate, chain, pairwise, repeat
from operator import mul
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from toolkit.bundle.words import refuse
from toolkit.errors import UsageError
from toolkit.model.instants import format_instant, parse_instant
from toolkit.tracks.frames import Frames, Gap
from toolkit.tracks.placing import Explicit, Placing
from toolkit.tracks.runs import read_runs, write_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.tracks.runs import Runs

MOST: Final = 10_000_000
"""More frames than this are not read: 16 bytes each would be more than a bundle is for."""

_LONGEST_SKEW: Final = 2**63 - 1


class FramesMark(Struct, omit_defaults=True):
    """When a recording's cluster was asked, from the bundle's first instant on.

    Attributes:
        steps_ms: From one frame to the next; see `toolkit.tracks.runs`.
        skews_ms: By frame, from the first answer to the last.
    """

    steps_ms: str
    skews_ms: str


class GapMark(Struct):
    """What frames in a row lack, and why."""

    source: str
    reason: str
    from_: str = field(name="from")
    to: str
    frames: int


class OrderMark(Struct, omit_defaults=True):
    """From an instant on: records that are not where the sort has them, what each comes after, and which are again."""

    t: str
    placed: list[Placing] = []
    freed: list[str] = []


def frames_mark(frames: Frames) -> FramesMark:
    """Write a recording's frames."""
    steps = ((after - before, 1) for before, after in pairwise(frames.instants))
    return FramesMark(write_runs(steps), write_runs((skew, 1) for skew in frames.skews))


def gap_marks(frames: Frames) -> list[GapMark]:
    """Write what a recording's frames lack."""
    return [
        GapMark(gap.source, gap.reason, format_instant(gap.first), format_instant(gap.last), gap.frames)
        for gap in frames.gaps
    ]


def order_marks(orders: dict[str, list[Explicit]]) -> dict[str, list[OrderMark]]:
    """Write explicit orders, the collections sorted by name."""
    return {
        name: [OrderMark(format_instant(mark.t), mark.placed, mark.freed) for mark in orders[name]]
        for name in sorted(orders)
    }


def read_frames(mark: FramesMark, gaps: list[GapMark], first: int, last: int) -> Frames:
    """Read a recording's frames.

    Raises:
        BundleDamaged: If they do not go from the bundle's first instant to its last; the text starts with the field.
    """
    steps = _runs("$.frames.steps_ms", mark.steps_ms)
    skews = _runs("$.frames.skews_ms", mark.skews_ms)
    count = 1 + sum(steps.counts)
    if count > MOST:
        refuse("$.frames.steps_ms", f"has {count:,} frames, more than {MOST:,}")
    if any(step < 1 for step in steps.values):
        refuse("$.frames.steps_ms", "has a step that does not go forward")
    if first + sum(map(mul, *steps)) != last:
        refuse("$.frames.steps_ms", "does not lead from $.from to $.to")
    if sum(skews.counts) != count or any(not 0 <= skew <= _LONGEST_SKEW for skew in skews.values):
        refuse("$.frames.skews_ms", f"does not have a number of at least 0 for each of the {count:,} frames")
    instants = array("q", accumulate(_spread(steps), initial=first))
    return Frames(instants, array("q", _spread(skews)), [_gap(place, gap) for place, gap in enumerate(gaps)])


def read_orders(marks: dict[str, list[OrderMark]], first: int, last: int) -> dict[str, list[Explicit]]:
    """Read explicit orders.

    Raises:
        BundleDamaged: If a date is none, or out of its order; the text starts with the field.
    """
    orders: dict[str, list[Explicit]] = {}
    for name, entries in marks.items():
        where = f"$.orders.{name}"
        orders[name] = [
            Explicit(instant(f"{where}[{at}].t", entry.t), entry.placed, entry.freed)
            for at, entry in enumerate(entries)
        ]
        check_ascending(where, [mark.t for mark in orders[name]], first, last)
    return orders


def instant(where: str, text: str) -> int:
    """Read a date.

    Raises:
        BundleDamaged: If it is none; the text starts with the field.
    """
    try:
        return parse_instant(text)
    except UsageError:
        refuse(where, f"{text!a} is not a date such as 2026-01-01T00:00:00.000Z")


def check_ascending(where: str, instants: list[int], first: int, last: int) -> None:
    """Check that dates follow one another within a bundle.

    Raises:
        BundleDamaged: If they do not; the text starts with the field.
    """
    for place, t in enumerate(instants):
        if place and t <= instants[place - 1]:
            refuse(f"{where}[{place}].t", "is not later than the one before it")
        if not first <= t <= last:
            refuse(f"{where}[{place}].t", "is outside the bundle's time")


def _gap(place: int, gap: GapMark) -> Gap:
    where = f"$.gaps[{place}]"
    begin, end = instant(f"{where}.from", gap.from_), instant(f"{where}.to", gap.to)
    return Gap(gap.source, gap.reason, begin, end, gap.frames)


def _runs(where: str, text: str) -> Runs:
    try:
        return read_runs(text)
    except ValueError as error:
        refuse(where, str(error))


def _spread(runs: Runs) -> Iterator[int]:
    return chain.from_iterable(map(repeat, *runs))
