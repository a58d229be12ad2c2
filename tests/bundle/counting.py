"""A cluster that counts, for recordings as long as one likes: what is in them is known, and how large it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bundle.making import CONTROLLER, EPOCH, EXECUTION
from toolkit.model.instants import format_instant
from toolkit.model.wire import Document, pretty
from toolkit.tracks.fold import Frame
from toolkit.world.draws import Draws

if TYPE_CHECKING:
    from collections.abc import Iterator

EXECUTIONS = 100
COUNTING = 40
OPERATIONS = [
    {"_op": "elasticsearch_reader", "connection": "default", "index": "events-2026-01", "type": "events", "size": 5000},
    {"_op": "noop"},
    {"_op": "elasticsearch_bulk", "size": 5000},
] * 3
"""A job as people have them: about as long as those of a real cluster."""


class Cluster:
    """A cluster that counts, asked once a second.

    Attributes:
        raw: Bytes of its answers until now, or a little less.
        answers: Its answers at the frames of a sample.
    """

    def __init__(self, place: str, *, noisy: bool, updated: bool) -> None:
        """Choose what moves.

        Args:
            place: Where the counters are: `controllers`, or `executions` (inside their `_slicer_stats`).
            noisy: Whether they grow by other numbers at every frame, or evenly.
            updated: Whether `_updated` of the executions that count moves too.
        """
        self._place = place
        self._noisy = noisy
        self._updated = updated
        self._draws = Draws(1, "size")
        self._drawn = 0
        counters = {"processed": 0, "queued": 0, "workers_active": 10, "failed": 0, "slicers": 1, "subslices": 0}
        inside = {"_slicer_stats": counters} if place == "executions" else {}
        self._executions: list[Document] = [
            EXECUTION | {"ex_id": f"ex{n:03}", "job_id": f"j{n}", "name": f"job {n}", "operations": OPERATIONS} | inside
            for n in range(EXECUTIONS)
        ]
        controllers = [CONTROLLER | {"ex_id": f"ex{n:03}", "job_id": f"j{n}", "name": "job"} for n in range(COUNTING)]
        self._controllers: list[Document] = controllers if place == "controllers" else []
        self._least = len(pretty(self._executions)) + len(pretty(self._controllers))
        self.raw = 0
        self.answers: dict[int, tuple[bytes, bytes]] = {}

    def frames(self, count: int) -> Iterator[Frame]:
        """Give frames, one a second."""
        for number in range(count):
            for n in range(COUNTING):
                self._count(number, n)
            listed = sorted(self._executions, key=lambda doc: doc["ex_id"])
            listed.sort(key=lambda doc: doc["_updated"], reverse=True)
            # Never more than is sent: numbers only get longer.
            self.raw += self._least
            t = EPOCH + 1_000 * number
            if number % 37 in {0, 36} or number == count - 1:
                self.answers[t] = pretty(listed), pretty(self._controllers)
            yield Frame(
                t,
                self._below(40),
                {
                    "executions": [(doc["ex_id"], doc) for doc in listed],
                    "controllers": [(doc["ex_id"], doc) for doc in self._controllers],
                },
                {},
            )

    def _count(self, number: int, n: int) -> None:
        held = self._controllers[n] if self._place == "controllers" else self._executions[n]["_slicer_stats"]
        rate = 5 + 37 * n
        after = dict(held)
        after["processed"] += self._below(2 * rate) if self._noisy else rate
        if self._noisy:
            after["queued"] = self._below(20)
            after["workers_active"] = 10 + (self._below(10) == 0)
        if self._place == "controllers":
            self._controllers[n] = after
        else:
            self._executions[n] = self._executions[n] | {"_slicer_stats": after}
        if self._updated:
            updated = format_instant(EPOCH + 1_000 * number - self._below(900))
            self._executions[n] = self._executions[n] | {"_updated": updated}

    def _below(self, limit: int) -> int:
        self._drawn += 1
        return self._draws.below(self._drawn, limit)
