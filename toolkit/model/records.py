"""Teraslice's records as types: what the API answers, and what a bundle's documents are checked against.

Fields are in wire order. Unknown further fields are allowed everywhere, since Teraslice keeps them.
The OpenAPI document is made from these types. Source: Teraslice 3.18.0, observed answers and index mappings.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Count = Annotated[int, Meta(ge=0)]
Id = Annotated[str, Meta(min_length=1, description="UUID v4, with dashes")]
Instant = Annotated[str, Meta(description="ISO 8601, UTC, milliseconds, Z", examples=["2026-01-01T00:00:00.000Z"])]
Lifecycle = Literal["once", "persistent"]
Status = Literal[
    "pending", "scheduling", "initializing",
    "recovering", "running", "failing", "paused", "stopping",
    "completed", "stopped", "rejected", "failed", "terminated",
]  # fmt: skip


class Operation(Struct, rename={"op": "_op", "encoding": "_encoding", "dead_letter_action": "_dead_letter_action"}):
    """One operation of a job; anything else in it belongs to the operation itself."""

    op: str
    encoding: Literal["json", "raw"] | UnsetType = UNSET
    dead_letter_action: str | UnsetType = UNSET


class Info(Struct):
    """What `GET /` answers: the cluster's versions."""

    arch: str
    clustering_type: str
    name: str
    node_version: str
    platform: str
    teraslice_version: str


class Process(Struct):
    """One process on a node: the master, the assets service, an execution controller or a worker."""

    worker_id: int | str
    assignment: str
    pid: int | UnsetType = UNSET
    ex_id: Id | UnsetType = UNSET
    job_id: Id | UnsetType = UNSET


class Node(Struct):
    """One node of the cluster state."""

    node_id: str
    hostname: str
    pid: int | str
    node_version: str
    teraslice_version: str
    total: Count | str
    state: str
    available: Count | str
    active: list[Process]


class SlicerStats(Struct):
    """The slicer statistics of an execution; `{}` on an execution that simply runs."""

    workers_available: Count | UnsetType = UNSET
    workers_active: Count | UnsetType = UNSET
    workers_joined: Count | UnsetType = UNSET
    workers_reconnected: Count | UnsetType = UNSET
    workers_disconnected: Count | UnsetType = UNSET
    job_duration: Count | UnsetType = UNSET
    failed: Count | UnsetType = UNSET
    subslices: Count | UnsetType = UNSET
    queued: Count | UnsetType = UNSET
    slice_range_expansion: Count | UnsetType = UNSET
    processed: Count | UnsetType = UNSET
    slicers: Count | UnsetType = UNSET
    subslice_by_key: Count | UnsetType = UNSET
    started: Instant | UnsetType = UNSET
    queuing_complete: Instant | UnsetType = UNSET


class Controller(Struct):
    """One execution controller: the live statistics of an execution."""

    ex_id: Id
    job_id: Id
    name: str
    workers_available: Count
    workers_active: Count
    workers_joined: Count
    workers_reconnected: Count
    workers_disconnected: Count
    job_duration: Count
    failed: Count
    subslices: Count
    queued: Count
    slice_range_expansion: Count
    processed: Count
    slicers: Count
    subslice_by_key: Count
    started: Instant | UnsetType = UNSET
    queuing_complete: Instant | UnsetType = UNSET


class Job(Struct):
    """A job: the template that executions are started from; user fields may be missing or of any type."""

    job_id: Id
    context: Literal["job"] = field(name="_context")
    created: Instant = field(name="_created")
    updated: Instant = field(name="_updated")
    operations: Annotated[Any, Meta(description="Two operations or more, if it was validated.")] = UNSET
    name: Annotated[Any, Meta(description="A text, if it was validated and has one.")] = UNSET
    lifecycle: Annotated[Any, Meta(description="`once` or `persistent`, if it was validated and says.")] = UNSET
    workers: Any = UNSET
    slicers: Any = UNSET
    assets: Annotated[Any, Meta(description="Names or ids of assets, or null.")] = UNSET
    active: Any = UNSET
    deleted: Any = field(default=UNSET, name="_deleted")
    deleted_on: Any = field(default=UNSET, name="_deleted_on")


class Execution(Struct):
    """An execution: one run of a job, with the job's validated fields; what a client put in besides may be anything."""

    ex_id: Id
    job_id: Id
    name: str
    lifecycle: Lifecycle
    workers: Count
    operations: list[Operation]
    status: Status = field(name="_status")
    context: Literal["ex"] = field(name="_context")
    created: Instant = field(name="_created")
    updated: Instant = field(name="_updated")
    has_errors: bool = field(name="_has_errors")
    slicer_stats: SlicerStats = field(name="_slicer_stats")
    failure_reason: str = field(name="_failureReason")
    teraslice_version: str
    slicers: Count
    metadata: dict[str, Any]
    assets: list[str] | UnsetType | None = UNSET
    slicer_hostname: Annotated[Any, Meta(description="The controller's host, once it is there.")] = UNSET
    slicer_port: Annotated[Any, Meta(description="The controller's port, once it is there.")] = UNSET
    recovered_execution: Annotated[Any, Meta(description="The id of an execution.")] = UNSET
    recovered_slice_type: Annotated[Any, Meta(description="`all`, `errors` or `pending`.")] = UNSET
    deleted: Annotated[Any, Meta(description="Whether it was deleted.")] = field(default=UNSET, name="_deleted")
    deleted_on: Annotated[Any, Meta(description="When it was deleted.")] = field(default=UNSET, name="_deleted_on")


class ErrorRecord(Struct):
    """One slice that failed."""

    slice_id: Id
    slicer_id: Count
    slicer_order: Count
    request: str
    state: Literal["error"]
    ex_id: Id
    created: Instant = field(name="_created")
    updated: Instant = field(name="_updated")
    error: str
    retry_count: Count | UnsetType = UNSET


class Totals(Struct):
    """What all execution controllers have pushed together."""

    processed: Count
    failed: Count
    queued: Count
    job_duration: Count
    workers_joined: Count
    workers_disconnected: Count
    workers_reconnected: Count


class ClusterStats(Struct):
    """What `GET /cluster/stats` answers: the same totals under two names."""

    controllers: Totals
    slicer: Totals


class Asset(Struct):
    """One asset: a bundle of operations."""

    created: Instant = field(name="_created")
    name: str
    version: str
    id: Annotated[str, Meta(min_length=40, max_length=40)]
    description: str | UnsetType = UNSET
    node_version: int | UnsetType = UNSET
    arch: str | UnsetType = UNSET
    platform: str | UnsetType = UNSET


class Failure(Struct):
    """Teraslice's error body."""

    error: int
    message: str


class RefreshCounts(Struct):
    """What a refresh made."""

    nodes: Count
    controllers: Count
    jobs: Count
    execution_contexts: Count


class Refreshed(Struct):
    """The answer to `POST /v1/data/refresh`."""

    message: str
    counts: RefreshCounts


class LoggedCommand(Struct):
    """One entry of the command log; what else is in `entry` depends on what it does."""

    sequence: Annotated[int, Meta(ge=1)]
    t: Instant
    entry: dict[str, Any]


class Commands(Struct):
    """The answer to `GET /_toolkit/commands`: how many entries there are, and a page of them."""

    total: Count
    commands: list[LoggedCommand]


class Health(Struct):
    """The answer to `GET /_toolkit/healthz`."""

    status: Literal["ok"]
    mode: Literal["live", "replay"]
    version: str
