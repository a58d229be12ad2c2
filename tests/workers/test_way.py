from __future__ import annotations

import asyncio
import contextlib
import socket
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from toolkit.server.workers.passing import PIECE, Way

if TYPE_CHECKING:
    from collections.abc import Iterator


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
