"""Waiting for an instant of a clock that may be set meanwhile."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from typing import TYPE_CHECKING

from toolkit.clock import SetClock

if TYPE_CHECKING:
    from toolkit.clock import Clock


async def reached(clock: Clock, due: int) -> int | None:
    """Wait until a clock is at an instant and give where it is then; `None` once it is set so that it never comes.

    A clock that begins again at its start while we sleep was there: then that is where we are.
    """
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def look() -> None:
        loop.call_soon_threadsafe(changed.set)

    # A clock that cannot be set needs no watching.
    with clock.watched(look) if isinstance(clock, SetClock) else nullcontext():
        while (seconds := clock.seconds_until(due)) is not None:
            if not seconds:
                return clock.now()
            changed.clear()
            try:
                await asyncio.wait_for(changed.wait(), seconds)
            except TimeoutError:
                return max(clock.now(), due)
    return None
