"""Open connections that go from one process to another, with what their clients have sent.

Who takes one over reads the same bytes and writes to the same socket, so that slow answers, resets and clients that go
away are what they are in one process.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from array import array
from typing import TYPE_CHECKING, Any, Final, NoReturn

from toolkit.server.reply import gone

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sanic.request import Request

    from toolkit.server.doors import Doors

PIECE: Final = 65_536
"""Bytes that go in one packet."""
_MORE, _LAST = b"\1", b"\0"
_FLUSHED_EVERY: Final = 0.001
"""Seconds between two looks at whether an answer has left: only a client that does not wait for its answers sees it."""


class Way:
    """One side's end of a way over which connections go."""

    def __init__(self, sock: socket.socket) -> None:
        """Use an end of a pair of sockets that keeps packets apart."""
        sock.settimeout(0)
        self._sock = sock
        self._came: list[int] = []
        self._text = bytearray()
        self._moving: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def listen(self, doors: Doors) -> None:
        """Answer on every connection that comes, from now on."""
        asyncio.get_running_loop().add_reader(self._sock, self._receive, doors)

    async def give(self, request: Request) -> NoReturn:
        """Give away the connection of a request that nobody looked at yet; waits until the other side has room."""
        protocol = _protocol(request)
        protocol.transport.pause_reading()
        # The answer to a request before it, which the client did not wait for, goes out first.
        while protocol.transport.get_write_buffer_size():  # noqa: ASYNC110 - nothing says when it has
            await asyncio.sleep(_FLUSHED_EVERY)
        # A client that is gone has no descriptor.
        with contextlib.suppress(OSError):
            sending = started(self._send(os.dup(_descriptor(protocol)), _begun(request)), self._moving)
            # Whatever becomes of this request: half a message would be the beginning of the next one.
            await asyncio.shield(sending)
        await gone(protocol)

    def give_back(self, request: Request) -> bool:
        """Give away the connection of a request, if that goes at once; then it is only left to let it go."""
        protocol, begun = _protocol(request), _begun(request)
        if protocol.transport.get_write_buffer_size() or len(begun) > PIECE:
            return False
        try:
            self._put(_descriptor(protocol), _LAST + begun)
        except OSError:
            return False
        return True

    async def _send(self, descriptor: int, text: bytes) -> None:
        """Send a descriptor and a text, in as many packets as it takes, and close the descriptor here."""
        ends = range(PIECE, len(text), PIECE)
        packets = [_MORE + text[end - PIECE : end] for end in ends] + [_LAST + text[len(ends) * PIECE :]]
        try:
            async with self._turn:
                # Where the other side is gone, this one will be as well, and the client sees its connection close.
                with contextlib.suppress(OSError):
                    for place, packet in enumerate(packets):
                        await self._put_when_there_is_room(None if place else descriptor, packet)
        finally:
            os.close(descriptor)

    async def _put_when_there_is_room(self, descriptor: int | None, packet: bytes) -> None:
        while True:
            try:
                self._put(descriptor, packet)
            except BlockingIOError:
                await self._room()
            else:
                return

    async def _room(self) -> None:
        loop = asyncio.get_running_loop()
        room = asyncio.Event()
        loop.add_writer(self._sock, room.set)
        try:
            await room.wait()
        finally:
            loop.remove_writer(self._sock)

    def _put(self, descriptor: int | None, packet: bytes) -> None:
        """Send a packet now.

        Raises:
            BlockingIOError: If there is no room for it.
            OSError: If the other side is gone.
        """
        rights = [] if descriptor is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [descriptor]))]
        self._sock.sendmsg([packet], rights)

    def _receive(self, doors: Doors) -> None:
        try:
            packet, came, _, _ = socket.recv_fds(self._sock, PIECE + 1, 1)
        except BlockingIOError:
            return
        except OSError:
            packet, came = b"", []
        if not packet:
            asyncio.get_running_loop().remove_reader(self._sock)
            return
        self._came += came
        self._text += packet[1:]
        if packet[:1] == _LAST:
            descriptor, text = self._came.pop(), bytes(self._text)
            self._text.clear()
            sock = socket.socket(fileno=descriptor)
            started(doors.adopt(sock, text, self), self._moving)


def started(work: Coroutine[Any, Any, None], held: set[asyncio.Task[None]]) -> asyncio.Task[None]:
    """Start some work that nobody waits for; it is held until it has ended, so that it does."""
    task = asyncio.get_running_loop().create_task(work)
    held.add(task)
    task.add_done_callback(held.discard)
    return task


def _protocol(request: Request) -> Any:  # noqa: ANN401 - what knows the connection has no types in Sanic
    return request.stream.protocol  # type: ignore[union-attr]


def _descriptor(protocol: Any) -> int:  # noqa: ANN401 - as above
    descriptor: int = protocol.transport.get_extra_info("socket").fileno()
    return descriptor


def _begun(request: Request) -> bytes:
    """Give all that the client has sent from a request on."""
    http: Any = request.stream
    # Sanic leaves the second line end to whoever reads chunks.
    end = b"\r\n" if http.request_body == "chunked" else b"\r\n\r\n"
    return request.head + end + bytes(http.recv_buffer)
