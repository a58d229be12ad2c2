"""Request bodies: what is read, what is refused, what is kept."""

from __future__ import annotations

import pytest

from tests.answers.commanding import OPERATIONS, Commanded, request, said
from toolkit.answers.answer import Request
from toolkit.answers.bodies import DEEPEST, MOST, UNREAD, read_body
from toolkit.answers.exchange import Refusal
from toolkit.model.wire import Literal, dumps, etag

MALFORMED = b'{\n    "error": 400,\n    "message": "the json submitted is malformed"\n}'
UNAVAILABLE = b'{"error":"api is not available"}'
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


def read(body: bytes, content: str | None = JSON) -> object:
    """Read the body of a request."""
    return read_body(Request("POST", "/v1/jobs", body=body, content_type=content))


@pytest.mark.parametrize("content", [JSON, FORM])
def test_two_content_types_are_read_as_json(content: str) -> None:
    """Both exact content types are JSON, the one of forms too, and an empty body is an empty object."""
    assert read(b' [1, {"a": null}]\n', content) == [1, {"a": None}]
    assert read(b"", content) == {}


@pytest.mark.parametrize(
    "content",
    ["application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON", "text/plain", "", None],
)
def test_other_content_types_are_not_looked_at(content: str | None) -> None:
    """Letter by letter, or not at all: even what is not JSON is then nobody's business."""
    assert read(b"{", content) is UNREAD


def test_a_body_over_100_kb_is_not_looked_at() -> None:
    """102400 bytes are read; one more, and there is no body."""
    assert read(b"[]".ljust(MOST)) == []
    assert read(b"[]".ljust(MOST + 1)) is UNREAD
    assert read(b"{".ljust(MOST + 1)) is UNREAD
    assert MOST == 102_400


@pytest.mark.parametrize(
    "body",
    [
        b"{", b'{"name": ', b"not json", b'"text"', b"null", b"1", b"true", b" ", b"{}{}", b"[1,]", b"{'a': 1}",
        b"[NaN]", b"[Infinity]", b"[01]", b"[1.]", b'["\n"]', b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf\xef\xbb\xbf{}",
        b'{"a":1.5}x', b"[" * 101 + b"]" * 101, b"[" * 50_000 + b"]" * 50_000, b"[" * 50_000, b'{"a":' * 20_000,
        b"[1.5," + b"[" * 50_000 + b"]" * 50_001, b"[" + b"1" * 5_000 + b",]",
    ],
    ids=lambda body: repr(body[:12]),
)  # fmt: skip
def test_what_is_no_json_object_or_array_is_malformed(body: bytes) -> None:
    """Syntax errors, other roots, UTF-16 and what is nested too deep: one refusal, and soon."""
    with pytest.raises(Refusal) as refused:
        read(body)

    assert (refused.value.status, refused.value.message) == (400, "the json submitted is malformed")


@pytest.mark.parametrize(
    "text",
    [
        '{"b":1,"a":2}', "[1,1000,0.1,-2.5,1e+21,9007199254740992]", "[123456789012345680000]", '["\\ud800"]',
        "[" * DEEPEST + "]" * DEEPEST, '{"\u00e9":"\u6f22"}',
    ],
)  # fmt: skip
def test_what_was_posted_is_kept_to_the_letter(text: str) -> None:
    """Key order, numbers and lone surrogates stay."""
    assert dumps(read(text.encode())).decode() == text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("1.0", "1"), ("1e3", "1000"), ("-0", "0"), ("-0.0", "0"), ("0.10", "0.1"), ("1E-7", "1e-7"), ("1e21", "1e+21"),
        ("9007199254740993", "9007199254740992"), ("123456789012345678901234567890", "1.2345678901234568e+29"),
        ("9223372036854775808", "9223372036854776000"), ("-9007199254740993", "-9007199254740992"), ("true", "true"),
    ],
)  # fmt: skip
def test_numbers_are_written_as_javascript_writes_them(sent: str, kept: str) -> None:
    """Teraslice parses what was posted, and writes it again."""
    assert dumps(read(f'[{{"a":{sent}}}]'.encode())).decode() == f'[{{"a":{kept}}}]'


