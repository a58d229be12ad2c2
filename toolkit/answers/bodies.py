"""Request bodies, read as Express's body-parser reads them before any route is looked for.

Source: observed answers, and body-parser 2 as Teraslice sets it up: strict JSON, 100 kB, exactly two content types. Its
complaint about malformed JSON is the only one that Teraslice passes on; after any other the request has no body.
"""

from __future__ import annotations

import re
from math import isinf
from typing import TYPE_CHECKING, Any, Final

from toolkit.answers.exchange import Refusal
from toolkit.model.javascript import text_of
from toolkit.model.wire import Literal, loads

if TYPE_CHECKING:
    from toolkit.answers.exchange import Request

UNREAD: Final = object()
"""JavaScript's undefined: the body of a request whose body is not looked at."""
JSON_TYPES: Final = frozenset({"application/json", "application/x-www-form-urlencoded"})
"""The content types, letter by letter, of what is read; the second as JSON too."""
MOST: Final = 100 * 1024
"""Bytes; a larger body is not read."""
DEEPEST: Final = 100
"""How deep arrays and objects may stand in each other. Teraslice has no limit of its own; what we keep must be written
again, in lists and logs."""

_INDEX: Final = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)
_LAST_INDEX: Final = 2**32 - 2
_WHOLE: Final = re.compile(r"-?\d+", re.ASCII)
_KEPT: Final = 2**63
"""Larger whole numbers are kept as their text."""


def read_body(request: Request) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give what a body says, `UNREAD` if it is not looked at; numbers are what JavaScript makes of them.

    Raises:
        Refusal: If it is not JSON, or neither an object nor an array.
    """
    if request.content_type not in JSON_TYPES or len(request.body) > MOST:
        return UNREAD
    # What is not UTF-8 is replaced, and a byte order mark is none of the text.
    text = request.body.decode("utf-8", "replace").removeprefix("\ufeff")
    if not text:
        return {}
    try:
        return _settled(_strict(text), 1)
    except (ValueError, RecursionError):
        raise Refusal(400, "the json submitted is malformed", 0) from None


def _strict(text: str) -> Any:  # noqa: ANN401
    if text.lstrip(" \t\n\r")[:1] not in {"{", "["}:
        msg = "neither an object nor an array"
        raise ValueError(msg)
    return loads(text.encode())


def _settled(value: Any, depth: int) -> Any:  # noqa: ANN401
    """Give a value as JavaScript holds it: keys that are indices first, and no number beyond all numbers."""
    if isinstance(value, Literal):
        return value if value.text[0] == '"' else _number(float(value.text))
    if type(value) is int:
        return _number(value)
    if not isinstance(value, dict | list):
        return value
    if depth > DEEPEST:
        msg = "nested too deep"
        raise ValueError(msg)
    if isinstance(value, list):
        return [_settled(item, depth + 1) for item in value]
    return {key: _settled(value[key], depth + 1) for key in _in_order(value)}


def _number(value: float) -> int | Literal | None:
    """Give a number as JSON.stringify writes it: `1.0` as 1, `1e3` as 1000, one beyond all numbers as null."""
    if isinf(value):
        return None
    text = text_of(value)
    return int(text) if _WHOLE.fullmatch(text) and abs(int(text)) < _KEPT else Literal(text)


def _in_order(keys: dict[str, Any]) -> list[str]:
    indices = sorted((key for key in keys if _INDEX.fullmatch(key) and int(key) <= _LAST_INDEX), key=int)
    return list(dict.fromkeys((*indices, *keys)))
