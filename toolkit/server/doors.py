"""Further sockets on which a running app answers: a port for each world whose clients send no headers."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

from sanic.models.server_types import Signal
from sanic.server.protocols.http_protocol import HttpProtocol

if TYPE_CHECKING:
    import socket

    from toolkit.server.app import App


class Doors:
    """Opens and closes sockets of an app; used in its event loop only."""

    def __init__(self, app: App, connections: set[Any]) -> None:
        """Begin without one.

        Args:
            app: What answers; it has been started.
            connections: Where the app's connections are kept, whichever socket they came to.
        """
        self._connections = connections
        # As Sanic makes its own.
        self._protocol: Any = partial(HttpProtocol, app=app, connections=connections, signal=Signal(), state={})
        self._open: dict[int, asyncio.Server] = {}

    async def open(self, sock: socket.socket) -> None:
        """Answer on a listening socket too."""
        loop = asyncio.get_running_loop()
        self._open[sock.getsockname()[1]] = await loop.create_server(partial(self._protocol, loop=loop), sock=sock)

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
