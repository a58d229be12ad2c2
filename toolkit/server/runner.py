"""The process that serves: from a bound socket until a signal.

The first SIGINT, SIGTERM or SIGHUP ends it gracefully, the second at once.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import uvloop

from toolkit.server.app import App, create_app
from toolkit.server.collector import look_seldom
from toolkit.server.running import running
from toolkit.server.telling import tell_changes
from toolkit.signals import ending

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Coroutine

    from toolkit.server.front import Front
    from toolkit.server.workers.owner import Crew


def run(  # noqa: PLR0913 - one fact each
    front: Front,
    sock: socket.socket,
    *,
    ready: Callable[[], None],
    tell: Callable[[str], None] | None = None,
    link: socket.socket | None = None,
    crew: Crew | None = None,
) -> None:
    """Serve until the process is told to stop.

    Args:
        front: What is served.
        sock: A listening socket; closed at the end.
        ready: Called once the server answers.
        tell: Given a line for each status change as it happens, if wanted.
        link: A connection to a supervising process: the server stops when it closes.
        crew: The other processes that answer on the port: they end with this one, and it ends if one of them does.

    Raises:
        ToolkitError: If another process has ended by itself.
    """
    app = create_app(front, None if crew is None else crew.around)
    base = front.worlds.base
    telling = tell_changes(base.cluster.timeline, base.clock, tell) if tell is not None else None
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, sock, ready, telling, link, crew))


async def _serve(  # noqa: PLR0913, PLR0917 - one fact each
    app: App,
    sock: socket.socket,
    ready: Callable[[], None],
    telling: Coroutine[None, None, None] | None,
    link: socket.socket | None,
    crew: Crew | None,
) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()

    def stop(number: int) -> None:
        if stopping.is_set():
            os._exit(128 + number)
        stopping.set()

    # Before the server answers: whoever sees an answer may send a signal the next moment.
    for number in ending():
        loop.add_signal_handler(number, stop, number)
    if link is not None:
        loop.add_reader(link, stopping.set)
    look_seldom()
    async with running(app, sock) as doors:
        if crew is None or await crew.start(doors, stopping):
            ready()
        task = loop.create_task(telling) if telling is not None else None
        await stopping.wait()
        if crew is not None:
            crew.dismiss()
        if task is not None:
            task.cancel()
    if crew is not None:
        await crew.ended()
