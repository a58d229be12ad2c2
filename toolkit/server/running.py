"""A Sanic app, up and answering on a socket of ours, for as long as a `with` block lasts."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sanic import Sanic
from sanic.touchup import TouchUp

from toolkit.server.binding import BACKLOG
from toolkit.server.doors import Doors
from toolkit.server.express import ExpressProtocol

if TYPE_CHECKING:
    import socket
    from collections.abc import AsyncIterator

    from toolkit.server.app import App

GRACE = 2.0
"""Seconds for which a stopping server waits for clients that take their time."""
_LOOK_EVERY = 0.02

_starting = threading.Lock()
"""Sanic rewrites methods of its classes when an app starts: one at a time."""


async def _start_up(server: Any, app: App) -> None:  # noqa: ANN401 - as below
    """Let Sanic make itself ready, once more where it was disturbed.

    It compiles methods anew; before CPython 3.11.8, two threads that read syntax trees at once break each other's
    (CPython's issue 106905), which the last step of a start does not survive.
    """
    try:
        await server.startup()
    except SystemError:
        TouchUp.run(app)  # type: ignore[no-untyped-call]  # Sanic's
        app.state.is_started = True


@asynccontextmanager
async def running(app: App, sock: socket.socket) -> AsyncIterator[Doors]:
    """Serve an app on a listening socket; inside the block it answers. Ends gracefully, and closes the socket.

    Gives what opens further sockets on which it answers; they are closed first.
    """
    with _starting:
        # Sanic's server object has no types.
        server: Any = await app.create_server(
            sock=sock, protocol=ExpressProtocol, backlog=BACKLOG, asyncio_server_kwargs={"start_serving": False}
        )
        await _start_up(server, app)
        await server.before_start()
    await server.after_start()
    await server.start_serving()
    doors = Doors(app, server.connections)
    try:
        yield doors
    finally:
        doors.close_all()
        server.server.close()
        for connection in list(app.ctx.held):
            connection.abort()
        # A request that is being answered is finished; idle connections are closed at once.
        for _ in range(int(GRACE / _LOOK_EVERY)):
            for connection in list(server.connections):
                connection.close_if_idle()
            if not server.connections:
                break
            await asyncio.sleep(_LOOK_EVERY)
        for connection in list(server.connections):
            connection.abort()
        await server.before_stop()
        await server.after_stop()
        sock.close()
        Sanic.unregister_app(app)
