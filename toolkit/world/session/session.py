"""The fold: commands in their order, and between them what the cluster does by itself with the slots it has.

Everything that follows from a command is strictly later than it, and at one instant the cluster acts before a command
counts: so a session that is told of a command late is the same as one that knew it from the start.
"""

from __future__ import annotations

from bisect import insort
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.status import is_terminal
from toolkit.timeline.view import NEVER, Record
from toolkit.world.population import PER_JOB
from toolkit.world.session import documents
from toolkit.world.session.assets import Assets
from toolkit.world.session.course import Course
from toolkit.world.session.edges import Edges, first_after
from toolkit.world.session.jobs import Dossier
from toolkit.world.session.outages import Outage, Outages
from toolkit.world.session.remainder import Remainder
from toolkit.world.session.scheduling import Scheduler
from toolkit.world.session.slots import Process

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.wire import Document
    from toolkit.world.life import Life
    from toolkit.world.world import World

CLIENT: Final = 3
"""The kind of execution numbers that clients' executions have."""


class Told(NamedTuple):
    """What a story has touched.

    Attributes:
        until: When it ends.
        nodes: The nodes, by id.
        executions: The executions, by id.
    """

    until: int
    nodes: list[str]
    executions: list[str]


class Session:
    """One generation of a world, and what clients did to it.

    Attributes:
        world: The world as it is without clients.
        base: What is left of it.
        courses: Executions in clients' hands by id.
        jobs: Jobs in clients' hands by id.
        assets: What assets there are.
        scheduler: Who waits for which slots.
        outages: When nodes are away.
        told: What the stories told so far have touched, by the instants at which they began, in their order.
        done: Up to which instant, itself included, it has been folded.
    """

    def __init__(self, world: World) -> None:
        """Begin with the world untouched."""
        self.world = world
        self.base = Remainder(world)
        self.courses: dict[str, Course] = {}
        self.jobs: dict[str, Dossier] = {}
        self.assets = Assets(world)
        self.scheduler = Scheduler(world, self.base, self._note)
        self.outages = Outages(world.placement)
        self.told: list[tuple[int, Told]] = []
        self._plans: list[tuple[int, int, Callable[[int], None]]] = []
        self._planned: list[int] = []
        self.done = world.epoch - 1
        self._of_job: dict[str, list[Course]] = {}
        self._records: dict[str, tuple[int, Record]] = {}
        self._edges = Edges()
        self._started = 0

    def advance(self, t: int) -> None:
        """Let the cluster act up to an instant, that one included."""
        while self._plans and self._plans[0][0] <= t:
            due, _, act = heappop(self._plans)
            self.scheduler.advance(due)
            act(due)
        self.scheduler.advance(t)
        self.done = max(self.done, t)

    def next_edge(self, t: int) -> int:
        """Give the next instant after `t` at which an execution, a process or a node may change in clients' hands.

        Or at which it may come into them: at those that stories have planned, and when the cluster gives slots, it has
        to be looked again. How far beyond `t` the session has been folded does not matter; instants of commands are
        the timeline's to know.
        """
        return min(self._edges.after(t), self.scheduler.turn_after(t), first_after(self._planned, t))

    def plan(self, t: int, act: Callable[[int], None]) -> None:
        """Let a story go on at an instant to come."""
        insort(self._planned, t)
        heappush(self._plans, (t, len(self._planned), act))

    def take_node(self, outage: Outage) -> None:
        """Let a node be away."""
        self.outages.add(outage)
        self._edges.note(f"node {outage.node}", outage.since, outage.edges())
        self.scheduler.close(outage.node, outage.back, outage.since)

    def of_job(self, job_id: str) -> list[Course]:
        """Give the courses of a job, in the order in which they came."""
        return self._of_job.get(job_id, [])

    def is_unborn(self, number: int) -> bool:
        """Tell whether an execution of the generated world is elsewhere or was never started."""
        return self.base.is_out(number)

    def job(self, job_id: str, t: int) -> Document | None:
        """Give a job's document at an instant."""
        dossier = self.jobs.get(job_id)
        if dossier is not None:
            record = dossier.at(t)
            return record.fields if record is not None else None
        number = self.job_number(job_id)
        return None if number is None else self.world.job_record(number).fields

    def job_number(self, job_id: str) -> int | None:
        """Give the number of a job of the generated world."""
        number = self.world.job_ids.number_of(job_id)
        return number if number is not None and number < self.world.scenario.jobs else None

    def take_job(self, job_id: str, t: int) -> Dossier | None:
        """Take a job in hand: lifecycle events pass it and what lives of it by. `None` if there is no such job."""
        dossier = self.jobs.get(job_id)
        number = self.job_number(job_id)
        if number is not None:
            self.scheduler.pass_by(number, t)
            latest = self.base.latest_of(number, t)
            if latest is not None and self.world.lives.life(latest).ended > t:
                self._take(latest, t)
        if dossier is not None or number is None:
            return dossier if dossier is not None and dossier.at(t) is not None else None
        _, edited = self.world.population.job_ages(number)
        record = self.world.job_record(number)
        dossier = Dossier(job_id, self.world.epoch, self.world.epoch - edited, record.fields, number)
        self.base.leave_job(number)
        self.jobs[job_id] = dossier
        return dossier

    def add_job(self, job_id: str, t: int, document: Document) -> None:
        """Add a job that a client posted."""
        self.jobs[job_id] = Dossier(job_id, t, t, document, None)

    def take(self, ex_id: str, t: int) -> Course:
        """Take an execution in hand, one that there is at `t`."""
        number = self.number(ex_id, t)
        return self.courses[ex_id] if number is None else self._take(number, t)

    def _take(self, number: int, t: int) -> Course:
        world = self.world
        life = world.lives.life(number)
        plan = world.population.job(life.job)
        course = Course(
            number=number,
            ex_id=world.ex_ids.id_of(number),
            job_id=world.job_ids.id_of(life.job),
            name=plan.name,
            workers=life.workers,
            template=world.execution_record(number, life.moves_until(t)).fields,
            since=t,
            life=life,
        )
        place = self.base.place_of(number)
        self.base.leave_execution(number)
        self.scheduler.pass_by(life.job, t)
        if life.lane is not None:
            self.scheduler.adopt(course, self._processes(course, life, place))
        self._enroll(course)
        return course

    def _processes(self, course: Course, life: Life, place: int | None) -> list[Process]:
        placement = self.world.placement
        return [
            Process(
                course,
                worker=process > 0,
                slot=slot,
                worker_id=placement.worker_id(life, process, place),
                pid=placement.process_pid(life, process),
                held=life.created,
                shown=life.started if process else life.first("initializing"),
                joins=life.started if process else 0,
            )
            for process, slot in enumerate(placement.slots_of(life))
        ]

    def take_all_of(self, job_id: str, t: int) -> list[Course]:
        """Take every execution of a job in hand."""
        number = self.job_number(job_id)
        if number is not None:
            for one in self.base.of_job(number, t):
                self._take(one, t)
        return self.of_job(job_id)

    def latest(self, job_id: str, t: int) -> tuple[int, Course | int] | None:
        """Give the newest execution of a job with its creation: a course, or a number of the generated world."""
        courses = [course for course in self.of_job(job_id) if course.created <= t]
        # Of two that are equally new it is the one of lower id, as where only records are known.
        course = min(courses, key=lambda course: (-course.created, course.ex_id), default=None)
        newest: tuple[int, Course | int] | None = None if course is None else (course.created, course)
        job = self.job_number(job_id)
        number = None if job is None else self.base.latest_of(job, t)
        if number is None:
            return newest
        created = self.world.lives.life(number).created
        return newest if newest is not None and newest[0] >= created else (created, number)

    def has_living(self, job_id: str, t: int) -> bool:
        """Tell whether an execution of a job is not terminal."""
        if any(course.created <= t and not is_terminal(course.status(t)) for course in self.of_job(job_id)):
            return True
        job = self.job_number(job_id)
        number = None if job is None else self.base.latest_of(job, t)
        return number is not None and self.world.lives.life(number).ended > t

    def document(self, ex_id: str, t: int) -> Document | None:
        """Give an execution's document at an instant, `None` if there is none of that id."""
        course = self.courses.get(ex_id)
        if course is not None:
            return self.record(course, t).fields if course.created <= t else None
        number = self.number(ex_id, t)
        if number is None:
            return None
        return self.world.execution_record(number, self.world.lives.life(number).moves_until(t)).fields

    def status(self, ex_id: str, t: int) -> str | None:
        """Give an execution's status at an instant, `None` if there is none of that id."""
        course = self.courses.get(ex_id)
        if course is not None:
            return course.status(t) if course.created <= t else None
        number = self.number(ex_id, t)
        return None if number is None else self.world.lives.life(number).move_at(t)[1]

    def number(self, ex_id: str, t: int) -> int | None:
        """Give the number of an execution that is left in the generated world at `t`."""
        number = self.world.ex_ids.number_of(ex_id)
        known = number is not None and not self.is_unborn(number) and self.world.lives.exists(number, t)
        return number if known else None

    def record(self, course: Course, t: int) -> Record:
        """Give a course's record at an instant not before its creation."""
        if course.life is not None and t < course.since:
            return self.world.execution_record(course.number, course.life.moves_until(t))
        at = course.updated(t)
        held = self._records.get(course.ex_id)
        if held is None or held[0] != at:
            host = self._host(course)
            address = self.world.port(course.number), host
            held = self._records[course.ex_id] = at, Record(documents.execution_document(course, t, address))
        return held[1]

    def _host(self, course: Course) -> str:
        controllers = [process for process in course.processes if not process.worker]
        node = controllers[0].slot[0] if controllers else 0
        return self.world.placement.hostname(node)

    def left_of(self, ex_id: str, t: int, cleanup: str | None) -> int:
        """Count the slices that are left of an execution, one that there is at `t`, for another to recover."""
        stats = self._lived(ex_id, t).stats(t)
        waiting, failed = stats["queued"], stats["failed"]
        # Those that were being worked on are neither pending nor failed. Source: Teraslice's end-to-end tests.
        return {"errors": failed, "pending": waiting}.get(cleanup or "", waiting + stats["workers_active"] + failed)

    def has_begun(self, ex_id: str, t: int) -> bool:
        """Tell whether an execution, one that there is at `t`, has begun to run by then."""
        return self._lived(ex_id, t).started <= t

    def _lived(self, ex_id: str, t: int) -> Life | Course:
        number = self.number(ex_id, t)
        return self.courses[ex_id] if number is None else self.world.lives.life(number)

    def error_record(self, course: Course, nth: int) -> Record:
        """Make the record of a course's `nth` failed slice."""
        slice_id, drawn = self.world.failed_slice(course.number, nth)
        return Record(documents.error_document(course, nth, (course.ex_id, slice_id), drawn))

    @staticmethod
    def process_document(process: Process) -> Document:
        """Make the entry of a process in its node's `active` list."""
        return {
            "worker_id": process.worker_id,
            "assignment": "worker" if process.worker else "execution_controller",
            "pid": process.pid,
            "ex_id": process.course.ex_id,
            "job_id": process.course.job_id,
        }

    def lived(self, first: int, last: int) -> list[Life | Course]:
        """Give the executions that are not terminal at some instant of a stretch."""
        courses = [c for c in self.courses.values() if c.created <= last and c.ended > first]
        return [*(life for life, _ in self.base.living_between(first, last)), *courses]

    def launch(self, course: Course, t: int) -> None:
        """Let a new execution wait for slots."""
        self._enroll(course)
        self.scheduler.launch(course, t)

    def new_number(self) -> int:
        """Give the number of the next execution that a client starts."""
        self._started += 1
        return PER_JOB * (self._started - 1) + CLIENT

    def _enroll(self, course: Course) -> None:
        self.courses[course.ex_id] = course
        self._of_job.setdefault(course.job_id, []).append(course)
        # What it was before is the generated world's to tell.
        self._note(course, course.since)

    def _note(self, course: Course, t: int) -> None:
        """Note when a course changes from `t` on, as far as that is known."""
        self._records.pop(course.ex_id, None)
        moves = course.moves[max(0, course.moves_until(t) - 1) :]
        instants = course.edges() | {at for at, _ in moves}
        instants |= {course.drained(at) for at, status in moves if status == "paused"}
        self._edges.note(course.ex_id, t, sorted(at for at in instants if t <= at < NEVER))
