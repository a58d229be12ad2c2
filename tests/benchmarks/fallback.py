"""A load generator for machines without wrk: raw sockets under asyncio, in this process.

It may be what limits the requests per second, as fast as the servers it measures; CPU per request stays right.
"""

from __future__ import annotations

import asyncio
import re
import time
from functools import partial
from urllib.parse import urlsplit

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"


class _Client(asyncio.Protocol):
    """One connection that asks again as soon as it has the whole answer."""

    def __init__(self, request: bytes, until: float, ended: asyncio.Future[None]) -> None:
        self.answered = 0
        self._request = request
        self._until = until
        self._ended = ended
        self._head = b""
        self._left = 0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            at = self._head.find(_END)
            if at < 0:
                return
            length = _LENGTH.search(self._head, 0, at + 2)
            if not self._head.startswith(b"HTTP/1.1 200 ") or length is None:
                self._fail(f"an answer is not what we can read: {self._head[:200]!r}")
                return
            self._left = int(length[1]) - (len(self._head) - at - len(_END))
            self._head = b""
        if self._left == 0:
            self._answered()

    def _answered(self) -> None:
        self.answered += 1
        if time.perf_counter() < self._until:
            self._transport.write(self._request)
        elif not self._ended.done():
            self._ended.set_result(None)
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(f"a connection was closed: {exc}")

    def _fail(self, why: str) -> None:
        if not self._ended.done():
            self._ended.set_exception(RuntimeError(why))


def _itself(client: _Client) -> _Client:
    return client


async def press(url: str, seconds: float, connections: int) -> tuple[int, float]:
    """Send requests for some seconds.

    Args:
        url: What to ask for.
        seconds: How long; what is under way then is waited for.
        connections: How many at once.

    Returns:
        How many requests were answered, and in how many seconds.

    Raises:
        RuntimeError: If one failed.
    """
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    request = f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode("ascii")
    loop = asyncio.get_running_loop()
    begun = time.perf_counter()
    ends = [loop.create_future() for _ in range(connections)]
    clients = [_Client(request, begun + seconds, end) for end in ends]
    for client in clients:
        await loop.create_connection(partial(_itself, client), parts.hostname or "", parts.port or 80)
    async with asyncio.timeout(seconds + 30):
        await asyncio.gather(*ends)
    return sum(client.answered for client in clients), time.perf_counter() - begun
