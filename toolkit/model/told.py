"""What is said of stories over HTTP, as types for the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

from toolkit.model.records import Id, Instant  # noqa: TC001 - msgspec reads a Struct's types

Name = Literal["node-loss", "workers-drop", "stuck-slicer", "rolling-restart", "failing-job", "backlog"]
Duration = Annotated[str, Meta(description="Such as 30s, 5m or 1h30m", min_length=2)]


class Story(Struct):
    """A story that is to be told; which parameters it takes depends on which it is."""

    story: Name
    for_: Duration | UnsetType = field(name="for", default=UNSET)
    node: str | UnsetType = UNSET
    job: Id | UnsetType = UNSET
    ex: Id | UnsetType = UNSET
    count: Annotated[int, Meta(ge=1, le=10_000)] | UnsetType = UNSET
    share: Annotated[float, Meta(gt=0, le=1)] | UnsetType = UNSET


class StoryBegun(Struct):
    """What a story touches, and until when it lasts; empty lists if it found nothing to touch."""

    story: Name
    at: Instant
    until: Instant
    nodes: list[str]
    executions: list[Id]


class StoryParameter(Struct):
    """What may be said of a story."""

    name: str
    about: str
    rule: str


class StoryKnown(Struct):
    """One story: what it does, how long it lasts if nothing is said, and what may be said."""

    story: Name
    about: str
    for_: Duration = field(name="for")
    parameters: list[StoryParameter]


class Stories(Struct):
    """The answer to `GET /_toolkit/stories`."""

    stories: list[StoryKnown]
