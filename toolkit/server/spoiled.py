"""An answer with a fault: what is known before it is sent, and what a client in the same process gets of it.

The second is for transports that have no socket and do not sleep: it says what comes of a delay, a reset or a body that
is broken off, and the transport raises what its client raises then.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.exchange import failure
from toolkit.faults.spoiling import LONGEST, NEVER_KEPT, Manner

if TYPE_CHECKING:
    from toolkit.answers.exchange import Response
    from toolkit.faults.spoiling import Harm, Spoiling
    from toolkit.server.ready import Lines, Ready

_GAP: Final = 100
"""Milliseconds between two pieces of a body that drips, or more where there are fewer bytes."""
_SECOND: Final = 1_000
TOLD: Final = b"X-Toolkit-Fault"


def failed(method: str, harm: Harm) -> Response:
    """Give the error that is answered instead."""
    response = failure(harm.status, harm.message, 0)
    if harm.retry_after is not None:
        response = response._replace(headers=(*response.headers, ("Retry-After", str(harm.retry_after))))
    return response._replace(body=b"") if method == "HEAD" else response


def spoil(ready: Ready, spoiling: Spoiling) -> Ready:
    """Give an answer as it leaves the server: with a changed body, and with what is done to it while it is sent."""
    manner = None if spoiling.harm is None else spoiling.harm.manner
    body, lines = ready.body, ready.lines
    if manner is Manner.EMPTY:
        body = b""
    elif manner is Manner.INVALID_JSON:
        # Half of it is no JSON, whatever follows; that much is so for an empty body too.
        body = cut(body) + b"<"
    if manner in NEVER_KEPT:
        lines = tuple(_changed(lines, body))
    return ready._replace(lines=(*lines, (TOLD, spoiling.told.encode())), body=body, spoiling=spoiling, kept=b"")


def _changed(lines: Lines, body: bytes) -> Lines:
    """Give header lines for another body, which no client should keep."""
    kept = (line for line in lines if line[0] != b"ETag")
    return tuple((name, b"%d" % len(body) if name == b"Content-Length" else value) for name, value in kept)


def cut(body: bytes) -> bytes:
    """Give what arrives of a body that is broken off: half of it."""
    return body[: len(body) // 2]


def pieces(size: int, lasts: int) -> tuple[int, list[int]]:
    """Give the milliseconds before each piece of a body that drips, and where in it the pieces end."""
    count = max(1, min(size, lasts // _GAP))
    return lasts // count, [size * number // count for number in range(1, count + 1)]


class Outcome(Enum):
    """What comes of a request; the names are those of httpx's errors where it raises one."""

    ANSWERED = ""
    READ_TIMEOUT = "ReadTimeout"
    READ_ERROR = "ReadError"
    REMOTE_PROTOCOL_ERROR = "RemoteProtocolError"


class Received(NamedTuple):
    """What a client gets.

    Attributes:
        outcome: Whether it is an answer, and if not, which error.
        after: How many milliseconds it would have taken.
    """

    outcome: Outcome
    after: int


def received(ready: Ready, read_timeout: float | None) -> Received:
    """Give what a client gets of an answer that a real server would send it over a socket.

    Args:
        ready: The answer, whose body is what the client gets if it gets one.
        read_timeout: For how many seconds it waits for the next bytes, `None` for ever.
    """
    spoiling = ready.spoiling
    if spoiling is None:
        return Received(Outcome.ANSWERED, 0)
    patience = LONGEST * 2 if read_timeout is None else int(read_timeout * _SECOND)
    harm, after = spoiling.harm, spoiling.delay
    manner = None if harm is None else harm.manner
    if manner is Manner.HANG:
        after += LONGEST
    if after > patience:
        return Received(Outcome.READ_TIMEOUT, patience)
    if harm is not None and manner is Manner.DRIP:
        gap, ends = pieces(len(ready.body), harm.lasting(len(ready.body)))
        if gap > patience:
            return Received(Outcome.READ_TIMEOUT, after + patience)
        after += gap * len(ends)
    broken = manner is Manner.HANG or (manner is Manner.TRUNCATED and ready.body)
    if broken:
        return Received(Outcome.REMOTE_PROTOCOL_ERROR, after)
    return Received(Outcome.READ_ERROR if manner is Manner.RESET else Outcome.ANSWERED, after)
