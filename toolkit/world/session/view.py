"""A generated world with what clients did to it, at one instant; implements `toolkit.timeline.view.View`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from toolkit.model.status import is_terminal
from toolkit.model.wire import join_items, pretty_item
from toolkit.timeline.order import Entry, merged_page
from toolkit.timeline.stats import both_names
from toolkit.timeline.view import NEVER, Held, Record, joined
from toolkit.world.documents import controller_document
from toolkit.world.session.course import Course
from toolkit.world.totals import TOTALS, next_push, totals
from toolkit.world.view import WorldView, nodes_of

if TYPE_CHECKING:
    from toolkit.timeline.wanted import Choosing, Fetch, Lead, Wanted
    from toolkit.world.finding import Left
    from toolkit.world.life import Life
    from toolkit.world.session.session import Session


class SessionView(WorldView):
    """A view of a world in which clients have acted.

    Jobs and assets change by commands only, so until the next one they stay. Executions, controllers, errors and nodes
    may also change when a story goes on or the cluster gives slots, of which the session's edges tell.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session, t: int, ends: int) -> None:
        """Look at a session that has been folded up to `t`; `ends` is when the next world begins."""
        super().__init__(session.world, t, ends)
        self._session = session

    def _written(self) -> int:
        """Until when no record of an execution is written."""
        return self._edge(self._world.next_write(self.t))

    def _edge(self, until: int) -> int:
        """Until when what stays until an instant if nobody does anything to it stays here."""
        return self._until(min(until, self._session.next_edge(self.t)))

    def stats(self) -> Held[Record]:
        """The totals that the controllers have pushed by now."""
        lived = self._session.lived
        values = dict(zip(TOTALS, totals(self._world, self.t, lived), strict=True))
        return Held(Record(both_names(values)), self._edge(next_push(self._world, self.t, lived)))

    def nodes(self) -> Held[list[tuple[str, Record]]]:
        """The nodes, with the processes that the living executions have."""
        session, t = self._session, self.t
        shown = [
            (process.slot[0], session.process_document(process))
            for course in session.courses.values()
            for process in course.processes
            if process.shown <= t < process.until
        ]
        nodes = nodes_of(self._world, t, session.base.living_between(t, t), shown)
        if session.outages:
            seen = [(key, session.outages.shown(number, node.fields, t)) for number, (key, node) in enumerate(nodes)]
            nodes = [(key, Record(document)) for key, document in seen if document is not None]
        return Held(nodes, self._written())

    def controllers(self) -> Held[list[Record]]:
        """The execution controllers: by name, then `started`, both descending."""
        session, world, t = self._session, self._world, self.t
        rows: list[tuple[str, int, str, Life | Course, str]] = []
        until = self._written()
        for row in world.controlled_from(world.stretch(t)[0]):
            if not session.is_unborn(row.life.number):
                ex_id, job_id, name = row.ids
                rows.append((name, row.life.runs_since(t), ex_id, row.life, job_id))
        rows += [
            (course.name, course.runs_since(t), course.ex_id, course, course.job_id)
            for course in session.courses.values()
            if course.connected(t)
        ]
        rows.sort(key=lambda row: row[2])
        rows.sort(key=lambda row: row[:2], reverse=True)
        until = min([until, *(row[3].stats_until(t) for row in rows)])
        records = [Record(controller_document(lived, t, ex_id, job_id, name)) for name, _, ex_id, lived, job_id in rows]
        return Held(records, until)

    def controllers_text(self) -> Held[bytes]:
        """The same as one pretty array: what courses add is put into what the world has ready."""
        session, t = self._session, self.t
        panel = self._world.panel(t)
        if panel is None:
            return joined(self.controllers())
        items, until = panel.items(t)
        rows = [
            ((row.ids[2], row.life.runs_since(t)), row.ids[0], item)
            for row, item in zip(panel.rows, items, strict=True)
            if not session.is_unborn(row.life.number)
        ]
        until = min(until, self._written())
        for course in session.courses.values():
            if course.connected(t):
                until = min(until, course.stats_until(t))
                key = course.name, course.runs_since(t)
                document = controller_document(course, t, course.ex_id, course.job_id, course.name)
                rows.insert(_place(rows, key, course.ex_id), (key, course.ex_id, pretty_item(document)))
        return Held(join_items([item for _, _, item in rows]), until)

    def controller(self, ex_id: str) -> Held[Record | None]:
        """The controller of one execution."""
        course = self._course(ex_id)
        if course is None:
            record, until = super().controller(ex_id)
            return Held(record, self._edge(until))
        if not course.connected(self.t):
            return Held(None, self._written())
        document = controller_document(course, self.t, ex_id, course.job_id, course.name)
        return Held(Record(document), self._edge(course.stats_until(self.t)))

    def jobs(self, start: int, size: int) -> Held[list[Record]]:
        """A page of the jobs that are not deleted."""
        left = self._session.base.jobs_left()
        short = self._dossiers(deleted=False)

        def record(i: int) -> Record:
            return self._world.job_record(left.number(i))

        page = merged_page(short, left.size, left.key, record, start, size)
        return Held(page, self._ends)

    def jobs_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave jobs out that a search cannot find."""
        return (yield from super().jobs_like(wanted, _further(lead, len(self._session.base.jobs))))

    def _jobs_at(self, places: Any) -> Fetch:  # noqa: ANN401 - an array
        left = self._session.base.jobs_left_at(places)
        short = self._dossiers(deleted=False)
        until = self._until(self._session.next_edge(self.t))

        def record(i: int) -> Record:
            return self._world.job_record(left.number(i))

        def fetch(start: int, size: int) -> Held[list[Record]]:
            return Held(merged_page(short, left.size, left.key, record, start, size), until)

        return fetch

    def _dossiers(self, *, deleted: bool) -> list[tuple[Entry, Record]]:
        t = self.t
        rows = []
        for dossier in self._session.jobs.values():
            record = dossier.at(t)
            if record is not None and dossier.deleted(t) == deleted:
                rows.append((dossier.entry(t), record))
        rows.sort(key=lambda row: row[0])
        return rows

    def deleted_jobs(self, start: int, size: int) -> Held[list[Record]]:
        """A page of the deleted jobs."""
        rows = self._dossiers(deleted=True)[start : start + size]
        return Held([record for _, record in rows], self._ends)

    def job(self, job_id: str) -> Held[Record | None]:
        """One job, deleted or not."""
        dossier = self._session.jobs.get(job_id)
        return super().job(job_id) if dossier is None else Held(dossier.at(self.t), self._ends)

    def job_count(self) -> int:
        """How many jobs are not deleted."""
        return self._session.base.jobs_left().size + len(self._dossiers(deleted=False))

    def _courses(self, *, deleted: bool) -> list[tuple[Entry, Course]]:
        t = self.t
        rows = [
            ((-course.updated(t), course.ex_id), course)
            for course in self._session.courses.values()
            if course.created <= t and course.is_deleted(t) == deleted
        ]
        rows.sort(key=lambda row: row[0])
        return rows

    def executions(self, start: int, size: int) -> Held[list[Record]]:
        """A page of the executions that are not deleted."""
        base, t = self._session.base, self.t
        short: list[tuple[Entry, Course | int]] = [*self._courses(deleted=False), *base.moving(t)]
        short.sort(key=lambda row: row[0])
        ended = base.ended(t)
        page = merged_page(short, ended.size, ended.key, ended.number, start, size)
        return Held([self._shown(one) for one in page], self._written())

    def executions_like(self, wanted: Wanted, lead: Lead | None) -> Choosing[Fetch]:
        """Leave executions out that a search cannot find."""
        return (yield from super().executions_like(wanted, _further(lead, len(self._session.base.executions))))

    def _moving(self) -> list[tuple[Entry, int]]:
        return self._session.base.moving(self.t)

    def _executions_at(self, left: Left) -> Fetch:
        short: list[tuple[Entry, Course | int]] = [*self._courses(deleted=False), *left.moving]
        short.sort(key=lambda row: row[0])
        ended = self._session.base.ended_at(left.places, self.t)
        until = self._written()

        def fetch(start: int, size: int) -> Held[list[Record]]:
            page = merged_page(short, ended.size, ended.key, ended.number, start, size)
            return Held([self._shown(one) for one in page], until)

        return fetch

    def _shown(self, one: Course | int) -> Record:
        return self._session.record(one, self.t) if isinstance(one, Course) else self._record(one)

    def deleted_executions(self, start: int, size: int) -> Held[list[Record]]:
        """A page of the executions of deleted jobs."""
        rows = self._courses(deleted=True)[start : start + size]
        return Held([self._session.record(course, self.t) for _, course in rows], self._written())

    def _course(self, ex_id: str) -> Course | None:
        course = self._session.courses.get(ex_id)
        return course if course is not None and course.since <= self.t else None

    def _life(self, ex_id: str) -> Life | None:
        course = self._session.courses.get(ex_id)
        if course is not None:
            # Until somebody takes it in hand it is as if nobody ever did.
            return course.life if course.created <= self.t else None
        number = self._session.number(ex_id, self.t)
        return None if number is None else self._world.lives.life(number)

    def execution(self, ex_id: str) -> Held[Record | None]:
        """One execution, deleted or not."""
        course = self._course(ex_id)
        if course is None:
            record, until = super().execution(ex_id)
            return Held(record, self._edge(until))
        return Held(self._session.record(course, self.t), self._edge(NEVER))

    def latest_execution(self, job_id: str) -> Held[Record | None]:
        """The newest execution of a job."""
        latest = self._session.latest(job_id, self.t)
        return Held(None if latest is None else self._shown(latest[1]), self._written())

    def living_of(self, job_id: str) -> Held[list[Record]]:
        """The executions of a job that are not terminal, newest first."""
        session, t = self._session, self.t
        courses = [c for c in session.of_job(job_id) if c.created <= t and not is_terminal(c.status(t))]
        rows = [(course.created, session.record(course, t)) for course in courses]
        job = session.job_number(job_id)
        number = None if job is None else session.base.latest_of(job, t)
        if number is not None and self._world.lives.life(number).ended > t:
            rows.append((self._world.lives.life(number).created, self._record(number)))
        rows.sort(key=lambda row: row[0], reverse=True)
        return Held([record for _, record in rows], self._written())

    def execution_count(self) -> int:
        """How many executions are not deleted."""
        return self._session.base.count(self.t) + len(self._courses(deleted=False))

    def errors(self, ex_id: str) -> Held[list[Record]]:
        """The error records of an execution, newest first."""
        course = self._course(ex_id)
        if course is None:
            records, until = super().errors(ex_id)
            return Held(records, self._edge(until))
        numbers = failures(course, self.t, self._world.scenario.errors_newest, self._world.scenario.errors_within)
        records = [self._session.error_record(course, nth) for nth in numbers]
        records.sort(key=lambda record: str(record.fields["slice_id"]))
        records.sort(key=lambda record: str(record.fields["_updated"]), reverse=True)
        return Held(records, self._edge(self._failing_until(course, numbers)))

    def _failing_until(self, course: Course, numbers: range) -> int:
        if not course.fails_ever or self.t >= course.final:
            return NEVER
        later = [course.failure_time(numbers.stop)[0]]
        if numbers:
            later.append(course.expires(course.failure_time(numbers.start)[0] + self._world.scenario.errors_within))
        return min(later)

    def assets(self) -> Held[list[Record]]:
        """The assets, newest `_created` first."""
        saved = self._session.assets.at(self.t)
        return Held([asset.record for asset in saved], self._ends)

    def asset_operations(self) -> Held[dict[str, tuple[str, ...]]]:
        """The names of the operations in each asset, by its id."""
        saved = self._session.assets.at(self.t)
        operations = {str(asset.record.fields["id"]): asset.operations for asset in saved}
        return Held(operations, self._ends)


def _further(lead: Lead | None, gone: int) -> Lead | None:
    """Look further in an order: so many of the first may be elsewhere."""
    return None if lead is None else lead._replace(most=lead.most + gone)


def _place(rows: list[tuple[tuple[str, int], str, bytes]], key: tuple[str, int], ex_id: str) -> int:
    """Give where a controller belongs in the order of the wire."""

    def is_later(row: tuple[tuple[str, int], str, bytes]) -> bool:
        return row[0] < key or (row[0] == key and row[1] > ex_id)

    return bisect_left(rows, True, key=is_later)  # noqa: FBT003 - the value looked for


def failures(course: Course, t: int, newest: int, within: int) -> range:
    """Give which failed slices of a course have a record at `t`, by number from 1.

    Args:
        course: The execution.
        t: The instant.
        newest: How many are kept at most.
        within: For how long, in milliseconds, unless the execution ends before.
    """
    failed = course.failed(min(t, course.final))
    first = max(1, failed - newest + 1)
    oldest = course.counted(t) - within
    first += bisect_right(range(first, failed + 1), oldest, key=lambda nth: course.failure_time(nth)[0])
    return range(first, failed + 1)
