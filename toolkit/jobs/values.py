"""JSON values as JavaScript reads them: what is true, what is a number, what an error calls a value."""

from __future__ import annotations

import json
import re
from math import inf, nan
from typing import Any, Final

from toolkit.model.javascript import MISSING, text_of
from toolkit.model.wire import Literal

SAFE: Final = 2**53 - 1
"""JavaScript's largest safe integer."""
_DIGITS: Final = re.compile(r"\s*([+-]?[0-9]+)")
_LIKE_NUMBER: Final = re.compile(r"\s*[+-]?[0-9,]+(\.[0-9]+)?\s*")


def plain(value: Any) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give a value with a token that was kept as its text read."""
    return json.loads(value.text) if isinstance(value, Literal) else value


def text(value: object) -> str:
    """Give what a template literal prints, `undefined` too."""
    return "undefined" if value is MISSING else text_of(value)


def number(value: object) -> float | None:
    """Give the double that JavaScript reads, nothing for what is no number."""
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def as_json(value: float) -> int | Literal:
    """Give a finite double as JavaScript writes it into JSON."""
    return int(value) if value.is_integer() and abs(value) <= SAFE else Literal(text_of(value))


def parse_int(digits: str) -> float:
    """Give `parseInt(text, 10)`."""
    found = _DIGITS.match(digits)
    return float(found[1]) if found else nan


def to_integer(value: object) -> float | None:
    """Give what Teraslice's `toInteger` gives: numbers cut, texts that look like numbers read, nothing for the rest."""
    value = plain(value)
    found = number(value)
    if found is not None:
        return found if abs(found) == inf else float(int(found))
    if isinstance(value, str) and _LIKE_NUMBER.fullmatch(value):
        read = parse_int(value)
        return read if abs(read) <= SAFE else None
    return None


def truthy(value: object) -> bool:
    """Say whether JavaScript takes a value for true; a list and an object always are."""
    value = plain(value)
    return value is not MISSING and (isinstance(value, list | dict) or bool(value))


def zod_type(value: object) -> str:
    """Give the name that Zod has for a value's type."""
    value = plain(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object" if isinstance(value, dict) else "number"


def type_name(value: object) -> str:
    """Give the name that Teraslice has for a value's type."""
    name = zod_type(value)
    return name if name == "null" else name.capitalize()
