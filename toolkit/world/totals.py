"""The cluster's totals: what execution controllers have pushed to the master, as `GET /cluster/stats` sums it up.

Every controller pushes what its counters have grown by each `analytics_every` from its start on, and once more when its
execution ends. As on a real cluster the totals are kept in memory and lag behind, they count executions that have ended
too, and a length of queue that was pushed last stays in the sum. They begin from zero at the epoch and then every
`totals_from_zero_every`, as after a restart of the master: so their cost depends on that time, not on the world's age.

Source: observed totals; Teraslice's analytics for which counters there are, and that a duration counts at the end.
"""

from __future__ import annotations

from operator import add, sub
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from toolkit.world.life import Life
    from toolkit.world.session.course import Course
    from toolkit.world.world import World

    Lived = Callable[[int, int], Iterable[Life | Course]]
    """Gives the executions that are not terminal at some instant of a stretch."""

TOTALS: Final = (
    "processed", "failed", "queued", "job_duration", "workers_joined", "workers_disconnected", "workers_reconnected",
)  # fmt: skip
"""The totals in wire order. Source: observed."""
_NOTHING: Final = (0,) * len(TOTALS)

Values = tuple[int, ...]
"""One number for each of `TOTALS`."""


def _begin(world: World, t: int) -> int:
    """Give the instant from which the totals count at `t`."""
    every = world.scenario.totals_from_zero_every
    return world.epoch + (t - world.epoch) // every * every


def _push(life: Life | Course, every: int, t: int) -> int | None:
    """Give the instant of an execution's last push not later than `t`, `None` if there is none."""
    if t >= life.last_push:
        return life.last_push
    return t - (t - life.started) % every if t >= life.started + every else None


def _next_push(life: Life | Course, every: int, t: int) -> int:
    """Give the instant of an execution's next push after `t`; it has not ended then."""
    past = max(0, t - life.started) // every
    return min(life.started + (past + 1) * every, life.last_push)


class _Shares:
    """One execution's part of the totals."""

    def __init__(self, life: Life | Course, every: int) -> None:
        """Take an execution that pushes so often."""
        self._life = life
        self._every = every
        self._before: dict[int, Values] = {}

    def at(self, begin: int, t: int) -> Values:
        """Give its part at `t` of totals that count from `begin`."""
        push = _push(self._life, self._every, t)
        if push is None or push <= begin:
            return _NOTHING
        before = self._before.get(begin)
        if before is None:
            before = self._before[begin] = self._taken_off(begin)
        return tuple(map(sub, self._pushed(push), before))

    def _taken_off(self, begin: int) -> Values:
        push = _push(self._life, self._every, begin)
        processed, failed, _, *more = _NOTHING if push is None else self._pushed(push)
        # A length is not a count: what was in the queue before is not taken off.
        return processed, failed, 0, *more

    def _pushed(self, push: int) -> Values:
        """Give what it has pushed in all, once it has pushed at an instant."""
        stats = self._life.stats(push)
        if push < self._life.last_push:
            stats["job_duration"] = 0
        return tuple([stats[name] for name in TOTALS])


def totals(world: World, t: int, lived: Lived) -> Values:
    """Give the totals at an instant of the world, from the executions that `lived` gives."""
    begin, every = _begin(world, t), world.scenario.analytics_every
    shares = (_Shares(life, every).at(begin, t) for life in lived(begin, t))
    return tuple(map(sum, zip(_NOTHING, *shares, strict=True)))


def next_push(world: World, t: int, lived: Lived) -> int:
    """Give an instant after `t` up to which no total changes."""
    every = world.scenario.analytics_every
    pushes = (_next_push(life, every, t) for life in lived(t, t) if life.last_push > t)
    renewed = _begin(world, t) + world.scenario.totals_from_zero_every
    return min(renewed, world.next_write(t), *pushes)


def pushes(world: World, first: int, last: int, lived: Lived) -> Iterator[tuple[int, Values]]:
    """Give the totals at `first` and at every instant in `(first, last]` at which they may change, in order."""
    every, renewed = world.scenario.analytics_every, world.scenario.totals_from_zero_every
    zeros = range(_begin(world, first) + renewed, last + 1, renewed)
    growth: dict[int, Values] = {}
    for life in lived(_begin(world, first), last):
        shares = _Shares(life, every)
        share = shares.at(_begin(world, first), first)
        for t in sorted({*_pushes(life, every, first, last), *zeros}):
            now = shares.at(_begin(world, t), t)
            growth[t] = tuple(map(add, growth.get(t, _NOTHING), map(sub, now, share)))
            share = now
    values = totals(world, first, lived)
    yield first, values
    for t in sorted(growth):
        values = tuple(map(add, values, growth[t]))
        yield t, values


def _pushes(life: Life | Course, every: int, first: int, last: int) -> Iterator[int]:
    """Give the instants of an execution's pushes in `(first, last]`."""
    t = first
    while t < life.last_push and (t := _next_push(life, every, t)) <= last:
        yield t
