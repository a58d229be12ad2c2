"""What commands are sent and what they answer, as types for the OpenAPI document.

Source: Teraslice 3.18.0, its job schema and observed answers.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from toolkit.model.records import (  # noqa: TC001 - msgspec reads a Struct's types
    Count,
    Id,
    Lifecycle,
    Operation,
    Status,
)


class NewJob(Struct):
    """A job as it is posted; any further field is kept."""

    operations: Annotated[list[Operation], Meta(min_length=2, description="The first one reads")]
    name: Annotated[str, Meta(min_length=1)] | UnsetType = UNSET
    lifecycle: Lifecycle | UnsetType = UNSET
    workers: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    slicers: Annotated[int, Meta(ge=1)] | UnsetType = UNSET
    max_retries: Count | UnsetType = UNSET
    probation_window: Count | UnsetType = UNSET
    assets: list[str] | UnsetType | None = UNSET
    apis: list[dict[str, Any]] | UnsetType = UNSET
    active: bool | UnsetType = UNSET
    analytics: bool | UnsetType = UNSET
    autorecover: bool | UnsetType = UNSET
    stateful: bool | UnsetType = UNSET
    log_level: Literal["trace", "debug", "info", "warn", "error", "fatal"] | UnsetType | None = UNSET
    labels: dict[str, Any] | UnsetType | None = UNSET
    env_vars: dict[str, Any] | UnsetType = UNSET


class Posted(Struct):
    """The answer to a job that was posted; `ex_id` if it was started."""

    job_id: Id
    ex_id: Id | UnsetType = UNSET
    warnings: list[dict[str, Any]] | UnsetType = UNSET


class Started(Struct):
    """The answer to a start or a recovery."""

    job_id: Id
    ex_id: Id
    warnings: list[dict[str, Any]] | UnsetType = UNSET


class Moved(Struct):
    """The answer to a stop, a pause or a resume; `message` if the stop was forced."""

    status: Status
    message: str | UnsetType = UNSET


class Said(Struct):
    """An answer in words."""

    message: str


class Level(Struct, rename={"ex_id": "exId"}):
    """The answer to a change of the log level."""

    ex_id: Id
    level: str


class AssetId(Struct):
    """The answer to an asset that was uploaded or deleted."""

    asset_id: Annotated[str, Meta(min_length=40, max_length=40)]


class Unavailable(Struct):
    """What is said without a status: a request that no handler could take, or an asset id that is none."""

    error: str
