"""Dates, orders and source filtering, each on its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from toolkit.model.instants import format_instant, parse_instant
from toolkit.query.dates import NoDate, read_date, stored_date
from toolkit.query.mapping import JOBS
from toolkit.query.select import select
from toolkit.query.sort import Best, read_sort
from toolkit.query.wording import QueryRefused
from toolkit.timeline.view import Record

NOW = parse_instant("2026-11-22T17:30:15.250Z")


@pytest.mark.parametrize(
    ("text", "early", "late"),
    [
        ("2026", "2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"),
        ("2026-02", "2026-02-01T00:00:00.000Z", "2026-02-28T23:59:59.999Z"),
        ("2026-02-03", "2026-02-03T00:00:00.000Z", "2026-02-03T23:59:59.999Z"),
        ("2026-02-03T04", "2026-02-03T04:00:00.000Z", "2026-02-03T04:59:59.999Z"),
        ("2026-02-03T04:05", "2026-02-03T04:05:00.000Z", "2026-02-03T04:05:59.999Z"),
        ("2026-02-03T04:05:06", "2026-02-03T04:05:06.000Z", "2026-02-03T04:05:06.999Z"),
        ("2026-02-03T04:05:06.7", "2026-02-03T04:05:06.700Z", None),
        ("2026-02-03T04:05:06.123456Z", "2026-02-03T04:05:06.123Z", None),
        ("2026-02-03T04:05:06.000+02:00", "2026-02-03T02:05:06.000Z", None),
        ("2026-02-03T04:05:06.000-0130", "2026-02-03T05:35:06.000Z", None),
        ("1767225600000", "2026-01-01T00:00:00.000Z", None),
        ("now", "2026-11-22T17:30:15.250Z", None),
        ("now-1h", "2026-11-22T16:30:15.250Z", None),
        ("now+2d-30m", "2026-11-24T17:00:15.250Z", None),
        ("now-1M", "2026-10-22T17:30:15.250Z", None),
        ("now-y", "2025-11-22T17:30:15.250Z", None),
        ("now+1w+1s+1H", "2026-11-29T18:30:16.250Z", None),
        ("now/d", "2026-11-22T00:00:00.000Z", "2026-11-22T23:59:59.999Z"),
        ("now/w", "2026-11-16T00:00:00.000Z", "2026-11-22T23:59:59.999Z"),
        ("now/M", "2026-11-01T00:00:00.000Z", "2026-11-30T23:59:59.999Z"),
        ("now/y", "2026-01-01T00:00:00.000Z", "2026-12-31T23:59:59.999Z"),
        ("now-1d/h", "2026-11-21T17:00:00.000Z", "2026-11-21T17:59:59.999Z"),
        ("2026-01-31||+1M", "2026-02-28T00:00:00.000Z", None),
        ("2026-01-31||/M", "2026-01-01T00:00:00.000Z", "2026-01-31T23:59:59.999Z"),
    ],
)
def test_dates_are_read_as_opensearch_does(text: str, early: str, late: str | None) -> None:
    """What a date leaves open is the earliest or the latest instant, by the side of a range."""
    assert format_instant(read_date(text, NOW, end=False)) == early
    assert format_instant(read_date(text, NOW, end=True)) == (late or early)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "now-", "now/x", "now1h", "2026-13", "2026-1-1", "9999999999999999", "999999999999999", "now+9999y",
     "2026-01-01T00:00:00+99:00", "2026||x", "0001||-1M", "now+999999999d"],
)  # fmt: skip
def test_other_texts_are_no_dates(text: str) -> None:
    """A text that is no date, or beyond the years, is refused."""
    with pytest.raises(NoDate):
        read_date(text, NOW, end=True)


def test_a_documents_date_may_be_a_text_or_milliseconds() -> None:
    """What is neither is not found by any date."""
    assert stored_date("2026-01-01T00:00:00.000Z") == stored_date(1767225600000) == 1767225600000
    assert stored_date("never") is stored_date(10**18) is None


ROWS: list[dict[str, Any]] = [
    {"job_id": "d", "workers": 1, "_updated": "2026-01-01T00:00:00.000Z", "active": True, "assets": ["b", "z"]},
    {"job_id": "c", "workers": "12", "_updated": "2026-01-03T00:00:00.000Z", "assets": ["c"]},
    {"job_id": "b", "workers": 2, "_updated": "2026-01-02T00:00:00.000Z", "active": False},
    {"job_id": "a", "workers": "x", "_updated": "2026-01-02T00:00:00.000Z", "active": True, "lifecycle": "once"},
]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("_updated:desc", "cabd"), ("_updated:asc", "dabc"), ("_updated", "dabc"), ("_updated:sideways", "dabc"),
        ("workers:asc", "dbca"), ("workers:desc", "cbda"), ("job_id:desc", "dcba"), ("active:asc", "badc"),
        ("active:desc,workers:asc", "dabc"), ("assets:asc", "dcab"), ("assets:desc", "dcab"), ("lifecycle", "abcd"),
        ("_score:desc", "dabc"), ("_doc", "dabc"), (",", "dabc"), ("workers:DESC", "dabc"),
    ],
)  # fmt: skip
def test_lists_are_sorted_as_opensearch_does(sort: str, expected: str) -> None:
    """Several keys, both directions, missing values last in either, ties by id."""
    keys = read_sort(sort, JOBS)
    for most in (1, 2, 4, 10):
        best = Best(keys, "job_id", most)
        for _ in range(150):
            for row in ROWS:
                best.add(Record(row))
        got = "".join(record.fields["job_id"] for record in best.records())
        wanted = "".join(letter * 150 for letter in expected)[:most]
        assert got == wanted


@pytest.mark.parametrize(
    ("sort", "message"),
    [
        ("bogus", "[Query Shard] Reason: No Mapping Found For [Bogus] In Order To Sort On"),
        ("_slicer_stats:asc", "[Query Shard] Reason: No Mapping Found For [ Slicer Stats] In Order To Sort On"),
        ("workers:asc,name:desc", "[Illegal Argument] Reason: Text Fields Are Not Optimised"),
    ],
)
def test_an_order_that_cannot_be_is_refused(sort: str, message: str) -> None:
    """Text fields and fields that are not mapped sort nothing."""
    with pytest.raises(QueryRefused) as refused:
        read_sort(sort, JOBS)
    assert message in refused.value.message


DOCUMENT = {
    "_status": "running", "ex_id": "1", "empty": {}, "none": [], "tags": ["a", "b"],
    "_slicer_stats": {"processed": 1, "failed": 2}, "ops": [{"_op": "x", "n": 1}, {"n": 2}, [{"_op": "y"}, "z"]],
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (["_status", "ex_id"], {"ex_id": "1", "_status": "running"}),
        (["bogus"], {}),
        (["_slicer_stats.processed"], {"_slicer_stats": {"processed": 1}}),
        (["_slicer_stats.*"], {"_slicer_stats": {"failed": 2, "processed": 1}}),
        (["*.processed"], {"_slicer_stats": {"processed": 1}}),
        (["e*"], {"ex_id": "1", "empty": {}}),
        (["empty.x", "none.x", "tags.x"], {}),
        (["none", "tags"], {"none": [], "tags": ["a", "b"]}),
        (["ops._op"], {"ops": [{"_op": "x"}, [{"_op": "y"}]]}),
        (["ops"], {"ops": DOCUMENT["ops"]}),
        ([" _status", "ex?id", "\\ex_id"], {}),
    ],
)
def test_chosen_fields_are_what_opensearch_gives(fields: list[str], expected: dict[str, Any]) -> None:
    """Names, paths and patterns; lists and objects inside."""
    assert select(DOCUMENT, fields) == expected


def test_chosen_fields_come_in_the_order_of_their_hashes() -> None:
    """More than twelve keys need a larger table, in which the order is another one."""
    many = {f"key{i}": i for i in range(13)}

    assert list(select({"b": 1, "a": 2, "ab": 3}, ["*"])) == ["a", "ab", "b"]
    assert json.dumps(list(select({"x": many}, ["x"])["x"])) != json.dumps(list(many))
    assert select({"x": many}, ["x"]) == {"x": many}
