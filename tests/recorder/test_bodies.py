"""Bodies cut into records: each exactly as it came, what is no record left out, the rest kept."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.wire import dumps, loads
from toolkit.recorder.bodies import Cut, cut_list, cut_map, cut_object, told_odd
from toolkit.recorder.fault import Fault
from toolkit.recorder.pages import Entry
from toolkit.recorder.sources import Source, picker

DEEPEST = 240
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(), inside, max_size=3),
    max_leaves=8,
)
RECORDS = st.dictionaries(st.text(), JSON, max_size=4)
SURROGATE = rb'{"a":"\ud800"}'


def texts(cut: Cut) -> list[bytes]:
    """Give the records' texts."""
    return [text for _, text in cut.records]


def nested(depth: int) -> bytes:
    """Make a record of so many levels."""
    return b'{"a":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


@given(records=st.lists(RECORDS, max_size=5), careful=st.booleans(), blanks=st.sampled_from(["", " ", "\n\t "]))
def test_records_come_as_they_were_written(records: list[dict[str, Any]], careful: bool, blanks: str) -> None:  # noqa: FBT001
    """Each record's text is the slice of the body that it was, blanks and all; also in a body msgspec refuses."""
    written = [json.dumps(record, ensure_ascii=False, indent=len(blanks)).encode("utf-8") for record in records]
    extra = [SURROGATE] if careful else []
    between = (blanks + "," + blanks).encode()
    body = blanks.encode() + b"[" + blanks.encode() + between.join(written + extra) + b"]" + blanks.encode()

    assert cut_list(body) == Cut([("", text) for text in written + extra], [])


@given(records=st.dictionaries(st.text(), RECORDS, max_size=5), careful=st.booleans())
def test_maps_give_their_keys(records: dict[str, dict[str, Any]], careful: bool) -> None:  # noqa: FBT001 - drawn
    """The members of an object come with their keys as JSON means them, in their order."""
    written = {key: json.dumps(record).encode() for key, record in records.items()}
    members = [json.dumps(key).encode() + b" : " + text for key, text in written.items()]
    if careful:
        members.append(b'"odd\\ud800": ' + SURROGATE)
        written["odd?"] = SURROGATE

    assert cut_map(b"{" + b", ".join(members) + b"}") == Cut(list(written.items()), [])


@given(
    body=st.binary(max_size=40)
    | st.builds(
        lambda text, place, junk: text[:place] + junk + text[place:],
        st.lists(RECORDS, max_size=3).map(lambda value: json.dumps(value).encode()),
        st.integers(0, 60),
        st.sampled_from([b"\xff", b"}", b"{", b"[", b"]", b",", b'"', b":", b"\\", b"\\ud800", b"1", b"\xed\xa0\x80"]),
    )
)
def test_whatever_comes_out_can_be_read_and_written(body: bytes) -> None:
    """Of any bytes at all, what is taken is an object that can be read, or the whole is a fault in fixed words."""
    for cut in (cut_list, cut_map, cut_object):
        found: list[bytes] = []
        with suppress(Fault):
            found = texts(cut(body))
        for text in found:
            assert isinstance(loads(text), dict)
            dumps([[[[[[loads(text)]]]]]])


@pytest.mark.parametrize(
    "text",
    [
        b'{"a":123456789012345678901234567890}',
        b'{"a":1e999}',
        b'{"a":-0}',
        b'{"a":1.10}',
        b'{"a":1,"a":2}',
        SURROGATE,
        rb'{"\udc00":1}',
        rb'{"a":"\ud800\u0041"}',
        '{"a":"é\\u00e9"}'.encode(),
        b'{ "a" :\n[ ] }',
        b'{"a":"]},{[\\"\\\\"}',
        nested(DEEPEST),
    ],
)
def test_odd_but_readable_records_are_kept(text: bytes) -> None:
    """What a parser might refuse or change is kept letter by letter, alone and beside others."""
    assert texts(cut_object(b" " + text + b"\n")) == [text]
    assert texts(cut_list(b"[{}, " + text + b" ,{}]")) == [b"{}", text, b"{}"]
    assert cut_map(b'{"k":' + text + b"}").records == [("k", text)]


@pytest.mark.parametrize(
    "odd",
    [
        b"1", b'"x"', b"null", b"[{}]", b"true", b'{"a":"\xff"}', b'{"\xff":1}', b'{"a":"\xed\xa0\x80"}',
        nested(DEEPEST + 1), nested(2_000), nested(100_000), b'{"b":"]","a":' + nested(300) + b"}",
    ],
)  # fmt: skip
@pytest.mark.parametrize("beside", [b'{"a":1}', SURROGATE])
def test_what_is_no_record_is_left_out(odd: bytes, beside: bytes) -> None:
    """Entries that are no objects, not UTF-8 or too deep are left out and counted; the rest is kept."""
    assert cut_list(b"[" + beside + b"," + odd + b", {}]") == Cut([("", beside), ("", b"{}")], [odd])
    assert texts(cut_map(b'{"a":' + beside + b',"b": ' + odd + b"}")) == [beside]
    with pytest.raises(Fault, match="1 entry that is no record"):
        cut_list(b"[" + odd + b"]")


