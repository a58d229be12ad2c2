"""How fast to ask: at most so many requests a second, and pauses between attempts that grow.

The decisions are pure functions of times in seconds; only `Pacer` waits.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


def until_turn(last: float | None, now: float, gap: float) -> float:
    """Give the seconds to wait until the next request may be sent, 0 or less if it may be now.

    Args:
        last: When the last one was sent; `None` if there was none.
        now: The time, by the same clock.
        gap: The least time from one to the next.
    """
    return 0.0 if last is None else last + gap - now


def pause_before(attempt: int, *, base: float, longest: float, asked: float, drawn: float) -> float:
    """Give the seconds between two attempts: a random part of a bound that doubles, or what the cluster asked for.

    The whole bound is drawn from ("full jitter"), so that clients that failed together do not come back together.

    Args:
        attempt: The attempt that comes after the pause; the first retry is 1.
        base: The bound before the first retry.
        longest: No pause is longer, whatever was asked for.
        asked: What `Retry-After` said, 0 if nothing.
        drawn: A random number from 0 to 1.
    """
    # 2 ** 1100 is no float any more.
    bound = min(base * 2.0 ** min(attempt - 1, 64), longest)
    return min(max(drawn * bound, asked), longest)


class Pacer:
    """Lets requests go one after the other, evenly spaced, in the order in which they came."""

    def __init__(
        self,
        per_second: float | None,
        *,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Allow so many requests a second, or any number; by default the event loop's clock counts."""
        self._gap = 1 / per_second if per_second else 0.0
        self._now = now
        self._sleep = sleep
        self._last: float | None = None
        # A lock of asyncio is fair: who waits longest is next.
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until the next request may be sent."""
        if not self._gap:
            return
        now = self._now or asyncio.get_running_loop().time
        async with self._lock:
            while (wait := until_turn(self._last, now(), self._gap)) > 0:
                await self._sleep(wait)
            self._last = now()
