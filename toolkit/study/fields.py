"""How two documents differ, field by field, and the names of fields.

A field is named like `operations[0].size`; a key that is no plain word is quoted: `config["a.b"]`. The order of keys
is not compared, and a number is not a text: `1`, `1.0`, `true` and `"1"` are four values.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from toolkit.errors import UsageError
from toolkit.model.instants import SHOWN
from toolkit.model.wire import dumps
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]
"""Where a field is: keys of objects, and places in lists."""

_WORD: Final = re.compile(r"[^\W\d][\w-]*")
_STEP: Final = re.compile(r"""\[(?P<place>\d*)\]|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]|(?P<dot>\.?)(?P<word>[^.\[\]"]+)""")


MISSING: Final = object()
"""Stands for a field that is not there."""


class FieldChange(NamedTuple):
    """One field that differs; `MISSING` where it is not there."""

    path: Path
    before: Any
    after: Any


def changed_fields(before: Any, after: Any, path: Path = ()) -> Iterator[FieldChange]:  # noqa: ANN401 - JSON is what it is
    """Give the fields in which two JSON values differ, as deep as both have the same structure, sorted by path."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted(before.keys() | after.keys()):
            yield from _inside((*path, key), before.get(key, MISSING), after.get(key, MISSING))
    elif isinstance(before, list) and isinstance(after, list):
        for place in range(max(len(before), len(after))):
            yield from _inside(
                (*path, place),
                before[place] if place < len(before) else MISSING,
                after[place] if place < len(after) else MISSING,
            )
    elif before is not after and dumps(before) != dumps(after):
        yield FieldChange(path, before, after)


def _inside(path: Path, before: Any, after: Any) -> Iterator[FieldChange]:  # noqa: ANN401
    if before is MISSING or after is MISSING:
        yield FieldChange(path, before, after)
    else:
        yield from changed_fields(before, after, path)


def path_text(path: Path) -> str:
    """Write a path the way `Pattern.parse` reads it."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _WORD.fullmatch(step):
            text += f".{step}" if text else step
        else:
            text += f"[{orjson.dumps(step).decode()}]"
    return text


class Pattern(NamedTuple):
    """Names a field of a collection, or of any, and all that is inside it.

    Attributes:
        collection: The collection; empty for any.
        steps: The field's path; `None` is any place of a list.
    """

    collection: str
    steps: tuple[str | int | None, ...]

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Read `field`, `field.inside`, `list[0].field`, `list[].field` or `collection:field`.

        Raises:
            UsageError: If it is none of these.
        """
        collection, colon, rest = text.partition(":")
        if not colon or '"' in collection:
            collection, rest = "", text
        steps: list[str | int | None] = []
        place = 0
        while (found := _STEP.match(rest, place)) and (not found["word"] or bool(found["dot"]) == bool(steps)):
            if found["place"] is not None:
                steps.append(int(found["place"]) if found["place"] else None)
            else:
                steps.append(found["word"] or _unquoted(found["quoted"]))
            place = found.end()
        if collection and collection not in KINDS:
            what = f"there is no collection {collection[:SHOWN]!r}, only {', '.join(KINDS)}"
        elif not steps or place < len(rest):
            what = "it is no field's name"
        else:
            return cls(collection, tuple(steps))
        msg = f"cannot ignore {text[:SHOWN]!r}: {what}; write it like metadata, operations[].size or jobs:workers"
        raise UsageError(msg)

    def matches(self, collection: str, path: Path) -> bool:
        """Tell whether a field of a collection is the named one, or inside it."""
        if self.collection not in {"", collection} or len(path) < len(self.steps):
            return False
        return all(
            isinstance(step, int) if wanted is None else wanted == step
            for wanted, step in zip(self.steps, path, strict=False)
        )


def _unquoted(text: str) -> str:
    try:
        return str(orjson.loads(text))
    except ValueError:
        # Not as JSON has it, so it can be no key: what it names is nowhere.
        return text
