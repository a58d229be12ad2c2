"""Execution statuses and the one table of moves between them, and which records count as deleted.

A status is Teraslice's `_status`. Everything that changes a status walks `TRANSITIONS`; a move that is not in it
cannot happen. Source: Teraslice 3.18.0, `storage/execution.ts` and `cluster/services/execution.ts`, and the
rules of the generated world for `recovering`, `failing` and `stopping`.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Final

INITIAL: Final = ("pending", "scheduling", "initializing")
RUNNING: Final = ("recovering", "running", "failing", "paused", "stopping")
TERMINAL: Final = ("completed", "stopped", "rejected", "failed", "terminated")
STATUSES: Final = INITIAL + RUNNING + TERMINAL

TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    "pending": frozenset({"scheduling", "stopping", "failed", "rejected", "terminated"}),
    "scheduling": frozenset({"initializing", "stopping", "failed", "terminated"}),
    "initializing": frozenset({"running", "recovering", "stopping", "failed", "terminated"}),
    "recovering": frozenset({"running", "completed", "failing", "failed", "paused", "stopping", "terminated"}),
    "running": frozenset({"completed", "failing", "failed", "paused", "stopping", "terminated"}),
    "failing": frozenset({"running", "recovering", "failed", "paused", "stopping", "terminated"}),
    "paused": frozenset({"running", "stopping", "failed", "terminated"}),
    "stopping": frozenset({"stopped", "completed", "failed", "terminated"}),
    "completed": frozenset(),
    "stopped": frozenset(),
    "rejected": frozenset(),
    "failed": frozenset(),
    "terminated": frozenset(),
}
"""From a status to every status that may follow it."""

FIRST: Final = "pending"
"""The status every execution is created in."""


def is_deleted(value: object) -> bool:
    """Tell whether a record with this `_deleted` is soft-deleted: what a boolean index takes for true.

    Source: Teraslice's base queries; a record may say `false` (observed after a PUT), most say nothing.
    """
    if isinstance(value, list):
        return any(is_deleted(one) for one in value)
    return value is True or value == "true"


def is_terminal(status: str) -> bool:
    """Tell whether an execution in this status never changes again."""
    return not TRANSITIONS[status]


@lru_cache(maxsize=1_024)
def is_legal(path: tuple[str, ...]) -> bool:
    """Tell whether a history of statuses starts at `pending` and takes only moves of the table."""
    return path[:1] == (FIRST,) and all(b in TRANSITIONS[a] for a, b in itertools.pairwise(path))
