"""JSON values as JavaScript reads and prints them: lodash's `get`, `String(value)`, numbers, lengths in UTF-16 units.

Source: lodash 4 (`get`, `stringToPath`) and ECMAScript's `String`. What a value inherits from a prototype is left out.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from math import inf
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.wire import Document, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

MISSING: Final = object()
"""JavaScript's undefined."""

_EXACT: Final = 2**53
"""Whole numbers up to this are what they are in JavaScript too."""
_PATH: Final = re.compile(
    r"""[^.[\]]+|\[(?:(-?\d+(?:\.\d+)?)|(["'])((?:(?!\2)[^\\]|\\.)*?)\2)\]|(?=(?:\.|\[\])(?:\.|\[\]|$))"""
)
_INDEX: Final = re.compile(r"0|[1-9]\d{0,9}", re.ASCII)
_MOST_POINT: Final = 21
_LEAST_POINT: Final = -6
"""Where the decimal point may stand for a number to be written without an exponent."""


def units(text: str) -> list[int]:
    """Give a text's UTF-16 units, which are what JavaScript counts."""
    raw = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(raw[i : i + 2], "little") for i in range(0, len(raw), 2)]


def cut(text: str, size: int) -> str:
    """Give a text's first units; half a character at the end becomes U+FFFD, as when Node sends it."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * size].decode("utf-16-le", "replace")


def _keys(path: str) -> list[str]:
    keys = [""] if path.startswith(".") else []
    for match in _PATH.finditer(path):
        number, quote, quoted = match.groups()
        keys.append(re.sub(r"\\(\\)?", r"\1", quoted) if quote else number or match[0])
    return keys


def _property(value: object, key: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if isinstance(value, dict):
        return value.get(key, MISSING)
    if isinstance(value, str):
        value = [chr(unit) for unit in units(value)]
    if not isinstance(value, list):
        return MISSING
    if key == "length":
        return len(value)
    return value[int(key)] if _INDEX.fullmatch(key) and int(key) < len(value) else MISSING


def get(document: Document, path: str) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give what stands at a path such as `operations[0]._op`; a field of that very name comes first."""
    if path in document:
        return document[path]
    found: Any = document
    for key in _keys(path):
        found = _property(found, key)
    return MISSING if found is document else found


def text_of(value: object) -> str:
    """Give what `String(value)` gives; undefined is empty, as easy-table prints it."""
    if isinstance(value, Literal):
        value = json.loads(value.text)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list):
        return ",".join("" if item is None else text_of(item) for item in _leaves(value))
    return "" if value is MISSING else "[object Object]"


def _leaves(value: list[Any]) -> Iterator[Any]:
    """Give what a list of lists holds, an empty list as null, which is printed the same; no list is too deep."""
    above = [iter(value or [None])]
    while above:
        for item in above[-1]:
            if isinstance(item, list):
                above.append(iter(item or [None]))
                break
            yield item
        else:
            above.pop()


def _number(value: float) -> str:
    """Write a number as ECMAScript's `Number::toString` does."""
    if isinstance(value, int) and abs(value) <= _EXACT:
        return str(value)
    try:
        number = float(value)
    except OverflowError:
        number = inf if value > 0 else -inf
    if abs(number) == inf:
        return "Infinity" if number > 0 else "-Infinity"
    if not number:
        return "0"
    sign, parts, exponent = Decimal(repr(number)).normalize().as_tuple()
    digits = "".join(map(str, parts))
    point = len(digits) + int(exponent)
    if not _LEAST_POINT < point <= _MOST_POINT:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        text = f"{digits[0]}{fraction}e{point - 1:+d}"
    elif point <= 0:
        text = f"0.{'0' * -point}{digits}"
    else:
        whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
        text = f"{whole}.{fraction}" if fraction else whole
    return f"-{text}" if sign else text
