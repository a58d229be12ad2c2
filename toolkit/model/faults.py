"""HTTP faults as a person writes them, and what the control API says of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from toolkit.model.records import Count  # noqa: TC001 - msgspec reads a Struct's types

Duration = Annotated[str, Meta(description="A duration such as 500ms, 10s or 1h30m")]
Moment = Annotated[str, Meta(description="A date, or an offset from the world's start such as +5m")]


class Spread(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Delays that differ: evenly between two, or log-normal by the one that half and that 99 % stay below."""

    least: Duration | None = None
    most: Duration | None = None
    median: Duration | None = None
    p99: Duration | None = None


class Drip(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A body that comes piece by piece: so many bytes a second, or all of it in a time; one of the two."""

    bytes_per_second: Annotated[int, Meta(ge=1, le=1_000_000_000)] | None = None
    lasts: Duration | None = None


class Fault(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What goes wrong with some requests: a delay, one thing that is done to the answer, or both."""

    route: Annotated[
        str,
        Meta(
            description="An operation such as executions, or a path such as /v1/ex/* where * stands for anything; "
            "* is every route. The control API is never spoiled",
            min_length=1,
            max_length=200,
        ),
    ] = "*"
    method: Annotated[str, Meta(description="Only this HTTP method", min_length=1, max_length=20)] | None = None
    rate: Annotated[float, Meta(description="Which part of the requests, in millionths", ge=0, le=1)] | int = 1
    times: Annotated[int, Meta(description="At most so many requests of each route", ge=1, le=1_000_000_000)] | None = (
        None
    )
    from_: Moment | None = field(default=None, name="from")
    to: Annotated[str, Meta(description="Until then, that instant excluded; written like from")] | None = None
    delay: Duration | Spread | None = None
    status: Annotated[int, Meta(description="The answer is this error instead", ge=400, le=599)] | None = None
    message: (
        Annotated[str, Meta(description="What the error says, with status", min_length=1, max_length=1_000)] | None
    ) = None
    retry_after: Annotated[int, Meta(description="Seconds, with status", ge=0, le=86_400)] | None = None
    answer: (
        Annotated[
            Literal["reset", "empty", "truncated", "invalid_json", "hang"],
            Meta(description="What becomes of the answer; one that hangs never comes"),
        ]
        | None
    ) = None
    drip: Drip | None = None
    stale: Annotated[str, Meta(description="The answer is as of so long ago, such as 5m")] | None = None


class ListedFault(Struct):
    """A fault in force: its id, how many requests it hit, and what it is."""

    id: Annotated[int, Meta(ge=1)]
    hits: Count
    fault: Fault


class FaultList(Struct):
    """The faults in force, in the order in which they are tried, and the seed of their draws."""

    seed: int
    faults: list[ListedFault]


class FaultIds(Struct):
    """The ids of faults that were added, in their order."""

    ids: list[Annotated[int, Meta(ge=1)]]
