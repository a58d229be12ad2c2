"""Further sockets on which a running app answers.

A port for each world whose clients send no headers, and connections that were begun in another process.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from sanic.models.server_types import Signal
from sanic.server.protocols.http_protocol import HttpProtocol

if TYPE_CHECKING:
    import socket
    from asyncio import BaseTransport

    from toolkit.server.app import App
    from toolkit.server.workers.passing import Way


class Adopted(HttpProtocol):
    """A connection that was begun in another process.

    Attributes:
        way: The way over which it came.
    """

    __slots__ = ("_first", "way")

    def __init__(self, *, first: bytes, way: Way, **more: Any) -> None:  # noqa: ANN401 - Sanic's own
        """Begin with what the client has sent there."""
        super().__init__(**more)
        self._first = first
        self.way = way

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin; what was sent before comes first."""
        super().connection_made(transport)  # type: ignore[no-untyped-call]  # Sanic's
        self.data_received(self._first)
        self._first = b""


class Doors:
    """Opens and closes sockets of an app; used in its event loop only."""

    def __init__(self, app: App, connections: set[Any]) -> None:
        """Begin without one.

        Args:
            app: What answers; it has been started.
            connections: Where the app's connections are kept, whichever socket they came to.
        """
        self._connections = connections
        # As Sanic gives its own.
        self._given: dict[str, Any] = {"app": app, "connections": connections, "signal": Signal(), "state": {}}
        self._open: dict[int, asyncio.Server] = {}

    async def open(self, sock: socket.socket) -> None:
        """Answer on a listening socket too."""
        loop = asyncio.get_running_loop()
        protocol: Any = partial(HttpProtocol, loop=loop, **self._given)
        self._open[sock.getsockname()[1]] = await loop.create_server(protocol, sock=sock)

    async def adopt(self, sock: socket.socket, first: bytes, way: Way) -> None:
        """Go on with a connection that came over a way, where its client has sent something already."""
        loop = asyncio.get_running_loop()
        await loop.connect_accepted_socket(partial(Adopted, first=first, way=way, loop=loop, **self._given), sock)

    async def close(self, port: int) -> None:
        """Close a socket, and every connection that came to it: whoever opened it is done."""
        self._open.pop(port).close()
        for connection in list(self._connections):
            if connection.conn_info.server_port == port:
                connection.abort()

    def close_all(self) -> None:
        """Close the sockets; the connections end as those of the app's first socket do."""
        for server in self._open.values():
            server.close()
        self._open.clear()
