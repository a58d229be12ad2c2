"""The fold: commands in their order, and between them what the cluster does by itself with the slots it has.

Everything that follows from a command is strictly later than it, and at one instant the cluster acts before a command
counts: so a session that is told of a command late is the same as one that knew it from the start.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.instants import format_instant
from toolkit.model.status import is_terminal
from toolkit.timeline.view import NEVER, Record
from toolkit.world.draws import Draws
from toolkit.world.population import PER_JOB
from toolkit.world.session import documents, work
from toolkit.world.session.course import Course
from toolkit.world.session.jobs import Dossier
from toolkit.world.session.remainder import Remainder
from toolkit.world.session.slots import Process, Slots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document
    from toolkit.world.life import Life
    from toolkit.world.world import World

TICK: Final = 1_000
"""How often Teraslice looks for an execution to schedule, milliseconds: one at a time. Source: observed."""
WAITS: Final = 500
"""How long an execution waits for that look, if there are slots. Source: observed."""
NODE_STATE: Final = 2_500
"""How long a request for workers waits for the next node state: half of the 5 s between two. Source: observed."""
AFTER_CHANGE: Final = 1_000
"""A node whose processes change tells it at once; requests are then served about this much later."""
CLIENT: Final = 3
"""The kind of execution numbers that clients' executions have."""


class Request(NamedTuple):
    """Workers that an execution waits for.

    Attributes:
        course: The execution.
        wanted: How many.
        asked: When they were asked for.
        one_by_one: Whether they are what was left of a larger request, and come singly.
    """

    course: Course
    wanted: int
    asked: int
    one_by_one: bool


class _Watched(NamedTuple):
    """A lifecycle start that may be hindered."""

    t: int
    place: int
    step: int


class Asset(NamedTuple):
    """An asset, from when to when, and the operations in it."""

    since: int
    until: int
    record: Record
    operations: tuple[str, ...]


