"""A Teraslice cluster in a test's hands: asked, commanded, and moved through time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import msgspec

from toolkit.errors import CommandRefused
from toolkit.model.requests import ShownRequest
from toolkit.testing.arguments import refuse_unfit
from toolkit.testing.asking import Latch, Look
from toolkit.testing.clock import HandClock
from toolkit.testing.commanding import Commanding
from toolkit.testing.reproducing import line_of
from toolkit.testing.wording import in_arguments, in_methods

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from toolkit.testing.house import Held, House


class Teraslice(Commanding):
    """A cluster of a test's own: a world with its own clock, commands, faults and requests.

    After its block, or its test, it is closed: whatever asks it then, the clients made before too, gets a `UsageError`.
    Only its clock may still be read, and `reproduce`.

    Attributes:
        clock: Its clock, frozen at the start unless asked otherwise.
    """

    def __init__(self, house: House, held: Held, logs: Callable[[], Path]) -> None:
        """Take a world in hand.

        Args:
            house: Where it is; what serves it.
            held: The world, and what was asked for.
            logs: Gives the folder where a log is written, should one be needed to serve the same world again.
        """
        super().__init__(house.front, held.world, Latch())
        self.clock = HandClock(held.world, lambda change: self._control("clock", change))
        self._house = house
        self._held = held
        self._logs = logs
        self._door = ""
        self._opening = threading.Lock()

    @property
    def name(self) -> str | None:
        """The world's name on its server, `None` if it is the only one."""
        return self._world.name

    @property
    def url(self) -> str:
        """The URL of a real server on this machine, whose root is this cluster; started when it is first asked for."""
        self._latch.check()
        with self._opening:
            if not self._door:
                with in_arguments():
                    self._door = self._house.open_door(self._world.name)
            return self._door

    @property
    def world_url(self) -> str:
        """The same cluster on the port that all worlds of the server share, below the path of its world."""
        self._latch.check()
        with in_arguments():
            server = self._house.server().url
        return server if self.name is None else f"{server}/_toolkit/worlds/{quote(self.name, safe='')}"

    def at(self, at: str | datetime) -> Look:
        """Look at another instant, which moves nothing: a date, or a signed offset such as `-5m` from now.

        A `datetime` without a zone is taken as UTC.

        Raises:
            UsageError: If it is neither.
            InstantError: If the world does not reach it.
        """
        return Look(self._front, self._world, self._latch, at)

    @property
    def requests(self) -> list[ShownRequest]:
        """What was asked by way of `url` and `transport`, the oldest first; the last 1,000 are kept.

        What may be a credential in them is masked.
        """
        page = self._ask("", "GET", "/_toolkit/requests?size=10000")
        return msgspec.convert(page["requests"], list[ShownRequest])

    def fault(self, route: str = "*", **fault: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is what it is
        """Let requests go wrong, as `POST /_toolkit/faults` is told: `fault("executions", status=503)`.

        A word that Python keeps for itself is written with an underscore behind it: `from_`. Where clients answer in
        the process, nobody sleeps for a delay: if the client's time-out is shorter, its error comes at once.

        Args:
            route: An operation such as `executions`, or a path such as `/v1/ex/*`; every route if left out.
            fault: What goes wrong: `status`, `answer`, `delay`, `drip` or `stale`; and when: `rate`, `times`, `method`,
                `from_`, `to`.

        Raises:
            CommandRefused: If there can be no such fault.
        """
        return self._control("faults", {"route": route, **_without_underscores(fault)})

    def add_faults(self, faults: Iterable[Mapping[str, Any]]) -> None:
        """Let requests go wrong, each fault as for `fault`, `route` among the rest; all or none.

        Raises:
            CommandRefused: If there can be no such fault.
        """
        written = [_without_underscores(fault) for fault in faults]
        if written:
            self._control("faults", written if len(written) > 1 else written[0])

    def story(self, story: str, **said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is what it is
        """Let something happen in the cluster, as `POST /_toolkit/stories` is told: `story("node-loss", for_="2m")`.

        Gives what it touches. A word that Python keeps for itself is written with an underscore behind it: `for_`.

        Args:
            story: Its name.
            said: What else is said of it, such as `for_`, `node`, `job`, `ex`, `count` or `share`.

        Raises:
            CommandRefused: If there can be no such story, or it finds nothing to touch at this instant.
        """
        return self._control("stories", {"story": story, **_without_underscores(said)})

    def checkpoint(self, name: str) -> None:
        """Remember commands, faults and clock under a name."""
        refuse_unfit("cannot make a checkpoint", "name", name)
        self._control("checkpoints", {"name": name})

    def restore(self, name: str) -> None:
        """Go back to a checkpoint.

        Raises:
            CommandRefused: If there is none of that name.
        """
        refuse_unfit("cannot restore", "name", name)
        self._control("restore", {"name": name})

    def reset(self) -> None:
        """Take commands, faults, clock and requests back to the start."""
        self._control("reset", {})

    @property
    def reproduce(self) -> str:
        """The line that serves the same world at this instant; if commands were given, it names a log written now."""
        with self._front.worlds.lock:
            return line_of(self._held, self._logs)

    def close(self) -> None:
        """Give the world up; its port is free again, and if it is its server's only one, the server stops.

        A second call does nothing.
        """
        if self._latch.closed:
            return
        self._latch.closed = True
        door, self._door = self._door, ""
        self._house.give_up(self._held, door)

    def __enter__(self) -> Self:
        """Give the cluster."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the world up."""
        self.close()

    async def __aenter__(self) -> Self:
        """Give the cluster."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the world up."""
        self.close()

    def _control(self, what: str, sent: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is what it is
        """Tell the control API something; what it refuses says itself what cannot be done."""
        try:
            said: dict[str, Any] = self._ask("", "POST", f"/_toolkit/{what}", sent)
        except CommandRefused as refused:
            raise CommandRefused(in_methods(str(refused)), refused.status) from None
        return said


def _without_underscores(said: Mapping[str, Any]) -> dict[str, Any]:
    return {str(name).removesuffix("_"): value for name, value in said.items()}
