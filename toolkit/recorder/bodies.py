"""Cutting the bodies of a cluster's answers into records, each exactly as it came.

msgspec finds where the records lie without reading them, which is what keeps a list of 10,000 cheap. A body that it
refuses (it takes no lone surrogates, and stops at deep nesting) is cut token by token instead. What comes out can be
read by `toolkit.model.wire.loads` and written again inside the lines of a journal and a bundle.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from toolkit.model.wire import loads
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEPEST: Final = 240
"""Levels a record may have: orjson writes 254, and a journal and a bundle put some around it."""
_BLANKS: Final = b" \t\r\n"
_SOLID: Final = re.compile(rb"[^ \t\r\n]")
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},:]', re.DOTALL)
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_MAP: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ONE: Final = msgspec.json.Decoder(msgspec.Raw)
_REFUSALS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_SHAPES: Final = {b"{": "an object", b"[": "an array", b"n": "null", b"t": "true or false", b"f": "true or false"}


class Cut(NamedTuple):
    """A body's records.

    Attributes:
        records: Their keys in a map, empty in a list, and their texts.
        odd: What is no object, or cannot be stored: not UTF-8, or nested too deep.
    """

    records: list[tuple[str, bytes]]
    odd: list[bytes]


def cut_object(body: bytes) -> Cut:
    """Cut a body that is one record.

    Raises:
        Fault: If it is none.
    """
    text = _checked(body, b"{").strip(_BLANKS)
    if is_deep(text):
        reason = "JSON that is nested too deep"
        raise Fault(reason)
    if not is_utf8(text):
        raise _no_json()
    try:
        _ONE.decode(text)
    except msgspec.DecodeError:
        _load(text)
    return Cut([("", text)], [])


def cut_list(body: bytes) -> Cut:
    """Cut a body that is an array of records.

    Raises:
        Fault: If it is none, or nothing that is in it is a record.
    """
    try:
        texts = [("", bytes(raw)) for raw in _LIST.decode(_checked(body, b"["))]
    except _REFUSALS:
        texts = [("", text) for text in _careful(body)]
    return _sorted_out(texts, utf8=is_utf8(body))


def cut_map(body: bytes) -> Cut:
    """Cut a body that is an object of records; a key that came twice counts once, as it came last.

    Raises:
        Fault: If it is none, or nothing that is in it is a record.
    """
    try:
        texts = [(key, bytes(raw)) for key, raw in _MAP.decode(_checked(body, b"{")).items()]
    except _REFUSALS:
        texts = list(dict(_member(text) for text in _careful(body)).items())
    return _sorted_out(texts, utf8=is_utf8(body))


def _checked(body: bytes, opening: bytes) -> bytes:
    found = _SOLID.search(body)
    bare = found[0] if found else b""
    if not bare:
        reason = "an empty answer"
        raise Fault(reason, again=True)
    if bare == b"<":
        reason = "HTML instead of JSON"
        raise Fault(reason)
    if bare != opening:
        _load(body)
        reason = f"{_SHAPES.get(bare, 'a number or a text')} instead of {_SHAPES[opening]}"
        raise Fault(reason)
    return body


def _sorted_out(texts: list[tuple[str, bytes]], *, utf8: bool) -> Cut:
    records, odd = [], []
    for key, text in texts:
        if text[:1] == b"{" and not is_deep(text) and (utf8 or is_utf8(text)):
            records.append((key, text))
        else:
            odd.append(text)
    if odd and not records:
        raise Fault(told_odd(len(odd)))
    return Cut(records, odd)


def told_odd(count: int) -> str:
    """Say in fixed words that so many entries were left out."""
    return f"{count:,} {'entry that is no record' if count == 1 else 'entries that are no records'}"


def is_utf8(text: bytes) -> bool:
    """Tell whether bytes are UTF-8."""
    if text.isascii():
        return True
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_deep(text: bytes) -> bool:
    """Tell whether JSON is nested deeper than a record may be."""
    if text.count(b"{") + text.count(b"[") <= _DEEPEST:
        return False
    depth = deepest = 0
    for found in _TOKEN.finditer(text):
        depth += (found[0] in b"{[") - (found[0] in b"}]")
        deepest = max(deepest, depth)
    return deepest > _DEEPEST


def _careful(body: bytes) -> Iterator[bytes]:
    """Cut the entries or members at a body's first level, and check each.

    Raises:
        Fault: If the body is not JSON, as far as it could be read.
    """
    text = body.strip(_BLANKS)
    depth, begin, entries = 0, 1, 0
    for found in _TOKEN.finditer(text):
        token = found[0]
        if token in b"{[":
            depth += 1
        elif token in b"}]":
            depth -= 1
        if depth == 0 or (depth == 1 and token == b","):
            entry = text[begin : found.start()].strip(_BLANKS)
            if entry or entries or depth:
                _check_entry(entry, text[:1])
                yield entry
            begin, entries = found.end(), entries + 1
            if depth == 0:
                break
    if depth or begin != len(text) or text[-1:] != {b"[": b"]", b"{": b"}"}[text[:1]]:
        raise _no_json()


def _check_entry(entry: bytes, opening: bytes) -> None:
    if not is_deep(entry) and is_utf8(entry):
        _load(opening + entry + {b"[": b"]", b"{": b"}"}[opening])
        if not entry:
            raise _no_json()


def _member(text: bytes) -> tuple[str, bytes]:
    """Split a member of an object; a lone surrogate in its key is replaced, as in every other key."""
    found = _TOKEN.match(text)
    colon = _TOKEN.search(text, found.end()) if found else None
    if found is None or colon is None or colon[0] != b":":
        raise _no_json()
    name = found[0] if is_utf8(found[0]) else found[0].decode(errors="replace").encode()
    key = next(iter(_load(b"{" + name + b":0}")))
    return key, text[colon.end() :].strip(_BLANKS)


def _load(text: bytes) -> dict[str, object]:
    try:
        return loads(text)  # type: ignore[no-any-return]  # a member's key is asked for, or nothing at all
    except RecursionError:
        reason = "JSON that is nested too deep"
        raise Fault(reason) from None
    except ValueError:
        raise _no_json() from None


def _no_json() -> Fault:
    reason = "an answer that is not JSON"
    return Fault(reason, again=True)
