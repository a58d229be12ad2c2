"""What the cluster does by itself: it gives slots to who waits for them, and lets lifecycle starts happen or not.

Executions are scheduled one by one in their order, and none while workers are asked for.
Source: observed; Teraslice's native backend.
"""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.timeline.view import NEVER
from toolkit.world.draws import Draws
from toolkit.world.session import work
from toolkit.world.session.edges import first_after
from toolkit.world.session.slots import Process, Slots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.world.life import Life
    from toolkit.world.session.course import Course
    from toolkit.world.session.remainder import Remainder
    from toolkit.world.world import World

TICK: Final = 1_000
"""How often Teraslice looks for an execution to schedule, milliseconds: one at a time. Source: observed."""
WAITS: Final = 500
"""How long an execution waits for that look, if there are slots. Source: observed."""
NODE_STATE: Final = 2_500
"""How long a request for workers waits for the next node state: half of the 5 s between two. Source: observed."""
AFTER_CHANGE: Final = 1_000
"""A node whose processes change tells it at once; requests are then served about this much later."""


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


class Scheduler:
    """The slots of one world, and who waits for them.

    Attributes:
        slots: Who holds which slot.
    """

    def __init__(self, world: World, base: Remainder, changed: Callable[[Course, int], None]) -> None:
        """Begin with nobody waiting.

        Args:
            world: The world.
            base: What is left of it; starts that do not happen are taken out of it.
            changed: Told of each execution whose facts or plans have changed, and from which instant on.
        """
        self.slots = Slots(world.placement)
        self._world = world
        self._base = base
        self._tell = changed
        self._starts = Draws(world.scenario.seed, world.epoch, "client start")
        self._pending: list[Course] = []
        self._requests: list[Request] = []
        self._looked = world.epoch - TICK
        self._retry = NEVER
        self._serve = NEVER
        self._changed = world.epoch
        self._started_by = world.epoch - 1
        self._acted: list[int] = []
        self._hands: set[int] = set()

    def advance(self, t: int) -> None:
        """Let the cluster act up to an instant, that one included."""
        while (due := min(self._retry, self._serve)) <= t:
            self._start_by(due)
            self._acted.append(due)
            if self._retry == due:
                self._allocate(due)
            else:
                self._serve_request(due)
        self._start_by(t)

    def turn_after(self, t: int) -> int:
        """Give the first instant after `t` at which who waits for slots may be given some, `NEVER` if nobody waits.

        Of what has been done already it tells as of what is to come: how far it has been folded changes nothing.
        """
        return min(first_after(self._acted, t), self._retry, self._serve)

    def launch(self, course: Course, t: int) -> None:
        """Let a new execution wait for slots."""
        self._pending.append(course)
        self._look_again(t)

    def request(self, course: Course, t: int, count: int, asked: int) -> None:
        """Let an execution wait for further workers, as if they were asked for at an instant that may be to come."""
        self._requests.append(Request(course, count, asked, one_by_one=False))
        self._look_again(t)

    def settle(self, course: Course, t: int) -> None:
        """Take note of what a command has done to an execution."""
        if course.doomed or course.final <= t or course.is_lost(t):
            self._pending = [waiting for waiting in self._pending if waiting is not course]
            self._requests = [request for request in self._requests if request.course is not course]
        self._changed = t
        self.slots.renew()
        self._tell(course, t)
        self._look_again(t)

    def adopt(self, course: Course, processes: list[Process]) -> None:
        """Let the processes of an execution of the generated world hold their slots for a client."""
        for process in processes:
            self.slots.keep(process)
        work.release(course, course.ended, course.ended)

    def close(self, node: int, until: int, t: int) -> None:
        """Give nobody a slot of a node from `t` on until it is back."""
        self.slots.close(node, until)
        self._look_again(t)

    def move(self, process: Process, t: int) -> bool:
        """Give a process that has not begun another slot. Gives whether there was one."""
        free = self.slots.free(t, self._living(t))
        if any(free.values()):
            self.slots.move(process, free)
            return True
        return False

    def pass_by(self, job: int, t: int) -> None:
        """Let lifecycle events pass a job by from `t` on."""
        if job not in self._hands:
            self._hands.add(job)
            self._base.pass_by(job, t)

    def _look_again(self, t: int) -> None:
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
        """Give when a slot becomes free after `t`: whoever starts later takes one first."""
        return min(self.slots.next_release(t), *(life.ended for life in self._living(t)), NEVER)

    def _living(self, t: int) -> Iterator[Life]:
        return (life for life, _ in self._base.living_between(t, t))

    def _allocate(self, t: int) -> None:
        free = self.slots.free(t, self._living(t))
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
            self._look_again(t)
            return
        free = self.slots.free(t, self._living(t))
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
        self._changed = t
        self.slots.renew()
        self._tell(course, t)
        self._look_again(t)

    def _start_by(self, t: int) -> None:
        """Let lifecycle starts up to an instant happen, or not: those that find slots of their lanes taken do not.

        Who holds which slot stays the same until one becomes free, and over such a time it is looked at once.
        """
        base, calendar = self._base, self._world.lives.calendar
        while self._started_by < t:
            since = self._started_by + 1
            held = self.slots.lanes(since)
            self._started_by = min(t, self.slots.next_release(since) - 1)
            if held:
                first, end = (base.place_of_start(calendar.starts_by(at)) for at in (since - 1, self._started_by))
                base.leave_starts(self._hindered(held, first, end))

    def _hindered(self, held: dict[int, int], first: int, end: int) -> Iterator[int]:
        """Give the places of the cycle, from one until before another, whose slots are taken at their turn.

        Args:
            held: The lanes of which slots are taken, each with the first process whose slot is.
            first: The first place.
            end: The place after the last.
        """
        lives, workers_of = self._world.lives, self._world.population.workers_of
        # Lanes beyond are of those that no event starts.
        lanes = [lane for lane in held if lane < lives.most_places and first < end]
        for lane in lanes:
            process = held[lane]
            for place in range(first + (lane - first) % lives.most_places, end, lives.most_places):
                # Without the controller's slot none can start, without a worker's those that have so many.
                needed = process and lives.joined_of(lives.at_place(place), workers_of(lives.job_at(place)))
                if process <= needed:
                    yield place
