"""The formats of Teraslice's schemas: each reads one value, or says in Zod's words why not.

A format is called with the value (`MISSING` for undefined) and its field's name. Source: Teraslice's formats over Zod
4, observed texts; which keys an issue has in which order, and that a named format says its field twice, are Zod's.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn

from toolkit.jobs.values import SAFE, as_json, number, parse_int, plain, text, to_integer, zod_type
from toolkit.model.javascript import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable

Issue = dict[str, Any]

_DAY: Final = 86_400_000
_UNITS: Final = {
    "w": 7 * _DAY, "week": 7 * _DAY, "weeks": 7 * _DAY,
    "d": _DAY, "day": _DAY, "days": _DAY,
    "h": 3_600_000, "hour": 3_600_000, "hours": 3_600_000,
    "m": 60_000, "minute": 60_000, "minutes": 60_000,
    "s": 1_000, "second": 1_000, "seconds": 1_000,
    "ms": 1, "millisecond": 1, "milliseconds": 1,
}  # fmt: skip
_MONTHS: Final = {
    "y": 12, "year": 12, "years": 12, "Q": 3, "quarter": 3, "quarters": 3, "M": 1, "month": 1, "months": 1,
}  # fmt: skip
_DAYS_A_MONTH: Final = 146_097 / 4_800
_DURATION: Final = re.compile(r"[0-9]+ .+")
_BAD_DURATION: Final = (
    'must be a positive integer or human readable string containing a number and valid unit (e.g. 3000, "5 days")'
)


class Unfit(Exception):
    """A value that its format does not take.

    Attributes:
        issues: What Zod says of it.
    """

    def __init__(self, *issues: Issue) -> None:
        """Refuse a value."""
        self.issues = issues
        super().__init__()


def unfit(message: str, name: str) -> NoReturn:
    """Refuse a value as a named format does.

    Raises:
        Unfit: Always.
    """
    raise Unfit({"code": "custom", "path": [name, name], "message": message})


def unfit_inline(message: str, name: str) -> NoReturn:
    """Refuse a value as a function inside a schema does.

    Raises:
        Unfit: Always.
    """
    raise Unfit({"code": "custom", "message": message, "path": [name]})


def _wrong_type(expected: str, value: object, name: str) -> NoReturn:
    message = f"Invalid input: expected {expected}, received {zod_type(value)}"
    raise Unfit({"expected": expected, "code": "invalid_type", "path": [name], "message": message})


def anything(value: Any, _name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    """Take everything."""
    return value


def boolean(value: object, name: str) -> bool:
    """Read a boolean, also as 0, 1 and the texts of all four."""
    value = plain(value)
    if isinstance(value, bool):
        return value
    if value in {"true", "1"} if isinstance(value, str) else number(value) == 1:
        return True
    if value in {"false", "0"} if isinstance(value, str) else number(value) == 0:
        return False
    _wrong_type("boolean", value, name)


def a_number(value: Any, name: str) -> Any:  # noqa: ANN401 - a number stays what it was
    """Take a number."""
    found = number(value)
    if found is None or math.isinf(found):
        _wrong_type("number", value, name)
    return value


def natural(value: object, name: str) -> int:
    """Take a whole number from 0."""
    found = number(value)
    if found is None or math.isinf(found):
        _wrong_type("number", value, name)
    if not found.is_integer():
        message = "Invalid input: expected int, received number"
        raise Unfit(
            {"expected": "int", "format": "safeint", "code": "invalid_type", "path": [name], "message": message}
        )
    note = "Integers must be within the safe integer range."
    if found > SAFE:
        raise Unfit(
            {"code": "too_big", "maximum": SAFE, "note": note, "origin": "int", "inclusive": True, "path": [name],
             "message": f"Too big: expected int to be <={SAFE}"}
        )  # fmt: skip
    issues: list[Issue] = []
    if found < -SAFE:
        issues.append(
            {"code": "too_small", "minimum": -SAFE, "note": note, "origin": "int", "inclusive": True, "path": [name],
             "message": f"Too small: expected int to be >=-{SAFE}"}
        )  # fmt: skip
    if found < 0:
        issues.append(
            {"origin": "number", "code": "too_small", "minimum": 0, "inclusive": True, "path": [name],
             "message": "Too small: expected number to be >=0"}
        )  # fmt: skip
        raise Unfit(*issues)
    return int(found)


def positive_int(value: object, name: str) -> Any:  # noqa: ANN401 - an int, or a number kept as its text
    """Read a whole number from 1, also a text of one; a fraction is cut."""
    found = to_integer(value)
    if found is None or math.isinf(found) or found < 1:
        unfit("must be valid integer greater than zero", name)
    return as_json(found)


def duration(value: Any, name: str) -> Any:  # noqa: ANN401 - a number stays what it was
    """Read milliseconds, or a text such as `5 minutes`.

    As in Teraslice, the unit is given an s before it is looked up: `5 m` is 5 ms, and `5 d` is taken but stays a text.
    """
    value = plain_text = plain(value)
    if isinstance(plain_text, str):
        value = _read_duration(plain_text)
        if value is None:
            unit = plain_text.split(" ")[1]
            if unit not in _UNITS and unit not in _MONTHS:
                unfit(f"Invalid duration unit: {unit}", name)
            if not _DURATION.fullmatch(plain_text):
                unfit(_BAD_DURATION, name)
            return plain_text
    found = number(value)
    # What is no whole number (NaN and the infinities are none) is no duration.
    if found is None or not found.is_integer() or found < 0:
        unfit(_BAD_DURATION, name)
    return as_json(found)


def _read_duration(value: str) -> float | None:
    parts = value.split(" ")
    count = parse_int(parts[0])
    if len(parts) == 1:
        return parse_int(value)
    unit = parts[1] if parts[1].endswith("s") else f"{parts[1]}s"
    if unit in _MONTHS:
        days = count * _MONTHS[unit] * _DAYS_A_MONTH + 0.5
        return math.floor(days) * _DAY if math.isfinite(days) else days
    return count * _UNITS[unit] if unit in _UNITS else None


def required_string(value: Any, name: str) -> Any:  # noqa: ANN401 - a text, or one kept as its token
    """Take a text that is not empty."""
    if not plain(value) or not isinstance(plain(value), str):
        unfit("This field is required and must be of type string", name)
    return value


def optional_string(value: Any, name: str) -> Any:  # noqa: ANN401 - as above
    """Take a text, null or nothing."""
    if value is not MISSING and not isinstance(plain(value), str | None):
        unfit("This field is optional but if specified it must be of type string", name)
    return value


def choice(*names: str) -> Callable[[Any, str], Any]:
    """Make the format of a text that is one of a few."""
    said = "|".join(f'"{one}"' for one in names)

    def read(value: object, name: str) -> object:
        if value not in names:
            message = f"Invalid option: expected one of {said}"
            raise Unfit({"code": "invalid_value", "values": list(names), "path": [name], "message": message})
        return value

    return read


def same_type(kind: str) -> Callable[[Any, str], Any]:
    """Make the format of a field that has none: a value of its default's type."""

    def read(value: object, name: str) -> object:
        if zod_type(value) != kind:
            unfit_inline(f" should be of type {kind.capitalize()}", name)
        return value

    return read


def pairs(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    """Take an object whose keys and values are not empty."""
    if not isinstance(value, dict):
        unfit_inline("must be object", name)
    for key, held in value.items():
        if key == "":
            unfit_inline("key must be not empty", name)
        if held is None or held == "":
            unfit_inline(f'value for key "{text(key)}" must be not empty', name)
    return value
