"""Requests without their credentials: what is named like one, stands where one stands, or looks like one is `***`.

What is masked too much is a nuisance, what is masked too little a leak: in doubt it is masked. Every pattern reads a
text once, whatever is in it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_plus

from toolkit.model.credentials import SHAPES, is_credential, words_of
from toolkit.model.wire import Literal, compact, dumps, loads

if TYPE_CHECKING:
    from collections.abc import Mapping

MASK: Final = "***"
_LONGEST_NAME: Final = 200
_LONGEST_SAID: Final = 60
"""Letters of a value that may be the name of a credential."""
_SIGNING: Final = frozenset({"signature", "sig", "csrf", "xsrf"})
"""Words of names that are credentials in requests."""
_GIVING: Final = frozenset({"value", "values", "val", "content", "default", "data", "text"})
"""Words of fields that hold what belongs to a name in a field beside them."""

_LETTER: Final = r"[\w.\[\]%\\$@*-]"
_NAMED: Final = re.compile(rf"(?<!{_LETTER})({_LETTER}++)['\"\\]*+\s*+(=[=>]*+|:)[\s\\]*+")
"""A name and what leads to its value, as in JSON that was cut, YAML, headers, forms and connection strings."""
_QUOTED: Final = {quote: re.compile(rf"{quote}(?:\\.|[^\\{quote}])*+", re.DOTALL) for quote in "\"'"}
_NUMBER: Final = re.compile(r"-?[0-9][-+.0-9eE]*+(?=\s*+[,}\]])")
_TOKEN: Final = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?|[{}\[\],]", re.DOTALL)
_CLOSING: Final = {"{": "}", "[": "]"}
_LINE: Final = {"=": re.compile(r"[^&\r\n]*+"), ":": re.compile(r"[^\r\n]*+")}
_GIVEN: Final = re.compile(r"(?<![A-Za-z0-9])(basic|bearer|digest|negotiate)(\s++|%20|\+)[^\s\"'\\]++", re.IGNORECASE)
_LOGIN: Final = re.compile(r"(://|:\\/\\/)[^\s/?#@\"'\\]{0,1024}@")
_LOGIN_CUT: Final = re.compile(r"(://|:\\/\\/)[^\s/?#@\"'\\]{0,1024}\Z")
_PART: Final = re.compile(
    r"(name=[\"']?([^\"'\r\n;]{1,200}+)[\"']?[^\r\n]{0,300}+\r?\n(?:[^\r\n]{1,300}+\r?\n){0,8}+\r?\n)"
    r"(.*?)(?=\r?\n--|\Z)",
    re.DOTALL,
)
"""A part of a form that has several."""
_ELEMENT: Final = re.compile(r"<([\w:.-]{1,200}+)([^<>]{0,1024}+)>([^<]++)")
_PRIVATE: Final = re.compile(r"-----BEGIN .*?(?:-----END [^-\r\n]{0,100}-----|\Z)", re.DOTALL)
_RUN: Final = re.compile(r"[^\s\"'<>,;&\\]{8,}+")
_UNICODE: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_LOOKS: Final = tuple((mark, shape) for _, mark, shape in SHAPES if mark not in {"b", "://", "-----BEGIN"})


def names_credential(name: str) -> bool:
    """Tell whether what belongs to a name is a credential; one too long to tell is."""
    return len(name) > _LONGEST_NAME or is_credential(name) or not _SIGNING.isdisjoint(words_of(name))


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Give headers as they may be shown."""
    return {name: MASK if names_credential(name) else masked_text(value) for name, value in headers.items()}


def masked_query(query: Mapping[str, list[str]], *, cut: bool = False) -> dict[str, list[str]]:
    """Give a query as it may be shown; see `masked_text`."""
    return {
        masked_text(name): [MASK if names_credential(name) else masked_text(value, cut=cut) for value in values]
        for name, values in query.items()
    }


