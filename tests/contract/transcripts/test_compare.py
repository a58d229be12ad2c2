"""The comparison itself: the recording agrees with itself, and nothing that matters may change unseen."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.transcripts.clusters import Answer
from tests.contract.transcripts.compare import differences, weak_etag
from tests.contract.transcripts.exchanges import FILES, Exchange, asset_zip, body_bytes, body_text, load, load_series
from tests.contract.transcripts.ids import ID, Ids

EXCHANGES = {exchange.n: exchange for name in FILES for exchange in load(name)}


def answer_of(exchange: Exchange, body: object = None, **headers: str) -> Answer:
    """Make the recorded answer again, or one with another body or other headers."""
    value = exchange.expected if body is None else body
    text = exchange.raw or (value if isinstance(value, str) else json.dumps(value, indent=4, ensure_ascii=False))
    content = text.encode()
    own = {"content-length": str(len(content)), "etag": weak_etag(content)} | headers
    if exchange.method == "HEAD":
        own = headers
    sent = tuple((name, own.get(name.lower(), value)) for name, value in exchange.answered)
    return Answer(exchange.status, sent, content, 0)


def same_ids(*exchanges: Exchange) -> Ids:
    """Give ids under which every recorded one is itself."""
    ids = Ids()
    for exchange in exchanges:
        text = exchange.expected if isinstance(exchange.expected, str) else json.dumps(exchange.expected)
        for found in ID.findall(text):
            ids.bind(found, found)
    return ids


def places(n: int, body: object = None, **headers: str) -> list[str]:
    """Give where an answer with another body differs from the recorded one."""
    exchange = EXCHANGES[n]
    return [where for where, _ in differences(exchange, answer_of(exchange, body, **headers), same_ids(exchange))]


def changed(n: int, **members: Any) -> Any:
    """Give a recorded body with other members; in a list, those of the first record."""
    body = json.loads(json.dumps(EXCHANGES[n].expected))
    first = body[0] if isinstance(body, list) else body
    first.update(members)
    return body


@pytest.mark.parametrize("name", FILES)
def test_the_recording_agrees_with_itself(name: str) -> None:
    """What the real cluster sent differs in nothing from what it sent; ETags and lengths fit, but for masked bodies."""
    for exchange in load(name):
        found = differences(exchange, answer_of(exchange), same_ids(exchange))
        assert not found, (exchange.n, found)


def test_etags_are_the_recorded_ones() -> None:
    """The ETag that the comparison expects is what the real cluster sent."""
    exchange = EXCHANGES[136]

    assert exchange.header("etag") == weak_etag(answer_of(exchange).body)


@pytest.mark.parametrize(
    ("n", "body", "where"),
    [
        (136, changed(136, workers="1"), ["body.workers"]),
        (136, changed(136, workers=2), ["body.workers"]),
        (136, changed(136, analytics=1), ["body.analytics"]),
        (136, changed(136, extra=None), ["body keys"]),
        (136, dict(reversed(EXCHANGES[136].expected.items())), ["body keys"]),
        (136, changed(136, operations=[]), ["body.operations length"]),
        (136, changed(136, _updated="2026-11-22T16:59:00.999Z"), ["body._updated"]),
        (136, changed(136, _created="yesterday"), ["body._created", "body._updated"]),
        (136, changed(136, job_id="7157fca4-5adf-4bbf-8b58-000000000000"), ["body.job_id"]),
        (171, changed(171, message="no"), ["body.message"]),
        (265, EXCHANGES[265].expected[:-1], ["body length"]),
        (402, changed(402, _status="paused"), ["body.0._status"]),
        (402, changed(402, slicer_port="1"), ["body.0.slicer_port"]),
        (402, changed(402, slicer_port=1), []),
        (389, changed(389, workers_active=1), ["body.0.workers_active"]),
        (389, changed(389, workers_active=0, workers_available=2), []),
        (389, changed(389, processed=0), ["body.0.processed"]),
        (389, changed(389, processed=99), []),
        (527, changed(527, _slicer_stats=EXCHANGES[527].expected["_slicer_stats"] | {"processed": 9}),
         ["body._slicer_stats.processed"]),
        (549, changed(549, _failureReason=EXCHANGES[549].expected["_failureReason"].partition("\n")[0]),
         ["body._failureReason (stack)"]),
        (308, EXCHANGES[308].expected.replace("delta", "gamma"), ["body.0.name"]),
        (308, EXCHANGES[308].expected.replace("  ", " "), ["body"]),
        (308, EXCHANGES[308].expected + "\n", ["body layout"]),
        (24, EXCHANGES[24].expected.replace("active", "passiv"), ["body columns"]),
        (25, EXCHANGES[25].expected[1:], ["body"]),
        (74, EXCHANGES[74].expected.replace("GET", "get"), ["body"]),
    ],
)  # fmt: skip
def test_what_matters_is_seen(n: int, body: object, where: list[str]) -> None:
    """A changed value, type, key, order, record or cell is a difference; numbers of that day are not."""
    assert places(n, body) == where


def test_layout_and_headers_are_seen() -> None:
    """Indentation, header values, names, their order and letters are compared."""
    exchange = EXCHANGES[136]
    ids, right = same_ids(exchange), answer_of(exchange)
    compact = json.dumps(exchange.expected).encode()
    lines = (*right.headers[:2], ("Content-Length", str(len(compact))), ("ETag", weak_etag(compact)))

    def seen(answer: Answer) -> list[str]:
        return [where for where, _ in differences(exchange, answer, ids)]

    assert seen(Answer(200, lines, compact, 0)) == ["body"]
    assert seen(right._replace(status=201)) == ["status"]
    assert seen(right._replace(headers=right.headers[::-1])) == ["header names"]
    assert seen(right._replace(headers=right.headers[1:])) == ["header names", "header x-powered-by"]
    assert places(136, etag='W/"1"') == ["header etag"]
    assert places(136, **{"content-type": "application/json"}) == ["header content-type"]


def test_records_that_are_not_in_the_recording_are_left_out() -> None:
    """What only one side has is left out if nothing that was played made it."""
    exchange = EXCHANGES[402]
    ids = same_ids(exchange)
    ids.strays.add("11111111-2222-4333-8444-555555555555")
    stray = exchange.expected[0] | {"ex_id": "11111111-2222-4333-8444-555555555555"}

    assert not differences(exchange, answer_of(exchange, [stray, *exchange.expected]), ids)

    known = Ids()
    first = exchange.expected[0]
    for key in ("ex_id", "job_id"):
        known.bind(first[key], first[key])
    assert not differences(exchange, answer_of(exchange, [first]), known)


def test_ids_are_translated_wherever_they_stand() -> None:
    """An id that the cluster gave stands for the recorded one, in texts and addresses too."""
    ids = Ids()
    ids.learn({"job_id": "7157fca4-5adf-4bbf-8b58-56f6f160a232"}, {"job_id": "11111111-2222-4333-8444-555555555555"})
    ids.learn({"error": 409}, {"ex_id": "22222222-2222-4333-8444-555555555555"})

    assert ids.translate("/v1/jobs/7157fca4-5adf-4bbf-8b58-56f6f160a232?ex") == (
        "/v1/jobs/11111111-2222-4333-8444-555555555555?ex"
    )
    assert ids.strays == {"22222222-2222-4333-8444-555555555555"}


def test_bodies_are_sent_as_they_were() -> None:
    """Long strings are made, bytes decoded, zips built; the same each time."""
    long = body_text(EXCHANGES[97].sent)

    assert long is not None
    assert json.loads(long)["big"] == "x" * 120_000
    assert body_text(EXCHANGES[85].sent) == '{"name": '
    assert body_text(EXCHANGES[335].sent) is None
    assert body_bytes(EXCHANGES[335].sent)[:4] == b"PK\x03\x04"
    assert body_bytes(None) == b""
    assert body_bytes(EXCHANGES[339].sent) == asset_zip(EXCHANGES[339].sent["$asset"])


def test_bodies_of_the_series_are_filled_in() -> None:
    """What was seen before is there again."""
    assert all(exchange.expected is not None for _, _, exchange in load_series())
