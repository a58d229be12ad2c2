"""What the control API is sent and what it answers, as types that check it and describe it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from toolkit.model.records import Count, Instant  # noqa: TC001 - msgspec reads a Struct's types


class ClockSetting(Struct, forbid_unknown_fields=True):
    """What becomes of a clock."""

    set: Annotated[str, Meta(description="A date, or an offset from the world's start such as +5m")] | None = None
    advance: Annotated[str, Meta(description="A duration such as 10m, or -10m for back")] | None = None
    speed: Annotated[float, Meta(description="1 is normal; 0.001 to 1000000")] | int | None = None
    frozen: bool | None = None


class ClockReading(Struct):
    """How a clock stands."""

    t: Instant
    speed: float
    frozen: bool
    loop: bool
    first: Instant
    last: Instant


class MarkName(Struct, forbid_unknown_fields=True):
    """The name of a checkpoint."""

    name: str


class Checkpoint(Struct):
    """A checkpoint: when it is, after how many entries of the log, and how the clock was."""

    name: str
    t: Instant
    sequence: Count
    speed: float
    frozen: bool


class Checkpoints(Struct):
    """The checkpoints by name."""

    checkpoints: list[Checkpoint]


class ServedWorld(Struct):
    """A world that has a name."""

    name: str
    t: Instant
    frozen: bool
    sequence: Count
    requests: Count


class Worlds(Struct):
    """The worlds that have a name, by name."""

    worlds: list[ServedWorld]


class ServerInfo(Struct):
    """What a server is: `scenario`, `seed` and `epoch` of a live one, `bundle` of a replay."""

    world: str | None
    mode: Literal["live", "replay"]
    scenario: dict[str, Any] | None
    seed: int | None
    epoch: Instant | None
    bundle: str | None
    versions: dict[str, str]
    reproduce: str
    clock: ClockReading
