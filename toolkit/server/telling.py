"""`serve -v`: each status change as a line, at the moment at which the clock reaches it."""

from __future__ import annotations

import asyncio
from itertools import islice
from typing import TYPE_CHECKING

from toolkit.model.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.clock import Clock
    from toolkit.timeline.view import Change, Timeline

MOST_AT_ONCE = 1_000
"""Changes that are told after one look: a clock may be set far ahead."""
_LONGEST_SLEEP = 1.0
"""Seconds; a write may bring a change nearer than it was, and the clock may be set."""


def line_of(change: Change) -> str:
    """Write a status change for a person."""
    what = f"{change.before} -> {change.after}" if change.before is not None else f"new, {change.after}"
    return f"{format_instant(change.t)} {change.ex_id} {change.name}: {what}"


async def tell_changes(timeline: Timeline, clock: Clock, tell: Callable[[str], None]) -> None:
    """Tell each change after now as it happens, and when the clock stands still or goes back; it never returns."""
    told = clock.now()
    stands = clock.seconds_until(told + 1) is None
    while True:
        due = clock.seconds_until(timeline.next_change(told))
        await asyncio.sleep(_LONGEST_SLEEP if due is None else min(due, _LONGEST_SLEEP))
        now = clock.now()
        if now < told:
            tell(f"{format_instant(now)} the clock went back")
        changes = list(islice(timeline.changes(told, now), MOST_AT_ONCE + 1))
        for change in changes[:MOST_AT_ONCE]:
            tell(line_of(change))
        if len(changes) > MOST_AT_ONCE:
            tell(f"{format_instant(now)} the clock went far ahead: there were more changes, which are not told")
        told, stood, stands = now, stands, clock.seconds_until(now + 1) is None
        if stands and not stood:
            tell(f"{format_instant(told)} the clock stands still")
