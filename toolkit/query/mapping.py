"""Which fields can be searched, and as what: the mappings of Teraslice's indices.

A field that is not here is stored and answered, but a filter on it matches nothing (the mappings' `dynamic` is off).
So are objects: none of them has mapped fields of its own. Source: Teraslice 3.18.0's index mappings.
"""

from __future__ import annotations

import json
from enum import StrEnum
from math import isnan
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.wire import Document, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly


class Kind(StrEnum):
    """How a field is indexed; the value is OpenSearch's name, as its errors say it."""

    KEYWORD = "keyword"
    TEXT = "text"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    LONG = "long"
    FLOAT = "float"
    DATE = "date"
    BINARY = "binary"


STRINGS: Final = frozenset({Kind.KEYWORD, Kind.TEXT})
WHOLE: Final = {Kind.INTEGER: 2**31, Kind.LONG: 2**63}
"""Kinds of whole numbers, each with the first number too large for it."""


def _kinds(**names: str) -> dict[str, Kind]:
    return {name: Kind(kind) for kind, listed in names.items() for name in listed.split()}


JOBS: Final[ReadOnly[str, Kind]] = _kinds(
    keyword="job_id _context assets lifecycle log_level kubernetes_image",
    text="name",
    boolean="active analytics autorecover stateful ephemeral_storage prom_metrics_enabled prom_metrics_add_default "
    "_deleted",
    integer="max_retries probation_window slicers workers prom_metrics_port",
    long="memory memory_execution_controller resources_requests_memory resources_limits_memory",
    float="cpu cpu_execution_controller resources_requests_cpu resources_limits_cpu",
    date="_created _updated _deleted_on",
)
EXECUTIONS: Final[ReadOnly[str, Kind]] = {
    **JOBS,
    **_kinds(
        keyword="ex_id _status recovered_execution recovered_slice_type slicer_hostname teraslice_version",
        integer="slicer_port",
        boolean="_has_errors relocatable",
        text="_failureReason",
    ),
}
ERRORS: Final[ReadOnly[str, Kind]] = _kinds(
    keyword="ex_id slice_id slicer_id state error", integer="slicer_order", date="_created _updated"
)
ASSETS: Final[ReadOnly[str, Kind]] = _kinds(
    keyword="name version id description arch platform", integer="node_version", date="_created", binary="blob"
)


def values(document: Document, field: str) -> list[Any]:
    """Give a field's values as they are indexed: nothing for null or an object, each entry of a list."""
    held = document.get(field)
    if held is None:
        return []
    found = []
    for value in held if isinstance(held, list) else [held]:
        # A token that is kept as text is a float, a very large integer or a string with a lone surrogate.
        plain = json.loads(value.text) if isinstance(value, Literal) else value
        if isinstance(plain, str | int | float):
            found.append(plain)
    return found


def word(value: object) -> str:
    """Give a value as a keyword index holds it: text as it is, anything else as its JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def number(value: object) -> float | None:
    """Give a value as a numeric index holds it; a text that is a number counts, as in OpenSearch, NaN does not."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        read = float(word(value))
    except ValueError:
        return None
    return None if isnan(read) else read


def truth(value: object) -> bool | None:
    """Give a value as a boolean index holds it."""
    return {"true": True, "false": False}.get(word(value))
