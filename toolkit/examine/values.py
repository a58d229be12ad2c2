"""Reading fields of documents that may hold anything: what is not of the expected type says nothing."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from toolkit.errors import UsageError
from toolkit.model.instants import parse_instant
from toolkit.model.wire import Literal, dumps

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document

_LONGEST: Final = 60


def number(doc: Document, field: str) -> int | None:
    """Give a whole number of a document, `None` if there is none."""
    value = doc.get(field)
    return value if type(value) is int else None


def quantity(doc: Document, field: str) -> int | Decimal | None:
    """Give a number of any size, with a fraction or without, `None` if there is none."""
    value = doc.get(field)
    if type(value) is int:
        return value
    if not isinstance(value, Literal | float):
        return None
    try:
        number = Decimal(value.text if isinstance(value, Literal) else repr(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def date(doc: Document, field: str) -> int | None:
    """Give a date of a document as an instant, `None` if there is none."""
    value = doc.get(field)
    if not isinstance(value, str):
        return None
    try:
        return parse_instant(value)
    except UsageError:
        return None


def text(doc: Document, field: str) -> str:
    """Give a text of a document, an empty one if there is none."""
    value = doc.get(field)
    return value if isinstance(value, str) else ""


def inside(doc: Document, field: str) -> Document:
    """Give an object inside a document, an empty one if there is none."""
    value = doc.get(field)
    return value if isinstance(value, dict) else {}


def processes(node: Document) -> list[Document]:
    """Give the processes of a node."""
    active = node.get("active")
    return [process for process in active if isinstance(process, dict)] if isinstance(active, list) else []


def statistics(kind: str, doc: Document) -> Iterator[tuple[str, Document]]:
    """Give the statistics inside a record, each with the field it is in (empty, or with a dot at its end)."""
    if kind == "controllers":
        yield "", doc
    elif kind == "executions":
        yield "_slicer_stats.", inside(doc, "_slicer_stats")
    elif kind == "cluster":
        yield "", doc
        for part in ("controllers", "slicer"):
            yield f"{part}.", inside(doc, part)


def shown(value: Any) -> str:  # noqa: ANN401 - JSON is what it is
    """Show a value on one line, as far as it is not too long."""
    if isinstance(value, dict):
        return f"an object of {len(value)} fields"
    if isinstance(value, list):
        return f"a list of {len(value)} entries"
    if isinstance(value, Literal):
        words = value.text
    elif isinstance(value, str):
        words = ascii(value)
    else:
        words = dumps(value).decode() if value is None or isinstance(value, bool) else str(value)
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "..."
