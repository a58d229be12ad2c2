"""A generated world at one instant, behind the read interface."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.model.status import TERMINAL
from toolkit.timeline.order import merged_page
from toolkit.timeline.stats import both_names
from toolkit.timeline.view import Held, Record, joined
from toolkit.world.documents import controller_document
from toolkit.world.finding import executions_left, is_large, jobs_left
from toolkit.world.sequenced import Sequenced
from toolkit.world.totals import TOTALS, next_push, totals

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.model.wire import Document
    from toolkit.timeline.order import Entry
    from toolkit.timeline.wanted import Choosing, Fetch, Lead, Wanted
    from toolkit.world.finding import Left
    from toolkit.world.life import Life
    from toolkit.world.world import World


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
        values = dict(zip(TOTALS, totals(self._world, self.t, self._world.lived), strict=True))
        return Held(Record(both_names(values)), self._until(next_push(self._world, self.t, self._world.lived)))

    def nodes(self) -> Held[list[tuple[str, Record]]]:
        """The nodes, with the processes that the living executions have."""
        world, t = self._world, self.t
        return Held(nodes_of(world, t, world.living(t)), self._until(world.stretch(t)[1]))

    def controllers(self) -> Held[list[Record]]:
        """One controller for each execution that is not terminal."""
        world, t = self._world, self.t
        since, until = world.stretch(t)
        rows = world.controlled_from(since)
        records = [Record(controller_document(row.life, t, *row.ids)) for row in rows]
        return Held(records, self._until(min([until, *(row.life.stats_until(t) for row in rows)])))

    def controllers_text(self) -> Held[bytes]:
        """The same as one pretty array."""
        panel = self._world.panel(self.t)
        if panel is None:
            return joined(self.controllers())
        text, until = panel.text(self.t)
        return Held(text, self._until(min(until, self._world.stretch(self.t)[1])))

    def controller(self, ex_id: str) -> Held[Record | None]:
        """The controller of one execution, there while the execution is not terminal."""
        life, world, t = self._life(ex_id), self._world, self.t
        if life is None:
            return Held(None, self._until(world.stretch(t)[1]))
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

    def jobs_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave jobs out that a search cannot find."""
        places = (yield from jobs_left(self._world, wanted, lead)) if is_large(self._world) else None
        return None if places is None else self._jobs_at(places)

    def _jobs_at(self, places: Any) -> Fetch:  # noqa: ANN401 - an array
        numbers = self._world.jobs.numbers[places]

        def fetch(start: int, size: int) -> Held[list[Record]]:
            return Held([self._world.job_record(int(number)) for number in numbers[start : start + size]], self._ends)

        return fetch

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
        records, until = self._world.page(self.t, start, size)
        return Held(records, self._until(until))

    def deleted_executions(self, start: int, size: int) -> Held[list[Record]]:  # noqa: ARG002 - a view's method
        """No execution of a generated world is deleted."""
        return Held([], self._ends)

    def executions_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave executions out that a search cannot find."""
        if not is_large(self._world):
            return None
        left = yield from executions_left(self._world, self._moving(), self.t, wanted, lead)
        return None if left is None else self._executions_at(left)

    def _moving(self) -> list[tuple[Entry, int]]:
        return self._world.moving(self.t)

    def _executions_at(self, left: Left) -> Fetch:
        until = self._until(self._world.stretch(self.t)[1])
        ended = Sequenced.of_ended(self._world, self.t).only(left.places)

        def fetch(start: int, size: int) -> Held[list[Record]]:
            numbers = merged_page(left.moving, ended.size, ended.key, ended.number, start, size)
            return Held([self._record(number) for number in numbers], until)

        return fetch

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
            return Held(None, self._until(self._world.stretch(self.t)[1]))
        return Held(self._record(life.number), self._until(life.next_move(self.t)))

    def latest_execution(self, job_id: str) -> Held[Record | None]:
        """The newest execution of a job."""
        world, job = self._world, self._world.job_ids.number_of(job_id)
        if job is None or job >= world.scenario.jobs:
            return Held(None, self._ends)
        number = world.lives.latest_of(job, self.t)
        return Held(None if number is None else self._record(number), self._until(world.stretch(self.t)[1]))

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
            return Held([], self._until(world.stretch(self.t)[1]))
        numbers = world.error_numbers(life, self.t)
        until = world.errors_until(life, self.t, numbers)
        return Held([world.error_record(life, nth) for nth in reversed(numbers)], self._until(until))

    def assets(self) -> Held[list[Record]]:
        """The assets."""
        return Held(self._world.assets, self._ends)

    def asset_operations(self) -> Held[dict[str, tuple[str, ...]]]:
        """The names of each asset's operations."""
        operations = {str(record.fields["id"]): names for record, names in self._world.saved_assets}
        return Held(operations, self._ends)


def process_count(life: Life, t: int) -> int:
    """Count an execution's processes at `t`: its controller from initializing on, then its workers, until it ended."""
    if not life.first("initializing") <= t < life.ended:
        return 0
    return 1 + (life.joined if t >= life.started else 0)


def nodes_of(
    world: World, t: int, living: Iterable[tuple[Life, int | None]], more: Iterable[tuple[int, Document]] = ()
) -> list[tuple[str, Record]]:
    """Make the nodes of a world.

    Args:
        world: The world.
        t: The instant.
        living: The executions that are not terminal then, with their places in the cycle.
        more: Entries of further processes, each with the number of its node.
    """
    placement = world.placement
    nodes = [placement.node(node) for node in range(placement.nodes)]
    for life, place in living:
        ids = world.ex_ids.id_of(life.number), world.job_ids.id_of(life.job)
        for process in range(process_count(life, t)):
            nodes[placement.node_of(life, process)]["active"].append(placement.process(life, process, place, *ids))
    for number, entry in more:
        nodes[number]["active"].append(entry)
    for node in nodes:
        node["active"].sort(key=lambda entry: entry["worker_id"])
        node["available"] = node["total"] - len(node["active"])
    return [(node["node_id"], Record(node)) for node in nodes]
