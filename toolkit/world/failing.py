"""The error records that a stretch of time shows, of all executions at once and in the order of their ids.

A large world has many more failures than it has room for their documents: which there are is worked out in columns, by
the formulas of `lives` and `life`, and only what is asked for next is held.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.timeline.view import NEVER
from toolkit.tracks.track import HOUR_MS
from toolkit.world.life import MILLION
from toolkit.world.lives import ENDINGS
from toolkit.world.population import LANE, STARTED, number_of, permille
from toolkit.world.world import slice_number

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from toolkit.world.order import Past
    from toolkit.world.part import Part
    from toolkit.world.world import World

SORTED_AT_ONCE: Final = 2**19
"""About how many failures are sorted at once; more are gone through once for each so many."""
_SPELLED_AT_ONCE: Final = 2**12


class Shown(NamedTuple):
    """One error record: what its document is made of, and when it is there.

    Attributes:
        slice_id: The record's id.
        ex_id: The execution's id.
        drawn: Decides what is in it.
        failed: When the slice failed.
        processed: How many slices were processed then.
        until: When it is pushed out, `NEVER` if it is not.
    """

    slice_id: str
    ex_id: str
    drawn: int
    failed: int
    processed: int
    until: int


class _Failing(NamedTuple):
    """Executions with failed slices, in arrays: their lines, and which failures a stretch shows."""

    number: Any
    started: Any
    frozen: Any
    per_hour: Any
    ppm: Any
    begin: Any
    end: Any


def shown_errors(
    world: World, past: Past, stretch: tuple[int, int], part: Part, but: Collection[int] = ()
) -> Iterator[Shown]:
    """Give the error records of a stretch, sorted by id.

    Args:
        world: The world.
        past: Its executions that ended before the epoch.
        stretch: The first instant and the last one.
        part: Which records, by their ids.
        but: The numbers of executions that are left out.
    """
    import numpy as np  # noqa: PLC0415 - a small world is served without numpy

    rows = zip(_past(world, past), _others(world, *stretch), strict=True)
    failing = _Failing(*[np.concatenate(both) for both in rows])
    if but:
        kept = np.fromiter((int(number) not in but for number in failing.number), dtype=bool)
        failing = _Failing(*[column[kept] for column in failing])
    total, ranks = int((failing.end - failing.begin).sum()), part.ranks
    pieces = max(1, -(-total // part.of // SORTED_AT_ONCE))
    for piece in range(pieces):
        low, high = (ranks.start + len(ranks) * at // pieces for at in (piece, piece + 1))
        yield from _spelled(world, failing, *_sorted(world, failing, low, high))


def _others(world: World, first: int, last: int) -> Any:  # noqa: ANN401 - numpy's arrays
    """Work out the failures that a stretch shows of executions that lived at the epoch or began later."""
    import numpy as np  # noqa: PLC0415 - as above

    lives, rows = world.lives, []
    some = [number_of(LANE, lane) for lane in range(world.population.living)]
    for number in some + [number_of(STARTED, i) for i in range(lives.calendar.starts_by(last))]:
        if lives.fails(number) and (life := lives.life(number)).started <= last:
            begin, end = world.error_numbers(life, max(first, life.created)), world.error_numbers(life, last)
            rows.append((number, life.started, life.frozen, life.per_hour, life.ppm, begin.start, end.stop))
    return np.array(rows, dtype=np.int64).reshape(-1, len(_Failing._fields)).T


def _past(world: World, past: Past) -> _Failing:
    """Work out the failures of executions that ended before the epoch: what is shown of them never changes."""
    import numpy as np  # noqa: PLC0415 - as above

    population, draws, s = world.population, world.lives.draws, world.scenario
    fails = draws["fails"].at(past.numbers) % 1000 < permille(s.failures_share)
    numbers, jobs, created, ended = (column[fails] for column in past)

    def within(name: str, index: Any, least: int, most: int) -> Any:  # noqa: ANN401 - as above
        return least + (draws[name].at(index) % (most - least + 1)).astype(np.int64)

    started = world.epoch - created.astype(np.int64) + sum(population.startup(numbers)).astype(np.int64)
    ended = world.epoch - ended.astype(np.int64)
    stopped = np.array([ending == "stopped" for ending in ENDINGS])[draws["ending"].at(numbers) % len(ENDINGS)]
    frozen = np.where(stopped, ended - np.minimum(s.stopping_for, (ended - started) // 2), ended)
    workers = population.workers_of_all(jobs)
    fully = (workers == 1) | (draws["joined"].at(numbers) % 1000 < permille(s.fully_joined_share))
    fewer = workers - 1 - (draws["joined"].at(numbers) >> 16).astype(np.int64) % np.maximum(1, workers // 5)
    spread = permille(s.slice_spread_share)
    rate = np.where(fully, workers, fewer) * HOUR_MS // s.slice_every
    per_hour = rate * within("rate", numbers, 1000 - spread, 1000 + spread) // 1000
    ppm = within("fails", numbers + 2**40, s.failed_least_ppm, s.failed_most_ppm)
    failed = (frozen - started) * per_hour // HOUR_MS * ppm // MILLION
    old = np.maximum(0, frozen - s.errors_within - started) * per_hour // HOUR_MS * ppm // MILLION
    begin = np.maximum(np.maximum(failed - s.errors_newest, old), 0) + 1
    return _Failing(numbers.astype(np.int64), started, frozen, per_hour, ppm, begin, failed + 1)


def _sorted(world: World, failing: _Failing, low: int, high: int) -> tuple[Any, Any, Any]:
    """Find the failures whose records' ids have ranks from `low` to below `high`: ranks, rows and which failure."""
    import numpy as np  # noqa: PLC0415 - as above

    counts = failing.end - failing.begin
    ends = np.cumsum(counts)
    found = []
    total = int(ends[-1]) if len(ends) else 0
    cuts = np.searchsorted(ends, np.arange(0, total, SORTED_AT_ONCE), side="right").tolist()
    for a, b in pairwise([*cuts, len(counts)]):
        row = np.repeat(np.arange(a, b), counts[a:b])
        nth = np.arange(len(row)) - np.repeat(ends[a:b] - counts[a:b] - (ends[a] - counts[a]), counts[a:b])
        nth += failing.begin[row]
        rank = world.slice_ids.rank(slice_number(failing.number[row].astype(np.uint64), nth.astype(np.uint64)))
        here = np.flatnonzero((rank >= low) & (rank < high))
        found.append((rank[here], row[here], nth[here]))
    if not found:
        return (np.empty(0, dtype=np.int64),) * 3
    rank, row, nth = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(rank)
    return rank[order], row[order], nth[order]


