"""A Teraslice cluster in a test's hands: asked, commanded, and moved through time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import msgspec

from toolkit.model.instants import format_instant, parse_duration
from toolkit.model.requests import ShownRequest
from toolkit.testing.asking import Asking, Look
from toolkit.testing.clock import HandClock
from toolkit.testing.reaching import reached_at
from toolkit.testing.reproducing import line_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType

    from toolkit.testing.house import Held, House

Record = str | Mapping[str, Any]
"""A record as Teraslice answers it, or its id."""


class Teraslice(Asking):
    """A cluster of a test's own: a world with its own clock, commands, faults and requests.

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
        super().__init__(house.front, held.world)
        self.clock = HandClock(held.world, lambda change: self._ask("POST", "/_toolkit/clock", change))
        self._house = house
        self._held = held
        self._logs = logs
        self._door = ""

    @property
    def name(self) -> str | None:
        """The world's name on its server, `None` if it is the only one."""
        return self._world.name

    @property
    def url(self) -> str:
        """The URL of a real server on this machine, whose root is this cluster; started when it is first asked for."""
        if not self._door:
            self._door = self._house.open_door(self._world.name)
        return self._door

    @property
    def world_url(self) -> str:
        """The same cluster on the port that all worlds of the server share, below the path of its world."""
        server = self._house.server().url
        return server if self.name is None else f"{server}/_toolkit/worlds/{quote(self.name, safe='')}"

    def at(self, at: str | datetime) -> Look:
        """Look at another instant, which moves nothing: a date, or a signed offset such as `-5m` from now.

        Raises:
            UsageError: If it is neither.
            InstantError: If the world does not reach it.
        """
        return Look(self._front, self._world, at)

    @property
    def requests(self) -> list[ShownRequest]:
        """What was asked by way of `url` and `transport`, the oldest first; the last 1,000 are kept.

        What may be a credential in them is masked.
        """
        page = self._ask("GET", "/_toolkit/requests?size=10000")
        return msgspec.convert(page["requests"], list[ShownRequest])

    def post_job(self, job: Mapping[str, Any], *, start: bool = True) -> dict[str, str]:
        """Store a job and start it; gives its `job_id`, and the `ex_id` if it is started.

        Raises:
            CommandRefused: If Teraslice would not take it.
        """
        posted: dict[str, str] = self._ask("POST", f"/v1/jobs?start={'true' if start else 'false'}", dict(job))
        return posted

    def start(self, job: Record) -> str:
        """Start a job; gives the id of its new execution.

        Raises:
            CommandRefused: If it cannot be started, as when it runs.
        """
        ex_id: str = self._ask("POST", f"/v1/jobs/{quote(_id_of(job, 'job_id'), safe='')}/_start")["ex_id"]
        return ex_id

    def stop(self, ex: Record) -> str:
        """Stop an execution, without waiting until it has stopped; gives the status that it has now.

        Raises:
            CommandRefused: If it cannot be stopped.
        """
        return self._move(ex, "_stop?blocking=false")

    def pause(self, ex: Record) -> str:
        """Pause an execution; gives the status that it has now.

        Raises:
            CommandRefused: If it cannot be paused.
        """
        return self._move(ex, "_pause")

    def resume(self, ex: Record) -> str:
        """Let a paused execution go on; gives the status that it has now.

        Raises:
            CommandRefused: If it cannot be resumed.
        """
        return self._move(ex, "_resume")

    def wait_for(self, ex: Record, *statuses: str, within: str = "1d") -> str:
        """Move the clock to where an execution has one of some statuses, which may be now; gives which.

        Args:
            ex: The execution.
            statuses: Teraslice's words, such as `running`.
            within: How far the clock may be moved at most.

        Raises:
            NeverReached: If it does not come to one of them by then; the text names the statuses that it passed.
            UsageError: If there is no such status, or `within` is no duration.
        """
        ex_id = _id_of(ex, "ex_id")
        with self._front.worlds.lock:
            reading = self._world.reading()
            last = min(reading.t + parse_duration(within), reading.last)
            t = reached_at(self._world.cluster.timeline, ex_id, statuses, reading.t, last)
            if t > reading.t:
                self.clock.set(format_instant(t))
            execution = self._world.cluster.timeline.at(t).execution(ex_id).value
        assert execution is not None, "it was just seen"
        status: str = execution.fields["_status"]
        return status

    def fault(self, **fault: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is what it is
        """Let requests go wrong, as `POST /_toolkit/faults` is told: `fault(route="executions", status=503)`.

        A word that Python keeps for itself is written with an underscore behind it: `from_`.

        Raises:
            CommandRefused: If there can be no such fault.
        """
        return self._control("faults", {name.removesuffix("_"): value for name, value in fault.items()})

    def story(self, **story: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is what it is
        """Let something happen in the cluster, as `POST /_toolkit/stories` is told.

        Raises:
            CommandRefused: If there can be no such story.
        """
        return self._control("stories", story)

    def checkpoint(self, name: str) -> None:
        """Remember commands, faults and clock under a name."""
        self._control("checkpoints", {"name": name})

    def restore(self, name: str) -> None:
        """Go back to a checkpoint.

        Raises:
            CommandRefused: If there is none of that name.
        """
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
        """Give the world up; its port is free again, and if it is its server's only one, the server stops."""
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

    def _move(self, ex: Record, how: str) -> str:
        status: str = self._ask("POST", f"/v1/ex/{quote(_id_of(ex, 'ex_id'), safe='')}/{how}")["status"]
        return status

    def _control(self, what: str, sent: Mapping[str, Any]) -> dict[str, Any]:
        said: dict[str, Any] = self._ask("POST", f"/_toolkit/{what}", dict(sent))
        return said


def _id_of(record: Record, field: str) -> str:
    return record if isinstance(record, str) else str(record[field])
