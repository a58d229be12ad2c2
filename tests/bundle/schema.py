"""Bundles against the published schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from tests.bundle.making import NAMES
from toolkit.bundle.schema import SCHEMAS, schema_text

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENTS: dict[str, Any] = {name: json.loads(schema_text(name)) for name in SCHEMAS}
"""The schemas, read."""
_VALIDATORS = {name: Draft202012Validator(document) for name, document in DOCUMENTS.items()}


def problems(name: str, value: Any, *, typed: bool = False) -> list[str]:
    """Give what the schema has against a file; `typed` takes its documents for those of a generated bundle."""
    if name == "bundle.json":
        return [error.json_path for error in _VALIDATORS["manifest"].iter_errors(value)]
    validator = _VALIDATORS["tracks"]
    if typed:
        validator = validator.evolve(schema={"$ref": f"#/$defs/{name.removesuffix('.json')}", **_definitions()})
    return [error.json_path for error in validator.iter_errors(value)]


def _definitions() -> dict[str, Any]:
    return {"$defs": DOCUMENTS["tracks"]["$defs"]}


def validate(folder: Path, *, typed: bool = False) -> None:
    """Check every file of a bundle."""
    for name in NAMES:
        assert problems(name, json.loads((folder / name).read_bytes()), typed=typed) == []
