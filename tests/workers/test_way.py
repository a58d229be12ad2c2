from __future__ import annotations

import asyncio
import contextlib
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import uvloop

from toolkit.server.workers.passing import PIECE, Way

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Transport:
    """A transport that still has so many looks' worth of an earlier answer to send."""

    def __init__(self, sock: socket.socket, looks: int) -> None:
        """Stand for a connection."""
        self.sock = sock
        self.looks = looks
        self.told: list[str] = []

    def pause_reading(self) -> None:
        """Note it."""
        self.told.append("pause")

    def get_write_buffer_size(self) -> int:
        """Have less each time."""
        self.looks -= 1
        self.told.append("look")
        return max(0, self.looks)

    def get_extra_info(self, name: str) -> socket.socket:
        """Give the socket."""
        assert name == "socket"
        return self.sock


def request_of(transport: Transport, rest: bytes = b"") -> Any:
    """Make a request as Sanic has it when its headers are read."""
    protocol = SimpleNamespace(transport=transport, abort=lambda: transport.told.append("abort"))
    stream = SimpleNamespace(protocol=protocol, request_body=None, recv_buffer=bytearray(rest))
    return SimpleNamespace(head=b"GET / HTTP/1.1\r\nHost: localhost", stream=stream)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a way."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, other:
        yield one, other


def test_a_connection_goes_when_its_earlier_answer_has_left(ends: tuple[socket.socket, socket.socket]) -> None:
    """Nothing more is read before; then the bytes and the connection itself go, and ours is dropped."""
    transport = Transport(ends[0], looks=3)

    async def give() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.1):
                await Way(ends[0]).give(request_of(transport, b"more"))

    asyncio.run(give())
    packet, descriptors, _, _ = socket.recv_fds(ends[1], PIECE, 1)
    for descriptor in descriptors:
        socket.close(descriptor)
    assert packet == b"\0GET / HTTP/1.1\r\nHost: localhost\r\n\r\nmore"
    assert len(descriptors) == 1
    assert transport.told == ["pause", "look", "look", "look", "abort"]


async def taken(end: socket.socket) -> bytes:
    """Take one message over a way, with its connection, in as many packets as it has."""
    text, connections = b"", 0
    while True:
        try:
            packet, descriptors, _, _ = socket.recv_fds(end, PIECE + 1, 1)
        except BlockingIOError:
            await asyncio.sleep(0.001)
            continue
        assert packet, "the other side closed it"
        connections += len(descriptors)
        for descriptor in descriptors:
            socket.close(descriptor)
        text += packet[1:]
        if packet[:1] == b"\0":
            assert connections == 1
            return text


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_connections_for_which_there_is_no_room_yet_go_later_whole_and_one_after_the_other(
    ends: tuple[socket.socket, socket.socket], loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    """The other side is busy meanwhile, and two clients have gone away by the time there is room."""
    rests = [bytes([number]) * (3 * PIECE) for number in range(12)]

    async def give() -> list[bytes]:
        way = Way(ends[0])
        giving = [asyncio.create_task(way.give(request_of(Transport(ends[0], 0), rest))) for rest in rests]
        await asyncio.sleep(0.01)
        ends[1].settimeout(0)
        for gone in (giving[0], giving[7]):
            gone.cancel()
        came = [await taken(ends[1]) for _ in rests]
        for each in giving:
            each.cancel()
        await asyncio.wait(giving)
        return came

    with asyncio.Runner(loop_factory=loop) as runner:
        came = runner.run(give())
    assert [text.partition(b"\r\n\r\n")[2] for text in came] == rests


def test_nobody_waits_for_an_other_side_that_is_gone(ends: tuple[socket.socket, socket.socket]) -> None:
    """Our side of the connection is dropped, so that its client sees it close."""
    transport = Transport(ends[0], looks=0)

    async def give() -> None:
        giving = asyncio.create_task(Way(ends[0]).give(request_of(transport, b"x" * (30 * PIECE))))
        await asyncio.sleep(0.01)
        assert transport.told == ["pause", "look"]
        ends[1].close()
        await asyncio.sleep(0.1)
        giving.cancel()

    asyncio.run(give())
    assert transport.told == ["pause", "look", "abort"]


@pytest.mark.parametrize(("looks", "rest"), [(3, b""), (0, b"x" * PIECE)], ids=["unsent", "much"])
def test_what_would_take_time_is_not_given_back(
    ends: tuple[socket.socket, socket.socket], looks: int, rest: bytes
) -> None:
    """An answer that has not left, and more text than one packet has."""
    assert not Way(ends[0]).give_back(request_of(Transport(ends[0], looks), rest))


def test_nothing_is_given_back_to_who_does_not_take_it(ends: tuple[socket.socket, socket.socket]) -> None:
    """Where there is no room, or nobody: the owner answers by itself and waits for no worker."""
    way, given = Way(ends[0]), 0
    while way.give_back(request_of(Transport(ends[0], 0), b"x" * 9_000)):
        given += 1
    assert given
    ends[1].close()
    assert not way.give_back(request_of(Transport(ends[0], 0)))
