"""A load generator for machines without wrk: raw sockets under asyncio, in a process of its own.

It may be what limits the requests per second, as fast as the servers it measures; CPU per request stays right.

Usage: python -m tests.benchmarks.fallback URL SECONDS CONNECTIONS HEADER FIRST STEP. HEADER may be empty; `{}` in it
is FIRST for the first request and STEP more for each further one. It prints how many were answered in how many seconds.
"""

from __future__ import annotations

import asyncio
import re
import sys
import time
from functools import partial
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class _Client(asyncio.Protocol):
    """One connection that asks again as soon as it has the whole answer."""

    def __init__(self, requests: Iterator[bytes], until: float, ended: asyncio.Future[None]) -> None:
        self.answered = 0
        self._requests = requests
        self._until = until
        self._ended = ended
        self._head = b""
        self._left = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._head, self._left = b"", 0
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            at = self._head.find(_END)
            if at < 0:
                return
            length = _LENGTH.search(self._head, 0, at + 2)
            if self._head.split(b" ", 2)[1:2] != [b"200"] or length is None:
                self.fail(f"an answer is not what we can read: {self._head[:200]!r}")
                return
            self._left = int(length[1]) - (len(self._head) - at - len(_END))
            self._head = b""
        if self._left == 0:
            self._answer_ended()

    def _answer_ended(self) -> None:
        self.answered += 1
        if time.perf_counter() < self._until:
            if not self._transport.is_closing():
                self._transport.write(next(self._requests))
        elif not self._ended.done():
            self._ended.set_result(None)
            self._transport.close()

    @property
    def done(self) -> bool:
        """Whether it has asked for the last time."""
        return self._ended.done()

    def fail(self, why: str) -> None:
        """Give up."""
        if not self._ended.done():
            self._ended.set_exception(RuntimeError(why))


class _Reconnecting(_Client):
    """One that connects again if the server closes, as those of HTTP/1.0 do after each answer."""

    def __init__(self, connect: Callable[[asyncio.Protocol], None], *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]  # passed on
        self._connect = connect
        self._before = -1

    def connection_lost(self, exc: Exception | None) -> None:
        if self.done:
            return
        if self.answered == self._before:
            self.fail(f"a connection was closed: {exc}")
            return
        self._before = self.answered
        self._connect(self)


def _itself(client: asyncio.Protocol) -> asyncio.Protocol:
    return client


async def press(  # noqa: PLR0913, PLR0917 - what is asked of a load generator
    url: str, seconds: float, connections: int, header: str = "", first: int = 0, step: int = 0
) -> tuple[int, float]:
    """Send requests for some seconds.

    Args:
        url: What to ask for.
        seconds: How long; what is under way then is waited for.
        connections: How many at once.
        header: A further header line; `{}` in it is a number that grows.
        first: That number in the first request.
        step: How much it grows.

    Returns:
        How many requests were answered, and in how many seconds.

    Raises:
        RuntimeError: If one failed.
    """
    parts = urlsplit(url)
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    line = f"{header}\r\n" if header else ""
    head = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
    requests = (f"{head}{line.format(n)}\r\n".encode("ascii") for n in count(first, step))
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    ends = [loop.create_future() for _ in range(connections)]
    tasks: set[asyncio.Task[object]] = set()

    def connect(client: asyncio.Protocol) -> None:
        made = loop.create_connection(partial(_itself, client), parts.hostname or "", parts.port or 80)
        task: asyncio.Task[object] = loop.create_task(made)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    clients = [_Reconnecting(connect, requests, begun + seconds, end) for end in ends]
    for client in clients:
        connect(client)
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*ends)
    return sum(client.answered for client in clients), time.perf_counter() - begun


def main(arguments: list[str]) -> None:
    """Press and print."""
    url, seconds, connections, header, first, step = arguments
    answered, took = asyncio.run(press(url, float(seconds), int(connections), header, int(first), int(step)))
    sys.stdout.write(f"{answered} {took}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
