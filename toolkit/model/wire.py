"""JSON as Teraslice writes it: keys in their order, indented by 4, no trailing newline.

The only module that turns documents into bytes and back. A document read from text keeps what a parser would change:
floats, integers over 64 bit and lone surrogates become `Literal`, which is written back letter by letter.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
import orjson

if TYPE_CHECKING:
    from collections.abc import Generator

Document = dict[str, Any]
"""One JSON object as it is sent: keys in wire order, values as JSON has them."""

_SPECIAL: Final = re.compile(rb"[0-9][.eE]|[0-9]{18}|-0(?![0-9])|\\u[dD][89a-fA-F]")
_DIGITS: Final = bytes(ord("0" if byte in b"0123456789" else " ") for byte in range(256))
_LONG: Final = b"0" * 18
_MINUS_ZERO: Final = re.compile(rb"-0(?=[\s,\]}]|\Z)")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
_ESCAPE: Final = re.compile(rb"(?<!\\)((?:\\\\)*)\\u(d[89a-f][0-9a-f]{2})")
_HIDDEN: Final = re.compile(rb"\x7f(d[89a-f][0-9a-f]{2})\x7f")
_MAX_EXACT: Final = 2**63
_PIECE: Final = 2**20
"""Bytes that are digested at once: about a millisecond."""


class Literal:
    """A JSON token kept as its text, because a parser would change it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        """Keep the text of one JSON token."""
        self.text = text

    def __eq__(self, other: object) -> bool:
        """Two literals are equal when their texts are."""
        return isinstance(other, Literal) and other.text == self.text

    def __hash__(self) -> int:
        """Agree with `__eq__`."""
        return hash(self.text)

    def __repr__(self) -> str:
        """Show the token."""
        return f"Literal({self.text!r})"


_PLAIN: Final = msgspec.json.Decoder(float_hook=Literal)
_REFUSALS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def _fragment(value: object) -> orjson.Fragment:
    if isinstance(value, Literal):
        return orjson.Fragment(value.text)
    msg = f"not JSON: {type(value).__name__}"
    raise TypeError(msg)


def dumps(value: object) -> bytes:
    """Write a value as compact JSON, keys in their order."""
    return orjson.dumps(value, default=_fragment)


def dumps_to_keep(value: object) -> bytes:
    """Write a value as `dumps` does, for a text that is held: orjson's own take several times their length."""
    return bytes(memoryview(dumps(value)))


def verbatim(text: bytes) -> object:
    """Make a value that is written as this text, which is JSON already."""
    return orjson.Fragment(text)


def dumps_sorted(value: object) -> bytes:
    """Write a value as compact JSON with sorted keys."""
    return orjson.dumps(value, default=_fragment, option=orjson.OPT_SORT_KEYS)


def pretty(value: object) -> bytes:
    """Write a value as Teraslice answers it: 4-space indent, no trailing newline."""
    text = dumps(value)
    try:
        return msgspec.json.format(text, indent=4)
    except msgspec.DecodeError:
        # msgspec refuses lone surrogates, which a recorded text may hold: they travel through it in disguise.
        hidden = _ESCAPE.sub(b"\\1\x7f\\2\x7f", text)
        return _HIDDEN.sub(rb"\\u\1", msgspec.json.format(hidden, indent=4))


def compact(text: bytes) -> bytes:
    """Give JSON without the blanks between its tokens, which stay as they are.

    Raises:
        ValueError: If it is not JSON, or holds a lone surrogate.
    """
    try:
        return msgspec.json.format(text, indent=-1)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None


def pretty_item(value: object) -> bytes:
    """Write a value as it stands inside a pretty array, without its own leading blanks."""
    return pretty([value])[6:-2]


def join_items(items: list[bytes]) -> bytes:
    """Make a pretty array from `pretty_item` texts: the bytes `pretty` of the list would give."""
    if not items:
        return b"[]"
    # Brackets go on the items at the ends: the whole, which may be long, is copied once.
    ends = [b"[\n    " + items[0], *items[1:]]
    ends[-1] += b"\n]"
    return b",\n    ".join(ends)


def join_members(members: list[tuple[str, bytes]]) -> bytes:
    """Make a pretty object from keys and `pretty_item` texts, in the order given."""
    if not members:
        return b"{}"
    lines = [orjson.dumps(key) + b": " + item for key, item in members]
    return b"{\n    " + b",\n    ".join(lines) + b"\n}"


def number_texts(values: Any) -> list[bytes]:  # noqa: ANN401 - an array of numpy's, which may not be imported yet
    """Write whole numbers, one at least, of a flat array of numpy's each."""
    return orjson.dumps(values, option=orjson.OPT_SERIALIZE_NUMPY)[1:-1].split(b",")


def loads(text: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read JSON; what a parser would change comes as `Literal`.

    Raises:
        ValueError: If the text is not JSON.
    """
    if _LONG in text.translate(_DIGITS) or _MINUS_ZERO.search(text):
        return _careful(text)
    try:
        return _PLAIN.decode(text)
    except _REFUSALS:
        return _careful(text)


def _careful(text: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read what msgspec would change or refuses: large integers, `-0`, lone surrogates, deep nesting, no JSON."""
    if not _SPECIAL.search(text):
        return orjson.loads(text)
    return _keep_surrogates(json.loads(text.decode(), parse_float=Literal, parse_int=_integer, parse_constant=_refuse))


def _integer(text: str) -> int | Literal:
    value = int(text) if len(text) < 20 else _MAX_EXACT  # noqa: PLR2004 - digits of 2**63, a sign more
    return value if -_MAX_EXACT <= value < _MAX_EXACT and text != "-0" else Literal(text)


def _refuse(name: str) -> None:
    msg = f"{name} is not JSON"
    raise ValueError(msg)


def _keep_surrogates(value: Any) -> Any:  # noqa: ANN401
    if isinstance(value, str):
        return Literal(json.dumps(value)) if _SURROGATE.search(value) else value
    if isinstance(value, list):
        return [_keep_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {key.encode("utf-8", "replace").decode(): _keep_surrogates(item) for key, item in value.items()}
    return value


def etag(body: bytes) -> str:
    """Make the weak ETag that Express gives a body.

    Source: observed; `W/"<length in hex>-<first 27 characters of the base64 of the body's sha1>"`.
    """
    return _tag(len(body), hashlib.sha1(body, usedforsecurity=False).digest())


def etag_in_steps(body: bytes) -> Generator[None, None, str]:
    """Make the ETag of a long body so that nobody waits for it."""
    digest, view = hashlib.sha1(usedforsecurity=False), memoryview(body)
    for start in range(0, len(body), _PIECE):
        if start:
            yield
        digest.update(view[start : start + _PIECE])
    return _tag(len(body), digest.digest())


def _tag(size: int, digest: bytes) -> str:
    return f'W/"{size:x}-{base64.b64encode(digest).decode()[:27]}"'
