"""The operations and APIs that are known by name: Teraslice's own, and the made-up standard assets'.

Source: what executions on a real cluster carried (`test-reader`, `delay`, `noop`, `data_generator`); the others are
made up after the standard assets, with the options that generated jobs have.
"""

from __future__ import annotations

from enum import Flag, auto
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.jobs.formats import (
    a_number,
    anything,
    boolean,
    choice,
    duration,
    optional_string,
    positive_int,
    required_string,
    same_type,
    unfit_inline,
)
from toolkit.jobs.schema import Field, Schema
from toolkit.jobs.values import plain, type_name
from toolkit.model.javascript import MISSING

if TYPE_CHECKING:
    from collections.abc import Mapping

ENCODINGS: Final = ("json", "raw")


class Role(Flag):
    """Where a module can stand in a job."""

    READER = auto()
    PROCESSOR = auto()
    API = auto()


class Operation(NamedTuple):
    """What is known of an operation or API: its role, and the fields it adds to those of all."""

    role: Role
    fields: Schema


def _index(value: Any, name: str) -> Any:  # noqa: ANN401 - a text, or one kept as its token
    index = plain(value)
    if not isinstance(index, str):
        unfit_inline(f"Invalid {name} parameter, must be of type string", name)
    if not index:
        unfit_inline(f"Invalid {name} parameter, must not be an empty string", name)
    if any("A" <= letter <= "Z" for letter in index):
        unfit_inline(f"Invalid {name} parameter, must be lowercase", name)
    return value


def _api_encoding(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is what it is
    if value is MISSING or value is None or value in ENCODINGS:
        return value
    said = plain(value)
    if not isinstance(said, str):
        unfit_inline(f"Invalid parameter {name}, expect type string, was given {type_name(value)}", name)
    return unfit_inline(f"Invalid parameter {name}, expected values {' , '.join(ENCODINGS)}, was given {said}", name)


COMMON: Final[Schema] = {
    "_op": Field(required_string, MISSING),
    "_encoding": Field(choice(*ENCODINGS), "json"),
    "_dead_letter_action": Field(optional_string, "throw"),
    "_api_name": Field(optional_string, MISSING),
    "_connection": Field(optional_string, MISSING),
}
"""What every operation has."""
COMMON_API: Final[Schema] = {
    "_name": Field(required_string, MISSING),
    "_encoding": Field(_api_encoding, MISSING),
    "_dead_letter_action": Field(optional_string, "throw"),
    "_connection": Field(optional_string, MISSING),
}
"""What every API has."""

_SIZE: Final = {"size": Field(positive_int, 5_000)}
_ELASTICSEARCH_READER: Final[Schema] = {
    "index": Field(_index, MISSING),
    **_SIZE,
    "date_field_name": Field(required_string, MISSING),
    "interval": Field(required_string, "auto"),
}
_ELASTICSEARCH_SENDER: Final[Schema] = {
    "index": Field(_index, MISSING),
    **_SIZE,
    "connection": Field(required_string, "default"),
}
_ID_READER: Final[Schema] = {
    "index": Field(_index, MISSING),
    **_SIZE,
    "key_type": Field(choice("base64url", "base64", "hexadecimal", "HEXADECIMAL"), "base64url"),
}

BUILT_IN: Final[Mapping[str, Operation]] = {
    "collect": Operation(Role.PROCESSOR, {"size": Field(a_number, None), "wait": Field(a_number, None)}),
    "delay": Operation(Role.PROCESSOR, {"ms": Field(duration, 100)}),
    "noop": Operation(Role.PROCESSOR, {}),
    "test-reader": Operation(
        Role.READER,
        {
            "fetcher_data_file_path": Field(optional_string, None),
            "slicer_data_file_path": Field(optional_string, None),
            "passthrough_slice": Field(same_type("boolean"), default=False),
        },
    ),
}
"""What needs no asset."""
STANDARD: Final[Mapping[str, Operation]] = {
    "data_generator": Operation(
        Role.READER,
        {
            **_SIZE,
            "stress_test": Field(boolean, default=False),
            "start": Field(optional_string, None),
            "end": Field(optional_string, None),
        },
    ),
    "date_router": Operation(
        Role.PROCESSOR,
        {
            "field": Field(required_string, MISSING),
            "resolution": Field(choice("daily", "weekly", "monthly", "yearly"), "daily"),
        },
    ),
    "drop_property": Operation(Role.PROCESSOR, {"property": Field(required_string, MISSING)}),
    "elasticsearch_bulk": Operation(Role.PROCESSOR, _ELASTICSEARCH_SENDER),
    "elasticsearch_reader": Operation(Role.READER, _ELASTICSEARCH_READER),
    "elasticsearch_reader_api": Operation(Role.API, _ELASTICSEARCH_READER),
    "elasticsearch_sender_api": Operation(Role.API, _ELASTICSEARCH_SENDER),
    "file_exporter": Operation(
        Role.PROCESSOR,
        {
            "path": Field(required_string, MISSING),
            "format": Field(choice("json", "ldjson", "raw", "csv", "tsv"), "ldjson"),
            "compression": Field(choice("none", "lz4", "gzip"), "none"),
        },
    ),
    "id_reader": Operation(Role.READER, _ID_READER),
    "kafka_reader": Operation(
        Role.READER,
        {
            "topic": Field(required_string, MISSING),
            "group": Field(required_string, MISSING),
            "size": Field(positive_int, 10_000),
            "interval": Field(duration, 5_000),
        },
    ),
    "kafka_sender": Operation(
        Role.PROCESSOR,
        {
            "topic": Field(required_string, MISSING),
            "size": Field(positive_int, 10_000),
            "id_field": Field(optional_string, MISSING),
        },
    ),
}
"""What is in the made-up standard assets, and `drop_property` of Teraslice's example asset."""
ASSETS: Final[Mapping[str, tuple[str, ...]]] = {
    "elasticsearch": (
        "elasticsearch_bulk", "elasticsearch_reader", "elasticsearch_reader_api", "elasticsearch_sender_api",
        "id_reader",
    ),
    "ex1": ("drop_property",),
    "file": ("file_exporter",),
    "kafka": ("drop_property", "kafka_reader", "kafka_sender"),
    "standard": ("data_generator", "date_router"),
}  # fmt: skip
"""The operations of assets that are known by name, where nothing else tells them."""
_THROUGH_API: Final = frozenset({"elasticsearch_bulk", "elasticsearch_reader", "id_reader"})
"""Operations that take their options from an API where they name one."""
_ANY: Final = Operation(Role.READER | Role.PROCESSOR | Role.API, {})


def known(name: str) -> Operation:
    """Give what is known of an operation; of one that is only known to be in an asset, nothing is demanded."""
    return BUILT_IN.get(name) or STANDARD.get(name, _ANY)


def schema_of(name: str, config: Mapping[str, Any]) -> Schema:
    """Give the schema of an operation's options, fields of all operations first."""
    fields = known(name).fields
    if name in _THROUGH_API and ("_api_name" in config or "api_name" in config):
        fields = {key: Field(anything, MISSING) for key in fields if key in config}
    return {**COMMON, **fields}


def api_schema_of(name: str) -> Schema:
    """Give the schema of an API's options, fields of all APIs first."""
    return {**COMMON_API, **known(name).fields}
