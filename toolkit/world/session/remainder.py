"""What is left of the generated world when clients have taken jobs and executions of it in hand.

The closed form stays; what is taken, and what did not come to be, is left out by its position in the sorted sequences.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.world.population import HISTORY, LANE, PER_JOB, STARTED, number_of
from toolkit.world.sequenced import Sequenced
from toolkit.world.session.passed import Passed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.timeline.order import Entry
    from toolkit.world.life import Life
    from toolkit.world.world import World


class Remainder:
    """A generated world without some of its jobs and executions.

    Attributes:
        jobs: Numbers of the jobs that are elsewhere.
        executions: Numbers of the executions that are elsewhere, but those that a lifecycle event started.
    """

    def __init__(self, world: World) -> None:
        """Begin with everything."""
        self._world = world
        self.jobs: set[int] = set()
        self.executions: set[int] = set()
        self._job_positions: list[int] = []
        self._passed = Passed(max(1, world.lives.cycle))
        self._places: list[int] = []
        self._history: list[int] = []

    def leave_job(self, number: int) -> None:
        """Leave a job out that is here."""
        self.jobs.add(number)
        insort(self._job_positions, _position(self._jobs(), self._job_entry(number)))

    def leave_execution(self, number: int) -> None:
        """Leave an execution out that is here."""
        if number % PER_JOB != STARTED:
            self.executions.add(number)
        place = self.place_of(number)
        if place is not None:
            insort(self._places, place)
        elif number % PER_JOB == HISTORY:
            life, world = self._world.lives.life(number), self._world
            history = Sequenced(len(world.history), partial(world.ended_entry, 0), partial(world.ended_number, 0))
            insort(self._history, _position(history, (-life.ended, world.ex_ids.id_of(number))))

    def pass_by(self, job: int, t: int) -> None:
        """Let no lifecycle event after `t` start a job, which was not passed by before; none that came later was."""
        turn = self._world.lives.turn_of(job)
        if turn is not None:
            self._passed.add(turn, self.place_of_start(self._world.lives.calendar.starts_by(t)))

    def is_out(self, number: int) -> bool:
        """Tell whether an execution is elsewhere, or never comes to be."""
        index, kind = divmod(number, PER_JOB)
        if kind != STARTED:
            return number in self.executions
        place = self.place_of_start(index)
        found = bisect_left(self._places, place)
        return self._passed.holds(place) or self._places[found : found + 1] == [place]

    def leave_starts(self, places: Iterable[int]) -> None:
        """Let lifecycle starts not happen that come after all the others left out, by their places in the cycle."""
        self._places += sorted(place for place in places if not self._passed.holds(place))

    def out_by(self, t: int) -> set[int]:
        """Give the numbers of all that `is_out` of what there would be by an instant, and maybe others."""
        passed = self._passed.places(self.place_of_start(self._world.lives.calendar.starts_by(t)))
        return self.executions | {self._world.lives.at_place(place) for place in (*self._places, *passed)}

    def place_of_start(self, index: int) -> int:
        """Give the place in the cycle of a lifecycle start; they are counted from 0."""
        return len(self._world.lives.stoppable) + index

    def place_of(self, number: int) -> int | None:
        """Give an execution's place in the cycle of lifecycle events, `None` if it has none."""
        index, kind = divmod(number, PER_JOB)
        if kind == STARTED:
            return self.place_of_start(index)
        return self._world.lives.place_of_lane(index) if kind == LANE else None

    def living_between(self, first: int, last: int) -> list[tuple[Life, int | None]]:
        """Give the executions that are not terminal at some instant of a stretch, with their places in the cycle."""
        living = self._world.living_between(first, last)
        return [row for row in living if not self.is_out(row[0].number)]

    def count(self, t: int) -> int:
        """Count the executions at `t`."""
        first, end = map(self.place_of_start, (0, self._world.lives.calendar.starts_by(t)))
        started = self._places_before(end) - self._places_before(first)
        return self._world.execution_count(t) - started - len(self.executions)

    def moving(self, t: int) -> list[tuple[Entry, int]]:
        """Give the numbers of those that live or ended by themselves, in the order of the list."""
        return [row for row in self._world.moving(t) if not self.is_out(row[1])]

    def ended(self, t: int) -> Sequenced:
        """Give what events stopped by `t`, and what ended before the epoch, newest first."""
        gone = self._world.gone(t)
        out = self._places_before(gone)

        def before(position: int) -> int:
            if position <= gone:
                return out - self._places_before(gone - position)
            return out + bisect_left(self._history, position - gone)

        return Sequenced.of_ended(self._world, t).without(out + len(self._history), before)

    def _places_before(self, place: int) -> int:
        return bisect_left(self._places, place) + self._passed.before(place)

    def _gaps(self, t: int) -> list[int]:
        """Give which places among those that ended by `t` are empty, in no order."""
        gone = self._world.gone(t)
        places = [*self._places[: bisect_left(self._places, gone)], *self._passed.places(gone)]
        return [gone - 1 - place for place in places] + [gone + at for at in self._history]

    def jobs_left(self) -> Sequenced:
        """Give the jobs, newest update first."""
        return self._jobs().without(len(self._job_positions), partial(bisect_left, self._job_positions))

    def jobs_left_at(self, places: Any) -> Sequenced:  # noqa: ANN401 - an array
        """Give the jobs that are left at some places in the list of all, an ascending array."""
        return self._jobs().only(places, self._job_positions)

    def ended_at(self, places: Any, t: int) -> Sequenced:  # noqa: ANN401 - an array
        """Give what is left at some places among those that ended by `t`, an ascending array."""
        return Sequenced.of_ended(self._world, t).only(places, self._gaps(t))

    def of_job(self, job: int, t: int) -> list[int]:
        """Give the numbers of a job's executions that are here at `t`, oldest first."""
        lives = self._world.lives
        history = [number_of(HISTORY, PER_JOB * job + nth) for nth in reversed(range(lives.population.count_of(job)))]
        numbers = history + ([number_of(LANE, job)] if job < lives.population.living else [])
        starts = lives.calendar.starts_by(t)
        numbers += [number_of(STARTED, index) for index in lives.starts_of(job, starts)]
        return [number for number in numbers if not self.is_out(number)]

    def latest_of(self, job: int, t: int) -> int | None:
        """Give the number of a job's newest execution that is here at `t`."""
        number = self._world.lives.latest_of(job, t)
        if number is None or not self.is_out(number):
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