class Session:
    """One generation of a world, and what clients did to it.

    Attributes:
        world: The world as it is without clients.
        base: What is left of it.
        courses: Executions in clients' hands by id.
        jobs: Jobs in clients' hands by id.
        saved: Every asset there ever is, oldest first.
        slots: Who holds which slot.
        done: Up to which instant, itself included, it has been folded.
    """

    def __init__(self, world: World) -> None:
        """Begin with the world untouched."""
        self.world = world
        self.base = Remainder(world)
        self.courses: dict[str, Course] = {}
        self.jobs: dict[str, Dossier] = {}
        self.saved = [
            Asset(world.epoch, NEVER, record, operations) for record, operations in reversed(world.saved_assets)
        ]
        self._records: dict[str, tuple[int, Record]] = {}
        self.slots = Slots(world.placement)
        self.done = world.epoch - 1
        self._of_job: dict[str, list[Course]] = {}
        self._starts = Draws(world.scenario.seed, world.epoch, "client start")
        self._started = 0
        self._pending: list[Course] = []
        self._requests: list[Request] = []
        self._looked = world.epoch - TICK
        self._retry = NEVER
        self._serve = NEVER
        self._changed = world.epoch
        self._watch: list[_Watched] = []
        self._series: set[tuple[int, int]] = set()
        self._hands: set[int] = set()
        self._edges: list[int] = []
        self._noted: dict[str, list[int]] = {}

    def advance(self, t: int) -> None:
        """Let the cluster act up to an instant, that one included."""
        while (due := self.next_act) <= t:
            if self._watch and self._watch[0].t == due:
                self._start_or_not(heappop(self._watch))
            elif self._retry == due:
                self._allocate(due)
            else:
                self._serve_request(due)
        self.done = max(self.done, t)

    @property
    def next_act(self) -> int:
        """The instant at which the cluster acts next, `NEVER` if it need not."""
        return min(self._retry, self._serve, self._watch[0].t if self._watch else NEVER)

    def next_edge(self, t: int) -> int:
        """Give the next instant after `t` at which a record, a process or a node in clients' hands changes."""
        place = bisect_right(self._edges, t)
        edge = self._edges[place] if place < len(self._edges) else NEVER
        return min(edge, self.next_act) if self.next_act > t else edge

    def last_edge(self, t: int) -> int:
        """Give the last such instant not after `t`; the epoch if there is none."""
        place = bisect_right(self._edges, t)
        return self._edges[place - 1] if place else self.world.epoch

    def living(self, t: int) -> Iterator[Life]:
        """Give the executions left in the generated world that live at `t`."""
        return (life for life, _ in self.base.living_between(t, t))

    def of_job(self, job_id: str) -> list[Course]:
        """Give the courses of a job, in the order in which they came."""
        return self._of_job.get(job_id, [])

    def is_unborn(self, number: int) -> bool:
        """Tell whether an execution of the generated world is elsewhere or was never started."""
        return number in self.base.executions

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
        """Take a job in hand: from then on lifecycle events pass it by. `None` if there is no such job."""
        dossier = self.jobs.get(job_id)
        number = self.job_number(job_id)
        if number is not None:
            self._pass_by(number, t)
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
        self.note(job_id, [t])

    def write_job(self, dossier: Dossier, t: int, document: Document) -> None:
        """Let a job be another document from `t` on."""
        dossier.write(t, document)
        self.note(dossier.job_id, dossier.times)

    def take(self, ex_id: str, t: int) -> Course | None:
        """Take an execution in hand, `None` if there is none of that id at `t`."""
        course = self.courses.get(ex_id)
        if course is not None:
            return course if course.created <= t else None
        number = self.world.ex_ids.number_of(ex_id)
        if number is None or self.is_unborn(number) or not self.world.lives.exists(number, t):
            return None
        return self._take(number, t)

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
        self._pass_by(life.job, t)
        if life.lane is not None:
            shown = life.first("initializing")
            for process, slot in enumerate(world.placement.slots_of(life)):
                made = Process(
                    course,
                    worker=process > 0,
                    slot=slot,
                    worker_id=world.placement.worker_id(life, process, place),
                    pid=world.placement.process_pid(life, process),
                    held=life.created,
                    shown=life.started if process else shown,
                    joins=life.started if process else 0,
                )
                self.slots.keep(made)
            work.release(course, course.ended, course.ended)
        self._enroll(course)
        self._watch_lanes(t)
        return course

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
        """Count the slices of an execution that another one recovers."""
        lived = self._lived(ex_id, t)
        if lived is None:
            return 0
        stats = lived.stats(t)
        waiting, failed = stats["queued"], stats["failed"]
        # Those that were being worked on are neither pending nor failed. Source: Teraslice's end-to-end tests.
        return {"errors": failed, "pending": waiting}.get(cleanup or "", waiting + stats["workers_active"] + failed)

    def has_begun(self, ex_id: str, t: int) -> bool:
        """Tell whether an execution has begun to run by `t`."""
        lived = self._lived(ex_id, t)
        return lived is not None and lived.started <= t

    def _lived(self, ex_id: str, t: int) -> Life | Course | None:
        course = self.courses.get(ex_id)
        number = self.number(ex_id, t)
        return course if course is not None or number is None else self.world.lives.life(number)

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

    def save_asset(self, t: int, document: Document, operations: tuple[str, ...]) -> None:
        """Add an asset that a client saved, unless it is there."""
        asset_id = document["id"]
        if any(asset.record.fields["id"] == asset_id for asset in self.assets_at(t)):
            return
        saved = {"_created": format_instant(t), **document}
        self.saved.append(Asset(t, NEVER, Record(saved), operations))
        self.note(f"asset {len(self.saved)}", [t])

    def drop_asset(self, t: int, asset_id: str) -> None:
        """Delete an asset, if it is there."""
        for place, asset in enumerate(self.saved):
            if asset.record.fields["id"] == asset_id and asset.since <= t < asset.until:
                self.saved[place] = asset._replace(until=t)
                self.note(f"asset {place} dropped", [t])

    @property
    def has_assets(self) -> bool:
        """Whether a client saved or deleted an asset."""
        return len(self.saved) > len(self.world.saved_assets) or any(a.until < NEVER for a in self.saved)

    def assets_at(self, t: int) -> list[Asset]:
        """Give the assets at an instant, newest first."""
        there = [asset for asset in self.saved if asset.since <= t < asset.until]
        there.sort(key=lambda asset: str(asset.record.fields["id"]))
        return sorted(there, key=lambda asset: str(asset.record.fields["_created"]), reverse=True)

    def launch(self, course: Course, t: int) -> None:
        """Let a new execution wait for slots."""
        self._enroll(course)
        self._pending.append(course)
        self.look_again(t)

    def request(self, course: Course, t: int, count: int, asked: int) -> None:
        """Let an execution wait for further workers, as if they were asked for at an instant that may be to come."""
        self._requests.append(Request(course, count, asked, one_by_one=False))
        self.look_again(t)

    def settle(self, course: Course, t: int) -> None:
        """Take note of what a command has done to a course."""
        if course.doomed or course.final <= t:
            self._pending = [waiting for waiting in self._pending if waiting is not course]
            self._requests = [request for request in self._requests if request.course is not course]
        self.note(course.ex_id, _instants(course))
        self._changed = t
        self.look_again(t)

    def new_number(self) -> int:
        """Give the number of the next execution that a client starts."""
        self._started += 1
        return PER_JOB * (self._started - 1) + CLIENT

    def note(self, key: str, instants: list[int]) -> None:
        """Note at which instants something changes, instead of what was noted of it before."""
        self._records.pop(key, None)
        for t in self._noted.get(key, ()):
            del self._edges[bisect_left(self._edges, t)]
        self._noted[key] = list(instants)
        for t in instants:
            insort(self._edges, t)

    def _enroll(self, course: Course) -> None:
        self.courses[course.ex_id] = course
        self._of_job.setdefault(course.job_id, []).append(course)
        self.note(course.ex_id, _instants(course))

    def look_again(self, t: int) -> None:
        """Let waiting executions and requests be looked at anew after `t`."""
        if self._pending and not self._requests:
            self._retry = max(self._pending[0].created + WAITS, self._looked + TICK, t + 1)
        else:
            self._retry = NEVER
        if self._requests:
            asked, soon = self._requests[0].asked, self._changed + AFTER_CHANGE
            self._serve = max(t + 1, min(asked + NODE_STATE, soon) if soon > asked else asked + NODE_STATE)
        else:
            self._serve = NEVER

    def _next_chance(self, t: int) -> int:
        """Give when a slot may become free after `t`."""
        return min(self.slots.next_release(t), self.world.next_write(t))

    def _allocate(self, t: int) -> None:
        free = self.slots.free(t, self.living(t))
        if sum(map(len, free.values())) < 2:  # noqa: PLR2004 - a controller and a worker
            chance = self._next_chance(t)
            self._retry = min(chance + WAITS, NEVER)
            return
        self._looked = t
        course = self._pending.pop(0)
        self.slots.take(course, free, worker=False, held=t, shown=t + work.INITIALIZES)
        hired = len(self._hire(course, free, course.workers, (t, t + work.INITIALIZES + work.SHOWS)))
        work.begin(course, t, self._starts.between(course.number, *work.BEGINS))
        if hired < course.workers:
            self._requests.append(Request(course, course.workers - hired, t, one_by_one=True))
        self._settled(course, t)

    def _hire(self, course: Course, free: dict[int, list[int]], wanted: int, times: tuple[int, int]) -> list[Process]:
        """Give an execution workers as far as there are slots, held and shown from `times` on."""
        held, shown = times
        room = min(wanted, sum(map(len, free.values())))
        return [self.slots.take(course, free, worker=True, held=held, shown=shown) for _ in range(room)]

    def _serve_request(self, t: int) -> None:
        course, count, _, one_by_one = self._requests[0]
        if course.final <= t:
            self._requests.pop(0)
            self.look_again(t)
            return
        free = self.slots.free(t, self.living(t))
        if not any(free.values()):
            self._serve = min(NEVER, self._next_chance(t) + AFTER_CHANGE)
            return
        self._requests.pop(0)
        wanted = 1 if one_by_one else count
        hired = self._hire(course, free, wanted, (t, t + work.SHOWS))
        if course.started < NEVER:
            for nth, process in enumerate(hired):
                process.joins = max(t + work.joins_after(nth, work.JOINS_LATER), course.started)
                insort(course.joined, process.joins)
            work.change_workers(course, t)
        else:
            work.release(course, course.ended, course.ended)
        if len(hired) < count:
            self._requests.append(Request(course, count - len(hired), t, one_by_one=True))
        self._settled(course, t)

    def _settled(self, course: Course, t: int) -> None:
        self.note(course.ex_id, _instants(course))
        self._changed = t
        self._watch_lanes(t)
        self.look_again(t)

    def _pass_by(self, job: int, t: int) -> None:
        """Let lifecycle events pass a job by from `t` on."""
        if job in self._hands:
            return
        self._hands.add(job)
        turn = self.world.lives.turn_of(job)
        if turn is not None:
            self._watch_series(turn, self.world.lives.cycle, t)

    def _watch_lanes(self, t: int) -> None:
        for lane in sorted(self.slots.lanes(t)):
            if (lane, -1) not in self._series:
                self._series.add((lane, -1))
                self._watch_series(lane, self.world.lives.most_places, t)

    def _watch_series(self, residue: int, step: int, t: int) -> None:
        first = len(self.world.lives.stoppable) + self.world.lives.calendar.starts_by(t)
        self._watch_place(first + (residue - first) % step, step)

    def _watch_place(self, place: int, step: int) -> None:
        at = self.world.lives.calendar.start_time(place - len(self.world.lives.stoppable))
        if at <= self.world.scenario.last:
            heappush(self._watch, _Watched(at, place, step))

    def _start_or_not(self, watched: _Watched) -> None:
        """Let a lifecycle start happen, or not: not of a job in clients' hands, nor where its slots are taken."""
        lives = self.world.lives
        t, place, step = watched
        life = lives.life(lives.at_place(place))
        if life.job in self._hands or self.slots.hinders(life, t):
            self.base.leave_execution(life.number)
        lane = place % lives.most_places
        if step == lives.cycle or lane in self.slots.lanes(t):
            self._watch_place(place + step, step)
        else:
            self._series.discard((lane, -1))


def _instants(course: Course) -> list[int]:
    instants = {t for t, _ in course.moves} | course.edges()
    instants |= {course.drained(t) for t, status in course.moves if status == "paused"}
    return sorted(t for t in instants if 0 < t < NEVER)
