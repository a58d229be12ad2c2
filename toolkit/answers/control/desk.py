"""What control routes may do to the world that is asked: the seam between them and the server that keeps it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.model.faults import Fault, FaultList
    from toolkit.model.wire import Document
    from toolkit.world.commands import Command


class Reading(NamedTuple):
    """How a world's clock stands.

    Attributes:
        t: The instant it shows.
        speed: Thousandths of normal speed.
        frozen: Whether it stands still.
        loop: Whether it begins again at `first` after `last`.
        first: The first instant of the world.
        last: The last instant that the clock shows.
    """

    t: int
    speed: int
    frozen: bool
    loop: bool
    first: int
    last: int


class Change(NamedTuple):
    """What becomes of a clock; `None` leaves a part as it is."""

    t: int | None = None
    speed: int | None = None
    frozen: bool | None = None


MOST_BODY: Final = 4_096
"""Bytes of a request's body that are kept."""
MOST_HEAD: Final = 4_096
"""Bytes of a request's line and headers that are kept."""
MOST_TARGET: Final = 2_048
"""Letters of a path with its query that are kept."""


class Asked(NamedTuple):
    """One request and how it was answered, as it is kept.

    Attributes:
        number: Its place among all of the world, from 1.
        t: The instant at which it was answered.
        method: As sent.
        target: The beginning of path and query, as sent.
        head: The beginning of its request line and headers, as sent; whoever shows them masks credentials.
        body: The beginning of what was sent with it.
        cut: Whether a part of it was longer.
        status: The HTTP status of the answer.
        fault: The fault it met, empty if none.
    """

    number: int
    t: int
    method: str
    target: str
    head: bytes
    body: bytes
    cut: bool
    status: int
    fault: str = ""


class Desk(Protocol):
    """One world of a server, as its control routes see it."""

    @property
    def name(self) -> str | None:
        """The world's name, `None` for the one that is asked without a name."""

    def reading(self) -> Reading:
        """Give how its clock stands."""

    def set_clock(self, change: Change) -> Reading:
        """Change the clock; the new setting is in force when this returns.

        Raises:
            CommandNotKept: If it cannot be kept; then nothing has changed.
        """

    def reset(self) -> Reading:
        """Take everything back: commands, faults, clock and requests are as they were at the start."""

    def checkpoint(self, name: str) -> Command:
        """Remember commands, faults and clock under a name; another one of that name is replaced."""

    def restore(self, checkpoint: Command) -> Reading:
        """Go back to a checkpoint: what came after it is out of force."""

    def checkpoints(self) -> dict[str, Command]:
        """Give the checkpoints by name."""

    def listed_faults(self) -> FaultList:
        """List the faults in force, in the order in which they are tried."""

    def add_faults(self, faults: Sequence[Fault]) -> list[int]:
        """Add faults, and give their ids.

        Raises:
            FaultError: If one cannot be; then none is added.
            CommandNotKept: If one cannot be kept.
        """

    def drop_faults(self, number: int | None) -> bool:
        """Drop a fault, or all if `None`; gives whether there was one."""

    def about(self) -> Document:
        """Say what is served, by which versions, and how to have it again."""

    def log_text(self) -> bytes | None:
        """Write what is in force as a log that a server can go on with; `None` on replay."""

    def worlds(self) -> list[Document]:
        """List the worlds that have a name, by name."""

    def drop(self, name: str) -> bool:
        """Drop a world; gives whether there was one of that name."""

    def asked(self) -> tuple[int, list[Asked]]:
        """Give how many requests the world had, and those that are kept, newest last."""

    def forget(self) -> None:
        """Forget the requests, their number too."""

    def route_names(self) -> Sequence[str]:
        """Give the names of all routes."""

    def route_name(self, method: str, path: str) -> str | None:
        """Give the name of the route that a request reaches, `None` if there is none."""

    def nearest_route(self, method: str, path: str) -> str | None:
        """Give method and path of the route that an unknown one is most like, `None` if none is."""