def test_a_body_is_what_javascript_makes_of_it() -> None:
    """Of repeated keys the last value counts at the first place, indices come first, no number is infinite."""
    assert dumps(read(b'{"a":1,"b":2,"a":3}')) == b'{"a":3,"b":2}'
    assert list(dict.fromkeys(read(b'{"b":1,"10":1,"9":1,"4294967295":1,"01":1,"4294967294":1,"-1":1}'))) == [  # type: ignore[call-overload]
        "9", "10", "4294967294", "b", "4294967295", "01", "-1",
    ]  # fmt: skip
    assert read(b'[1e400,-1e400,{"a":1e400},1e308]') == [None, None, {"a": None}, Literal("1e+308")]
    assert read(b"[" + b"1" * 5_000 + b"]") == [None]


def test_what_is_not_utf_8_is_replaced() -> None:
    """As Node decodes it; one byte order mark is left out."""
    assert read(b'["\xe9\xed\xa0\x80"]') == ["\ufffd" * 4]
    assert read(b"\xef\xbb\xbf[1]") == [1]
    assert read(b"\xef\xbb\xbf") == {}


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/v1/jobs"), ("POST", "/jobs"), ("PUT", "/v1/jobs/idle"), ("DELETE", "/v1/jobs/idle"),
        ("POST", "/v1/jobs/idle/_start"), ("POST", "/v1/ex/e/_stop"), ("POST", "/v1/assets"),
        ("DELETE", "/v1/assets/a"),
        ("POST", "/v1/nope"), ("PATCH", "/v1/jobs"), ("OPTIONS", "/v1/jobs"), ("POST", "/v1/jobs/%zz/_start"),
        ("POST", "/v1/data/refresh"), ("POST", "/v1/ex"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("content", [JSON, FORM])
def test_malformed_json_comes_before_everything(method: str, target: str, content: str) -> None:
    """Whatever the route, known or not: the observed 400, and nothing is appended."""
    commanded = Commanded()
    response = commanded.send(method, target, b"{", content)

    assert (response.status, response.body, response.until) == (400, MALFORMED, 0)
    assert dict(response.headers) == {
        "X-Powered-By": "Express", "Content-Type": "application/json; charset=utf-8", "Content-Length": "70",
        "ETag": etag(MALFORMED),
    }  # fmt: skip
    assert commanded.entries == []


def test_a_read_ignores_its_body() -> None:
    """GET and HEAD with malformed JSON are answered as without."""
    assert Commanded().send("GET", "/v1/jobs/idle", b"{", JSON).status == 200
    assert Commanded().send("HEAD", "/v1/jobs/idle", b"{", JSON).status == 200


@pytest.mark.parametrize(("method", "target"), [("POST", "/v1/jobs?start=false"), ("PUT", "/v1/jobs/nope")])
@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"", None), (b"{}", None), (b"{}", "application/json; charset=utf-8"), (b"{}", "Application/JSON"),
        (b"{", "text/plain"), (b"{}".ljust(MOST + 1), JSON),
    ],
)  # fmt: skip
def test_a_job_without_a_body_that_is_read_finds_no_api(
    method: str, target: str, body: bytes, content: str | None
) -> None:
    """The master's catch-all, before anything is looked up: compact, no charset, no ETag."""
    response = Commanded().send(method, target, body, content)

    assert (response.status, response.body, response.until) == (500, UNAVAILABLE, 0)
    assert response.headers == (
        ("X-Powered-By", "Express"), ("Content-Type", "application/json"), ("Content-Length", "32"),
    )  # fmt: skip


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"operations": 0}', b'{"operations": ""}', b"[[]]"])
def test_a_body_without_operations_is_no_job(body: bytes) -> None:
    """What JavaScript takes for false is missing; an empty list is not."""
    assert said(Commanded().send("POST", "/v1/jobs", body, JSON)) == (400, "No job was posted")
    assert said(Commanded().send("POST", "/v1/jobs", b'{"operations": []}', JSON))[0] == 500


def test_a_write_that_was_refused_is_not_what_the_next_one_gets() -> None:
    """Nothing that a write is answered holds any time: its body may be another one the next time."""
    commanded = Commanded()
    for method, target in (("POST", "/v1/jobs"), ("POST", "/nope"), ("PUT", "/v1/jobs/idle"), ("OPTIONS", "/v1/jobs")):
        assert commanded.send(method, target).until == 0
    assert request("POST", "/", OPERATIONS).content_type == JSON
