"""From plans to lives: the statuses of every execution, walked through the one table of moves."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from toolkit.model.instants import HOUR, MINUTE
from toolkit.model.status import is_legal
from toolkit.timeline.view import NEVER
from toolkit.tracks.track import HOUR_MS
from toolkit.world.calendar import EVEN, Calendar
from toolkit.world.draws import Draws
from toolkit.world.life import Life
from toolkit.world.population import HISTORY, LANE, PER_JOB, STARTED, Population, number_of, permille

if TYPE_CHECKING:
    from toolkit.world.history import Move

SOLO_FATES: Final = frozenset({"failing", "paused", "completing"})
"""Fates of lanes that no lifecycle event stops: they end by themselves, or stay paused."""
ENDINGS: Final = (
    "completed",
    "stopped",
    "stopped",
    "completed",
    "completed",
    "stopped",
    "rejected",
    "terminated",
    "stopped",
    "completed",
)
"""How a historical execution without failed slices ended, by draw; persistent ones are stopped instead of completed."""


class Lives:
    """Every execution of one world, by number; each is made when it is asked for.

    Cycle: lanes that an event may stop, then all idle jobs. Start `i` takes the job at place `stoppable + i`, stop `i`
    stops the execution at place `i`, so that who lives is always one window of places.
    """

    def __init__(self, population: Population, seed: int | str) -> None:
        """Arrange who is stopped and started in which order."""
        self.population = population
        scenario = population.scenario
        lanes = population.lanes
        order = Draws(seed, "stop order")
        stoppable = [lane for lane in range(len(lanes)) if lanes[lane].fate not in SOLO_FATES]
        self.stoppable = sorted(stoppable, key=lambda lane: (order.at(lane), lane))
        self.solos = [lane for lane in range(len(lanes)) if lanes[lane].fate in SOLO_FATES]
        self.cycle = len(self.stoppable) + scenario.jobs - population.living
        room = min(scenario.jobs, scenario.max_living) - population.living
        self.calendar = Calendar(
            Draws(seed, "events"),
            epoch=population.epoch,
            every=scenario.event_every,
            chance=permille(scenario.event_chance),
            share=permille(scenario.start_share),
            free=room,
            living=len(self.stoppable),
        )
        ahead = room if permille(scenario.start_share) > EVEN else min(room, 1)
        self.most_places = len(self.stoppable) + ahead + 1 if self.cycle else 0
        """As many places as can live at once: the living ones, those started ahead of a stop, one still stopping."""
        self._solo_places = {lane: place for place, lane in enumerate(self.solos)}
        self._place_of_lane = {lane: place for place, lane in enumerate(self.stoppable)}
        self.draws = {
            name: Draws(seed, name)
            for name in ("rate", "fails", "subslices", "joined", "losses", "loss times", "actives", "ending")
        }
        self.life = lru_cache(maxsize=max(20_000, 4 * len(lanes)))(self.make)

    def at_place(self, place: int) -> int:
        """Give the number of the execution at a place of the cycle."""
        if place < len(self.stoppable):
            return number_of(LANE, self.stoppable[place])
        return number_of(STARTED, place - len(self.stoppable))

    def job_at(self, place: int) -> int:
        """Give the job whose execution is at a place of the cycle."""
        turn = place % self.cycle
        if turn < len(self.stoppable):
            return self.stoppable[turn]
        return self.population.living + turn - len(self.stoppable)

    def latest_of(self, job: int, t: int) -> int | None:
        """Give the number of a job's newest execution at an instant of the world, `None` if it never had one.

        What events start is newer than what lives at the epoch, and that newer than history.
        """
        living, first = self.population.living, len(self.stoppable)
        turn = self.turn_of(job)
        if turn is not None:
            last = first + self.calendar.starts_by(t) - 1
            place = last - (last - turn) % self.cycle
            if place >= first:
                return self.at_place(place)
        if job < living:
            return number_of(LANE, job)
        return number_of(HISTORY, PER_JOB * job) if self.population.count_of(job) else None

    def place_of_lane(self, lane: int) -> int | None:
        """Give the place in the cycle of the execution that lived at the epoch, `None` for one that no event stops."""
        return self._place_of_lane.get(lane)

    def turn_of(self, job: int) -> int | None:
        """Give a job's turn: the place of its first execution in the cycle; `None` for one that events leave alone."""
        if job < self.population.living:
            return self._place_of_lane.get(job)
        return len(self.stoppable) + job - self.population.living

    def starts_of(self, job: int, starts: int) -> range:
        """Give which of the first so many starts are a job's."""
        turn = self.turn_of(job)
        if turn is None:
            return range(0)
        first = turn - len(self.stoppable)
        return range(first if first >= 0 else first + self.cycle, starts, self.cycle)

    def exists(self, number: int, t: int) -> bool:
        """Tell whether there is an execution of that number at an instant of the world."""
        index, kind = divmod(number, PER_JOB)
        if kind == LANE:
            return index < self.population.living
        if kind == HISTORY:
            job, nth = divmod(index, PER_JOB)
            return job < self.population.scenario.jobs and nth < self.population.count_of(job)
        return kind == STARTED and index < self.calendar.starts_by(t)

    def make(self, number: int) -> Life:
        """Make an execution's life; `life` keeps those asked for lately."""
        index, kind = divmod(number, PER_JOB)
        if kind == HISTORY:
            return self._past(number, *divmod(index, PER_JOB))
        if kind == LANE:
            return self._living(number, index)
        place = len(self.stoppable) + index
        created = self.calendar.start_time(index)
        moves = [*self._start_moves(number, created), *self._stop_moves(place)]
        return self._make(number, self.job_at(place), place % self.most_places, moves, self._draw_fails(number))

    def _start_moves(self, number: int, created: int) -> list[Move]:
        pending, scheduling, initializing = self.population.startup(number)
        return [
            (created, "pending"),
            (created + pending, "scheduling"),
            (created + pending + scheduling, "initializing"),
            (created + pending + scheduling + initializing, "running"),
        ]

    def _stop_moves(self, place: int) -> list[Move]:
        stop = self.calendar.stop_time(place)
        if stop == NEVER:
            return []
        return [(stop, "stopping"), (stop + self.population.scenario.stopping_for, "stopped")]

    def _living(self, number: int, index: int) -> Life:
        plan, scenario, epoch = self.population.lanes[index], self.population.scenario, self.population.epoch
        moves = self._start_moves(number, epoch - plan.age)
        if plan.fate in SOLO_FATES:
            lane = self.most_places + self._solo_places[index]
            if plan.fate == "failing":
                end = "failed" if self.draws["ending"].at(number) & 1 else "terminated"
                since = epoch - plan.since
                moves += [(since, "failing"), (since + scenario.failing_for, end)]
            elif plan.fate == "paused":
                moves.append((epoch - plan.since, "paused"))
            else:
                moves.append((epoch + plan.since, "completed"))
        else:
            place = self._place_of_lane[index]
            lane = place % self.most_places
            if plan.fate == "recovering":
                begin, _ = moves.pop()
                moves += [(begin, "recovering"), (begin + scenario.recovering_for, "running")]
            moves += self._stop_moves(place)
        return self._make(number, index, lane, moves, plan.fails)

    def _past(self, number: int, job: int, nth: int) -> Life:
        population = self.population
        created_age, ended_age = population.history_ages(
            number, nth, population.count_of(job), population.youngest(job)
        )
        created, ended = population.epoch - created_age, population.epoch - ended_age
        fails = self._draw_fails(number)
        ending = ENDINGS[self.draws["ending"].at(number) % len(ENDINGS)]
        if fails and ending != "stopped":
            ending = "failed"
        elif ending == "completed" and population.lifecycle_of(job) == "persistent":
            ending = "stopped"
        moves = self._start_moves(number, created)
        if ending == "rejected":
            moves = [moves[0], (ended, "rejected")]
        elif ending == "stopped":
            moves += [
                (ended - min(population.scenario.stopping_for, (ended - moves[-1][0]) // 2), "stopping"),
                (ended, ending),
            ]
        elif ending == "failed":
            moves += [
                (ended - min(population.scenario.failing_for, (ended - moves[-1][0]) // 2), "failing"),
                (ended, ending),
            ]
        else:
            moves.append((ended, ending))
        life = self._make(number, job, None, moves, fails)
        if ending == "failed" and not life.failed(life.first("failing")):
            # Too short to have a failed slice when it would begin to fail: the master was shut down instead.
            return self._make(number, job, None, [*moves[:-2], (ended, "terminated")], fails)
        return life

    def fails(self, number: int) -> bool:
        """Tell whether an execution has failed slices, sooner or later."""
        index, kind = divmod(number, PER_JOB)
        return self.population.lanes[index].fails if kind == LANE else self._draw_fails(number)

    def _draw_fails(self, number: int) -> bool:
        return self.draws["fails"].chance(number, permille(self.population.scenario.failures_share))

    def _make(self, number: int, job: int, lane: int | None, moves: list[Move], fails: bool) -> Life:  # noqa: FBT001 - a plain fact of the execution
        s, draw = self.population.scenario, self.draws
        assert is_legal(tuple(status for _, status in moves)), moves
        workers = self.population.workers_of(job)
        joined = self.joined_of(number, workers)
        spread = permille(s.slice_spread_share)
        rate = joined * HOUR_MS // s.slice_every * draw["rate"].between(number, 1000 - spread, 1000 + spread) // 1000
        losses, returns = self._losses(number, joined, moves)
        return Life(
            number=number,
            job=job,
            lane=lane,
            moves=tuple(moves),
            per_hour=rate,
            ppm=draw["fails"].between(number + 2**40, s.failed_least_ppm, s.failed_most_ppm) if fails else 0,
            permille=draw["subslices"].between(number, s.subslices_least, s.subslices_most),
            workers=workers,
            joined=joined,
            holds=s.active_holds,
            fully=permille(s.fully_active_share),
            losses=losses,
            returns=returns,
            actives=draw["actives"],
        )

    def joined_of(self, number: int, workers: int) -> int:
        """Give how many of the workers it asks for join an execution."""
        draw = self.draws["joined"]
        if workers > 1 and not draw.chance(number, permille(self.population.scenario.fully_joined_share)):
            return int(workers - 1 - (draw.at(number) >> 16) % max(1, workers // 5))
        return workers

    def _losses(self, number: int, joined: int, moves: list[Move]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Draw when workers disconnect and come back: fewer than a quarter of those joined, ever."""
        share, times = permille(self.population.scenario.disconnecting_share), self.draws["loss times"]
        started = next((t for t, status in moves if status in {"running", "recovering"}), None)
        most = (joined - 1) // 4
        if started is None or not most or not self.draws["losses"].chance(number, share):
            return (), ()
        losses, returns = [], []
        for i in range(1 + (self.draws["losses"].at(number) >> 16) % most):
            drawn = times.two(number, i)
            losses.append(started + MINUTE + drawn % (6 * HOUR))
            if drawn >> 63 == 0:
                returns.append(losses[-1] + MINUTE + (drawn >> 32) % (4 * MINUTE))
        return tuple(sorted(losses)), tuple(sorted(returns))
