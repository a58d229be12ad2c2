"""Sanic as an adapter: bytes in, `Front`, bytes out.

One handler takes every path and method, because the routes, their errors included, belong to `toolkit.answers`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from typing import TYPE_CHECKING, Any, Final

from sanic import Sanic
from sanic.exceptions import BadURL, SanicException
from sanic.request import Request
from sanic.router import Router

from toolkit.server.express import Express
from toolkit.server.ready import FAILED, MESSAGES, Ready, content_type
from toolkit.server.reply import Reply, reply_to
from toolkit.server.waiting import reached

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from sanic.response import BaseHTTPResponse

    from toolkit.answers.route import Stepwise
    from toolkit.server.front import Front
    from toolkit.server.served import ServedWorld

    Handle = Callable[[Request], BaseHTTPResponse | Coroutine[Any, Any, BaseHTTPResponse]]

App = Sanic[Any, Any]

MOST_BODY = 64_000_000
"""Bytes; the largest assets that Teraslice is given are smaller, and a body is held in memory."""
LONGEST_ANSWER = 300
"""Seconds until an answer is given up, as Teraslice's `api_response_timeout` by default."""
MOST_HEADERS = 16_384
"""As Node, on which Teraslice runs."""

_LOG = logging.getLogger("toolkit.server")
_NUMBERS = itertools.count(1)
_READING = frozenset({"GET", "HEAD"})


class _OneRoute(Router):
    """A router for which every path and every method is the one route."""

    _only: tuple[Any, Any] | None = None

    def get(self, path: str, method: str, host: str | None) -> Any:  # type: ignore[override]  # noqa: ANN401, ARG002 - Sanic's is an lru_cache
        """Give the one route; Sanic makes its tuple of routes anew at every look, so it is kept."""
        if self._only is None:
            self._only = self.routes[0], self.routes[0].handler
        return (*self._only, {})


class _AnyRequest(Request):
    """A request whose target may be anything: what Sanic calls a bad URL is Teraslice's 405."""

    def __init__(self, url_bytes: bytes, *args: Any, **more: Any) -> None:  # noqa: ANN401 - Sanic's own
        try:
            super().__init__(url_bytes, *args, **more)
        except BadURL:
            super().__init__(b"/", *args, **more)
            self.raw_url = url_bytes


_ONCE: Final = ("X-Toolkit-At", "X-Toolkit-World")
"""Of these the first one must not win silently."""


def create_app(
    front: Front,
    around: Callable[[Handle], Handle] | None = None,
    *,
    reads_bodies: bool = True,
    follow: Callable[[], None] | None = None,
) -> App:
    """Make the Sanic app that serves a front. Several may live in one process.

    Args:
        front: What answers.
        around: Gives what is asked in place of the front, from what asks the front.
        reads_bodies: Whether a request is there as a whole when it is asked; else only what came with its headers.
        follow: Called before a known request is answered: brings a worker's copy of the world up to date.
    """
    # Sanic rewrites its own methods at start-up, once; in test mode it keeps the originals, so that a second app can.
    Sanic.test_mode = True
    # On a terminal Sanic would recommend flags of its own, which the toolkit does not have.
    os.environ.setdefault("SANIC_IGNORE_PRODUCTION_WARNING", "1")
    app: App = Sanic(
        f"toolkit-{next(_NUMBERS)}",
        router=_OneRoute(),
        request_class=_AnyRequest,
        configure_logging=False,
    )
    app.config.update(
        AUTO_EXTEND=False,
        ACCESS_LOG=False,
        REQUEST_MAX_SIZE=MOST_BODY,
        REQUEST_MAX_HEADER_SIZE=MOST_HEADERS,
        REQUEST_TIMEOUT=60,
        RESPONSE_TIMEOUT=LONGEST_ANSWER,
        # Longer than the 5 s that we announce, as Node does: no client meets a connection that closes under its hands.
        KEEP_ALIVE_TIMEOUT=75,
    )
    # Connections whose answers a fault holds back: nobody waits for them when the server stops.
    app.ctx.held = set()
    app.ctx.express = Express(front, follow)
    handle = _handler(front, app.ctx.express)
    handle = handle if around is None else around(handle)
    # Sanic takes what gives an answer at once as well.
    handler: Any = handle
    # Told how errors are written, which are ours alone, it does not read the handler's source to find out: before
    # CPython 3.11.8 two threads that do break each other's syntax trees (`running.py`).
    app.add_route(handler, "/", methods=["GET"], name="everything", stream=not reads_bodies, error_format="json")
    app.error_handler.add(Exception, _refusal(front))
    return app


def _handler(front: Front, express: Express) -> Handle:
    doors = front.doors
    turn = asyncio.Lock()

    def handle(request: Request) -> BaseHTTPResponse | Coroutine[Any, Any, BaseHTTPResponse]:
        headers, method, target = request.headers, request.method, request.raw_url.decode("ascii")
        tag, control = headers.get("if-none-match"), headers.get("cache-control")
        at, world = headers.get("x-toolkit-at"), headers.get("x-toolkit-world")
        if at is not None or world is not None:
            doubled = next((name for name in _ONCE if len(headers.getall(name, ())) > 1), None)
            if doubled is not None:
                return Reply(front.refuse(400, f"cannot tell what is asked: {doubled} is sent twice; send it once"))
        if doors and world is None:
            world = doors.get(request.conn_info.server_port) if request.conn_info is not None else None
        if method in _READING:
            begun = front.begin(method, target, tag, control, at, b"", None, world, headers, request.head)
        else:
            body, content = request.body, content_type(headers)
            begun = front.begin(method, target, tag, control, at, body, content, world, headers, request.head)
        # Nearly every answer is there at once; a coroutine is made only for what takes long.
        if not isinstance(begun, Ready):
            return _reply_later(*begun, turn)
        reply = reply_to(begun)
        if world is None:
            express.learn(request, reply)
        return reply

    return handle


async def _reply_later(steps: Stepwise[Ready], world: ServedWorld, turn: asyncio.Lock) -> BaseHTTPResponse:
    """Let others be answered between the steps, and wait for the instants that they want to wait for.

    Whoever has a turn takes one step: however many such answers are on their way, others wait for one of them.
    """
    came: int | None = None
    while True:
        async with turn:
            try:
                due = steps.send(came)
            except StopIteration as end:
                return reply_to(end.value)
            # The turn is kept until everyone else has been looked at once.
            await asyncio.sleep(0)
        came = None
        if due is not None:
            came = world.await_instant(due)
            came = await reached(world.clock, due) if came is None else came


def _refusal(front: Front) -> Callable[[Request, Exception], BaseHTTPResponse]:
    def refuse(request: Request, error: Exception) -> BaseHTTPResponse:
        status = error.status_code if isinstance(error, SanicException) else 500
        if status not in MESSAGES:
            _LOG.error("cannot answer %s %r", request.method, request.raw_url, exc_info=error)
            return Reply(front.refuse(500, FAILED))
        return Reply(front.refuse(status, MESSAGES[status]))  # type: ignore[index]  # HTTPStatus keys are ints

    return refuse
