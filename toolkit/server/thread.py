"""A real server in a thread: `with ServerThread(cluster, clock) as server: httpx.get(server.url)`.

Several may run at once in one process. The thread is a daemon: a test that is killed leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Self

import uvloop

from toolkit.server.app import create_app
from toolkit.server.binding import address_of, bind, url_of
from toolkit.server.front import Front
from toolkit.server.running import running

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from types import TracebackType

    from toolkit.answers.answer import Cluster
    from toolkit.clock import Clock
    from toolkit.server.doors import Doors
    from toolkit.server.guard import Guard
    from toolkit.server.worlds import Worlds


class ServerThread:
    """A server on a free port of this machine, up inside a `with` block."""

    def __init__(  # noqa: PLR0913 - one fact each
        self,
        cluster: Cluster,
        clock: Clock,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        worlds: Worlds | None = None,
        guard: Guard | None = None,
        front: Front | None = None,
    ) -> None:
        """Say what to serve by which clock, and where; port 0 is any free one. The rest is as for `Front`, or one."""
        self.front = front or Front(cluster, clock, worlds=worlds, guard=guard)
        self._where = host, port
        self.url = ""
        self._up = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._doors: Doors | None = None
        self._thread = threading.Thread(target=self._run, name="toolkit", daemon=True)

    def start(self) -> None:
        """Start, and return once the server answers; `url` says where.

        Raises:
            ToolkitError: If the address cannot be had.
            Exception: Whatever else kept it from starting.
        """
        self._sock = bind(*self._where)
        self.url = url_of(self._sock)
        self._thread.start()
        self._up.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Stop, and return once the port is free again; a second call does nothing."""
        if self._loop is not None and self._stopping is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join()

    def open_door(self, world: str) -> str:
        """Answer for one world on a free port of its own as well; gives the URL of it.

        It lasts until `close_door`, or the server stops.
        """
        sock = bind(self._where[0], 0)
        self.front.doors[address_of(sock)[1]] = world
        assert self._doors is not None, "the server runs"
        self._in_loop(self._doors.open(sock))
        return url_of(sock)

    def close_door(self, url: str) -> None:
        """Close a world's own port, and the connections to it."""
        port = int(url.rpartition(":")[2])
        assert self._doors is not None, "the server runs"
        self._in_loop(self._doors.close(port))
        del self.front.doors[port]

    def _in_loop(self, work: Coroutine[None, None, None]) -> None:
        assert self._loop is not None, "the server runs"
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __enter__(self) -> Self:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    def _run(self) -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - whatever it is, `start` raises it where somebody sees it
            self._failure = error
        finally:
            self._sock.close()
            self._up.set()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        async with running(create_app(self.front), self._sock) as self._doors:
            self._up.set()
            await self._stopping.wait()
