"""What Sanic is given to send: header lines as they are; long bodies in pieces; and answers spoiled on their way.

A spoiled answer sleeps in the task of its own connection: nobody else waits, and it ends when the client goes away.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, Any, Final, NoReturn

from sanic.response import BaseHTTPResponse

from toolkit.faults.spoiling import LONGEST, Manner
from toolkit.server.spoiled import cut, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.faults.spoiling import Harm, Spoiling
    from toolkit.server.ready import Ready

KEPT_OPEN: Final = ((b"Connection", b"keep-alive"), (b"Keep-Alive", b"timeout=5"))
_CLOSED: Final = ((b"Connection", b"close"),)
_AT_ONCE: Final = struct.pack("ii", 1, 0)
"""A socket that lingers for no time is closed with a reset."""
_SECOND: Final = 1_000
LONG: Final = 2**20
"""Bytes of a body from which on it is sent in pieces."""
_PIECE: Final = 2**18
"""Bytes that are sent before others are answered."""


class Reply(BaseHTTPResponse):
    """A response whose header lines go out as they are, in their order and letters."""

    __slots__ = ("_lines",)

    def __init__(self, ready: Ready) -> None:
        """Take what is ready to be sent."""
        super().__init__()  # type: ignore[no-untyped-call]  # Sanic's
        self.status = ready.status
        self.body = ready.body
        self._lines = ready.lines

    @property
    def processed_headers(self) -> Any:  # noqa: ANN401 - an iterator in Sanic, any iterable will do
        """Give our lines and the one that Sanic knows: whether the connection stays open."""
        return self._lines + (KEPT_OPEN if self.headers.get("connection") == "keep-alive" else _CLOSED)


class Long(Reply):
    """A response with a long body, which goes out in pieces as the client takes them: nobody else waits."""

    __slots__ = ()

    async def send(self, data: Any = None, end_stream: bool | None = None) -> None:  # noqa: ANN401, ARG002, FBT001 - Sanic's
        """Send all of it; Sanic asks for that once."""
        body: bytes = self.body or b""
        self.body = None
        self.headers["content-length"] = str(len(body))
        for start in range(0, len(body), _PIECE):
            await super().send(body[start : start + _PIECE], end_stream=False)
            await asyncio.sleep(0)


class Spoiled(Reply):
    """A response that comes late, in parts, broken off or never."""

    __slots__ = ("_spoiling",)

    def __init__(self, ready: Ready, spoiling: Spoiling) -> None:
        """Take what is ready to be sent, and what is done to it."""
        super().__init__(ready)
        self._spoiling = spoiling

    async def send(self, data: Any = None, end_stream: bool | None = None) -> None:  # noqa: ANN401, ARG002, FBT001 - Sanic's
        """Send all that is to be sent of it; Sanic asks for that once."""
        # What knows the connection has no types in Sanic.
        protocol: Any = self.stream.protocol  # type: ignore[union-attr]
        harm = self._spoiling.harm
        held: set[Any] = protocol.app.ctx.held
        held.add(protocol)
        # What reads nothing does not see the client go; Sanic stops reading while it has much to look at.
        protocol.transport.resume_reading()
        try:
            await asyncio.sleep(self._spoiling.delay / _SECOND)
            if harm is not None and harm.manner in _WAYS:
                await _WAYS[harm.manner](self, protocol, harm)
            else:
                await super().send(end_stream=True)
        except asyncio.CancelledError:
            # The client has gone, or the server stops: there is nobody to whom Sanic should say so.
            protocol.abort()
            raise
        finally:
            held.discard(protocol)

    async def _reset(self, protocol: Any, _: Harm) -> None:  # noqa: ANN401 - Sanic's
        protocol.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        await gone(protocol)

    async def _hang(self, protocol: Any, _: Harm) -> None:  # noqa: ANN401 - Sanic's
        await asyncio.sleep(LONGEST / _SECOND)
        await gone(protocol)

    async def _break_off(self, protocol: Any, _: Harm) -> None:  # noqa: ANN401 - Sanic's
        body: bytes = self.body or b""
        await self._stream(cut(body), len(body))
        protocol.close()
        await asyncio.sleep(LONGEST / _SECOND)

    async def _drip(self, _: Any, harm: Harm) -> None:  # noqa: ANN401 - Sanic's
        body: bytes = self.body or b""
        gap, ends = pieces(len(body), harm.lasting(len(body)))
        await self._stream(b"", len(body))
        for part in _parts(body, ends):
            await asyncio.sleep(gap / _SECOND)
            await super().send(part, end_stream=False)

    async def _stream(self, part: bytes, size: int) -> None:
        """Send the head, which promises a body of `size` bytes, and the first of them."""
        self.body = None
        self.headers["content-length"] = str(size)
        await super().send(part, end_stream=False)


_WAYS: Final = {
    Manner.RESET: Spoiled._reset,  # noqa: SLF001 - its own table
    Manner.HANG: Spoiled._hang,  # noqa: SLF001
    Manner.TRUNCATED: Spoiled._break_off,  # noqa: SLF001
    Manner.DRIP: Spoiled._drip,  # noqa: SLF001
}


async def gone(protocol: Any) -> NoReturn:  # noqa: ANN401 - Sanic's
    """Close a connection now, and wait for the end that this task has with it."""
    protocol.abort()
    await asyncio.sleep(LONGEST / _SECOND)
    raise asyncio.CancelledError


def _parts(body: bytes, ends: list[int]) -> Iterator[bytes]:
    begin = 0
    for end in ends:
        yield body[begin:end]
        begin = end


def reply_to(ready: Ready) -> Reply:
    """Give what Sanic is to send."""
    if ready.spoiling is not None:
        return Spoiled(ready, ready.spoiling)
    return Reply(ready) if len(ready.body) < LONG else Long(ready)
