"""JSON as Teraslice writes it, and texts kept as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.wire import (
    Literal,
    compact,
    dumps,
    dumps_sorted,
    join_items,
    join_members,
    loads,
    pretty,
    pretty_item,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=15,
)


@given(JSON)
def test_pretty_is_json_stringify_with_4_blanks(value: Any) -> None:
    """The bytes are those of `JSON.stringify(value, null, 4)`: 4-space indent, no newline at the end."""
    expected = json.dumps(value, indent=4, ensure_ascii=False)

    assert json.loads(pretty(value)) == value
    assert pretty(value).decode().count("\n") == expected.count("\n")


@given(st.lists(JSON, max_size=4), st.dictionaries(st.text(), JSON, max_size=4))
def test_joined_texts_are_the_text_of_the_whole(items: list[Any], members: dict[str, Any]) -> None:
    """A list joined from ready-made items, and an object from members, are the bytes of writing them at once."""
    assert join_items([pretty_item(item) for item in items]) == pretty(items)
    assert join_members([(key, pretty_item(item)) for key, item in members.items()]) == pretty(members)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1.0,"b":1e5,"c":-0.5E-3,"d":-0}',
        "[123456789012345678901234,-9223372036854775809,9223372036854775807]",
        '["\\ud800","x\\udfffy",{"k":"\\\\\\udc00"}]', '["1.5 is a text","\\\\ud800 too"]',
        "[-0,{}]",
        '{"z":1,"a":{"y":null,"b":[]}}',
        '["\\ud800",1.50]',
    ],
)  # fmt: skip
def test_what_a_parser_would_change_is_kept(text: str) -> None:
    """Floats, big integers and lone surrogates are written as they were read, compact and pretty."""
    value = loads(text.encode())

    assert dumps(value).decode() == text
    assert b"".join(pretty(value).split()) == b"".join(text.encode().split())


NUMBERS = st.from_regex(r"-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)


@given(st.lists(NUMBERS | JSON.map(json.dumps), max_size=5), st.sampled_from(["", " ", "\n  "]))
def test_numbers_and_texts_are_read_as_they_are_written(values: list[str], blank: str) -> None:
    """Whatever stands beside it and between, a number is written as it was read, and a text is the same text."""
    text = f"[{blank}{f',{blank}'.join(values)}{blank}]"
    read = loads(text.encode())

    assert len(read) == len(values)
    for value, one in zip(read, values, strict=True):
        if one[:1] in "-0123456789":
            assert dumps(value).decode() == one
        else:
            assert json.loads(dumps(value)) == json.loads(one)


def test_real_surrogate_pairs_are_characters() -> None:
    """A pair of surrogates is one character, as for every parser."""
    assert loads(b'["\\ud83d\\ude00"]') == ["\U0001f600"]


@pytest.mark.parametrize("text", [b"", b"{", b"[1,]", b"[NaN]", b"[1.0,Infinity]", b"nope", b"\xff", b'["\xff",1.0]'])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    """Anything that is not JSON is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011 - that is the promise
        loads(text)


def test_sorted_keys_are_sorted() -> None:
    """An envelope's keys are sorted at every depth."""
    assert dumps_sorted({"b": 1, "a": {"d": 1, "c": 2}}) == b'{"a":{"c":2,"d":1},"b":1}'


def test_literals_are_values() -> None:
    """Literals are equal by their text, can be kept in sets, and show it; nothing else unknown is written."""
    assert Literal("1.0") == Literal("1.0") != Literal("1.00")
    assert len({Literal("1.0"), Literal("1.0")}) == 1
    assert Literal("1.0") != "1.0"
    assert repr(Literal("1.0")) == "Literal('1.0')"
    with pytest.raises(TypeError):
        dumps(object())


def test_compact_json_has_no_blanks_between_its_tokens() -> None:
    """Texts keep theirs, numbers their letters; what is no JSON is refused."""
    assert compact(b' { "a b" : [ 1.0 , 1e5 ] } ') == b'{"a b":[1.0,1e5]}'
    for text in (b"{", b"", b'"\\ud800"'):
        with pytest.raises(ValueError, match=r"\S"):
            compact(text)
