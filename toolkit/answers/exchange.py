"""What comes in and what goes out, without any web framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.wire import etag, etag_in_steps, pretty
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from collections.abc import Generator

JSON: Final = "application/json; charset=utf-8"
BARE_JSON: Final = "application/json"
TEXT: Final = "text/plain"
HTML: Final = "text/html; charset=utf-8"

_UNAVAILABLE: Final = b'{"error":"api is not available"}'

Headers = tuple[tuple[str, str], ...]


class Request(NamedTuple):
    """One request.

    Attributes:
        method: As sent, upper case.
        target: Path and query, undecoded, as sent.
        if_none_match: That header, if sent.
        cache_control: That header, if sent.
        body: The bytes sent with it.
        content_type: That header, if sent with a body, which may be empty.
    """

    method: str
    target: str
    if_none_match: str | None = None
    cache_control: str | None = None
    body: bytes = b""
    content_type: str | None = None

    @property
    def path(self) -> str:
        """The path, undecoded."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The query string, undecoded; empty if there is none."""
        return self.target.partition("?")[2]


class Response(NamedTuple):
    """One answer.

    Attributes:
        status: The HTTP status.
        headers: All but Date, Connection and the toolkit's own.
        body: The bytes; empty for HEAD and 304.
        until: The first instant at which the same request may be answered otherwise; 0 for "do not keep".
    """

    status: int
    headers: Headers
    body: bytes
    until: int


class Refusal(Exception):
    """A request that Teraslice answers with an error body.

    Attributes:
        status: The HTTP status, also in the body.
        message: Teraslice's text.
        until: Until when the same request is refused the same way.
    """

    def __init__(self, status: int, message: str, until: int) -> None:
        """Refuse with a status and Teraslice's words."""
        super().__init__(message)
        self.status = status
        self.message = message
        self.until = until


def json_response(status: int, body: bytes, until: int) -> Response:
    """Answer with JSON, headers as Express sends them.

    Source: observed header names and order of every API answer.
    """
    return _response(status, JSON, body, until, etag(body))


def json_response_in_steps(status: int, body: bytes, until: int) -> Generator[None, None, Response]:
    """Answer with JSON that may be long, so that nobody waits for it."""
    return _response(status, JSON, body, until, (yield from etag_in_steps(body)))


def table_response(text: str, until: int) -> Response:
    """Answer with a text table: Express takes a plain string for HTML. Source: observed."""
    body = text.encode()
    return _response(200, HTML, body, until, etag(body))


def _response(status: int, content: str, body: bytes, until: int, tag: str) -> Response:
    headers = (
        ("X-Powered-By", "Express"),
        ("Content-Type", content),
        ("Content-Length", str(len(body))),
        ("ETag", tag),
    )
    return Response(status, headers, body, until)


def failure(status: int, message: str, until: int) -> Response:
    """Answer with Teraslice's error body."""
    return json_response(status, pretty({"error": status, "message": message}), until)


def unavailable() -> Response:
    """Answer as Teraslice's master does when something goes wrong before or inside a handler.

    Source: observed; compact, no charset, no ETag.
    """
    headers = (
        ("X-Powered-By", "Express"),
        ("Content-Type", BARE_JSON),
        ("Content-Length", str(len(_UNAVAILABLE))),
    )
    return Response(500, headers, _UNAVAILABLE, NEVER)


def conditional(request: Request, response: Response) -> Response:
    """Turn a 200 into a 304 when the client has these bytes already, as Express does; nothing for HEAD.

    Source: observed; Express's `fresh`: GET and HEAD, weak comparison, `Cache-Control: no-cache` asks for the body.
    """
    if request.method not in {"GET", "HEAD"}:
        return response
    if response.status == 200 and request.if_none_match and "no-cache" not in (request.cache_control or ""):  # noqa: PLR2004 - OK
        tag = next((value for name, value in response.headers if name.lower() == "etag"), "").removeprefix("W/")
        wanted = {part.strip().removeprefix("W/") for part in request.if_none_match.split(",")}
        if tag and ("*" in wanted or tag in wanted):
            kept = tuple((name, value) for name, value in response.headers if not name.lower().startswith("content-"))
            return Response(304, kept, b"", response.until)
    return response._replace(body=b"") if request.method == "HEAD" else response