def masked_body(text: str, *, cut: bool = False) -> str:
    """Give a body as it may be shown: as it was sent if nothing in it is masked.

    Args:
        text: What was sent of it, or its beginning.
        cut: Whether there was more.
    """
    if text.lstrip()[:1] in {"{", "["}:
        try:
            sent = (_closed(text) if cut else text).encode()
            value = loads(sent)
            masked = masked_value(value)
            # Of a key that is there twice, only one is in the value.
            same = not cut and masked == value and compact(sent) == dumps(value)
            return text if same else dumps(masked).decode()
        except (ValueError, RecursionError):
            pass
    return masked_text(text, cut=cut)


def _closed(text: str) -> str:
    """Make whole JSON of some that was cut: without what comes after the last comma, and with all ends."""
    ends: list[str] = []
    whole = ""
    for hit in _TOKEN.finditer(text):
        if hit[0] in _CLOSING:
            ends.append(_CLOSING[hit[0]])
        elif hit[0] in {"}", "]"}:
            ends[-1:] = []
        elif hit[0] == ",":
            whole = text[: hit.start()] + "".join(reversed(ends))
    return whole


def masked_value(value: Any) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give a JSON value as it may be shown."""
    if isinstance(value, dict):
        beside = any(map(_says_credential, value.values()))
        return {
            masked_text(key): MASK
            if names_credential(key) or (beside and not _GIVING.isdisjoint(words_of(key)))
            else masked_value(one)
            for key, one in value.items()
        }
    if isinstance(value, list):
        before = [None, *value]
        return [MASK if _says_credential(last) else masked_value(one) for last, one in zip(before, value, strict=False)]
    if isinstance(value, Literal):
        return MASK if value.text.startswith('"') else value
    return masked_body(value) if isinstance(value, str) else value


def _says_credential(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST_SAID and " " not in value and names_credential(value)


def masked_text(text: str, *, cut: bool = False) -> str:
    """Give a text of any kind as it may be shown.

    Args:
        text: The text.
        cut: Whether it is the beginning of a longer one, so that a credential may have lost its end.
    """
    text = _LOGIN.sub(rf"\1{MASK}@", text)
    if cut:
        text = _LOGIN_CUT.sub(rf"\1{MASK}", text)
    text = _PRIVATE.sub(MASK, text)
    text = _PART.sub(lambda hit: hit[1] + MASK if names_credential(hit[2]) else hit[0], text)
    text = _ELEMENT.sub(lambda hit: f"<{hit[1]}{hit[2]}>{MASK}" if names_credential(hit[1]) else hit[0], text)
    text = _GIVEN.sub(rf"\1\2{MASK}", text)
    text = _named(text)
    looks = [shape for mark, shape in _LOOKS if mark in text]
    return _RUN.sub(lambda run: MASK if any(shape.search(run[0]) for shape in looks) else run[0], text)


def _named(text: str) -> str:
    """Mask the values of names; what belongs to another name may be a pair in turn."""
    parts, at = [], 0
    for hit in _NAMED.finditer(text):
        name = unquote_plus(_UNICODE.sub(lambda code: chr(int(code[1], 16)), hit[1]))
        if hit.start() >= at and names_credential(name):
            end, quote = _value_end(text, hit.end(), hit[2][0])
            parts += [text[at : hit.end()], quote, MASK]
            at = end
    return "".join((*parts, text[at:]))


def _value_end(text: str, start: int, sign: str) -> tuple[int, str]:
    """Tell where a value ends, its closing quote excluded, and which quote began it."""
    first = text[start : start + 1]
    if first in {"{", "["}:
        return len(text), ""
    quoted = _QUOTED[first].match(text, start) if first in {'"', "'"} else None
    hit = quoted or _NUMBER.match(text, start) or _LINE[sign].match(text, start)
    assert hit is not None, "a line matches everywhere"
    return hit.end(), first if quoted else ""
