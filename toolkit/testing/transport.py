"""An httpx transport that answers in the process: no socket, no thread, no server.

It goes the way of a request to the real server: the same worlds, conditional requests, HEAD, the same journal. What
belongs to a connection is not there: its headers, and limits to the size of a request.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import anyio
import httpx

from toolkit.model.instants import format_duration
from toolkit.server.placing import is_control
from toolkit.server.ready import Ready, content_type
from toolkit.server.spoiled import Outcome, received

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from toolkit.clock import Clock
    from toolkit.server.front import Front
    from toolkit.server.ready import Later

READING: Final = frozenset({"GET", "HEAD"})
_LOOK_EVERY: Final = 0.02
"""Seconds between two looks at a clock that somebody may set meanwhile."""


class InProcess(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Answers the requests of an `httpx.Client` or `httpx.AsyncClient` as a world of a server does."""

    def __init__(
        self,
        front: Front,
        world: str | None,
        at: Callable[[], str | None] = lambda: None,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Answer for a world.

        Args:
            front: What answers.
            world: The world's name; a request that names another one in `X-Toolkit-World` is for that.
            at: Gives the instant that is asked for where a request does not say.
            check: Called before each request; raises if there is nothing to ask any more.
        """
        self._front = front
        self._world = world
        self._at = at
        self._check = check

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request; a running clock is waited for, a frozen one is not, and neither is the delay of a fault."""
        pauses = self._pauses(request, request.read())
        try:
            while True:
                time.sleep(next(pauses))
        except StopIteration as end:
            return _response(request, end.value)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, under asyncio and trio alike."""
        pauses = self._pauses(request, await request.aread())
        while True:
            try:
                pause = next(pauses)
            except StopIteration as end:
                return _response(request, end.value)
            await anyio.sleep(pause)

    def _pauses(self, request: httpx.Request, body: bytes) -> Generator[float, None, Ready]:
        """Give how long to wait, until there is an answer."""
        self._check()
        headers = {name.lower(): value for name, value in request.headers.items()}
        method, target = request.method, request.url.raw_path.decode("ascii")
        if is_control(target):
            # Whoever has this object may: no other site's name can have been made to point here.
            headers.pop("host", None)
        reading = method in READING
        begun = self._front.begin(
            method,
            target,
            headers.get("if-none-match"),
            headers.get("cache-control"),
            headers.get("x-toolkit-at", self._at()),
            b"" if reading else body,
            None if reading else content_type(headers),
            headers.get("x-toolkit-world", self._world),
            headers,
        )
        return begun if isinstance(begun, Ready) else (yield from _go_on(begun))


def _go_on(later: Later) -> Generator[float, None, Ready]:
    steps, world = later
    came: int | None = None
    while True:
        try:
            due = steps.send(came)
        except StopIteration as end:
            ready: Ready = end.value
            return ready
        came = None
        if due is not None:
            came = world.await_instant(due)
            came = (yield from _reached(world.clock, due)) if came is None else came


def _reached(clock: Clock, due: int) -> Generator[float, None, int | None]:
    """Wait until a clock is at an instant and give where it is then; `None` once it is set so that it never comes."""
    while (seconds := clock.seconds_until(due)) is not None:
        if not seconds:
            return clock.now()
        yield min(seconds, _LOOK_EVERY)
    return None


def _response(request: httpx.Request, ready: Ready) -> httpx.Response:
    """Give the response, or what httpx raises where a fault lets none arrive; nobody sleeps for a fault."""
    timeout = request.extensions.get("timeout", {}).get("read")
    outcome, after = received(ready, timeout)
    if outcome is not Outcome.ANSWERED:
        error: type[httpx.TransportError] = getattr(httpx, outcome.value)
        msg = f"{ready.fault}, after {format_duration(after)} of the server's time"
        raise error(msg, request=request)
    # A stream, because httpx would add a length of its own to content.
    return httpx.Response(ready.status, headers=list(ready.lines), stream=httpx.ByteStream(ready.body))
