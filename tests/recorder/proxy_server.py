"""A small proxy on loopback: forwards http requests, tunnels what CONNECT asks for, and keeps what it was asked."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.recorder.raw_server import raw_server, request_head

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator


class Seen:
    """What a proxy was asked.

    Attributes:
        port: Where the proxy is.
        heads: Every request to the proxy itself.
        refusal: Answered instead of connecting, if it is not empty.
    """

    def __init__(self, refusal: bytes) -> None:
        """Nothing was asked yet."""
        self.port = 0
        self.heads: list[str] = []
        self.refusal = refusal

    @property
    def lines(self) -> list[str]:
        """The first lines of the requests."""
        return [head.partition("\r\n")[0] for head in self.heads]


@asynccontextmanager
async def proxy_server(refusal: bytes = b"", context: ssl.SSLContext | None = None) -> AsyncIterator[Seen]:
    """Run a proxy, encrypted or not, until the block ends."""
    seen = Seen(refusal)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await request_head(reader)
        seen.heads.append(head.decode())
        method, target, _ = seen.lines[-1].split(" ")
        if seen.refusal:
            writer.write(seen.refusal)
            return
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        inner_reader, inner_writer = await asyncio.open_connection(parts.hostname, parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            inner_writer.write(head.replace(target.encode(), path.encode(), 1))
        await asyncio.gather(_pipe(reader, inner_writer), _pipe(inner_reader, writer))

    async with raw_server(talk, context) as port:
        seen.port = port
        yield seen


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        try:
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()
        finally:
            writer.close()
            await writer.wait_closed()
