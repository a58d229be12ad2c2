"""What counts as an event, the same for live and replay, and how events are found without looking at all of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import DAY, MINUTE
from toolkit.model.status import TERMINAL
from toolkit.timeline.view import Event

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from toolkit.timeline.view import Timeline

KINDS: Final = ("node", "refresh", "start", "status", "stop", "workers")
"""A node came, went or took another state; a new world began; an execution appeared, took another status, a terminal
one; numbers of its workers changed. In this order at one instant."""
WORKERS: Final = (
    "workers_joined",
    "workers_active",
    "workers_available",
    "workers_disconnected",
    "workers_reconnected",
)
"""The fields of a controller that count workers."""
_SHORTEST: Final = MINUTE
_LONGEST: Final = DAY
_FEW: Final = 50
"""A window that has fewer events is followed by one twice as long, any other by one half as long."""


def windows(timeline: Timeline, after: int, until: int) -> Iterator[list[Event]]:
    """Give the events of a stretch in order, window by window, no window being looked at before it is taken.

    Args:
        timeline: Whose events.
        after: The stretch begins after this instant.
        until: It ends with this one.
    """
    after, until = max(after, timeline.first), min(until, timeline.last)
    length = _SHORTEST
    while after < until:
        end = min(until, after + length)
        events = sorted(timeline.happened(after, end), key=place_of)
        yield events
        after = end
        length = min(_LONGEST, 2 * length) if len(events) < _FEW else max(_SHORTEST, length // 2)


def place_of(event: Event) -> tuple[int, str, str]:
    """Give what events are sorted by; no two have the same."""
    return event.t, event.kind, event.id


def refreshed(t: int) -> Event:
    """Make the event of a new world."""
    return Event(t, "refresh", "", None, None, None, None)


def moved(t: int, ex_id: str, job_id: object, name: object, turn: tuple[str | None, str]) -> Event:
    """Make the event of an execution that takes a status.

    Args:
        t: The instant.
        ex_id: Its id.
        job_id: Its job's, as its document says.
        name: Its name, as its document says.
        turn: The status it had, `None` if it was not there, and the one that it takes.
    """
    before, after = turn
    kind = "start" if before is None else "stop" if after in TERMINAL else "status"
    return Event(t, kind, ex_id, text_of(job_id), text_of(name), before, after)


def staffed(
    t: int, controller: tuple[str, object, object], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[Event]:
    """Make the event of an execution whose numbers of workers changed; none if they did not.

    Args:
        t: The instant.
        controller: The id of its execution, the job's, and its name.
        before: Its fields a moment before.
        after: Its fields.
    """
    ex_id, job_id, name = controller
    changed = [
        field
        for field in WORKERS
        if type(before.get(field)) is type(after.get(field)) is int and before[field] != after[field]
    ]
    if changed:
        old, new = ({field: fields[field] for field in changed} for fields in (before, after))
        yield Event(t, "workers", ex_id, text_of(job_id), text_of(name), old, new)


def stated(t: int, node_id: str, before: str | None, after: str | None) -> Iterator[Event]:
    """Make the event of a node that came, went or took another state; none if it did not."""
    if before != after:
        yield Event(t, "node", node_id, None, None, before, after)


def text_of(value: object) -> str:
    """Show a field of a document that may be missing or anything."""
    return value if isinstance(value, str) else "unknown"
