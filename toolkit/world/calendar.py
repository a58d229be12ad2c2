"""Lifecycle events: which start and which stop happens when, each computed without the ones before it.

Events have fixed places, one every `event_every`. They come in pairs, one start and one stop in drawn order, so that
the cluster neither drains nor grows. With `event_chance` below 1 some pairs are left out, evenly; with another
`start_share` than a half some pairs are two starts or two stops, until no job is free or nothing is left to stop.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from toolkit.world.draws import Draws

START: Final = 1
STOP: Final = 0
EVEN: Final = 500
"""The share, per mille, at which every pair is one start and one stop."""
_PAIRS: Final = 2**28
"""More pairs than ten years of events have (one event a second: 158 million)."""


class Calendar:
    """The lifecycle events of one world, by their number."""

    def __init__(  # noqa: PLR0913 - the six numbers that a calendar is
        self, draws: Draws, *, epoch: int, every: int, chance: int, share: int, free: int, living: int
    ) -> None:
        """Lay the calendar out.

        Args:
            draws: Decides the order within a pair.
            epoch: Milliseconds; the first event is `every` later.
            every: Milliseconds from one event's place to the next.
            chance: Per mille of pairs that happen.
            share: Per mille of events that are starts.
            free: How many more executions may live than at the epoch.
            living: How many of those living at the epoch an event may stop.
        """
        self._draws = draws
        self._epoch = epoch
        self._every = every
        self._chance = chance if free or living else 0
        self._share = share
        self._free = free
        self._living = living
        self._phase = draws.below(0, 1000)
        self._even_from = _PAIRS
        self._even_from = bisect_left(range(_PAIRS), True, key=self._beyond)  # noqa: FBT003 - the value looked for

    def _beyond(self, pair: int) -> bool:
        growth = 2 * self._starts_in(pair + 1) - 2 * (pair + 1)
        return growth > self._free or growth < -self._living

    def _starts_in(self, pairs: int) -> int:
        """How many starts the first pairs (of those that happen) hold."""
        uneven = min(pairs, self._even_from)
        return 2 * uneven * self._share // 1000 + pairs - uneven

    def _stops_in(self, pairs: int) -> int:
        return 2 * pairs - self._starts_in(pairs)

    def _pair(self, number: int) -> tuple[int, int]:
        starts = self._starts_in(number + 1) - self._starts_in(number)
        if starts != 1:
            return (START, START) if starts else (STOP, STOP)
        growth = 2 * self._starts_in(number) - 2 * number
        if growth >= self._free:
            return STOP, START
        if growth <= -self._living or self._draws.at(number + 1) & 1:
            return START, STOP
        return STOP, START

    def _happened(self, places: int) -> int:
        """How many pairs happen in the first so many places for a pair."""
        return (places * self._chance + self._phase) // 1000

    def _time(self, pair: int, second: int) -> int:
        """When an event of a pair (of those that happen) takes place."""
        if self._chance == 0:
            return NEVER
        place = -(-((pair + 1) * 1000 - self._phase) // self._chance) - 1
        return self._epoch + (2 * place + 1 + second) * self._every

    def starts_by(self, t: int) -> int:
        """Count the starts not later than `t`."""
        return self._by(t, START)

    def stops_by(self, t: int) -> int:
        """Count the stops not later than `t`."""
        return self._by(t, STOP)

    def _by(self, t: int, kind: int) -> int:
        if t < self._epoch:
            return 0
        places, half = divmod((t - self._epoch) // self._every, 2)
        pairs = self._happened(places)
        count = self._starts_in(pairs) if kind == START else self._stops_in(pairs)
        if half and self._happened(places + 1) > pairs:
            count += self._pair(pairs)[0] == kind
        return count

    def start_time(self, number: int) -> int:
        """Give the instant of a start, from number 0 on; `NEVER` if it does not come."""
        return self._nth(number, START)

    def stop_time(self, number: int) -> int:
        """Give the instant of a stop, from number 0 on; `NEVER` if it does not come."""
        return self._nth(number, STOP)

    def _nth(self, number: int, kind: int) -> int:
        count = self._starts_in if kind == START else self._stops_in
        pair = number if self._share == EVEN else bisect_right(range(_PAIRS), number, key=count) - 1
        kinds = self._pair(pair)
        second = 0 if kinds[0] == kind and number == count(pair) else 1
        return self._time(pair, second)
