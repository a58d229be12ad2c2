"""What the journal of requests is asked and what it answers, as types that check it and describe it."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct

from toolkit.model.records import Count, Instant  # noqa: TC001 - msgspec reads a Struct's types


class ShownRequest(Struct):
    """A request and how it was answered; what may be a credential is `***`."""

    number: Annotated[int, Meta(ge=1, description="Its place among all requests of the world")]
    t: Annotated[Instant, Meta(description="The instant at which it was answered")]
    method: str
    path: Annotated[str, Meta(description="As sent, without the world's prefix")]
    query: dict[str, list[str]]
    route: Annotated[str, Meta(description="The operation's name in the OpenAPI document")] | None
    status: int
    headers: Annotated[dict[str, str], Meta(description="By name in lower case")]
    body: Annotated[str, Meta(description="The beginning of what was sent with it")]
    truncated: Annotated[bool, Meta(description="Whether the body, the headers or the query are longer")]
    fault: Annotated[str, Meta(description="The fault it met, empty if none")]
    nearest: Annotated[str, Meta(description="The known route that an unknown one is most like")] | None


class RequestPage(Struct):
    """Some of the requests that are kept, newest last."""

    total: Annotated[int, Meta(ge=0, description="All requests so far, forgotten ones too")]
    kept: Count
    next: Annotated[int, Meta(ge=1, description="The number from which to go on")]
    requests: list[ShownRequest]


class RequestCount(Struct):
    """How many of the requests that are kept were asked for."""

    count: Count
    total: Annotated[int, Meta(ge=0, description="All requests so far, forgotten ones too")]


class RequestMatcher(Struct, forbid_unknown_fields=True):
    """What a request must be like; what is left out may be anything."""

    method: str | None = None
    path: Annotated[str, Meta(description="The whole path; `*` stands for anything")] | None = None
    query: Annotated[dict[str, str | list[str]], Meta(description="Some of its parameters")] | None = None
    headers: Annotated[dict[str, str], Meta(description="Some of its headers")] | None = None
    body: Annotated[Any, Meta(description="A text in the body as it is shown, or some of its JSON")] = None
    status: int | None = None


class Difference(Struct):
    """One part of a request that is not as wanted."""

    part: str
    wanted: Any
    had: Any


class NearMiss(Struct):
    """A request that is nearly as wanted."""

    request: ShownRequest
    differs: list[Difference]


class FoundRequests(Struct):
    """The requests that match, newest last; if there are none, those that come nearest, nearest first."""

    count: Count
    requests: list[ShownRequest]
    nearest: list[NearMiss]
