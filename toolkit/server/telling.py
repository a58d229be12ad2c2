"""`serve -v`: each status change as a line, at the moment at which the clock reaches it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from toolkit.model.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.clock import Clock
    from toolkit.timeline.view import Change, Timeline

_LONGEST_SLEEP = 1.0
"""Seconds; a write may bring a change nearer than it was."""


def line_of(change: Change) -> str:
    """Write a status change for a person."""
    what = f"{change.before} -> {change.after}" if change.before is not None else f"new, {change.after}"
    return f"{format_instant(change.t)} {change.ex_id} {change.name}: {what}"


async def tell_changes(timeline: Timeline, clock: Clock, tell: Callable[[str], None]) -> None:
    """Tell each change after now as it happens, and the end; returns when the clock stands still."""
    told = clock.now()
    if clock.seconds_until(told + 1) is None:
        return
    while clock.seconds_until(told + 1) is not None:
        due = clock.seconds_until(timeline.next_change(told))
        await asyncio.sleep(_LONGEST_SLEEP if due is None else min(due, _LONGEST_SLEEP))
        now = clock.now()
        for change in timeline.changes(told, now):
            tell(line_of(change))
        told = now
    tell(f"{format_instant(told)} the end is reached; the clock holds there")
