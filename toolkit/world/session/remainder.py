"""What is left of the generated world when clients have taken jobs and executions of it in hand.

The closed form stays; what is taken, and what did not come to be, is left out by its position in the sorted sequences.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.world.population import HISTORY, LANE, PER_JOB, STARTED, number_of
from toolkit.world.sequenced import Sequenced

if TYPE_CHECKING:
    from toolkit.timeline.order import Entry
    from toolkit.world.life import Life
    from toolkit.world.world import World


class Remainder:
    """A generated world without some of its jobs and executions.

    Attributes:
        jobs: Numbers of the jobs that are elsewhere.
        executions: Numbers of the executions that are elsewhere, or were never started.
    """

    def __init__(self, world: World) -> None:
        """Begin with everything."""
        self._world = world
        self.jobs: set[int] = set()
        self.executions: set[int] = set()
        self._job_positions: list[int] = []
        self._places: list[int] = []
        self._history: list[int] = []
        self._started: list[int] = []

    def leave_job(self, number: int) -> None:
        """Leave a job out that is here."""
        self.jobs.add(number)
        insort(self._job_positions, _position(self._jobs(), self._job_entry(number)))

    def leave_execution(self, number: int) -> None:
        """Leave an execution out; also one that is not started yet, and then never is."""
        if number in self.executions:
            return
        self.executions.add(number)
        if number % PER_JOB == STARTED:
            insort(self._started, number // PER_JOB)
        place = self.place_of(number)
        if place is not None:
            insort(self._places, place)
        elif number % PER_JOB == HISTORY:
            life, world = self._world.lives.life(number), self._world
            history = Sequenced(len(world.history), partial(world.ended_entry, 0), partial(world.ended_number, 0))
            insort(self._history, _position(history, (-life.ended, world.ex_ids.id_of(number))))

    def place_of(self, number: int) -> int | None:
        """Give an execution's place in the cycle of lifecycle events, `None` if it has none."""
        index, kind = divmod(number, PER_JOB)
        if kind == STARTED:
            return len(self._world.lives.stoppable) + index
        return self._world.lives.place_of_lane(index) if kind == LANE else None

    def living_between(self, first: int, last: int) -> list[tuple[Life, int | None]]:
        """Give the executions that are not terminal at some instant of a stretch, with their places in the cycle."""
        living = self._world.living_between(first, last)
        return [row for row in living if row[0].number not in self.executions]

    def count(self, t: int) -> int:
        """Count the executions at `t`."""
        starts = self._world.lives.calendar.starts_by(t)
        old = len(self.executions) - len(self._started)
        return self._world.execution_count(t) - bisect_left(self._started, starts) - old

    def moving(self, t: int) -> list[tuple[Entry, int]]:
        """Give the numbers of those that live or ended by themselves, in the order of the list."""
        return [row for row in self._world.moving(t) if row[1] not in self.executions]

    def ended(self, t: int) -> Sequenced:
        """Give what events stopped by `t`, and what ended before the epoch, newest first."""
        return Sequenced.of_ended(self._world, t).without(self.gaps(t))

    def gaps(self, t: int) -> list[int]:
        """Give which places among those that ended by `t` are empty, ascending."""
        gone = self._world.gone(t)
        places = self._places[: bisect_left(self._places, gone)]
        return [gone - 1 - place for place in reversed(places)] + [gone + at for at in self._history]

    def jobs_left(self) -> Sequenced:
        """Give the jobs, newest update first."""
        return self._jobs().without(self._job_positions)

    def jobs_left_at(self, places: Any) -> Sequenced:  # noqa: ANN401 - an array
        """Give the jobs that are left at some places in the list of all, an ascending array."""
        return self._jobs().only(places, self._job_positions)

    def ended_at(self, places: Any, t: int) -> Sequenced:  # noqa: ANN401 - an array
        """Give what is left at some places among those that ended by `t`, an ascending array."""
        return Sequenced.of_ended(self._world, t).only(places, self.gaps(t))

    def of_job(self, job: int, t: int) -> list[int]:
        """Give the numbers of a job's executions that are here at `t`, oldest first."""
        lives = self._world.lives
        history = [number_of(HISTORY, PER_JOB * job + nth) for nth in reversed(range(lives.population.count_of(job)))]
        numbers = history + ([number_of(LANE, job)] if job < lives.population.living else [])
        starts = lives.calendar.starts_by(t)
        numbers += [number_of(STARTED, index) for index in lives.starts_of(job, starts)]
        return [number for number in numbers if number not in self.executions]

    def latest_of(self, job: int, t: int) -> int | None:
        """Give the number of a job's newest execution that is here at `t`."""
        number = self._world.lives.latest_of(job, t)
        if number is None or number not in self.executions:
            return number
        left = self.of_job(job, t)
        return left[-1] if left else None

    def _jobs(self) -> Sequenced:
        jobs = self._world.jobs
        return Sequenced(len(jobs), lambda i: self._job_entry(int(jobs.numbers[i])), lambda i: int(jobs.numbers[i]))

    def _job_entry(self, number: int) -> Entry:
        _, edited = self._world.population.job_ages(number)
        return edited - self._world.epoch, self._world.job_ids.id_of(number)


def _position(sequence: Sequenced, entry: Entry) -> int:
    return bisect_left(range(sequence.size), entry, key=sequence.key)
