"""What an event is, by brute force: everything that differs between an instant and the one before."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from toolkit.model.status import TERMINAL
from toolkit.timeline.events import WORKERS, place_of
from toolkit.timeline.view import Event

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.timeline.view import Timeline, View


def edges(timeline: Timeline, after: int, until: int) -> Iterator[int]:
    """Give every instant of a stretch at which a view says that anything may become different."""
    t = after
    while t <= until:
        view = timeline.at(t)
        t = min(view.controllers().until, view.nodes().until, view.executions(0, 10_000).until, view.jobs(0, 1).until)
        if t <= until:
            yield t


def seen(view: View) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any], set[str]]:
    """Give all executions, controllers, nodes' states and jobs."""
    executions = [*view.executions(0, 10_000).value, *view.deleted_executions(0, 10_000).value]
    jobs = [*view.jobs(0, 10_000).value, *view.deleted_jobs(0, 10_000).value]
    return (
        {record.fields["ex_id"]: record.fields for record in executions},
        {record.fields["ex_id"]: record.fields for record in view.controllers().value},
        {node_id: text(record.fields.get("state")) for node_id, record in view.nodes().value},
        {record.fields["job_id"] for record in jobs},
    )


def text(value: object) -> str:
    """What an event says of a field."""
    return value if isinstance(value, str) else "unknown"


def counts(fields: dict[str, Any], field: str) -> bool:
    """Tell whether a field is a whole number."""
    return type(fields.get(field)) is int


def differences(timeline: Timeline, t: int) -> Iterator[Event]:
    """Give the events of an instant by comparing everything with everything."""
    (old, had, were, jobs), (new, have, are, left) = seen(timeline.at(t - 1)), seen(timeline.at(t))
    if jobs and not jobs & left:
        yield Event(t, "refresh", "", None, None, None, None)
        return
    for ex_id, fields in new.items():
        before, after = text(old[ex_id].get("_status")) if ex_id in old else None, text(fields.get("_status"))
        if before != after:
            kind = "start" if before is None else "stop" if after in TERMINAL else "status"
            yield Event(t, kind, ex_id, text(fields.get("job_id")), text(fields.get("name")), before, after)
    for ex_id in had.keys() & have.keys():
        a, b = had[ex_id], have[ex_id]
        changed = [field for field in WORKERS if counts(a, field) and counts(b, field) and a[field] != b[field]]
        if changed:
            values = [{field: fields[field] for field in changed} for fields in (a, b)]
            yield Event(t, "workers", ex_id, text(b.get("job_id")), text(b.get("name")), *values)
    for node_id in were.keys() | are.keys():
        if were.get(node_id) != are.get(node_id):
            yield Event(t, "node", node_id, None, None, were.get(node_id), are.get(node_id))


def check(timeline: Timeline, after: int, until: int) -> list[Event]:
    """Check the events of a stretch against what is seen, and give them."""
    events = list(timeline.events(after, until))
    places = [place_of(event) for event in events]
    assert all(before < later for before, later in pairwise(places))
    assert events == sorted(
        (event for t in edges(timeline, after, until) for event in differences(timeline, t)), key=place_of
    )
    return events
