"""Who stands where: the slots that clients' executions hold, and which are free.

Every slot of a node may be taken, also one that the generated world keeps for a lane: a lifecycle start that finds a
slot of its lane taken then does not happen. So what the cluster state shows as available is available.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.world.life import Life
    from toolkit.world.placement import Placement
    from toolkit.world.session.course import Course

Slot = tuple[int, int]
"""A node, and a place on it from 0."""


@dataclass(slots=True)
class Process:
    """One process of a client's execution.

    Attributes:
        course: Whose it is.
        worker: False for the execution controller.
        slot: What it holds.
        worker_id: Its number on its node.
        pid: Its process id.
        held: From when on it holds its slot.
        shown: From when on the cluster state shows it.
        until: When it is gone.
        joins: When a worker joins that was started while the execution ran.
        leaving: Whether it was sent away on its own.
        lost: Whether it went with its node: nothing else says when it is gone.
    """

    course: Course
    worker: bool
    slot: Slot
    worker_id: int
    pid: int
    held: int
    shown: int
    until: int = NEVER
    joins: int = 0
    leaving: bool = False
    lost: bool = False


class Closed(NamedTuple):
    """A slot that nobody can have: its node is away.

    Attributes:
        slot: Which.
        until: When the node is back.
    """

    slot: Slot
    until: int


class Slots:
    """The slots of a cluster, as far as clients' executions hold any."""

    def __init__(self, placement: Placement) -> None:
        """Begin with nothing taken."""
        self._placement = placement
        self._held: list[Process | Closed] = []
        self._taken: set[Slot] = set()
        self._lanes: dict[int, int] = {}
        self._known_until = -1
        self._last_ids: dict[int, int] = {}
        self._made = 0

    def renew(self) -> None:
        """Look anew at who holds what: when processes end has changed."""
        self._known_until = -1

    def _look(self, t: int) -> None:
        """Find who holds what at `t`; those that were gone by then are forgotten."""
        if t < self._known_until:
            return
        self._held = [process for process in self._held if process.until > t]
        self._known_until = min((process.until for process in self._held), default=NEVER)
        self._taken = {process.slot for process in self._held}
        kept = (self._placement.lane_of(slot) for slot in self._taken)
        # Of each lane the first process's comes last, and stays.
        self._lanes = dict(sorted((lane for lane in kept if lane is not None), reverse=True))

    def next_release(self, t: int) -> int:
        """Give the next instant after `t` at which a slot becomes free, `NEVER` if that is not known."""
        self._look(t)
        return self._known_until

    def free(self, t: int, living: Iterable[Life]) -> dict[int, list[int]]:
        """Give the free places of each node, those that the generated world is least likely to need first.

        Args:
            t: The instant.
            living: The executions of the generated world that live then, but those in a client's hands.
        """
        placement = self._placement
        taken = {slot for life in living for slot in placement.slots_of(life)}
        self._look(t)
        taken |= self._taken
        return {
            node: [place for place in placement.places(node) if (node, place) not in taken]
            for node in range(placement.nodes)
        }

    def lanes(self, t: int) -> dict[int, int]:
        """Give the lanes of which slots are held at `t`, each with the first process whose slot is."""
        self._look(t)
        return self._lanes

    def take(self, course: Course, free: dict[int, list[int]], *, worker: bool, held: int, shown: int) -> Process:
        """Take a slot on the node with the most free ones, and note the process that holds it.

        Source: Teraslice's native backend, which sorts nodes by free slots.
        """
        slot, worker_id = self._place(free)
        self._made += 1
        pid = self._placement.pid(self._made, 2**52)
        process = Process(course, worker, slot, worker_id, pid, held, shown)
        self.keep(process)
        return process

    def _place(self, free: dict[int, list[int]]) -> tuple[Slot, int]:
        node = max(free, key=lambda number: (len(free[number]), -number))
        last = self._last_ids.get(node, self._placement.last_generated_id(node))
        self._last_ids[node] = last + 1
        return (node, free[node].pop(0)), last + 1

    def move(self, process: Process, free: dict[int, list[int]]) -> None:
        """Let a process that has not begun take another slot."""
        process.slot, process.worker_id = self._place(free)
        self.renew()

    def close(self, node: int, until: int) -> None:
        """Let nobody have a slot of a node until it is back."""
        self._held += [Closed((node, place), until) for place in self._placement.places(node)]
        self.renew()

    def keep(self, process: Process) -> None:
        """Note a process that holds its slot."""
        self._held.append(process)
        self.renew()
        process.course.processes.append(process)
