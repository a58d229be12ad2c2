"""What joins the owner and a worker: three pairs of sockets, a number in shared memory, and what is said over them.

The worker asks for what it missed, and waits for it; the owner calls the worker, which answers in its time; and open
connections go from one to the other. When one side is gone, the other sees its sockets close.
"""

from __future__ import annotations

import mmap
import socket
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from toolkit.clock import Setting  # noqa: TC001 - msgspec reads the types of what is sent
from toolkit.server.workers.journals import Batch
from toolkit.world.commands import Command, line_of, parse

if TYPE_CHECKING:
    from asyncio import StreamReader

    from toolkit.clock import SetClock
    from toolkit.world.commands import CommandLog

COLLECT: Final = b"c"
"""The owner's call for the requests that a worker answered."""
STOP: Final = b"s"
"""The owner's call to end, gracefully."""
NUMBER_SIZE: Final = 8
"""Bytes of a size, and of a sequence number, as they are sent."""


class Ends(NamedTuple):
    """One side's ends of a link.

    Attributes:
        asks: Where the worker asks what it missed.
        calls: Where the owner calls.
        ways: Where connections go over.
    """

    asks: socket.socket
    calls: socket.socket
    ways: socket.socket

    def close(self) -> None:
        """Close them."""
        for end in self:
            end.close()


def linked() -> tuple[Ends, Ends]:
    """Make a link; gives the owner's ends and the worker's."""
    asks, calls = socket.socketpair(), socket.socketpair()
    ways = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    return Ends(asks[0], calls[0], ways[0]), Ends(asks[1], calls[1], ways[1])


def shared_number() -> memoryview:
    """Give a place for one number, in memory that forked processes share."""
    return memoryview(mmap.mmap(-1, NUMBER_SIZE)).cast("Q")


class Told(NamedTuple):
    """What a worker missed.

    Attributes:
        setting: How the clock was last set.
        since: When it was, as `SetClock.since` has it.
        lines: The entries of the log that are new, as lines of a log.
    """

    setting: Setting
    since: int
    lines: list[bytes]

    @classmethod
    def of(cls, log: CommandLog, clock: SetClock, known: int) -> Told:
        """Tell everything after an entry."""
        return cls(*clock.since, [line_of(command) for command in log.page(known, log.sequence)])

    def commands(self) -> list[Command]:
        """Read the entries."""
        return [Command(**parse(line)) for line in self.lines]


_ENCODER: Final = msgspec.msgpack.Encoder()
_TOLD: Final = msgspec.msgpack.Decoder(Told)
_BATCH: Final = msgspec.msgpack.Decoder(Batch)


def framed(message: Told | Batch | None) -> bytes:
    """Write a message after its size; `None` is an empty one."""
    text = b"" if message is None else _ENCODER.encode(message)
    return len(text).to_bytes(NUMBER_SIZE, "big") + text


def told_from(text: bytes) -> Told:
    """Read what was written by `framed`, without its size."""
    return _TOLD.decode(text)


def batch_from(text: bytes) -> Batch:
    """Read what was written by `framed`, without its size."""
    return _BATCH.decode(text)


def receive(sock: socket.socket) -> bytes:
    """Wait for a message, in which nothing else is done.

    Raises:
        EOFError: If the other side is gone.
    """
    return _exactly(sock, int.from_bytes(_exactly(sock, NUMBER_SIZE), "big"))


def _exactly(sock: socket.socket, size: int) -> bytes:
    text = bytearray(size)
    place = memoryview(text)
    while place:
        came = sock.recv_into(place)
        if not came:
            raise EOFError
        place = place[came:]
    return bytes(text)


async def message(reader: StreamReader) -> bytes:
    """Wait for a message, while others are answered.

    Raises:
        IncompleteReadError: If the other side is gone.
        ConnectionError: As well.
    """
    return await reader.readexactly(int.from_bytes(await reader.readexactly(NUMBER_SIZE), "big"))
