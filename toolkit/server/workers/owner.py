"""The owner's side: it makes the workers, tells them what they missed, and ends with them.

Every worker is a fork of the owner, taken before the owner has an event loop or a thread: what is served, a million
executions too, is in memory once.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import traceback
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from toolkit.clock import uptime
from toolkit.errors import ToolkitError
from toolkit.logfile import LogFile
from toolkit.server.binding import siblings
from toolkit.server.collector import look_seldom
from toolkit.server.doors import Adopted
from toolkit.server.reply import gone
from toolkit.server.workers.journals import Batch, Ledger
from toolkit.server.workers.link import (
    COLLECT,
    NUMBER_SIZE,
    STOP,
    Ends,
    Told,
    batch_from,
    framed,
    linked,
    message,
    shared_number,
)
from toolkit.server.workers.passing import Way, started
from toolkit.server.workers.plain import is_plain, make_ready
from toolkit.server.workers.worker import Follower, work

if TYPE_CHECKING:
    import socket
    from collections.abc import Coroutine, Sequence

    from sanic.request import Request
    from sanic.response import BaseHTTPResponse

    from toolkit.server.app import Handle
    from toolkit.server.doors import Doors
    from toolkit.server.opening import Opened

PATIENCE: Final = 5.0
"""Seconds in which a worker has to end once it was told to."""
_OF_REQUESTS: Final = re.compile(rb"/_toolkit/(requests|reset)", re.IGNORECASE)
"""What looks at the journal."""


class Crew:
    """The workers of a server.

    Attributes:
        failure: Why the server ends, if a worker ended without being told to.
    """

    def __init__(self, opened: Opened, sock: socket.socket, count: int) -> None:
        """Start workers: they answer on the port of a socket, each on a socket of its own.

        Args:
            opened: What is served.
            sock: The owner's listening socket.
            count: How many.

        Raises:
            ToolkitError: If the system does not let us.
        """
        self.failure: ToolkitError | None = None
        self._base = base = opened.worlds.base
        self._clock = opened.clock
        number = shared_number()
        number[0] = base.log.sequence
        self._workers: list[_Worker] = []
        socks = siblings(sock, count)
        make_ready(base.cluster, self._clock.now())
        look_seldom()
        for own in socks:
            self._workers.append(_started(opened, number, own, [sock, *socks], self._workers))
        for each in socks:
            each.close()
        base.log.watch(lambda sequence: number.__setitem__(0, sequence))
        base.journal.close()
        self._ledger = base.journal = Ledger(opened.worlds.settings.most_requests, opened.worlds.shelf)
        self._dismissed = False
        self._telling: set[asyncio.Task[None]] = set()

    def around(self, handle: Handle) -> Handle:
        """Give what answers the owner's requests, from what answers those of a server alone."""
        faults = self._base.faults

        def answered(request: Request) -> BaseHTTPResponse | Coroutine[Any, Any, BaseHTTPResponse]:
            protocol: Any = request.stream.protocol  # type: ignore[union-attr] # what knows the connection
            if (
                type(protocol) is Adopted
                and not faults.active
                and is_plain(request.method, request.raw_url.decode("ascii"), request.headers)
                and protocol.way.give_back(request)
            ):
                return gone(protocol)
            if _OF_REQUESTS.match(request.raw_url):
                return self._settled_first(request, handle)
            return handle(request)

        return answered

    async def start(self, doors: Doors, stopping: asyncio.Event) -> bool:
        """Serve the workers, and give whether all of them answer.

        Args:
            doors: Where connections go on that a worker gives away.
            stopping: Set when a worker ends that was not told to.
        """
        self._listening = [asyncio.create_task(self._listen(worker, stopping)) for worker in self._workers]
        for worker in self._workers:
            worker.ends.asks.settimeout(0)
            asyncio.get_running_loop().add_reader(worker.ends.asks, self._hear, worker.ends.asks)
            worker.way.listen(doors)
        for worker in self._workers:
            await worker.up.wait()
        return self.failure is None

    def dismiss(self) -> None:
        """Tell the workers to end."""
        self._dismissed = True
        for worker in self._workers:
            worker.call(STOP)

    async def ended(self) -> None:
        """Wait until the workers have ended; one that takes too long is killed.

        Raises:
            ToolkitError: If one of them is why the server ends.
        """
        _, late = await asyncio.wait(self._listening, timeout=PATIENCE)
        for worker, listening in zip(self._workers, self._listening, strict=True):
            if listening in late:
                os.kill(worker.pid, signal.SIGKILL)
        await asyncio.gather(*self._listening)
        if self.failure is not None:
            raise self.failure

    async def _listen(self, worker: _Worker, stopping: asyncio.Event) -> None:
        """Hear a worker until it has ended."""
        reader, worker.writer = await asyncio.open_unix_connection(sock=worker.ends.calls)
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            await message(reader)
            worker.up.set()
            while True:
                batch = batch_from(await message(reader))
                worker.collecting.popleft().set_result(batch)
        worker.gone = True
        worker.up.set()
        for waiting in worker.collecting:
            waiting.set_result(Batch(0, []))
        # Its sockets close when it ends: there is nothing to wait for.
        code = os.waitstatus_to_exitcode(os.waitpid(worker.pid, 0)[1])  # noqa: ASYNC222
        if not self._dismissed and self.failure is None:
            how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
            self.failure = ToolkitError(f"cannot go on: the worker process {worker.pid} {how}; start the server again")
            stopping.set()

    def _hear(self, asks: socket.socket) -> None:
        """Hear what a worker knows, and tell it what it missed; it waits for that."""
        known = b""
        with contextlib.suppress(OSError):
            known = asks.recv(NUMBER_SIZE)
        if not known:
            asyncio.get_running_loop().remove_reader(asks)
            return
        told = framed(Told.of(self._base.log, self._clock, int.from_bytes(known, "big")))
        started(_tell(asks, told), self._telling)

    async def _settled_first(self, request: Request, handle: Handle) -> BaseHTTPResponse:
        until = uptime()
        self._ledger.settle(until, await asyncio.gather(*(worker.collect() for worker in self._workers)))
        made = handle(request)
        return await made if asyncio.iscoroutine(made) else made


