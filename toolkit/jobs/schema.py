"""Schemas: fields with formats and defaults, and how a document is read with one.

Source: Teraslice's schemas as loose Zod objects: what is declared comes first and in the schema's order, every other
key after it as it was posted.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.jobs.formats import Unfit
from toolkit.jobs.values import zod_type
from toolkit.model.javascript import MISSING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.jobs.formats import Issue
    from toolkit.model.wire import Document


class Field(NamedTuple):
    """One field: how it is read, and what stands for it when it is not there (`MISSING`: nothing)."""

    read: Callable[[Any, str], Any]
    default: Any


Schema = dict[str, Field]


def told(issues: list[Issue]) -> str:
    """Give issues as Teraslice tells them: `Zod parse error: ` and an array indented by 2."""
    return f"Zod parse error: {json.dumps(issues, indent=2, ensure_ascii=False)}"


def read(schema: Mapping[str, Field], document: object) -> Document:
    """Read a document, defaults filled in.

    Raises:
        Unfit: With the issues of all fields, if any has one.
    """
    if not isinstance(document, dict):
        message = f"Invalid input: expected object, received {zod_type(document)}"
        raise Unfit({"expected": "object", "code": "invalid_type", "path": [], "message": message})
    found: Document = {}
    issues: list[Issue] = []
    for name, field in schema.items():
        try:
            value = field.read(document.get(name, field.default), name)
        except Unfit as error:
            issues.extend(error.issues)
        else:
            if value is not MISSING:
                found[name] = value
    if issues:
        raise Unfit(*issues)
    return {**found, **{name: value for name, value in document.items() if name not in schema}}
