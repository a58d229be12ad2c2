"""The live timeline: `world(scenario, commands, t)` behind the read interface."""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from toolkit.errors import InstantError
from toolkit.model.instants import format_instant, shown_instant
from toolkit.model.status import TERMINAL
from toolkit.timeline.stats import both_names
from toolkit.timeline.view import NEVER, Change, Held, Record
from toolkit.world.catalogue import OPERATIONS
from toolkit.world.documents import controller_document
from toolkit.world.population import STARTED, number_of
from toolkit.world.totals import TOTALS, next_push, totals
from toolkit.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.world.commands import CommandLog
    from toolkit.world.life import Life
    from toolkit.world.scenario import Scenario

REFRESH = "refresh"
WORLDS = 8
"""How many worlds are kept ready; one that is looked at again later is made again."""


class WorldView:
    """A generated world at one instant; implements `toolkit.timeline.view.View`."""

    __slots__ = ("_ends", "_world", "t")

    def __init__(self, world: World, t: int, ends: int) -> None:
        """Look at a world at `t`; `ends` is when the next world begins."""
        self.t = t
        self._world = world
        self._ends = ends

    def _until(self, until: int) -> int:
        return min(until, self._ends)

    def info(self) -> Held[Record]:
        """What `GET /` answers."""
        return Held(self._world.info, self._ends)

    def stats(self) -> Held[Record]:
        """The totals that the controllers have pushed by now."""
        values = dict(zip(TOTALS, totals(self._world, self.t), strict=True))
        return Held(Record(both_names(values)), self._until(next_push(self._world, self.t)))

    def nodes(self) -> Held[list[tuple[str, Record]]]:
        """The nodes, with the processes that the living executions have."""
        world, t = self._world, self.t
        placement = world.placement
        nodes = [placement.node(node) for node in range(placement.nodes)]
        for life, place in world.living(t):
            ids = world.ex_ids.id_of(life.number), world.job_ids.id_of(life.job)
            for process in range(process_count(life, t)):
                node = nodes[placement.node_of(life, process)]
                node["active"].append(placement.process(life, process, place, *ids))
                node["available"] -= 1
        for node in nodes:
            node["active"].sort(key=lambda entry: entry["worker_id"])
        return Held([(node["node_id"], Record(node)) for node in nodes], self._until(world.next_write(t)))

    def controllers(self) -> Held[list[Record]]:
        """One controller for each execution that is not terminal."""
        world, t = self._world, self.t
        rows = world.controlled_from(world.last_write(t))
        until = min((life.stats_until(t) for life, *_ in rows), default=NEVER)
        records = [Record(controller_document(life, t, *ids)) for life, *ids in rows]
        return Held(records, self._until(min(until, world.next_write(t))))

    def controller(self, ex_id: str) -> Held[Record | None]:
        """The controller of one execution, there while the execution is not terminal."""
        life, world, t = self._life(ex_id), self._world, self.t
        if life is None:
            return Held(None, self._until(world.next_write(t)))
        if life.ended <= t:
            return Held(None, self._ends)
        document = controller_document(
            life, t, ex_id, world.job_ids.id_of(life.job), world.population.job(life.job).name
        )
        return Held(Record(document), self._until(life.stats_until(t)))

    def jobs(self, start: int, size: int) -> Held[list[Record]]:
        """A page of the jobs."""
        numbers = self._world.jobs.numbers[start : start + size]
        return Held([self._world.job_record(int(number)) for number in numbers], self._ends)

    def job(self, job_id: str) -> Held[Record | None]:
        """One job."""
        number = self._world.job_ids.number_of(job_id)
        known = number is not None and number < self._world.scenario.jobs
        return Held(self._world.job_record(number) if known else None, self._ends)

    def deleted_jobs(self, start: int, size: int) -> Held[list[Record]]:  # noqa: ARG002 - a view's method
        """No job of a generated world is deleted."""
        return Held([], self._ends)

    def job_count(self) -> int:
        """How many jobs there are."""
        return self._world.scenario.jobs

    def executions(self, start: int, size: int) -> Held[list[Record]]:
        """A page of the executions."""
        world, t = self._world, self.t
        records = [self._record(number) for number in world.executions(t, start, size)]
        return Held(records, self._until(world.next_write(t)))

    def deleted_executions(self, start: int, size: int) -> Held[list[Record]]:  # noqa: ARG002 - a view's method
        """No execution of a generated world is deleted."""
        return Held([], self._ends)

    def _record(self, number: int) -> Record:
        moves = self._world.lives.life(number).moves_until(self.t)
        return self._world.execution_record(number, moves)

    def _life(self, ex_id: str) -> Life | None:
        number = self._world.ex_ids.number_of(ex_id)
        return (
            self._world.lives.life(number) if number is not None and self._world.lives.exists(number, self.t) else None
        )

    def execution(self, ex_id: str) -> Held[Record | None]:
        """One execution."""
        life = self._life(ex_id)
        if life is None:
            return Held(None, self._until(self._world.next_write(self.t)))
        return Held(self._record(life.number), self._until(life.next_move(self.t)))

    def latest_execution(self, job_id: str) -> Held[Record | None]:
        """The newest execution of a job."""
        world, job = self._world, self._world.job_ids.number_of(job_id)
        if job is None or job >= world.scenario.jobs:
            return Held(None, self._ends)
        number = world.lives.latest_of(job, self.t)
        return Held(None if number is None else self._record(number), self._until(world.next_write(self.t)))

    def living_of(self, job_id: str) -> Held[list[Record]]:
        """The living execution of a job: never two, and nothing of the job is created while it lives."""
        record, until = self.latest_execution(job_id)
        return Held([] if record is None or record.fields["_status"] in TERMINAL else [record], until)

    def execution_count(self) -> int:
        """How many executions there are."""
        return self._world.execution_count(self.t)

    def errors(self, ex_id: str) -> Held[list[Record]]:
        """The error records of an execution, newest first."""
        life, world = self._life(ex_id), self._world
        if life is None:
            return Held([], self._until(world.next_write(self.t)))
        numbers = world.error_numbers(life, self.t)
        until = world.errors_until(life, self.t, numbers)
        return Held([world.error_record(life, nth) for nth in reversed(numbers)], self._until(until))

    def assets(self) -> Held[list[Record]]:
        """The assets."""
        return Held(self._world.assets, self._ends)

    def asset_operations(self) -> Held[dict[str, tuple[str, ...]]]:
        """The names of each asset's operations."""
        return Held(OPERATIONS, self._ends)


