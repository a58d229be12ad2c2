"""What `GET /_toolkit/events` answers, as types that describe it."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from toolkit.model.records import Count, Instant

WorkerField = Literal[
    "workers_joined", "workers_active", "workers_available", "workers_disconnected", "workers_reconnected"
]
Turn = Annotated[
    str | dict[WorkerField, Count] | None,
    Meta(description="A status, a node's state, or those numbers of workers that changed; null for nothing"),
]


class Event(Struct):
    """Something that became different at an instant."""

    t: Instant
    kind: Annotated[
        Literal["node", "refresh", "start", "status", "stop", "workers"],
        Meta(
            description="A node came, went or took another state; a new world began; an execution appeared, took "
            "another status, took a terminal one; numbers of its workers changed"
        ),
    ]
    id: Annotated[str | None, Meta(description="The execution's or the node's; null for a refresh")]
    job_id: Annotated[str | None, Meta(description="The execution's job's")]
    name: Annotated[str | None, Meta(description="The execution's name")]
    before: Turn
    after: Turn


class Events(Struct):
    """The answer to `GET /_toolkit/events`: a page of the events between two instants, both included."""

    begin: Instant = field(name="from")
    to: Instant
    events: list[Event]
    next: Annotated[str | None, Meta(description="What to give as `after` for the next page; null on the last one")]
