"""What must hold between a record and what it was before; any number of steps may lie between the two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.examine.records import CLOCKS_MS
from toolkit.examine.rule import Breach
from toolkit.examine.values import date, inside, processes, quantity, shown, text
from toolkit.model.status import TERMINAL, TRANSITIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document

COUNTERS: Final = (
    "processed", "failed", "subslices", "slice_range_expansion", "subslice_by_key", "job_duration",
    "workers_joined", "workers_disconnected", "workers_reconnected",
)  # fmt: skip
"""Statistics that never fall while one controller runs. `workers_joined` counts those who ever joined (observed);
`queued`, `workers_available` and `workers_active` move both ways."""

_MAY_CHANGE: Final = frozenset({"_deleted", "_deleted_on", "active", "_updated"})
"""What soft deletion writes into an execution that has ended (observed)."""
_ORIGIN: Final = ("_created", "job_id")
_UNDONE: Final = ("stopping", "paused")
"""A move that the table does not have and a real cluster can make, as long as the controller of a stopping execution
still listens: `_pause` does not look at the status. Observed of 3.18.0 (transcript 09, exchange 458): a `_pause`
0.3 s after the `_stop` answers `{"status": "paused"}`, and when a `_pause` has answered, the record has been written
(448). The execution ended as one that was stopped, or terminated; `paused` leads to both in the table. That `_resume`
of a stopping execution writes `running` was seen by nobody, so that it stays an error."""


def _reachable(status: str) -> frozenset[str]:
    found: set[str] = set()
    front = {status}
    while front:
        found |= front
        front = {after for one in front for after in TRANSITIONS[one]} - found
    return frozenset(found)


REACHABLE: Final = {status: _reachable(status) for status in TRANSITIONS}
"""From a status to itself and every status that may follow it in any number of moves."""


def counter_falls(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge the counters of one run of one controller: another `started` is another run."""
    at = "" if kind == "controllers" else "_slicer_stats."
    old, new = (before, after) if kind == "controllers" else (inside(before, at[:-1]), inside(after, at[:-1]))
    if old.get("started") != new.get("started"):
        return
    for field in COUNTERS:
        was, is_now = quantity(old, field), quantity(new, field)
        if was is not None and is_now is not None and 0 <= is_now < was:
            yield Breach(kind, key, at + field, f"fell from {shown(old[field])} to {shown(new[field])}")


def illegal_transition(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge an execution's status by the table of moves."""
    was, is_now = text(before, "_status"), text(after, "_status")
    if was in TRANSITIONS and is_now in TRANSITIONS and is_now not in REACHABLE[was] and (was, is_now) != _UNDONE:
        yield Breach(kind, key, "_status", f"went from {was} to {is_now}")


def stop_undone(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge an execution that was to stop and is paused instead."""
    if (text(before, "_status"), text(after, "_status")) == _UNDONE:
        yield Breach(kind, key, "_status", "went from stopping to paused")


def terminal_changes(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge an execution that had ended; its status, its origin and its statistics have rules of their own."""
    if text(before, "_status") not in TERMINAL or text(after, "_status") != text(before, "_status"):
        return
    fell = {breach.field.partition(".")[0] for breach in counter_falls(kind, key, before, after)}
    for field in dict.fromkeys([*before, *after]):
        if field in _MAY_CHANGE or field in _ORIGIN or field in fell:
            continue
        was, is_now = (shown(doc[field]) if field in doc else "missing" for doc in (before, after))
        if (field in before) != (field in after) or before[field] != after[field]:
            yield Breach(kind, key, field, f"was {was}, is {is_now}, after it was {before['_status']}")


def updated_falls(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge the date of the last write."""
    was, is_now = date(before, "_updated"), date(after, "_updated")
    if was is not None and is_now is not None and is_now < was - CLOCKS_MS:
        yield Breach(kind, key, "_updated", f"fell from {before['_updated']} to {after['_updated']}")


def origin_changes(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge what is written once: when a record was created, and of which job it is."""
    for field in _ORIGIN:
        if field in before and field in after and before[field] != after[field]:
            yield Breach(kind, key, field, f"was {shown(before[field])}, is {shown(after[field])}")


def process_changes(kind: str, key: str, before: Document, after: Document) -> Iterator[Breach]:
    """Judge the processes of a node: as long as its master runs, a worker id is never used again (observed)."""
    if before.get("pid") != after.get("pid"):
        return
    known = {str(process.get("worker_id")): process for process in processes(before)}
    for process in processes(after):
        name = str(process.get("worker_id"))
        old = known.get(name, process)
        for field in ("assignment", "ex_id", "job_id"):
            if old.get(field) != process.get(field):
                seen = f"was {shown(old.get(field))}, is {shown(process.get(field))}"
                yield Breach(kind, key, f"active[worker_id={name}].{field}", seen)
