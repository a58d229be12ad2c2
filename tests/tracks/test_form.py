"""Texts with gaps: what is put into them reads as if the whole document had been written."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.wire import Literal, pretty_item
from toolkit.tracks.form import FilledForm, bare_form, form_of
from toolkit.tracks.paths import put

KEYS = st.sampled_from(["a", "b", "%", "é", '"', "x/y", "\x01"])
TEXTS = st.sampled_from(["", "%", "%d", "%%b", "\x010\x01", "\x011\x01", "é\U0001f600", '"', "\\", "100 %"])
VALUES = st.recursive(
    st.none() | st.integers(-3, 2**63 - 1) | TEXTS | st.sampled_from([Literal("1.50"), Literal('"\\ud800"')]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, max_size=4)
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(tuple)
DATE = "2026-01-01T00:00:00.000Z"


@given(DOCUMENTS, st.dictionaries(PATHS, st.booleans(), max_size=4), st.lists(st.integers(-5, 2**53), min_size=4))
def test_a_filled_form_is_the_document_written(
    doc: dict[str, Any], dates: dict[tuple[str, ...], bool], numbers: list[int]
) -> None:
    """Whatever is in a document and wherever its gaps are, some nowhere: text and fields are those of the whole."""
    values = {path: DATE if date else number for (path, date), number in zip(dates.items(), numbers, strict=False)}
    for form in (form_of(doc, dates), bare_form(doc, list(dates))):
        expected = doc
        for path in form.paths:
            expected = put(expected, path, values[path])
        record = FilledForm(form, [values[path] for path in form.paths])

        assert sorted(form.paths) == sorted(dates)
        assert record.item == pretty_item(expected)
        assert record.fields == expected
        assert record.text == FilledForm(form, [values[path] for path in form.paths]).text


def test_a_text_that_looks_like_a_gap_is_none() -> None:
    """A document that holds what gaps are marked with is written as a whole."""
    form = form_of({"n": 0, "text": "\x010\x01"}, {("n",): False})

    assert form.text is None
    assert FilledForm(form, [7]).fields == {"n": 7, "text": "\x010\x01"}


def test_a_filled_form_has_nothing_but_what_a_record_has() -> None:
    """What is no attribute of a record is none of a filled form."""
    with pytest.raises(AttributeError, match="field"):
        _ = FilledForm(bare_form({}, []), []).field  # type: ignore[attr-defined]
