"""The order of a world's lists: what stands still is sorted once, in columns; what moves is merged in.

Jobs never move. Executions: history is sorted once; those that an event stopped come in the order of their stops;
lanes and started ones are few and are sorted again when something was written.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.world.population import HISTORY, PER_JOB, Population, number_of

if TYPE_CHECKING:
    from toolkit.world.ids import Ids

COLUMNS_FROM: Final = 20_000
"""Jobs from which on numpy's columns are worth its import."""

Column = Sequence[int] | Any
"""Whole numbers by position: a list, or an array of numpy's."""


class Sorted:
    """Numbers of records with their `_updated`, newest first, ties by id."""

    __slots__ = ("numbers", "updated")

    def __init__(self, numbers: Column, updated: Column) -> None:
        """Keep two columns of one length: sequences or arrays of whole numbers."""
        self.numbers = numbers
        self.updated = updated

    def __len__(self) -> int:
        """How many records."""
        return len(self.numbers)


def _sorted(rows: list[tuple[int, int, int]]) -> Sorted:
    rows.sort()
    return Sorted([number for _, _, number in rows], [-negated for negated, _, _ in rows])


def order_of_jobs(population: Population, ids: Ids) -> Sorted:
    """Sort a world's jobs."""
    jobs, epoch = population.scenario.jobs, population.epoch
    if jobs < COLUMNS_FROM:
        return _sorted([(population.job_ages(job)[1] - epoch, ids.rank(job), job) for job in range(jobs)])
    import numpy as np  # noqa: PLC0415 - a small world starts without numpy

    every = np.arange(jobs, dtype=np.uint64)
    _, edited = population.job_ages(every)
    order = np.lexsort((ids.rank(every), edited))
    return Sorted(every[order].astype(np.int64), epoch - edited[order].astype(np.int64))


class Past(NamedTuple):
    """The executions that ended before the epoch, in arrays.

    Attributes:
        numbers: Their numbers.
        jobs: Their jobs' numbers.
        created: Their ages at the epoch since their creation.
        ended: Their ages at the epoch since their end.
    """

    numbers: Any
    jobs: Any
    created: Any
    ended: Any


def past_of(population: Population) -> Past:
    """Give the executions that ended before the epoch, in no certain order."""
    import numpy as np  # noqa: PLC0415 - a small world starts without numpy

    jobs = population.scenario.jobs
    every = np.arange(jobs, dtype=np.uint64)
    counts = population.history_count(every)
    since = np.full(jobs, population.scenario.history_from, dtype=np.uint64)
    for lane in range(population.living):
        counts[lane] = population.count_of(lane)
        since[lane] = population.youngest(lane)
    found = [Past(*[np.empty(0, dtype=np.uint64)] * 4)]
    for nth in range(population.scenario.history_most):
        has = np.flatnonzero(counts > nth)
        numbers = (PER_JOB * every[has] + np.uint64(nth)) * np.uint64(PER_JOB) + np.uint64(HISTORY)
        ages = population.history_ages(numbers, np.uint64(nth), counts[has], since[has])
        found.append(Past(numbers, every[has], *ages))
    return Past(*[np.concatenate(column) for column in zip(*found, strict=True)])


def order_of_history(population: Population, ids: Ids) -> Sorted:
    """Sort the executions that ended before the epoch."""
    jobs, epoch = population.scenario.jobs, population.epoch
    if jobs < COLUMNS_FROM:
        rows = []
        for job in range(jobs):
            count, youngest = population.count_of(job), population.youngest(job)
            for nth in range(count):
                number = number_of(HISTORY, PER_JOB * job + nth)
                _, ended = population.history_ages(number, nth, count, youngest)
                rows.append((ended - epoch, ids.rank(number), number))
        return _sorted(rows)
    import numpy as np  # noqa: PLC0415 - a small world starts without numpy

    past = past_of(population)
    order = np.lexsort((ids.rank(past.numbers), past.ended))
    return Sorted(past.numbers[order].astype(np.int64), epoch - past.ended[order].astype(np.int64))