def process_count(life: Life, t: int) -> int:
    """Count an execution's processes at `t`: its controller from initializing on, then its workers, until it ended."""
    if not life.first("initializing") <= t < life.ended:
        return 0
    return 1 + (life.joined if t >= life.started else 0)


class LiveTimeline:
    """A scenario's life under a command log; implements `toolkit.timeline.view.Timeline`."""

    def __init__(self, scenario: Scenario, log: CommandLog) -> None:
        """Make the timeline; entries appended to the log later count as soon as they are there."""
        self.scenario = scenario
        self._log = log
        self._sequence = -1
        self._begins: list[int] = []
        self._world = lru_cache(maxsize=WORLDS)(partial(World, scenario))

    @property
    def first(self) -> int:
        """The epoch."""
        return self.scenario.epoch

    @property
    def last(self) -> int:
        """Ten years later."""
        return self.scenario.last

    def _fold(self) -> None:
        """Note where each world begins; a refresh makes another one, keyed by how many came before it."""
        if self._sequence != self._log.sequence:
            refreshes = [c.t for c in self._log.in_order() if c.entry.get("do") == REFRESH]
            self._begins = [self.scenario.epoch, *refreshes]
            self._sequence = self._log.sequence

    def _world_at(self, t: int) -> tuple[World, int]:
        self._fold()
        place = bisect_right(self._begins, t)
        world = self._world(place - 1, self._begins[place - 1])
        return world, self._begins[place] if place < len(self._begins) else NEVER

    def at(self, t: int) -> WorldView:
        """Look at the cluster at an instant.

        Raises:
            InstantError: If `t` is outside the world.
        """
        if not self.first <= t <= self.last:
            msg = (
                f"cannot look at {shown_instant(t)}: the world is defined from {format_instant(self.first)} "
                f"to {format_instant(self.last)}; ask for an instant in between"
            )
            raise InstantError(msg)
        return WorldView(*self._look(t))

    def _look(self, t: int) -> tuple[World, int, int]:
        world, ends = self._world_at(t)
        return world, t, ends

    def next_change(self, after: int) -> int:
        """Give the instant of the next write or refresh after `after`."""
        world, ends = self._world_at(max(after, self.first))
        return min(world.next_write(after), ends)

    def changes(self, after: int, until: int) -> Iterator[Change]:
        """Give the status changes later than `after` and not later than `until`; none across a refresh."""
        t = max(after, self.first)
        while (t := self.next_change(t)) <= until:
            world, _ = self._world_at(t)
            changed = [life for life, _ in world.living(t - 1) if life.move_at(t)[0] == t > world.epoch]
            starts = world.lives.calendar.starts_by(t)
            if starts and world.lives.calendar.start_time(starts - 1) == t > world.epoch:
                changed.append(world.lives.life(number_of(STARTED, starts - 1)))
            rows = []
            for life in changed:
                moves = life.moves_until(t)
                before = life.moves[moves - 2][1] if moves > 1 else None
                name = world.population.job(life.job).name
                rows.append(Change(t, world.ex_ids.id_of(life.number), name, before, life.moves[moves - 1][1]))
            yield from sorted(rows, key=lambda change: change.ex_id)
