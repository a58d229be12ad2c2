"""The fields of a job, with native clustering: those of Kubernetes are unknown keys, kept as they are.

Source: Teraslice 3.18.0, observed texts and its job schema.
"""

from __future__ import annotations

from typing import Any, Final

from toolkit.jobs.formats import (
    boolean,
    choice,
    duration,
    natural,
    pairs,
    positive_int,
    required_string,
    unfit_inline,
)
from toolkit.jobs.schema import Field, Schema
from toolkit.jobs.values import text, truthy, type_name, zod_type

LOG_LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")
CONNECTIONS: Final = frozenset({"default"})
"""The connections that the made-up cluster has."""
_FEWEST_OPERATIONS: Final = 2
_MOST_DEFAULT_WORKERS: Final = 5


def _assets(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    # What is in a list was looked up before: it is all ids.
    if value is not None and not isinstance(value, list):
        unfit_inline("assets need to be of type array", name)
    return value


def _labels(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    return value if value is None else pairs(value, name)


def _log_level(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if truthy(value) and value not in LOG_LEVELS:
        unfit_inline(f"must be one of the following: {','.join(LOG_LEVELS)}", name)
    return value


def _unknown_connection(config: dict[str, Any]) -> str | None:
    for key in ("_connection", "connection"):
        named = config.get(key)
        if truthy(named) and not (isinstance(named, str) and named in CONNECTIONS):
            return key
    return None


def _operations(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if not isinstance(value, list) or len(value) < _FEWEST_OPERATIONS:
        unfit_inline("Operations need to be of type array with at least two operations in it", name)
    for one in value:
        if not isinstance(one, dict):
            unfit_inline(f"Invalid Operation config in operations, got {type_name(one)}", name)
        key = _unknown_connection(one)
        if key:
            said = f'Operation {text(one.get("_op"))} refers to connection "{text(one[key])}" which is unavailable'
            unfit_inline(said, name)
    return value


def _apis(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if not isinstance(value, list):
        unfit_inline("APIs is required to be an array", name)
    seen: set[tuple[str, str]] = set()
    for one in value:
        if not isinstance(one, dict):
            unfit_inline(f"Invalid API config in apis, got {type_name(one)}", name)
        named = one.get("_name")
        if not truthy(named):
            unfit_inline("API requires an _name", name)
        if not isinstance(named, list | dict):
            identity = (zod_type(named), text(named))
            if identity in seen:
                unfit_inline(f"Duplicate API configurations for {text(named)} found", name)
            seen.add(identity)
        key = _unknown_connection(one)
        if key:
            unfit_inline(f'API {text(named)} refers to connection "{text(one[key])}" which is unavailable', name)
    return value


def job_schema(cpus: int) -> Schema:
    """Make the schema of a job.

    Args:
        cpus: How many the master's machine has: the default of `workers` is that many, at most 5.
    """
    return {
        "active": Field(boolean, default=True),
        "analytics": Field(boolean, default=True),
        "assets": Field(_assets, default=None),
        "autorecover": Field(boolean, default=False),
        "lifecycle": Field(choice("once", "persistent"), default="once"),
        "max_retries": Field(natural, default=3),
        "name": Field(required_string, default="Custom Job"),
        "operations": Field(_operations, default=[]),
        "apis": Field(_apis, default=[]),
        "probation_window": Field(duration, default=300_000),
        "slicers": Field(positive_int, default=1),
        "workers": Field(positive_int, default=min(_MOST_DEFAULT_WORKERS, cpus)),
        "stateful": Field(boolean, default=False),
        "labels": Field(_labels, default=None),
        "env_vars": Field(pairs, default={}),
        "log_level": Field(_log_level, default=None),
    }