async def _tell(asks: socket.socket, told: bytes) -> None:
    """Send all of it, in as many pieces as the socket takes; a worker that is gone needs nothing."""
    with contextlib.suppress(OSError):
        await asyncio.get_running_loop().sock_sendall(asks, told)


class _Worker:
    """A worker, as the owner sees it."""

    def __init__(self, pid: int, ends: Ends) -> None:
        self.pid = pid
        self.ends = ends
        self.way = Way(ends.ways)
        self.writer: asyncio.StreamWriter | None = None
        self.up = asyncio.Event()
        self.gone = False
        self.collecting: deque[asyncio.Future[Batch]] = deque()

    def call(self, what: bytes) -> None:
        if self.writer is not None and not self.gone:
            self.writer.write(what)

    async def collect(self) -> Batch:
        """Fetch what it answered; nothing from one that is gone."""
        if self.gone:
            return Batch(0, [])
        waiting = asyncio.get_running_loop().create_future()
        self.collecting.append(waiting)
        self.call(COLLECT)
        # Whoever asked for the list may go away: the answer still comes, and is for this call.
        return await asyncio.shield(waiting)


def _started(
    opened: Opened,
    number: memoryview,
    own: socket.socket,
    socks: Sequence[socket.socket],
    before: Sequence[_Worker],
) -> _Worker:
    """Fork a worker; only the owner comes back."""
    mine, theirs = linked()
    pid = os.fork()
    if pid:
        theirs.close()
        return _Worker(pid, mine)
    code = 1
    try:
        for end in (mine, *(worker.ends for worker in before)):
            end.close()
        for sock in socks:
            if sock is not own:
                sock.close()
        cluster = opened.source.cluster
        follower = Follower(cluster, opened.clock, opened.worlds.settings, number, theirs.asks)
        if isinstance(cluster.log, LogFile):
            cluster.log.close()
        work(follower, own, theirs)
        code = 0
    except Exception:  # noqa: BLE001 - nothing of the owner's must run in its copy
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)
