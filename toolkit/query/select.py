"""Source filtering: the chosen fields of a document, as OpenSearch gives them.

Source: OpenSearch's `XContentMapValues.filter`, and observed answers. The result is a Java HashMap at each level that
is filtered, and so are the objects in it: their keys come in the order of their hashes, not in the document's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.query.analysis import Wildcard

if TYPE_CHECKING:
    from toolkit.model.wire import Document

_TABLE: Final = 16
_FULL: Final = 0.75
"""A Java HashMap's first size, and how full it gets before it doubles."""


def select(document: Document, fields: list[str]) -> Document:
    """Give the chosen fields of a document.

    Args:
        document: The document; it is not changed.
        fields: Names, dotted paths and patterns with `*`; a chosen object has all that is in it.
    """
    patterns = [Wildcard(field.replace("\\", r"\\").replace("?", r"\?"), lower=False) for field in fields]
    return _object(document, "", patterns)


def _object(document: Document, before: str, patterns: list[Wildcard]) -> Document:
    found: Document = {}
    for name, value in document.items():
        path = before + name
        if any(pattern.matches(path) for pattern in patterns):
            found[name] = _hashed(value)
        elif isinstance(value, dict | list):
            inside = _inside(value, path, patterns)
            if inside:
                found[name] = inside
    return _in_hash_order(found)


def _inside(value: Document | list[Any], path: str, patterns: list[Wildcard]) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return _object(value, path + ".", patterns)
    kept = (_inside(one, path, patterns) for one in value if isinstance(one, dict | list))
    return [one for one in kept if one]


def _hashed(value: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return _in_hash_order({name: _hashed(one) for name, one in value.items()})
    return [_hashed(one) for one in value] if isinstance(value, list) else value


def _in_hash_order(document: Document) -> Document:
    size = _TABLE
    while len(document) > size * _FULL:
        size *= 2
    return {name: document[name] for name in sorted(document, key=lambda name: _hash(name) & (size - 1))}


def _hash(text: str) -> int:
    """Give Java's hash of a text, spread as HashMap does; over UTF-16 units."""
    units = text.encode("utf-16-be", "surrogatepass")
    value = 0
    for high, low in zip(units[::2], units[1::2], strict=True):
        value = (31 * value + high * 256 + low) & 0xFFFFFFFF
    return value ^ value >> 16
