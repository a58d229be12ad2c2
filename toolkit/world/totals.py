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


def _pushed(life: Life | Course, every: int, t: int) -> Values:
    """Give what an execution's pushes by `t` add up to."""
    at = _push(life, every, t)
    if at is None:
        return _NOTHING
    stats = life.stats(at)
    if at < life.last_push:
        stats["job_duration"] = 0
    return tuple([stats[name] for name in TOTALS])


def _share(life: Life | Course, every: int, begin: int, t: int) -> Values:
    """Give an execution's part of the totals that count from `begin`."""
    at = _push(life, every, t)
    if at is None or at <= begin:
        return _NOTHING
    before = list(_pushed(life, every, begin))
    # A length is not a count: what was in the queue before is not taken off.
    before[TOTALS.index("queued")] = 0
    return tuple(map(sub, _pushed(life, every, t), before))


def totals(world: World, t: int, lived: Lived) -> Values:
    """Give the totals at an instant of the world, from the executions that `lived` gives."""
    begin, every = _begin(world, t), world.scenario.analytics_every
    shares = (_share(life, every, begin, t) for life in lived(begin, t))
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
        share = _share(life, every, _begin(world, first), first)
        for t in sorted({*_pushes(life, every, first, last), *zeros}):
            now = _share(life, every, _begin(world, t), t)
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
