from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.tracks.paths import find, name_of, path_of, put

if TYPE_CHECKING:
    from toolkit.model.wire import Document

KEYS = st.text(st.sampled_from("/~01a"), max_size=4)


@given(st.lists(KEYS, min_size=1, max_size=4).map(tuple))
def test_a_name_is_one_path(path: tuple[str, ...]) -> None:
    """Every path has a name of its own, whatever its keys hold."""
    assert path_of(name_of(path)) == path


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (("processed",), "processed"),
        (("a~b",), "a~b"),
        (("/a",), "/~1a"),
        (("",), ""),
        (("", ""), "//"),
        (("stats", "a/b", "~1"), "/stats/a~1b/~01"),
    ],
)
def test_names_are_pointers_only_where_they_must_be(path: tuple[str, ...], name: str) -> None:
    """A field is named by itself, unless that would be a pointer; what is deeper is a pointer."""
    assert name_of(path) == name


@pytest.mark.parametrize("path", [("x",), ("a", "x"), ("a", "b", "c"), ("n", "x"), ("l", "0")])
def test_what_leads_nowhere_is_left_alone(path: tuple[str, ...]) -> None:
    """A path that a document does not have finds nothing, and nothing is put there."""
    doc: Document = {"a": {"b": 1}, "n": 5, "l": [1]}
    assert put(doc, path, 9) == {"a": {"b": 1}, "n": 5, "l": [1]}
    with pytest.raises(KeyError):
        find(doc, path)


def test_what_is_put_is_found_and_nothing_else_changes() -> None:
    """The document with another value is a new one; the keys keep their order, the old one its value."""
    doc: dict[str, Any] = {"z": 0, "a": {"y": {}, "/": {"b": 1}}, "b": []}
    after = put(doc, ("a", "/", "b"), 2)
    assert find(after, ("a", "/", "b")) == 2
    assert find(doc, ("a", "/", "b")) == 1
    assert (list(after), list(after["a"])) == (["z", "a", "b"], ["y", "/"])
    assert after["a"]["y"] is doc["a"]["y"]
    assert put(doc, ("z",), 1) == doc | {"z": 1}
