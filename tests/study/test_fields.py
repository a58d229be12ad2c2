"""How two documents differ, and how fields are named."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.study.applying import applied
from tests.tracks.strategies import VALUES, documents
from toolkit.errors import UsageError
from toolkit.model.wire import Literal, dumps_sorted
from toolkit.study.fields import MISSING, FieldChange, Pattern, changed_fields, path_text
from toolkit.study.moving import MOVING, always_moves
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from toolkit.model.wire import Document

KEYS = st.sampled_from(["a", "b", "_status", "x.y", "", "käse", 'q"u', "[0]", "a:b", "0", "jobs", "two words"])
NESTED = st.recursive(
    VALUES, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=20
)
DOCS = documents() | st.dictionaries(KEYS, NESTED, max_size=5)
PATHS = st.lists(KEYS | st.integers(0, 12), min_size=1, max_size=5).map(tuple)


@given(DOCS, DOCS)
def test_changes_applied_to_the_one_give_the_other(a: Document, b: Document) -> None:
    """Key order aside; and the other way round with before and after swapped."""
    forth = list(changed_fields(a, b))
    back = list(changed_fields(b, a))

    assert dumps_sorted(applied(deepcopy(a), forth)) == dumps_sorted(b)
    assert back == [FieldChange(change.path, change.after, change.before) for change in forth]
    assert not list(changed_fields(a, deepcopy(a)))
    assert len({change.path for change in forth}) == len(forth)


@given(st.dictionaries(KEYS, NESTED, max_size=5), st.randoms(use_true_random=False))
def test_key_order_is_no_difference(doc: Document, random: Any) -> None:
    """A list's order is."""
    keys = list(doc)
    random.shuffle(keys)
    assert not list(changed_fields(doc, {key: doc[key] for key in keys}))
    assert list(changed_fields([1, 2], [2, 1]))


@pytest.mark.parametrize(("a", "b"), [(1, True), (1, "1"), (1, Literal("1.0")), (None, 0), ({}, []), ([], [None])])
def test_values_of_two_types_differ(a: object, b: object) -> None:
    """Also where Python takes them for the same."""
    assert list(changed_fields({"x": a}, {"x": b}))


def test_changes_are_as_deep_as_the_structure() -> None:
    """What only one side has comes as a whole."""
    a = {"operations": [{"_op": "reader", "size": 5}, {"_op": "noop"}], "x": {"y": 1}}
    b = {"operations": [{"_op": "reader", "size": 6}], "x": [1], "z": None}

    assert [(path_text(path), before, after) for path, before, after in changed_fields(a, b)] == [
        ("operations[0].size", 5, 6),
        ("operations[1]", {"_op": "noop"}, MISSING),
        ("x", {"y": 1}, [1]),
        ("z", MISSING, None),
    ]


@given(PATHS)
def test_a_written_path_is_a_pattern_for_itself(path: tuple[str | int, ...]) -> None:
    """And for what is inside it, and with any place of its lists, in any collection or one."""
    text = path_text(path)
    pattern = Pattern.parse(text)

    assert pattern == ("", path)
    assert pattern.matches("jobs", (*path, "inside"))
    assert not pattern.matches("jobs", path[:-1])
    assert Pattern.parse(f"nodes:{text}") == ("nodes", path)
    assert not Pattern.parse(f"nodes:{text}").matches("jobs", path)
    anywhere = Pattern("", tuple(None if isinstance(step, int) else step for step in path))
    assert anywhere.matches("jobs", path)


@pytest.mark.parametrize(
    ("text", "collection", "steps"),
    [
        ("metadata", "", ("metadata",)),
        ("operations[].size", "", ("operations", None, "size")),
        ("operations[3]", "", ("operations", 3)),
        ("jobs:workers", "jobs", ("workers",)),
        ('x["a.b"].c', "", ("x", "a.b", "c")),
        ("a b-c.d", "", ("a b-c", "d")),
        (r'["\x"]', "", (r'"\x"',)),
    ],
)
def test_patterns_are_read(text: str, collection: str, steps: tuple[object, ...]) -> None:
    """With any place of a list, and within one collection."""
    assert Pattern.parse(text) == (collection, steps)


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "jibs:a", "jobs:", 'a["b]', "a]b", "[0]a"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    """In one line that shows what one looks like."""
    with pytest.raises(UsageError, match=r"^cannot ignore .*; write it like metadata, operations\[\]\.size or jobs:"):
        Pattern.parse(text)


def test_what_always_moves_is_in_a_collection_that_is_there() -> None:
    """And nothing else moves by itself: a status, for one, does not."""
    assert {pattern.collection for pattern in MOVING} <= set(KINDS)
    assert always_moves("executions", ("_slicer_stats", "processed"))
    assert always_moves("cluster", ("slicer", "failed"))
    assert not always_moves("executions", ("_status",))
    assert not always_moves("jobs", ("processed",))
