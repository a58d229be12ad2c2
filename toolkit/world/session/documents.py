"""The documents of executions in clients' hands. Source: observed key order, texts, and which field is there when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import format_instant
from toolkit.world import documents
from toolkit.world.catalogue import EX_TERASLICE_VERSION
from toolkit.world.session.texts import BROKEN, DROPPED, UNREADABLE

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.world.session.course import Course

QUEUED_EVERY: Final = 4
"""Milliseconds from one slice to the next when they are put into the queue. Source: observed."""
_TAIL: Final = frozenset(
    {
        "job_id", "ex_id", "metadata", "_status", "_context", "_created", "_updated", "_has_errors", "_slicer_stats",
        "_failureReason", "teraslice_version", "recovered_execution", "recovered_slice_type", "slicer_port",
        "slicer_hostname", "_deleted", "_deleted_on",
    }
)  # fmt: skip
_REASONED: Final = frozenset({"failing", "failed", "terminated"})
_CLEARED: Final = frozenset({"stopped", "completed"})


def head_of(document: Document) -> Document:
    """Give an execution's configuration: its document without what each execution has of its own."""
    return {key: value for key, value in document.items() if key not in _TAIL}


def template_of(config: Document, entry: dict[str, Any], t: int) -> Document:
    """Make the document of a new execution; keys that its configuration has already stay where they are."""
    now = format_instant(t)
    document = config | {
        "job_id": entry["job_id"],
        "ex_id": entry["ex_id"],
        "metadata": {},
        "_status": "pending",
        "_context": "ex",
        "_created": now,
        "_updated": now,
        "_has_errors": False,
        "_slicer_stats": {},
        "_failureReason": "",
        "teraslice_version": EX_TERASLICE_VERSION,
    }
    if entry.get("recovers") is not None:
        document["recovered_execution"] = entry["recovers"]
        if entry.get("cleanup") is not None:
            document["recovered_slice_type"] = entry["cleanup"]
    return document


def execution_document(course: Course, t: int, address: tuple[int, str]) -> Document:
    """Make an execution's document as it is at `t`, an instant not before it came into a client's hands.

    Args:
        course: The execution.
        t: The instant.
        address: The port and host of its controller.
    """
    reason = _reason(course, t)
    written = max((at for at in course.written if at <= t), default=None)
    document = course.template | {
        "_status": course.status(t),
        "_updated": format_instant(course.updated(t)),
        "_has_errors": bool(reason),
        "_slicer_stats": {} if written is None else _statistics(course, written),
        "_failureReason": reason,
    }
    if course.first("initializing") <= t and (course.life is None or "slicer_port" not in document):
        document |= {"slicer_port": address[0], "slicer_hostname": address[1]}
    if course.deleted <= t:
        document |= {"_deleted": True, "_deleted_on": format_instant(course.deleted)}
    return document


def _statistics(course: Course, t: int) -> Document:
    return documents.stats_document(course, t)


def _reason(course: Course, t: int) -> str:
    """Give why it fails or failed; a pause does not change that, an end that is none clears it."""
    if course.status(t) in _CLEARED:
        return ""
    seen = reversed(range(course.moves_until(t)))
    status = next((course.moves[place][1] for place in seen if course.moves[place][1] in _REASONED), None)
    if status is None:
        return ""
    if status == "failed" and course.pace is not None and course.pace.broken is not None:
        return BROKEN.replace("{ex_id}", course.ex_id).replace("{path}", course.pace.broken)
    if status == "terminated" and not course.doomed and course.upsets.node:
        return DROPPED.replace("{node}", course.upsets.node).replace("{ex_id}", course.ex_id)
    return documents.failure_reason(course, course.ex_id, status)


def error_document(course: Course, nth: int, ids: tuple[str, str], draw: int) -> Document:
    """Make the record of the `nth` failed slice of an execution, from 1.

    Args:
        course: The execution.
        nth: Which of its failures.
        ids: The execution's and the slice's id.
        draw: Decides what is in it.
    """
    document = documents.error_document(course.failure_time(nth), *ids, draw)
    if course.pace is None or course.pace.missing is None:
        return document
    retries = course.template.get("max_retries")
    start, end = -(draw % 2**52), (draw >> 7) % 2**52
    failed, processed = course.failure_time(nth)
    document |= {
        "_created": format_instant(min(failed, course.started + processed * QUEUED_EVERY)),
        "request": f'{{"start":{start},"end":{end}}}',
        "retry_count": retries,
        "error": UNREADABLE.replace("{path}", course.pace.missing),
    }
    if not isinstance(retries, int) or not retries:
        del document["retry_count"]
    return document
