"""The same request again, on a connection that waits for one: answered without being read anew.

Who polls sends the same bytes each time. What they mean was read once, by Sanic; what is answered is asked of `Front`
each time, as ever, so only the reading and the way to the handler and back are saved. Whatever is not exactly such a
request, on exactly such a connection, goes Sanic's way.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sanic.headers import format_http1_response
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from toolkit.server.placing import is_control
from toolkit.server.ready import Ready, joined
from toolkit.server.reply import KEPT_OPEN, LONG, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from sanic.request import Request

    from toolkit.server.front import Front

MOST_KNOWN: Final = 512
"""Requests that are known by their bytes at a time; whoever polls has a few."""
LONGEST_KNOWN: Final = 2_048
"""Bytes of such a request."""
_END: Final = b"\r\n\r\n"
_KEPT_OPEN: Final = joined(KEPT_OPEN) + b"\r\n"
_READ_BY_SANIC: Final = ("content-length", "transfer-encoding", "expect", "upgrade")
"""Headers that say how a request or a connection goes on."""
_KEEPS_OPEN: Final = ["keep-alive"]
"""What the header for that may say, once; the same holds without it."""


class _Known(NamedTuple):
    """What a request means, as `Front.begin` takes it."""

    target: str
    if_none_match: str | None
    cache_control: str | None
    at: str | None
    head: bytes


class Express:
    """The requests that are known by their bytes, and how they are answered.

    Attributes:
        known: What each means.
    """

    def __init__(self, front: Front, follow: Callable[[], None] | None = None) -> None:
        """Answer for a front's world without a name.

        Args:
            front: What is asked.
            follow: Called before it is asked, if it follows another one.
        """
        self.known: dict[bytes, _Known] = {}
        self._front = front
        self._follow = follow
        self._begins: dict[int, bytes] = {}

    def learn(self, request: Request, reply: object) -> None:
        """Remember what a request means that got a reply at once, if it may come again: a read, with nothing odd."""
        headers, head, target = request.headers, request.head, request.raw_url.decode("ascii")
        if (
            type(reply) is not Reply
            or request.method != "GET"
            or request.version != "1.1"
            or is_control(target)
            or len(head) > LONGEST_KNOWN
            or any(name in headers for name in _READ_BY_SANIC)
            or headers.getall("connection", _KEEPS_OPEN) != _KEEPS_OPEN
        ):
            return
        at = headers.get("x-toolkit-at")
        tag, control = headers.get("if-none-match"), headers.get("cache-control")
        self.known[head + _END] = _Known(target, tag, control, at, head)
        if len(self.known) > MOST_KNOWN:
            del self.known[next(iter(self.known))]

    def answer(self, known: _Known) -> bytes | None:
        """Give all that is sent for a known request.

        `None` if that is not to be had at once, or not at all: nothing has been noted then, and who asks again in the
        long way is answered as if for the first time.
        """
        worlds, (target, tag, control, at, head) = self._front.worlds, known
        try:
            # Whether there are faults holds until the request has begun.
            with worlds.lock:
                if self._follow is not None:
                    self._follow()
                if worlds.base.faults.active:
                    return None
                begun = self._front.begin("GET", target, tag, control, at, head=head)
        except Exception:  # noqa: BLE001 - the long way meets it too, answers it, and says it
            return None
        if not isinstance(begun, Ready):
            return None
        if len(begun.body) >= LONG:
            # The next one goes out in pieces.
            self.known.pop(head + _END, None)
        begin = self._begins.get(begun.status)
        if begin is None:
            begin = self._begins[begun.status] = format_http1_response(begun.status, ())[:-2]
        return b"".join((begin, begun.head, _KEPT_OPEN, begun.body))


class ExpressProtocol(HttpProtocol):
    """Sanic's protocol, with a look at what comes before it is read."""

    __slots__ = ("_express",)

    def __init__(self, **more: Any) -> None:  # noqa: ANN401 - Sanic's own
        """Take what is known from the app."""
        super().__init__(**more)
        self._express: Express = self.app.ctx.express

    def data_received(self, data: bytes) -> None:
        """Answer a known request, or give the bytes to Sanic."""
        known = self._express.known.get(data)
        if known is not None and self._waits():
            sent = self._express.answer(known)
            if sent is not None:
                self._time = monotonic()
                self.transport.write(sent)  # type: ignore[union-attr]  # one that receives is there
                return
        super().data_received(data)

    def _waits(self) -> bool:
        """Tell whether nothing is on its way, neither in nor out: what comes now is a request."""
        http: Any = self.http
        return (
            http is not None
            and http.stage is Stage.IDLE
            and http.keep_alive
            # What is left of the last request's body would come next; not set before the first request is awaited.
            and not getattr(http, "request_body", True)
            and not self.recv_buffer
            and self._can_write.is_set()
            and not self.transport.is_closing()  # type: ignore[union-attr]  # as above
        )
