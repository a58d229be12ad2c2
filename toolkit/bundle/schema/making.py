"""Making the published schema from the types that the reader uses, so that the two cannot drift apart."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from toolkit.bundle.manifest import MAJOR, Manifest
from toolkit.bundle.schema.described import FIELDS
from toolkit.model.records import Asset, Controller, ErrorRecord, Execution, Info, Job, Node, Totals
from toolkit.model.wire import pretty
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.track import Track

_DRAFT: Final = "https://json-schema.org/draft/2020-12/schema"
_RECORDS: Final[dict[str, tuple[type, ...]]] = {
    "jobs": (Job,),
    "executions": (Execution,),
    "controllers": (Controller,),
    "nodes": (Node,),
    "errors": (ErrorRecord,),
    "assets": (Asset,),
    "cluster": (Info, Totals),
}


def made(name: str) -> bytes:
    """Make a schema, `manifest` or `tracks`, as the package has it.

    Raises:
        KeyError: If a field has no description yet: `toolkit.bundle.schema.described` must say what it is.
    """
    return pretty(_manifest() if name == "manifest" else _tracks()) + b"\n"


def _manifest() -> dict[str, Any]:
    (root,), found = _components(Manifest)
    return {
        "$schema": _DRAFT,
        "$id": f"urn:teraslice-toolkit:bundle:{MAJOR}:manifest",
        "title": f"bundle.json of a bundle of teraslice-toolkit, format {MAJOR}",
        "description": "What the bundle is, from when to when, and the digests of its other files.",
        **root,
        "$defs": found,
    }


def _tracks() -> dict[str, Any]:
    types = [type_ for kind in KINDS for type_ in _RECORDS[kind]]
    _, found = _components(Track, *types)
    return {
        "$schema": _DRAFT,
        "$id": f"urn:teraslice-toolkit:bundle:{MAJOR}:tracks",
        "title": f"A file of tracks of a bundle of teraslice-toolkit, format {MAJOR}",
        "description": (
            f"{', '.join(f'{kind}.json' for kind in KINDS)}: one track a line, sorted by id. "
            "A recording's documents may hold anything; in a generated bundle they are what "
            f"#/$defs/{', #/$defs/'.join(KINDS)} say of each file."
        ),
        "type": "array",
        "items": {"$ref": "#/$defs/Track"},
        "$defs": {kind: _typed(kind) for kind in KINDS} | found,
    }


def _typed(kind: str) -> dict[str, Any]:
    """Describe the file of a kind in a generated bundle."""
    documents: list[dict[str, Any]] = [{"$ref": f"#/$defs/{type_.__name__}"} for type_ in _RECORDS[kind]]
    doc = documents[0] if len(documents) == 1 else {"anyOf": documents}
    return {
        "description": f"{kind}.json of a generated bundle.",
        "type": "array",
        "items": {"allOf": [{"$ref": "#/$defs/Track"}, {"properties": {"doc": doc}}]},
    }


def _components(*types: type) -> tuple[tuple[dict[str, Any], ...], dict[str, Any]]:
    """Give the types' schemas; those of records describe themselves, those of the format are described here."""
    roots, found = msgspec.json.schema_components(types, ref_template="#/$defs/{name}")
    records = msgspec.json.schema_components([type_ for of in _RECORDS.values() for type_ in of])[1]
    for name, schema in found.items():
        schema["description"] = schema["description"].partition("\n")[0]
        if name in records:
            continue
        for field, said in schema["properties"].items():
            description, extra = FIELDS[name][field]
            said.pop("default", None)
            schema["properties"][field] = {"description": description, **said, **extra}
    return tuple(roots), found
