from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import FaultError
from toolkit.faults.latency import Latency, log_normal
from toolkit.faults.rule import Facing, Rule, document_of, fault_from, rule_of
from toolkit.faults.spoiling import LONGEST, Harm, Manner
from toolkit.model.instants import parse_instant

FIRST = parse_instant("2026-01-01T00:00:00Z")


def rule(**document: Any) -> Rule:
    """Check a fault; `from_` is from."""
    document = {name.rstrip("_"): value for name, value in document.items()}
    return rule_of(fault_from(document or {"status": 500}), FIRST)


def facing(**about: Any) -> Facing:
    """Make a request."""
    return Facing(**{"route": "executions", "method": "GET", "path": "/v1/ex", "number": 1, "t": FIRST, **about})


WRONG = [
    ([], "expected `object`, got `array`"),
    ({"colour": "red"}, "no field is called `colour`; there are route, method, rate"),
    ({}, "fault: it says neither delay, status, answer, drip nor stale; say one of them"),
    ({"status": 399}, "status: expected `int` >= 400"),
    ({"status": 600}, "status: expected `int` <= 599"),
    ({"status": "503"}, "status: expected `int | null`, got `str`"),
    ({"status": 500, "rate": 1.5}, "rate: expected `float` <= 1.0"),
    ({"status": 500, "rate": 2}, "rate: 2 is not from 0 to 1 with six decimals at most; write it like 0.25"),
    ({"status": 500, "rate": -0.5}, "rate: expected `float` >= 0.0"),
    ({"status": 500, "rate": 0.1234567}, "rate: 0.1234567 is not from 0 to 1 with six decimals at most"),
    ({"status": 500, "times": 0}, "times: expected `int` >= 1"),
    ({"status": 500, "route": ""}, "route: expected `str` of length >= 1"),
    ({"status": 500, "route": "v1/ex"}, "route: 'v1/ex' is no operation and no path; write executions, /v1/ex/* or *"),
    ({"status": 500, "method": "GET POST"}, "method: 'GET POST' is no method; write one such as GET"),
    ({"status": 500, "from": "soon"}, "from: cannot read the date 'soon'"),
    ({"status": 500, "to": "+5x"}, "to: cannot read the duration '5x'"),
    ({"status": 500, "from": "+5m", "to": "+5m"}, "to: it is not after from; choose a later instant"),
    ({"status": 500, "answer": "reset"}, "answer: one answer cannot have both status and answer; make two faults"),
    ({"answer": "reset", "stale": "1s"}, "stale: one answer cannot have both answer and stale; make two faults"),
    ({"answer": "burnt"}, "answer: invalid enum value 'burnt'"),
    ({"answer": "reset", "message": "x"}, "message: only an error has one; say its status too"),
    ({"delay": "1s", "retry_after": 1}, "retry_after: only an error has one; say its status too"),
    ({"status": 500, "retry_after": -1}, "retry_after: expected `int` >= 0"),
    ({"delay": "long"}, "delay: cannot read the duration 'long'"),
    ({"delay": "5m"}, "delay: 5m is longer than 4m, the longest there is; choose a shorter time"),
    ({"delay": {}}, "delay: it must say least and most, or median and p99, or be a duration such as 200ms"),
    ({"delay": {"least": "1s"}}, "delay: it must say least and most"),
    ({"delay": {"least": "1s", "most": "2s", "p99": "3s"}}, "delay: it must say least and most"),
    ({"delay": {"median": "1s", "most": "2s"}}, "delay: it must say least and most"),
    ({"delay": {"median": "1s", "p99": "2s", "most": "2s"}}, "delay: it must say least and most"),
    ({"delay": {"least": "2s", "most": "1s"}}, "delay.most: 1s is less than least; write the longer one there"),
    ({"delay": {"median": "2s", "p99": "1s"}}, "delay.p99: 1s is less than median, or that is nothing"),
    ({"delay": {"median": "0s", "p99": "1s"}}, "delay.p99: 1s is less than median, or that is nothing"),
    ({"delay": {"median": "x", "p99": "1s"}}, "delay.median: cannot read the duration 'x'"),
    ({"delay": {"mean": "1s"}}, "delay: object contains unknown field `mean`"),
    ({"drip": {}}, "drip: it must say one of bytes_per_second and lasts"),
    ({"drip": {"bytes_per_second": 9, "lasts": "1s"}}, "drip: it must say one of bytes_per_second and lasts"),
    ({"drip": {"bytes_per_second": 0}}, "drip.bytes_per_second: expected `int` >= 1"),
    ({"drip": {"lasts": "1h"}}, "drip.lasts: 1h is longer than 4m"),
    ({"stale": "-5m"}, "stale: cannot read the duration '-5m'"),
]  # fmt: skip


@pytest.mark.parametrize(("document", "text"), WRONG)
def test_what_cannot_be_is_refused_in_one_line_that_names_the_field(document: Any, text: str) -> None:
    """Every part that is unknown, impossible, missing or of two minds."""
    with pytest.raises(FaultError) as caught:
        rule_of(fault_from(document), FIRST)

    assert str(caught.value).startswith(text) or str(caught.value).startswith(f"fault: {text}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("document", "latency", "harm"),
    [
        ({"delay": "200ms"}, Latency(200, 200), None),
        ({"delay": {"least": "1s", "most": "2s"}}, Latency(1_000, 2_000), None),
        ({"delay": {"median": "1s", "p99": "2s"}}, log_normal(1_000, 2_000), None),
        ({"delay": "1s", "answer": "reset"}, Latency(1_000, 1_000), Harm(Manner.RESET)),
        ({"status": 429, "message": "no", "retry_after": 3}, None, Harm(Manner.STATUS, 429, "no", 3)),
        ({"stale": "30d"}, None, Harm(Manner.STALE, stale=30 * 86_400_000)),
        ({"drip": {"bytes_per_second": 10}}, None, Harm(Manner.DRIP, bytes_per_second=10)),
        ({"drip": {"lasts": "2s"}}, None, Harm(Manner.DRIP, lasts=2_000)),
        *(({"answer": name}, None, Harm(Manner(name))) for name in ("empty", "truncated", "invalid_json", "hang")),
    ],
)
def test_what_a_fault_says_is_what_it_does(document: Any, latency: Latency | None, harm: Harm | None) -> None:
    """Each way to write one, with its delay and its harm."""
    made = rule(**document)
    assert (made.latency, made.harm) == (latency, harm)


