"""The process that serves: from a bound socket until a signal.

The first SIGINT or SIGTERM ends it gracefully, the second at once.
"""

from __future__ import annotations

import asyncio
import os
import signal
from typing import TYPE_CHECKING

import uvloop

from toolkit.server.app import App, create_app
from toolkit.server.running import running
from toolkit.server.telling import tell_changes

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

    from toolkit.server.front import Front


def run(
    front: Front,
    sock: socket.socket,
    *,
    ready: Callable[[], None],
    tell: Callable[[str], None] | None = None,
    link: socket.socket | None = None,
) -> None:
    """Serve until the process is told to stop.

    Args:
        front: What is served.
        sock: A listening socket; closed at the end.
        ready: Called once the server answers.
        tell: Given a line for each status change as it happens, if wanted.
        link: A connection to a supervising process: the server stops when it closes.
    """
    app = create_app(front)
    base = front.worlds.base
    telling = tell_changes(base.cluster.timeline, base.clock, tell) if tell is not None else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, sock, ready, telling, link))


async def _serve(
    app: App,
    sock: socket.socket,
    ready: Callable[[], None],
    telling: Coroutine[None, None, None] | None,
    link: socket.socket | None,
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    # Before the server answers: whoever sees an answer may send a signal the next moment.
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop, number)
    if link is not None:
        loop.add_reader(link, stopping.set)
    async with running(app, sock):
        ready()
        task = loop.create_task(telling) if telling is not None else None
        await stopping.wait()
        if task is not None:
            task.cancel()
