"""What must hold in one record alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.examine.rule import Breach
from toolkit.examine.values import date, inside, number, processes, quantity, shown, statistics, text
from toolkit.model.instants import SECOND
from toolkit.model.status import INITIAL, TRANSITIONS
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document

CLOCKS_MS: Final = SECOND
"""How far apart the clocks of a cluster's hosts may be: dates are written by whichever host writes the record."""

COUNTS: Final = (
    "processed", "failed", "subslices", "queued", "slice_range_expansion", "subslice_by_key", "slicers", "job_duration",
    "workers_available", "workers_active", "workers_joined", "workers_disconnected", "workers_reconnected",
)  # fmt: skip
"""Every count among statistics."""
_SLOTS: Final = ("total", "available")


def id_twice(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge the number that the key of a record gets when another one in its list has the same id."""
    field = KINDS[kind].id_field
    own = text(doc, field)
    if own and kind != "nodes" and key.startswith(f"{own}#"):
        yield Breach(kind, own, field, "is there twice")


def below_zero(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge every count and every number of slots."""
    places = [("", doc, _SLOTS)] if kind == "nodes" else [(at, part, COUNTS) for at, part in statistics(kind, doc)]
    for at, part, fields in places:
        for field in fields:
            value = quantity(part, field)
            if value is not None and value < 0:
                yield Breach(kind, key, at + field, f"is {shown(part[field])}")


def processes_above_slots(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge a node's processes."""
    total, active = number(doc, "total"), processes(doc)
    if total is not None and len(active) > max(0, total):
        yield Breach(kind, key, "active", f"has {len(active)} processes, but total is {total}")


def available_above_slots(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge a node's free slots."""
    total, available = number(doc, "total"), number(doc, "available")
    if total is not None and available is not None and available > max(0, total):
        yield Breach(kind, key, "available", f"is {available}, but total is {total}")


def slots_do_not_add_up(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge free and taken slots together; a process that starts or ends is for a moment in one of them only."""
    total, available, taken = number(doc, "total"), number(doc, "available"), len(processes(doc))
    if total is None or available is None or not 0 <= available <= total or taken > total:
        return
    if available + taken > total:
        yield Breach(kind, key, "available", f"is {available} beside {taken} processes, but total is {total}")


def process_twice(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge the worker ids on a node."""
    seen = set()
    for process in processes(doc):
        worker = process.get("worker_id")
        if isinstance(worker, int | str):
            if worker in seen:
                yield Breach(kind, key, f"active[worker_id={worker}]", "is there twice")
            seen.add(worker)


def failed_above_processed(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge the slices that failed, which are among those processed."""
    for at, part in statistics(kind, doc):
        failed, processed = number(part, "failed"), number(part, "processed")
        if failed is not None and processed is not None and failed > max(0, processed):
            yield Breach(kind, key, f"{at}failed", f"is {failed}, but processed is {processed}")


def dates_out_of_order(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge a record's dates against its creation, and the end of queuing against the start."""
    pairs = [("", doc, field, "_created") for field in ("_updated", "_deleted_on")]
    pairs += [(at, part, "queuing_complete", "started") for at, part in statistics(kind, doc)]
    for at, part, field, begin in pairs:
        then, since = date(part, field), date(part, begin)
        if then is not None and since is not None and then < since - CLOCKS_MS:
            seen = f"is {shown(part[field])}, before {begin}, {shown(part[begin])}"
            yield Breach(kind, key, at + field, seen)


def totals_differ(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge the cluster's totals, which are answered under two names."""
    one, other = inside(doc, "controllers"), inside(doc, "slicer")
    for field in one:
        if field in other and one[field] != other[field]:
            seen = f"is {shown(other[field])}, but controllers.{field} is {shown(one[field])}"
            yield Breach(kind, key, f"slicer.{field}", seen)


def unknown_status(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge an execution's status."""
    status = doc.get("_status")
    if not isinstance(status, str) or status not in TRANSITIONS:
        yield Breach(kind, key, "_status", f"is {shown(status)}" if "_status" in doc else "is missing")


def start_takes_long(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge an execution that has not started yet."""
    status = text(doc, "_status")
    if status in INITIAL:
        yield Breach(kind, key, "_status", f"is {status}")


def node_disconnected(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge a node's connection."""
    value = text(doc, "state")
    if value and value != "connected":
        yield Breach(kind, key, "state", f"is {shown(value)}")


def active_above_joined(kind: str, key: str, doc: Document) -> Iterator[Breach]:
    """Judge the workers at work, who must have joined; a controller notices both one after the other."""
    active, joined = number(doc, "workers_active"), number(doc, "workers_joined")
    if active is not None and joined is not None and active > max(0, joined):
        yield Breach(kind, key, "workers_active", f"is {active}, but workers_joined is {joined}")