def test_many_levels_beside_each_other_are_not_deep() -> None:
    """A record with many brackets, none of them deep in another, is kept."""
    text = b'{"a":[' + b",".join([b"{}"] * 1_000) + b'],"b":"' + b"[" * 1_000 + b'"}'

    assert texts(cut_list(b"[" + text + b"]")) == [text]


def test_a_key_that_is_no_text_is_replaced() -> None:
    """A node's key that is not UTF-8 gives way, and the node is left out only if it is not UTF-8 itself."""
    assert cut_map(b'{"\xff":{"a":1}, "b":{}}').records == [("\ufffd", b'{"a":1}'), ("b", b"{}")]


def test_a_key_that_comes_twice_counts_once() -> None:
    """Of two nodes with one key the last counts, as for every parser."""
    assert cut_map(b'{"a":{"v":1},"a":{"v":2}}').records == [("a", b'{"v":2}')]
    assert cut_map(b'{"a":{"v":1},"a":' + SURROGATE + b"}").records == [("a", SURROGATE)]


@pytest.mark.parametrize(
    ("body", "reason", "again"),
    [
        (b"", "an empty answer", True),
        (b" \n", "an empty answer", True),
        (b"<html>", "HTML instead of JSON", False),
        (b"[", "an answer that is not JSON", True),
        (b"[{}", "an answer that is not JSON", True),
        (b"[{},]", "an answer that is not JSON", True),
        (b"[,{}]", "an answer that is not JSON", True),
        (b"[{}] x", "an answer that is not JSON", True),
        (b"[{} {}]", "an answer that is not JSON", True),
        (b"[{]}", "an answer that is not JSON", True),
        (b"[" + SURROGATE + b",{]}]", "an answer that is not JSON", True),
        (b"[" + SURROGATE + b"}", "an answer that is not JSON", True),
        (b"[" + SURROGATE + b',{"a":"]', "an answer that is not JSON", True),
        (b"hello", "an answer that is not JSON", True),
        (b"nul", "an answer that is not JSON", True),
        (b"{}", "an object instead of an array", False),
        (b"null", "null instead of an array", False),
        (b"false", "true or false instead of an array", False),
        (b"-1", "a number or a text instead of an array", False),
    ],
)
def test_bodies_that_are_no_lists(body: bytes, reason: str, again: bool) -> None:  # noqa: FBT001 - a parameter
    """A body that is no array is a fault in fixed words, and worth another attempt if it may have been cut short."""
    with pytest.raises(Fault) as caught:
        cut_list(body)

    assert (caught.value.reason, caught.value.again) == (reason, again)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"[]", "an array instead of an object"),
        (b'{"a"}', "an answer that is not JSON"),
        (b'{"a":1,}', "an answer that is not JSON"),
        (b'{"a":"\xff"}', "an answer that is not JSON"),
        (SURROGATE[:-1], "an answer that is not JSON"),
        (nested(DEEPEST + 1), "JSON that is nested too deep"),
        (nested(100_000), "JSON that is nested too deep"),
        (b"[" * 100_000, "an answer that is not JSON"),
        (b"[1.5," * 100_000, "JSON that is nested too deep"),
    ],
)
def test_bodies_that_are_no_records(body: bytes, reason: str) -> None:
    """A body that is no object, or cannot be stored, is a fault in fixed words."""
    with pytest.raises(Fault) as caught:
        cut_object(body)

    assert caught.value.reason == reason


@pytest.mark.parametrize("body", [b'{"\xff" 1}', b'{"\xff"}', b"{\xff:1}", b'{"a" 1}', b'{"a":{} "b":{}}'])
def test_bodies_that_are_no_maps(body: bytes) -> None:
    """Members without a key or a colon make a body that is not JSON."""
    with pytest.raises(Fault, match="not JSON"):
        cut_map(body)


def test_empty_lists_and_maps() -> None:
    """A cluster may have nothing."""
    assert cut_list(b" [ ] ") == cut_map(b"{ }") == Cut([], [])


def test_counts_are_told_in_words() -> None:
    """What was left out is told by its number alone."""
    assert [told_odd(1), told_odd(2_000)] == ["1 entry that is no record", "2,000 entries that are no records"]


@pytest.mark.parametrize(
    ("text", "key", "date"),
    [
        (b'{"ex_id":"x","_updated":"d"}', "x", "d"),
        (b'{"_updated":"d","n":{"ex_id":"y"}}', "", "d"),
        (b'{"ex_id":7,"_updated":null}', "", ""),
        (b'{"ex_id":"","_updated":[]}', "", ""),
        (rb'{"ex\u005fid":"\u00e9"}', "é", ""),
        (rb'{"ex_id":"\ud800","_updated":"d"}', "", "d"),
        (b'{"ex_id":1e999,"_updated":"d"}', "", "d"),
        (b'{"ex_id":"a","ex_id":"b"}', "b", ""),
    ],
)
def test_the_id_and_the_date_are_found(text: bytes, key: str, date: str) -> None:
    """A record's key is its id if that is a text, and its date likewise, however odd the rest is."""
    source = Source("executions", (), id_field="ex_id", date_field="_updated")

    assert source.entries(Cut([("", text)], [])) == [Entry(key, date, text)]
    assert (loads(text).get("ex_id") == key) or not key


def test_fields_are_picked() -> None:
    """Some fields are read of a record, missing ones as nothing."""
    assert picker("b", "a", "c")(b'{"a":{"x":[1]},"b":2,"d":0}') == (2, {"x": [1]}, None)
