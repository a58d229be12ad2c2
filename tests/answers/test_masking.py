from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.answers.control.masking import masked_body, masked_headers, masked_query, masked_text, masked_value
from toolkit.model.wire import Literal, dumps, loads

HARMLESS = [
    '{"name": "a job",  "workers": 3, "big": 123456789012345678901234567890, "rate": 1.50}',
    '[1, {"lifecycle": "once", "operations": [{"_op": "noop"}]}]',
    "{not JSON at all",
    "workers=3&name=a+job",
    "http://example.com/v1/jobs?size=3",
    "",
]


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_no_credential_is_shown_as_it_was_sent(text: str) -> None:
    """Blanks, numbers and what is no JSON included."""
    assert masked_body(text) == text


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ('{"a": 1, "password": "x y", "b": [2]}', '{"a":1,"password":"***","b":[2]}'),
        ('{"apiKey": {"a": ["x"]}, "b": null}', '{"apiKey":"***","b":null}'),
        ('{"a": {"password": "x"}, "a": 1}', '{"a":1}'),
        ('{"b": "{\\"token\\": \\"x\\"}"}', '{"b":"{\\"token\\":\\"***\\"}"}'),
        ('[{"name": "password", "value": "x"}]', '[{"name":"password","value":"***"}]'),
        ('["--token", "x", "y"]', '["--token","***","y"]'),
        ('{"at": "https://me:x@host/a"}', '{"at":"https://***@host/a"}'),
        ('{"odd": "\\ud800"}', '{"odd":"***"}'),
        ('{"a": 1, "pin": 1234, "b": 2, "c"', '{"a": 1, "pin": ***, "b": 2, "c"'),
        ('{"secret": {"a": 1, "b"', '{"secret": ***'),
        ('{"pass\\u0077ord": "x", "b"', '{"pass\\u0077ord": "***", "b"'),
        ("a=1&pass%77ord=x+y&b=2", "a=1&pass%77ord=***&b=2"),
        ("user: me\npassword: x y\nb: 2", "user: me\npassword: ***\nb: 2"),
        ("token => 'x' and more", "token => '***' and more"),
        ("<a>1</a><password>x</password>", "<a>1</a><password>***</password>"),
        ('name="pin"\r\n\r\nx\r\n--b', 'name="pin"\r\n\r\n***\r\n--b'),
        ('name="a"\r\n\r\nx\r\n--b', 'name="a"\r\n\r\nx\r\n--b'),
        ("say Basic eDp5 to it", "say Basic *** to it"),
        ("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\nb", "***\nb"),
        ("see ghp_0123456789abcdef01 and b", "see *** and b"),
    ],
)
def test_credentials_are_masked_in_bodies(sent: str, shown: str) -> None:
    """By name, by place and by look, in JSON, whole or not, and in texts of other kinds."""
    assert masked_body(sent) == shown


@pytest.mark.parametrize(
    ("beginning", "shown"),
    [
        ('{"a": [1, {"b": 2, "c": "half a te', '{"a":[1,{"b":2}]}'),
        ('{"a": [1], "password": "x, y", "c": {"d": 1', '{"a":[1],"password":"***"}'),
        ('{"password": "half of i', '{"password": "***'),
        ("[1]] , 2", "[1]] , 2"),
        ("see http://me:half", "see http://***"),
        ("token=half", "token=***"),
    ],
)
def test_a_body_that_was_cut_shows_no_half_credentials(beginning: str, shown: str) -> None:
    """JSON is shown up to its last whole part."""
    assert masked_body(beginning, cut=True) == shown


def test_json_of_any_depth_is_masked() -> None:
    """What is nested too deep for JSON is masked as a text, from the first credential on."""
    deep = '{"a":' * 5_000 + '{"token":"x"}' + "}" * 5_000
    assert "x" not in masked_body(deep)


def test_headers_and_queries_are_masked() -> None:
    """By their names and by what is in them; an absurdly long name counts as one of a credential."""
    assert masked_headers({"cookie": "a", "x-hub-signature": "b", "accept": "c", "n" * 300: "d"}) == {
        "cookie": "***",
        "x-hub-signature": "***",
        "accept": "c",
        "n" * 300: "***",
    }
    assert masked_query({"token": ["a", "b"], "to": ["http://u:p@h"], "size": ["3"]}) == {
        "token": ["***", "***"],
        "to": ["http://***@h"],
        "size": ["3"],
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("abc:=\"'{}&\\<>\n ", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "token", "pin"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_masking_is_done_once(value: object) -> None:
    """What is masked already is not changed by masking it again, and stays JSON."""
    masked = masked_value(value)
    assert masked_value(masked) == masked
    assert loads(dumps(masked)) == masked


@given(st.text("abctokenpassword:=\"'{}[]&\\<>\n\r /@%-*", max_size=60), st.booleans())
def test_every_text_can_be_shown(text: str, cut: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    """No text breaks it."""
    assert isinstance(masked_body(text, cut=cut), str)
    assert isinstance(masked_text(text, cut=cut), str)


def test_numbers_kept_as_their_text_stay() -> None:
    """Only a text that could not be read is masked."""
    assert masked_value([Literal("1.50"), Literal('"\\ud800"')]) == [Literal("1.50"), "***"]
