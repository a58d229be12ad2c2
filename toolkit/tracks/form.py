"""Records in which only numbers move: their text is written once, with gaps, and what moves is put into the gaps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.wire import Literal, pretty_item
from toolkit.timeline.view import Record
from toolkit.tracks.paths import put

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from toolkit.model.wire import Document
    from toolkit.tracks.paths import Path

_BEGIN: Final = "\\u0001"
_MARK: Final = f'"{_BEGIN}%d{_BEGIN}"'
"""Stands in a gap until the text is cut there."""


class Form(NamedTuple):
    """A document with gaps.

    Attributes:
        doc: The document, with a placeholder in each gap.
        paths: Where the gaps are: those in the text in its order, then those that lead nowhere in the document.
        gaps: How many there are in the text.
        text: Its text for `%`, as it stands inside a pretty array; `None` if it cannot be cut for sure.
        dated: Whether a gap holds a date, so that it must be encoded.
        bare: Whether nobody has tried to cut the text.
    """

    doc: Document
    paths: list[Path]
    gaps: int
    text: bytes | None
    dated: bool
    bare: bool = False

    def filled(self, values: Sequence[object]) -> Document:
        """Give the document with the values in their places."""
        doc = self.doc
        for path, value in zip(self.paths, values, strict=True):
            doc = put(doc, path, value)
        return doc

    def written(self, values: Sequence[int | str]) -> bytes:
        """Give the text with the values in their places."""
        if self.text is None:
            return pretty_item(self.filled(values))
        shown = tuple(values[: self.gaps])
        return self.text % (tuple([_encoded(value) for value in shown]) if self.dated else shown)


def bare_form(doc: Document, paths: list[Path]) -> Form:
    """Make the form of a document that is written as a whole."""
    return Form(doc, paths, 0, None, dated=False, bare=True)


def form_of(doc: Document, dates: Mapping[Path, bool]) -> Form:
    """Write a document with gaps.

    Args:
        doc: The document.
        dates: Where the gaps are, and whether it is a date that each holds, or else a whole number.
    """
    marks = {path: _MARK % number for number, path in enumerate(dates)}
    marked = doc
    for path, mark in marks.items():
        marked = put(marked, path, Literal(mark))
    if _BEGIN.encode() in pretty_item(doc):
        return Form(doc, list(dates), 0, None, dated=False)
    text = pretty_item(marked).decode().replace("%", "%%")
    paths = sorted((path for path in dates if marks[path] in text), key=lambda path: text.index(marks[path]))
    for path in paths:
        text = text.replace(marks[path], '"%b"' if dates[path] else "%d")
    missing = [path for path in dates if path not in paths]
    return Form(doc, paths + missing, len(paths), text.encode(), any(map(dates.__getitem__, paths)))


def _encoded(value: int | str) -> int | bytes:
    return value.encode() if isinstance(value, str) else value


class FilledForm(Record):
    """A record whose fields are put together only when somebody asks for them."""

    __slots__ = ("_form", "_values")

    def __init__(self, form: Form, values: Sequence[int | str]) -> None:
        """Put values, whole numbers and dates, into a form."""
        self._form = form
        self._values = values
        self._item = None

    def __getattr__(self, name: str) -> Document:
        """Make the fields."""
        if name != "fields":
            raise AttributeError(name)
        self.fields = self._form.filled(self._values)
        return self.fields

    @property
    def item(self) -> bytes:
        """The document's text as it stands inside a pretty array."""
        if self._item is None:
            self._item = self._form.written(self._values)
        return self._item
