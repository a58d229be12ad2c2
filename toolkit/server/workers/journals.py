"""One journal of the requests that several processes answered, in the order in which they were answered.

Nothing is said of a request until somebody wants to see it: each process keeps its last ones with the moment of each
answer, and the owner fetches and numbers them. As each keeps as many as the whole journal does, none is missed.
"""

from __future__ import annotations

from collections import deque
from itertools import chain
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.answers.control.desk import Asked  # noqa: TC001 - msgspec reads the types of what is sent
from toolkit.clock import uptime
from toolkit.server.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.server.journal import Shelf


class Batch(NamedTuple):
    """What one process answered since it was last asked for it.

    Attributes:
        total: How many requests there were.
        kept: The last of them, oldest first, each with the moment of its answer by `uptime`; their numbers say nothing.
    """

    total: int
    kept: list[tuple[float, Asked]]


class Loose(Journal):
    """The last requests of one process of several, which have no numbers yet."""

    def __init__(self, most: int, shelf: Shelf | None = None) -> None:
        """Start empty."""
        super().__init__(most, shelf)
        self._moments: deque[float] = deque(maxlen=max(1, most))

    def put(self, asked: Asked) -> None:
        """Note a request and the moment."""
        super().put(asked)
        self._moments.append(uptime())

    def taken(self) -> Batch:
        """Give what there is, and forget it."""
        kept = self.kept()
        moments = list(self._moments)[len(self._moments) - len(kept) :]
        batch = Batch(self.total, list(zip(moments, kept, strict=True)))
        self.clear()
        return batch


class Ledger(Journal):
    """The journal of the owner: what it answered itself is numbered when it is settled with what others did."""

    def __init__(self, most: int, shelf: Shelf | None = None) -> None:
        """Start empty."""
        super().__init__(most, shelf)
        self._own = Loose(most, shelf)
        self._late: list[tuple[float, Asked]] = []

    def add(self, *parts: Any) -> None:  # noqa: ANN401 - as `Journal.add` has them
        """Note a request of this process."""
        self._own.add(*parts)

    def settle(self, until: float, batches: Iterable[Batch]) -> None:
        """Number what was answered until a moment; what came later waits for the next time.

        Args:
            until: A moment at which the batches were not taken yet, by `uptime`.
            batches: What the others answered.
        """
        batches = [self._own.taken(), *batches]
        dropped = sum(batch.total - len(batch.kept) for batch in batches)
        requests = sorted(chain(self._late, *(batch.kept for batch in batches)), key=itemgetter(0))
        self._late = [one for one in requests if one[0] > until]
        # What a process did not keep is older than what it kept, which is as much as is kept here.
        self.total += dropped
        for _, asked in requests[: len(requests) - len(self._late)]:
            self.put(asked._replace(number=self.total + 1))

    def clear(self) -> None:
        """Forget all requests, their number too."""
        super().clear()
        self._own.clear()
        self._late.clear()
