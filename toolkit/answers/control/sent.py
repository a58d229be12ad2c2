"""Reading what control routes are sent: JSON of a known shape, refused in one sentence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec

from toolkit.answers.bodies import JSON_TYPES, UNREAD
from toolkit.answers.exchange import Refusal
from toolkit.model.instants import parse_duration
from toolkit.model.mistakes import mistake_of
from toolkit.model.wire import dumps

if TYPE_CHECKING:
    from toolkit.answers.control.desk import Desk
    from toolkit.answers.route import Call

T = TypeVar("T")

NAME: Final = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]{1,200}")
"""What a client may call a world or a checkpoint: something that can be written in a line."""


def desk_of(call: Call) -> Desk:
    """Give the desk of the world that is asked.

    Raises:
        Refusal: Where an answer is made without a server, which alone has one.
    """
    if call.desk is None:
        raise Refusal(501, "cannot control this cluster: no server keeps it; ask one that toolkit serve started", 0)
    return call.desk


def read_as(call: Call, kind: type[T], what: str, like: str) -> T:
    """Read the body as a record.

    Args:
        call: The request.
        kind: The record's type, which refuses unknown fields.
        what: What cannot be done with another body, such as `set the clock`.
        like: A body that is right.

    Raises:
        Refusal: With 400, if it is no such record; the text names the field.
    """
    body = call.body
    if body is UNREAD and call.request.body:
        known = " or ".join(sorted(JSON_TYPES))
        raise Refusal(400, f"cannot {what}: the body is not sent as {known}; send JSON like {like}", 0)
    try:
        # Numbers with decimals are kept as their text in a body that was read.
        return msgspec.json.decode(dumps({} if body is UNREAD else body), type=kind)
    except msgspec.DecodeError as error:
        field, why = mistake_of(error, kind)
        told = f"{field}: {why}" if field else why
        raise Refusal(400, f"cannot {what}: {told}; send JSON like {like}", 0) from None


def refused(status: int, error: Exception) -> Refusal:
    """Make the refusal that says what an error does."""
    return Refusal(status, str(error), 0)


def signed_duration(text: str) -> int:
    """Read a duration that may have a sign, such as `10m`, `+10m` or `-10m`, in milliseconds.

    Raises:
        UsageError: If it is none.
    """
    bare = text.strip()
    if bare[:1] not in {"+", "-"}:
        return parse_duration(bare)
    size = parse_duration(bare[1:])
    return -size if bare[0] == "-" else size
