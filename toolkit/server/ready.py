"""What a server works with: an answer that is ready to send, its header lines, and what is said where there is none."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.instants import SECOND, format_instant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.answers.exchange import Response
    from toolkit.answers.route import Stepwise
    from toolkit.faults.spoiling import Spoiling
    from toolkit.server.served import ServedWorld

Lines = tuple[tuple[bytes, bytes], ...]

_DAYS: Final = (b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun")
_MONTHS: Final = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_DAY_SECONDS: Final = 86_400
_EPOCH_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday."""


class Ready(NamedTuple):
    """An answer as it goes over the wire.

    Attributes:
        status: The HTTP status.
        lines: The header lines, in order.
        body: The bytes.
        t: The instant that it is of.
        spoiling: What a fault does to it; it is in the lines and the body already, as far as it can be.
        kept: The header lines as bytes, if they are at hand.
    """

    status: int
    lines: Lines
    body: bytes
    t: int
    spoiling: Spoiling | None = None
    kept: bytes = b""

    @property
    def head(self) -> bytes:
        """The header lines as bytes."""
        return self.kept or joined(self.lines)

    @property
    def fault(self) -> str:
        """What a fault does to it, in a line; empty if none does."""
        return "" if self.spoiling is None else self.spoiling.told


class Later(NamedTuple):
    """An answer that comes in steps, and the world whose instants they wait for."""

    steps: Stepwise[Ready]
    world: ServedWorld


def http_date(t: int) -> bytes:
    """Write an instant as HTTP's `Date` does.

    Source: RFC 7231, 7.1.1.1; Python's own writer follows the locale.
    """
    text = format_instant(t)
    weekday = _DAYS[(t // SECOND // _DAY_SECONDS + _EPOCH_WEEKDAY) % 7]
    month = _MONTHS[int(text[5:7]) - 1]
    return b"%b, %b %b %b %b GMT" % (weekday, text[8:10].encode(), month, text[0:4].encode(), text[11:19].encode())


def content_type(headers: Mapping[str, str]) -> str | None:
    """Give the header of a request that has a body, an empty one too: only then is it looked at in Express."""
    sent = headers.get("content-type") if "content-length" in headers or "transfer-encoding" in headers else None
    return sent.strip() if sent is not None else None


def head_of(headers: Mapping[str, str], head: bytes | None) -> bytes:
    """Give a request line, empty where there was none, and headers as HTTP/1 sends them."""
    if head is not None:
        return head
    lines = (f"{name}: {value}" for name, value in headers.items())
    return "\r\n".join(("", *lines)).encode("utf-8", "surrogateescape")


def joined(lines: Lines) -> bytes:
    """Give header lines as they go over the wire."""
    return b"".join([b"%b: %b\r\n" % line for line in lines])


def encoded(response: Response) -> Lines:
    """Give the header lines of an answer in bytes."""
    return tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers)


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
