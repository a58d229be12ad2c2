"""What is wrong with a record that somebody wrote, in words that say what to write instead."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import Any, Final, Literal, NamedTuple, get_args, get_origin, get_type_hints

_WHERE: Final = re.compile(r" - at `\$\.?(.*)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`")


class Mistake(NamedTuple):
    """One mistake.

    Attributes:
        field: Where it is, empty for the record itself.
        why: What is wrong there.
    """

    field: str
    why: str


def mistake_of(error: Exception, kind: Any) -> Mistake:  # noqa: ANN401 - a type, or a union of types
    """Read what msgspec says of a record.

    Args:
        error: Its `ValidationError`.
        kind: What the record should be.
    """
    text = str(error)
    where = _WHERE.search(text)
    field, told = (where.group(1), text[: where.start()]) if where else ("", text)
    fields = _fields(kind)
    unknown = _UNKNOWN.fullmatch(told)
    name = re.sub(r"\[.*?\]\.?", "", field)
    if unknown and not name and fields:
        alike = get_close_matches(unknown[1], fields, 1)
        told = f"no field is called `{unknown[1]}`"
        told += f"; did you mean {alike[0]}?" if alike else f"; there are {', '.join(fields)}"
    elif told.startswith("Invalid enum value") and (choices := _choices(fields.get(name))):
        told = f"{told[:1].lower()}{told[1:]}; write one of {', '.join(map(str, choices))}"
    return Mistake(field, f"{told[:1].lower()}{told[1:]}")


def _fields(kind: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The fields of a record by their names in JSON, with their types; of a choice the first record's."""
    records = [one for one in (kind, *get_args(kind)) if hasattr(one, "__struct_encode_fields__")]
    return {
        name: hint
        for one in records[:1]
        for name, hint in zip(one.__struct_encode_fields__, get_type_hints(one).values(), strict=False)
    }


def _choices(hint: Any) -> list[object]:  # noqa: ANN401 - as above
    """The values that a type names, at any depth."""
    if get_origin(hint) is Literal:
        return list(get_args(hint))
    return [choice for part in get_args(hint) for choice in _choices(part)]
