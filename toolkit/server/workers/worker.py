"""A worker: it answers plain reads from a world of its own that follows the owner's, and gives away all else."""

from __future__ import annotations

import asyncio
import os
import signal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NoReturn

import uvloop

from toolkit.answers.route import Cluster
from toolkit.server.app import create_app
from toolkit.server.front import Front
from toolkit.server.running import running
from toolkit.server.workers.journals import Loose
from toolkit.server.workers.link import COLLECT, NUMBER_SIZE, STOP, Ends, Told, framed, receive, told_from
from toolkit.server.workers.passing import Way
from toolkit.server.workers.plain import is_plain
from toolkit.server.worlds import Worlds
from toolkit.signals import ending
from toolkit.world.commands import MemoryLog
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine

    from sanic.request import Request
    from sanic.response import BaseHTTPResponse

    from toolkit.clock import SetClock
    from toolkit.server.app import Handle
    from toolkit.server.ready import Ready
    from toolkit.server.served import ServedWorld, Settings

_OF_FAULTS: Final = frozenset({"add_fault", "drop_faults", "restore", "reset"})
"""The entries that may change which faults there are."""


class Follower:
    """A worker's copy of the world without a name, which is what the owner's is when it is asked.

    Attributes:
        worlds: What keeps it.
        world: The copy.
    """

    def __init__(
        self, cluster: Cluster, clock: SetClock, settings: Settings, number: memoryview, asks: socket.socket
    ) -> None:
        """Copy the owner's world as it is now.

        Args:
            cluster: What the owner serves.
            clock: The owner's clock, as it was when this process began: it becomes the copy's.
            settings: The owner's.
            number: Where the owner puts the number of its log's last entry.
            asks: Where to ask for what came after those that are known.
        """
        log = cluster.log
        self.worlds = Worlds(cluster if log is None else _copied(cluster), clock, settings)
        self.world: ServedWorld = self.worlds.base
        self.world.journal.close()
        self.journal = self.world.journal = Loose(settings.most_requests, self.worlds.shelf)
        self._clock = clock
        self._number = number
        self._asks = asks
        self._known = self.world.log.sequence

    def follow(self) -> None:
        """Take over what the owner did, if it did anything: nothing else is done meanwhile."""
        if self._number[0] != self._known:
            self._catch_up()

    def _catch_up(self) -> None:
        self._asks.sendall(self._known.to_bytes(NUMBER_SIZE, "big"))
        try:
            told = told_from(receive(self._asks))
        except EOFError:
            os._exit(1)
        self.take(told)

    def take(self, told: Told) -> None:
        """Take over what was missed."""
        commands = told.commands()
        for command in commands:
            self.world.log.append(command.t, command.entry)
        if any(command.entry["do"] in _OF_FAULTS for command in commands):
            self.world.faults.begin_again()
        self._clock.set_since(told.setting, told.since)
        self._known = self.world.log.sequence


def _copied(cluster: Cluster) -> Cluster:
    timeline = cluster.timeline
    assert isinstance(timeline, LiveTimeline), "only a live one has a log"
    assert cluster.log is not None
    log = MemoryLog(timeline.scenario.seed)
    for command in cluster.log.page(0, cluster.log.sequence):
        log.append(command.t, command.entry)
    return Cluster(timeline.another(log), log, cluster.mode, cluster.absent)


class _Front(Front):
    """A front whose refusals, too, say how things are with the owner."""

    def __init__(self, follower: Follower, clock: SetClock) -> None:
        super().__init__(follower.world.cluster, clock, worlds=follower.worlds)
        self._follow = follower.follow

    def refuse(self, status: int, message: str, world: ServedWorld | None = None) -> Ready:
        self._follow()
        return super().refuse(status, message, world)


def work(follower: Follower, sock: socket.socket, ends: Ends) -> None:
    """Answer on a listening socket until the owner says that it is over, or is gone."""
    # They go to every process of a terminal; what comes of them is the owner's to say.
    for number in ending():
        signal.signal(number, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_work(follower, sock, ends))


async def _work(follower: Follower, sock: socket.socket, ends: Ends) -> None:
    clock: Any = follower.world.clock
    way = Way(ends.ways)
    stopping = asyncio.Event()
    front = _Front(follower, clock)
    around = partial(_around, follower=follower, way=way)
    app = create_app(front, around, reads_bodies=False, follow=follower.follow)
    async with running(app, sock) as doors:
        way.listen(doors)
        obeying = asyncio.create_task(_obey(follower, ends.calls, stopping))
        await stopping.wait()
    obeying.cancel()


async def _obey(follower: Follower, calls: socket.socket, stopping: asyncio.Event) -> NoReturn:
    reader, writer = await asyncio.open_unix_connection(sock=calls)
    writer.write(framed(None))
    while call := await reader.read(1):
        if call == COLLECT:
            writer.write(framed(follower.journal.taken()))
        elif call == STOP:
            stopping.set()
    # The owner is gone, and with it everything that this process is for.
    os._exit(1)


def _around(handle: Handle, follower: Follower, way: Way) -> Handle:
    follow, faults = follower.follow, follower.world.faults

    def answered(request: Request) -> BaseHTTPResponse | Coroutine[Any, Any, BaseHTTPResponse]:
        follow()
        if faults.active or not is_plain(request.method, request.raw_url.decode("ascii"), request.headers):
            return way.give(request)
        return handle(request)

    return answered
