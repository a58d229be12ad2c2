"""One generated world: everything from its epoch on, until a refresh begins the next.

Answers "who is there at `t`, in which order, as what documents" at the cost of what is asked for.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property, lru_cache, partial
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import DAY
from toolkit.timeline.order import Entry, merged_page
from toolkit.timeline.view import NEVER, Record
from toolkit.world import documents
from toolkit.world.catalogue import ASSETS, OPERATIONS, info_document
from toolkit.world.draws import Draws
from toolkit.world.ids import Ids
from toolkit.world.lives import Lives
from toolkit.world.order import Sorted, order_of_history, order_of_jobs
from toolkit.world.panel import PANEL_FROM, Panel, Row
from toolkit.world.placement import Placement
from toolkit.world.population import HISTORY, LANE, PER_JOB, STARTED, Population, number_of
from toolkit.world.rows import Stock
from toolkit.world.traits import Traits

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.world.life import Life
    from toolkit.world.scenario import Scenario

CACHED_RECORDS: Final = 20_000
CACHED_PAGES: Final = 64
"""Pages of at most `LONG` executions that are kept as they were found."""
LONG: Final = 1_000
SLICE_SPACE: Final = 2**33
"""Slice numbers per execution; after so many failures they begin anew, long after the old records are gone."""


class World:
    """One generation of a scenario: the first from its epoch, each refresh makes another from its instant."""

    def __init__(self, scenario: Scenario, generation: int, epoch: int) -> None:
        """Plan the world; nothing is simulated."""
        seed: int | str = scenario.seed if generation == 0 else f"{scenario.seed}/{generation}"
        self.scenario = scenario
        self.epoch = epoch
        self.population = Population(scenario, seed, epoch)
        self.lives = Lives(self.population, seed)
        self.job_ids = Ids(seed, "job")
        self.ex_ids = Ids(seed, "ex")
        self.slice_ids = Ids(seed, "slice")
        self._ports = Draws(seed, "port")
        self._hosts = Draws(seed, "host")
        self.slices = Draws(seed, "slice")
        self.placement = Placement(
            seed,
            scenario,
            places=self.lives.most_places,
            solos=len(self.lives.solos),
            turns=self.lives.calendar.starts_by(scenario.last) // max(1, self.lives.most_places) + 2,
        )
        self._at_epoch = sorted(
            t
            for lane in range(self.population.living)
            for t, _ in self.lives.life(number_of(LANE, lane)).moves
            if t > epoch
        )
        self.execution_record = lru_cache(maxsize=CACHED_RECORDS)(self._execution_record)
        self.job_record = lru_cache(maxsize=CACHED_RECORDS)(lambda number: Record(self.make_job(number)))
        self._moving_from = lru_cache(maxsize=64)(self._moving)
        self.controlled_from = lru_cache(maxsize=64)(self._controlled)
        self._row = lru_cache(maxsize=CACHED_RECORDS)(self._make_row)
        self._stopped_entry = lru_cache(maxsize=CACHED_RECORDS)(self._make_stopped_entry)
        self._history_entry = lru_cache(maxsize=CACHED_RECORDS)(self._make_history_entry)
        self._page_from = lru_cache(maxsize=CACHED_PAGES)(self._page)
        self._stretch = 0, 0
        self._panel_from = lru_cache(maxsize=8)(self._panel)
        self.traits = Traits(self)
        self.stock = Stock(self)
        self.info = Record(info_document(scenario.cluster_name, scenario.node_version))

    @cached_property
    def jobs(self) -> Sorted:
        """The jobs, in the order of the list."""
        return order_of_jobs(self.population, self.job_ids)

    @cached_property
    def history(self) -> Sorted:
        """The executions that ended before the epoch, in the order of the list."""
        return order_of_history(self.population, self.ex_ids)

    @cached_property
    def assets(self) -> list[Record]:
        """The assets, newest first; all are older than every job."""
        before = self.epoch - self.scenario.history_to - 366 * DAY
        known = ASSETS.values() if self.scenario.assets == "standard" else ()
        plans = sorted(known, key=lambda asset: asset.age)
        return [Record(documents.asset_document(asset, before)) for asset in plans]

    @cached_property
    def saved_assets(self) -> list[tuple[Record, tuple[str, ...]]]:
        """The assets, newest first, each with the names of the operations in it."""
        return [(record, OPERATIONS.get(record.fields["id"], ())) for record in self.assets]

    def port(self, number: int) -> int:
        """Draw the port of an execution's controller."""
        return self._ports.between(number, *documents.PORTS)

    def next_write(self, t: int) -> int:
        """Give the first instant after `t` at which any record of the world is written; `NEVER` if there is none."""
        calendar, stopping = self.lives.calendar, self.scenario.stopping_for
        starts, stops = calendar.starts_by(t), calendar.stops_by(t)
        place = bisect_right(self._at_epoch, t)
        times = [
            self._at_epoch[place] if place < len(self._at_epoch) else NEVER,
            calendar.start_time(starts),
            calendar.stop_time(stops),
        ]
        if starts:
            times.append(self.lives.life(number_of(STARTED, starts - 1)).next_move(t))
        if stops and calendar.stop_time(stops - 1) + stopping > t:
            times.append(calendar.stop_time(stops - 1) + stopping)
        return min(times)

    def stretch(self, t: int) -> tuple[int, int]:
        """Give the stretch of time around an instant in which nothing is written: its first instant, and its end."""
        since, until = self._stretch
        if not since <= t < until:
            since, until = self._stretch = self.last_write(t), self.next_write(t)
        return since, until

    def last_write(self, t: int) -> int:
        """Give an instant not after `t` from which on nothing was written until `t`."""
        calendar, stopping = self.lives.calendar, self.scenario.stopping_for
        starts, stops = calendar.starts_by(t), calendar.stops_by(t)
        place = bisect_right(self._at_epoch, t)
        times = [self.epoch, self._at_epoch[place - 1] if place else self.epoch]
        if starts:
            times.append(self.lives.life(number_of(STARTED, starts - 1)).move_at(t)[0])
        if stops:
            stop = calendar.stop_time(stops - 1)
            times.append(stop + stopping if stop + stopping <= t else stop)
        if stops > 1 and calendar.stop_time(stops - 2) + stopping <= t:
            times.append(calendar.stop_time(stops - 2) + stopping)
        return max(times)

    def _window(self, t: int) -> range:
        """The places of the cycle whose executions are not terminal at `t`."""
        calendar = self.lives.calendar
        gone = calendar.stops_by(t - self.scenario.stopping_for)
        return range(gone, len(self.lives.stoppable) + calendar.starts_by(t))

    def _moving(self, written: int) -> list[tuple[Entry, int]]:
        """The executions that live or ended by themselves, in the order of the list, after a write."""
        numbers = [self.lives.at_place(place) for place in self._window(written)]
        numbers += [number_of(LANE, lane) for lane in self.lives.solos]
        rows = [((-self.lives.life(n).move_at(written)[0], self.ex_ids.id_of(n)), n) for n in numbers]
        rows.sort()
        return rows

    def living(self, t: int) -> list[tuple[Life, int | None]]:
        """Give the executions that are not terminal at `t`, each with its place in the cycle, if it has one."""
        return self.living_between(t, t)

    def lived(self, first: int, last: int) -> list[Life]:
        """Give the executions that are not terminal at some instant of a stretch."""
        return [life for life, _ in self.living_between(first, last)]

    def living_between(self, first: int, last: int) -> list[tuple[Life, int | None]]:
        """Give the executions that are not terminal at some instant of a stretch, with their places in the cycle."""
        places = range(self._window(first).start, self._window(last).stop)
        living: list[tuple[Life, int | None]] = [(self.lives.life(self.lives.at_place(p)), p) for p in places]
        living += [(self.lives.life(number_of(LANE, lane)), None) for lane in self.lives.solos]
        return [(life, place) for life, place in living if life.ended > first]

    def gone(self, t: int) -> int:
        """Count the places of the cycle whose executions an event has stopped by `t`."""
        return self._window(t).start

    def moving(self, t: int) -> list[tuple[Entry, int]]:
        """Give the numbers of the executions that live or ended by themselves, in the order of the list."""
        return self._moving_from(self.stretch(t)[0])

    def ended_number(self, gone: int, i: int) -> int:
        """Give the number at a position of what events stopped and what ended before the epoch, newest first."""
        return self.lives.at_place(gone - 1 - i) if i < gone else int(self.history.numbers[i - gone])

    def ended_entry(self, gone: int, i: int) -> Entry:
        """Give the sort key of what `ended_number` gives."""
        return self._stopped_entry(gone - 1 - i) if i < gone else self._history_entry(i - gone)

    def _make_stopped_entry(self, place: int) -> Entry:
        updated = self.lives.calendar.stop_time(place) + self.scenario.stopping_for
        return -updated, self.ex_ids.id_of(self.lives.at_place(place))

    def _make_history_entry(self, i: int) -> Entry:
        return -int(self.history.updated[i]), self.ex_ids.id_of(int(self.history.numbers[i]))

    def executions(self, t: int, start: int, size: int) -> list[int]:
        """Give the numbers of a page of the executions at `t`."""
        gone = self.gone(t)
        key, number = partial(self.ended_entry, gone), partial(self.ended_number, gone)
        return merged_page(self.moving(t), gone + len(self.history), key, number, start, size)

    def page(self, t: int, start: int, size: int) -> tuple[list[Record], int]:
        """Give a page of the executions at `t`, and until when it stays. The list is shared: never change it."""
        since, until = self.stretch(t)
        make = self._page_from if size <= LONG else self._page
        return make(since, start, size), until

    def _page(self, written: int, start: int, size: int) -> list[Record]:
        numbers, life = self.executions(written, start, size), self.lives.life
        return [self.execution_record(number, life(number).moves_until(written)) for number in numbers]

    def execution_count(self, t: int) -> int:
        """Count the executions at `t`."""
        return len(self.history) + self.population.living + self.lives.calendar.starts_by(t)

    def _make_row(self, number: int) -> Row:
        life = self.lives.life(number)
        job = life.job
        return Row(life, self.ex_ids.id_of(number), self.job_ids.id_of(job), self.population.job(job).name)

    def _controlled(self, written: int) -> list[Row]:
        """The executions with a controller after a write: by name, then `started`, both descending."""
        rows = [self._row(life.number) for life, _ in self.living(written)]
        rows.sort(key=lambda row: row.ids[0])
        rows.sort(key=lambda row: (row.ids[2], row.life.runs_since(written)), reverse=True)
        return rows

    def panel(self, t: int) -> Panel | None:
        """Give the controllers at an instant as columns, `None` where there are too few for that."""
        return self._panel_from(self.stretch(t)[0])

    def _panel(self, written: int) -> Panel | None:
        rows = self.controlled_from(written)
        return Panel(rows) if len(rows) >= PANEL_FROM else None

    def make_job(self, number: int) -> Document:
        """Make a job's document."""
        created, edited = self.population.job_ages(number)
        plan = self.population.job(number)
        return documents.job_document(plan, self.job_ids.id_of(number), self.epoch - created, self.epoch - edited)

    def _execution_record(self, number: int, moves: int) -> Record:
        return Record(self.make_execution(self.lives.life(number), moves))

    def make_execution(self, life: Life, moves: int) -> Document:
        """Make the document of an execution after so many of its moves."""
        number = life.number
        ids = self.ex_ids.id_of(number), self.job_ids.id_of(life.job), self._recovers(life)
        if life.lane is not None:
            node = self.placement.node_of(life, 0)
        else:
            node = self._hosts.below(number, self.placement.nodes)
        t = life.moves[moves - 1][0]
        plan = self.population.job(life.job)
        return documents.execution_document(life, t, plan, ids, self.placement.hostname(node), self._ports)

    def _recovers(self, life: Life) -> str | None:
        if life.first("recovering") == NEVER or not self.population.count_of(life.job):
            return None
        return self.ex_ids.id_of(number_of(HISTORY, PER_JOB * life.job))

    def error_numbers(self, life: Life, t: int) -> range:
        """Give which failed slices have a record at `t`, by number from 1: the newest, of the last hours."""
        until = min(t, life.frozen)
        failed = life.failed(until)
        first = max(1, failed - self.scenario.errors_newest + 1)
        oldest = until - self.scenario.errors_within
        return range(max(first, life.failed(oldest) + 1), failed + 1)

    def errors_until(self, life: Life, t: int, numbers: range) -> int:
        """Give the first instant after `t` at which `error_numbers` may be others than `numbers`."""
        if not life.ppm or t >= life.frozen:
            return NEVER
        later = [life.failure_time(numbers.stop)[0], life.frozen, life.next_move(t)]
        if numbers:
            later.append(life.failure_time(numbers.start)[0] + self.scenario.errors_within)
        return min(at for at in later if at > t)

    def failed_slice(self, number: int, nth: int) -> tuple[str, int]:
        """Give the id of an execution's `nth` failed slice, and a draw of what is in its record."""
        return self.slice_ids.id_of(slice_number(number, nth)), self.slices.two(number, nth)

    def error_record(self, life: Life, nth: int) -> Record:
        """Make the record of an execution's `nth` failed slice."""
        ex_id = self.ex_ids.id_of(life.number)
        return Record(documents.error_document(life.failure_time(nth), ex_id, *self.failed_slice(life.number, nth)))


def slice_number(number: Any, nth: Any) -> Any:  # noqa: ANN401 - integers or arrays
    """Number an execution's `nth` failed slice among those of its world."""
    return number * SLICE_SPACE + nth % SLICE_SPACE
