"""Naming a value inside a document: a field by its name, a deeper one by a JSON Pointer (RFC 6901)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.model.wire import Document

Path = tuple[str, ...]
"""The keys from the document to a value in it, objects only."""


def name_of(path: Path) -> str:
    """Name a path: `processed`, or `/_slicer_stats/processed`."""
    if len(path) == 1 and not path[0].startswith("/"):
        return path[0]
    return "".join("/" + key.replace("~", "~0").replace("/", "~1") for key in path)


def path_of(name: str) -> Path:
    """Read a name."""
    if not name.startswith("/"):
        return (name,)
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in name[1:].split("/"))


def find(doc: Document, path: Path) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give the value at a path.

    Raises:
        KeyError: If there is none.
    """
    value: Any = doc
    for key in path:
        if type(value) is not dict:
            raise KeyError(key)
        value = value[key]
    return value


def put(doc: Document, path: Sequence[str], value: object) -> Document:
    """Give the document with another value at a path; it is the same one if there is nothing at the path.

    What is on the way to the value is copied, so that nobody else's document changes.
    """
    first, *rest = path
    if first not in doc:
        return doc
    if not rest:
        return doc | {first: value}
    inner = doc[first]
    if type(inner) is not dict:
        return doc
    changed = put(inner, rest, value)
    return doc if changed is inner else doc | {first: changed}