def _spelled(world: World, failing: _Failing, *keys: Any) -> Iterator[Shown]:  # noqa: ANN401 - numpy's arrays
    """Make records of sorted failures, a few thousand at once."""
    import numpy as np  # noqa: PLC0415 - as above

    s, slice_ids, ex_ids = world.scenario, world.slice_ids, world.ex_ids
    for at in range(0, len(keys[0]), _SPELLED_AT_ONCE):
        rank, row, nth = (column[at : at + _SPELLED_AT_ONCE] for column in keys)
        number, started, frozen, per_hour, ppm, *_ = (column[row] for column in failing)

        def failure(nth: Any) -> tuple[Any, Any]:  # noqa: ANN401 - as above
            processed = -(-nth * MILLION // ppm)  # noqa: B023 - called at once, as is the next one
            return started - (-processed * HOUR_MS // per_hour), processed  # noqa: B023 - as above

        failed, processed = failure(nth)
        later = np.stack([failure(nth + s.errors_newest)[0], failed + s.errors_within])
        until = np.where(later <= frozen, later, NEVER).min(axis=0)
        numbers = number.astype(np.uint64)
        ex_rank = ex_ids.rank(numbers)
        drawn = world.slices.two(numbers, nth.astype(np.uint64))
        columns = rank, slice_ids.low(rank), ex_rank, ex_ids.low(ex_rank), drawn, failed, processed, until
        for values in zip(*[column.tolist() for column in columns], strict=True):
            slice_id, ex_id = slice_ids.spelled(*values[:2]), ex_ids.spelled(*values[2:4])
            shown = Shown(slice_id, ex_id, *values[4:])
            # What is pushed out as soon as it is there was never seen.
            if shown.failed < shown.until:
                yield shown
