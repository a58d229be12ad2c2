"""From a request as it was sent to an answer that is ready to send: one look at the clock, then the cache or `answer`.

Knows HTTP's words but no web framework.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from toolkit.answers.answer import Cluster, Request, Response, begin, finish
from toolkit.answers.exchange import conditional
from toolkit.errors import UsageError
from toolkit.model.instants import SECOND, format_instant, parse_at
from toolkit.model.wire import pretty
from toolkit.server.cache import AnswerCache
from toolkit.server.docs import page

if TYPE_CHECKING:
    from toolkit.answers.route import Stepwise
    from toolkit.clock import Clock

Lines = tuple[tuple[bytes, bytes], ...]
_Key = tuple[str, str, int | None]
"""A request as it is cached: method, target, and the instant if it asks for one."""

_DAYS = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_DAY_SECONDS = 86_400
_EPOCH_WEEKDAY = 3
"""1970-01-01 was a Thursday."""
_OVERHEAD = 1_000
"""What an entry of the cache takes besides its body, roughly."""


class Ready(NamedTuple):
    """An answer as it goes over the wire: status, header lines, body."""

    status: int
    lines: Lines
    body: bytes


class _Held(NamedTuple):
    """An answer to a request without conditions, and its header lines in bytes."""

    response: Response
    lines: Lines


def http_date(t: int) -> bytes:
    """Write an instant as HTTP's `Date` does.

    Source: RFC 7231, 7.1.1.1; Python's own writer follows the locale.
    """
    text = format_instant(t)
    weekday = _DAYS[(t // SECOND // _DAY_SECONDS + _EPOCH_WEEKDAY) % 7]
    month = _MONTHS[int(text[5:7]) - 1]
    return b"%b, %b %b %b %b GMT" % (weekday, text[8:10].encode(), month, text[0:4].encode(), text[11:19].encode())


def _instant_asked(method: str, at: str, now: int) -> int:
    if method not in {"GET", "HEAD", "OPTIONS"}:
        msg = f"cannot {method} at another instant: X-Toolkit-At is for reads; leave it out"
        raise UsageError(msg)
    return parse_at(at, now)


def _encoded(response: Response) -> Lines:
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers)


class Front:
    """Answers requests for one cluster by one clock."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        """Put a cluster behind a clock."""
        self._cluster = cluster
        self.clock = clock
        self._cache: AnswerCache[_Held] = AnswerCache()
        self._stamped = (-1, -1)
        self._stamp_lines: Lines = ()

    def respond(  # noqa: PLR0913, PLR0917 - what is looked at in a request
        self,
        method: str,
        target: str,
        if_none_match: str | None,
        cache_control: str | None,
        at: str | None = None,
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Ready:
        """Answer a request, all of it now; see `begin`."""
        begun = self.begin(method, target, if_none_match, cache_control, at, body, content_type)
        return begun if isinstance(begun, Ready) else finish(begun)

    def begin(  # noqa: PLR0913, PLR0917 - what is looked at in a request
        self,
        method: str,
        target: str,
        if_none_match: str | None,
        cache_control: str | None,
        at: str | None = None,
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Ready | Stepwise[Ready]:
        """Answer a request at the clock's instant, or at the one it asks for; what may take long comes in steps.

        Steps are those of `toolkit.answers.route.Steps`; the answer says the instant at which the last of them went on.

        Args:
            method: As sent.
            target: The path and query, as sent.
            if_none_match: That header, if sent.
            cache_control: That header, if sent.
            at: `X-Toolkit-At`, if sent: a date, or a signed offset from the clock's instant.
            body: The bytes sent with it; those of a read are not looked at.
            content_type: That header, if sent with a body, which may be empty.
        """
        t = self.clock.now()
        key: _Key = (method, target, None)
        if at is not None:
            try:
                t = _instant_asked(method, at, t)
            except UsageError as error:
                return self.refuse(400, str(error))
            key = (method, target, t)
        held = self._cache.get(key, t, self._sequence)
        if held is None:
            request = Request(method, target, body=body, content_type=content_type)
            begun = page(request, self._cluster.mode) or begin(self._cluster, t, request)
            if not isinstance(begun, Response):
                return self._go_on(key, t, begun, if_none_match, cache_control)
            held = self._keep(key, t, begun)
        return self._ready(key, t, held, if_none_match, cache_control)

    def _go_on(
        self,
        key: _Key,
        t: int,
        steps: Stepwise[Response],
        if_none_match: str | None,
        cache_control: str | None,
    ) -> Stepwise[Ready]:
        sequence = self._sequence
        came: int | None = None
        while True:
            try:
                due = steps.send(came)
            except StopIteration as end:
                response: Response = end.value
                break
            came = yield due
            t = t if came is None else came
        # What was written meanwhile is not in the answer, which is right for its instant but must not be kept.
        held = self._keep(key, t, response) if sequence == self._sequence else _Held(response, _encoded(response))
        return self._ready(key, t, held, if_none_match, cache_control)

    def _ready(self, key: _Key, t: int, held: _Held, if_none_match: str | None, cache_control: str | None) -> Ready:
        response, lines = held
        if if_none_match is not None:
            # The bytes are there: whether the client has them already is a comparison.
            response = conditional(Request(key[0], key[1], if_none_match, cache_control), response)
            if response is not held.response:
                lines = _encoded(response)
        return Ready(response.status, (*lines, *self._stamp(t)), response.body)

    def refuse(self, status: int, message: str) -> Ready:
        """Answer a request that never became one: malformed, too large, too slow, or our own failure."""
        body = pretty({"error": status, "message": message})
        lines = (
            (b"Content-Type", b"application/json; charset=utf-8"),
            (b"Content-Length", b"%d" % len(body)),
        )
        return Ready(status, (*lines, *self._stamp(self.clock.now())), body)

    @property
    def _sequence(self) -> int:
        return self._cluster.log.sequence if self._cluster.log is not None else 0

    def _keep(self, key: _Key, t: int, response: Response) -> _Held:
        held = _Held(response, _encoded(response))
        size = len(response.body) + _OVERHEAD
        self._cache.put(key, held, t=t, sequence=self._sequence, until=response.until, size=size)
        return held

    def _stamp(self, t: int) -> Lines:
        if self._stamped != (t, self._sequence):
            self._stamped = (t, self._sequence)
            self._stamp_lines = (
                (b"Date", http_date(t)),
                (b"X-Toolkit-Instant", format_instant(t).encode()),
                (b"X-Toolkit-Sequence", b"%d" % self._sequence),
            )
        return self._stamp_lines


MESSAGES = {
    HTTPStatus.BAD_REQUEST: "cannot read the request: it is not HTTP",
    HTTPStatus.REQUEST_TIMEOUT: "the request did not arrive in time",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request is too large: its headers may take 16 kB, its body 64 MB",
    HTTPStatus.REQUEST_URI_TOO_LONG: "the address is too long",
    HTTPStatus.EXPECTATION_FAILED: "cannot meet the Expect header",
    HTTPStatus.SERVICE_UNAVAILABLE: "the answer was not ready in time",
}
"""What is said for each refusal that the web framework makes."""
FAILED = "the toolkit failed; its standard error says where"
"""What is said when the failure is ours: never more, it might be private."""
