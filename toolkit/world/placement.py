"""Where processes stand: every execution has slots of its own on the nodes for as long as it lives.

Slots are numbered; slot `s` is on node `s % nodes`. An execution at place `p` of the cycle takes the slots of lane
`p % places`, which nobody else has while it lives, so no node is ever over-full and nothing has to be simulated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.world.catalogue import NODE_TERASLICE_VERSION
from toolkit.world.draws import Draws

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.world.life import Life
    from toolkit.world.scenario import Scenario

MASTER_PROCESSES: Final = ("cluster_master", "assets_service")
LOOPBACK: Final = "127.0.0.1"


class Placement:
    """The nodes of one world and the slots of its executions."""

    def __init__(self, seed: int | str, scenario: Scenario, *, places: int, solos: int, turns: int) -> None:
        """Lay out the nodes.

        Args:
            seed: Keys the pids.
            scenario: Says how many workers an execution has at most, and what nodes are like.
            places: Lanes that executions of the cycle take in turn.
            solos: Lanes that one execution each keeps.
            turns: How often a lane is taken anew at most.
        """
        self._pids = Draws(seed, "pid")
        self._scenario = scenario
        self._per_lane = 1 + scenario.workers_most
        self._cycle_slots = places * self._per_lane
        self._places = places
        self.node_slots = scenario.node_slots
        self._slots = (places + solos) * self._per_lane
        self._turns = turns
        self.nodes = max(scenario.nodes_least, -(-self._slots // (scenario.node_slots - len(MASTER_PROCESSES))))

    def node_of(self, life: Life, process: int) -> int:
        """Give the node of an execution's process: 0 is the execution controller, then the workers."""
        return self._slot(life, process) % self.nodes

    def _slot(self, life: Life, process: int) -> int:
        assert life.lane is not None
        return life.lane * self._per_lane + process

    def slots_of(self, life: Life) -> list[tuple[int, int]]:
        """Give the slots that an execution's processes take: nodes, and places on them."""
        slots = (self._slot(life, process) for process in range(1 + life.joined))
        return [(slot % self.nodes, slot // self.nodes) for slot in slots]

    def lane_of(self, slot: tuple[int, int]) -> tuple[int, int] | None:
        """Give the lane and the process in it that a slot is kept for, `None` if for none that the cycle takes."""
        node, place = slot
        number = place * self.nodes + node
        return divmod(number, self._per_lane) if number < self._cycle_slots else None

    def places(self, node: int) -> list[int]:
        """Give the places of a node besides the master's: first those kept for no lane, then those seldom needed."""
        every = range(self.node_slots - (len(MASTER_PROCESSES) if node == 0 else 0))

        def seldom(place: int) -> tuple[bool, int, int]:
            number = place * self.nodes + node
            return number < self._slots, -(number % self._per_lane), place

        return sorted(every, key=seldom)

    def last_generated_id(self, node: int) -> int:
        """Give a number on a node that no process of the generated world reaches in ten years."""
        masters = len(MASTER_PROCESSES) if node == 0 else 0
        return self._turns * self.node_slots + self.node_slots + masters if self._slots else masters

    def process_pid(self, life: Life, process: int) -> int:
        """Give the process id of an execution's process."""
        return self.pid(life.number, process)

    def worker_id(self, life: Life, process: int, place: int | None) -> int:
        """Give a process's number on its node: counts up, never used twice.

        Args:
            life: An execution with a lane.
            process: As in `node_of`.
            place: Its place in the cycle, `None` for one with a lane of its own.
        """
        slot = self._slot(life, process)
        node = slot % self.nodes
        before = len(MASTER_PROCESSES) if node == 0 else 0
        turns = 0 if place is None else place // self._places
        if turns == 0:
            return before + 1 + slot // self.nodes
        total = (self._cycle_slots - node - 1) // self.nodes + 1 if node < self._cycle_slots else 0
        return before + 1 + self.node_slots + (turns - 1) * total + slot // self.nodes

    def process(self, life: Life, process: int, place: int | None, ex_id: str, job_id: str) -> Document:
        """Make the entry of a process in its node's `active` list."""
        return {
            "worker_id": self.worker_id(life, process, place),
            "assignment": "worker" if process else "execution_controller",
            "pid": self.pid(life.number, process),
            "ex_id": ex_id,
            "job_id": job_id,
        }

    def pid(self, number: int, process: int) -> int:
        """Give a pid, of five digits as on a machine that has been up for a while, from a pair of numbers."""
        drawn: int = self._pids.two(number, process)
        return 10_000 + drawn % 90_000

    def node_id(self, node: int) -> str:
        """Give a node's id; with as many digits as the last one has, so that ids sort as they are listed."""
        digits = len(str(self.nodes - 1))
        return f"ts-worker-{node:0{digits}d}" if node else "ts-master"

    def number_of(self, node_id: str) -> int | None:
        """Give the number of the node of an id, `None` if there is none."""
        last = node_id.rpartition("-")[2]
        number = int(last) if last.isascii() and last.isdigit() and len(last) < 10 else 0  # noqa: PLR2004 - more nodes than there can be
        return number if number < self.nodes and self.node_id(number) == node_id else None

    def hostname(self, node: int) -> str:
        """Give a node's host name."""
        if self._scenario.hostnames == "loopback":
            return LOOPBACK
        return f"10.{node // 62_500}.{node // 250 % 250}.{node % 250 + 2}"

    def node(self, node: int) -> Document:
        """Make a node's document as it is without executions."""
        masters = [
            {"worker_id": i + 1, "assignment": name, "pid": self.pid(i, 2**50)}
            for i, name in enumerate(MASTER_PROCESSES if node == 0 else ())
        ]
        return {
            "node_id": self.node_id(node),
            "hostname": self.hostname(node),
            "pid": self.pid(node, 2**51),
            "node_version": self._scenario.node_version,
            "teraslice_version": NODE_TERASLICE_VERSION,
            "total": self.node_slots,
            "state": "connected",
            "available": self.node_slots - len(masters),
            "active": masters,
        }