def test_an_error_has_a_message_of_its_own() -> None:
    """It says that it was asked for, and its status."""
    harm = rule(status=502).harm
    assert harm is not None
    assert harm.message == "the toolkit was asked for a fault: it answers with 502"


@pytest.mark.parametrize(
    ("harm", "size", "lasts"),
    [
        (Harm(Manner.DRIP, bytes_per_second=100), 1_000, 10_000),
        (Harm(Manner.DRIP, bytes_per_second=1), 10**9, LONGEST),
        (Harm(Manner.DRIP, lasts=3_000), 5, 3_000),
    ],
)
def test_a_body_drips_as_long_as_it_is_or_as_was_asked(harm: Harm, size: int, lasts: int) -> None:
    """By bytes a second or by time, and never longer than the longest."""
    assert harm.lasting(size) == lasts


@pytest.mark.parametrize(
    ("fault", "about", "is_for"),
    [
        ({}, {}, True),
        ({}, {"route": "", "path": "/nowhere"}, True),
        ({"route": "executions"}, {"path": "/ex"}, True),
        ({"route": "executions"}, {"route": "execution"}, False),
        ({"method": "get"}, {}, True),
        ({"method": "GET"}, {"method": "POST"}, False),
        ({"route": "/v1/ex"}, {}, True),
        ({"route": "/v1/ex"}, {"path": "/V1/EX/"}, True),
        ({"route": "/v1/ex"}, {"path": "/v1/ex/a"}, False),
        ({"route": "/v1/ex/*"}, {"path": "/v1/ex/a/errors"}, True),
        ({"route": "/v1/ex/*"}, {}, False),
        ({"route": "/*/ex/*/errors"}, {"path": "/v1/ex/a/errors"}, True),
        ({"route": "/*/ex/*/errors"}, {"path": "/v1/ex/errors"}, False),
        ({"route": "/*/ex/*/errors"}, {"path": "/v1/jobs/a/errors"}, False),
        ({"route": "/v1/ex*ex"}, {"path": "/v1/ex"}, False),
        ({"route": "/v1/*/errors"}, {"path": "/v1/ex/a"}, False),
        ({"from": "+5m"}, {"t": FIRST + 300_000}, True),
        ({"from": "+5m"}, {"t": FIRST + 299_999}, False),
        ({"to": "+5m"}, {"t": FIRST + 299_999}, True),
        ({"to": "+5m"}, {"t": FIRST + 300_000}, False),
        ({"from": "2026-01-01T00:01:00Z", "to": "2026-01-01T00:02:00Z"}, {"t": FIRST + 60_000}, True),
    ],
)
def test_a_fault_is_for_the_requests_that_it_says(fault: dict[str, Any], about: dict[str, Any], is_for: bool) -> None:  # noqa: FBT001
    """By operation or path, letter case and a last slash aside, by method, and in its time, the end excluded."""
    assert rule(**{"status": 500, **fault}).is_for(facing(**about)) is is_for


@given(st.lists(st.text("ab/", max_size=3), min_size=2, max_size=5), st.text("ab/", max_size=12))
def test_a_star_stands_for_anything(pieces: list[str], path: str) -> None:
    """As a regular expression says it, in time that grows with the path's length only."""
    import re  # noqa: PLC0415

    pattern = "/" + "*".join(pieces)
    wanted = re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), f"/{path}") is not None
    assert rule(route=pattern, status=500).is_for(facing(path=f"/{path}")) is wanted


@pytest.mark.parametrize(
    ("harm", "method", "is_done"),
    [
        ({"answer": "empty"}, "GET", True),
        ({"answer": "empty"}, "HEAD", False),
        ({"answer": "truncated"}, "HEAD", False),
        ({"drip": {"lasts": "1s"}}, "HEAD", False),
        ({"answer": "reset"}, "HEAD", True),
        ({"stale": "1m"}, "HEAD", True),
        ({"stale": "1m"}, "POST", False),
        ({"status": 500}, "POST", True),
        ({"delay": "1s"}, "GET", False),
    ],
)
def test_harm_is_done_where_there_is_something_to_harm(harm: dict[str, Any], method: str, is_done: bool) -> None:  # noqa: FBT001
    """A HEAD has no body, and only a read has an answer of another instant."""
    assert (rule(**harm).harms(facing(method=method)) is not None) is is_done


@pytest.mark.parametrize(("rate", "ppm"), [(0, 0), (1, 1_000_000), (0.000001, 1), (0.1, 100_000), (0.07, 70_000)])
def test_a_rate_is_whole_millionths(rate: float, ppm: int) -> None:
    """What a float says of a decimal fraction is the fraction."""
    assert rule(status=500, rate=rate).ppm == ppm


def test_a_fault_is_written_as_it_was_read() -> None:
    """What it does not say is not there, and `from` has its own name."""
    document = {"route": "jobs", "from": "+1m", "delay": {"median": "1s", "p99": "2s"}, "rate": 0.5}
    assert document_of(fault_from(document)) == document
