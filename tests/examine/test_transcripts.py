"""What a real cluster answered, exchange by exchange, breaks no rule."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from toolkit.examine.examiner import Examiner, Look

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = Path(__file__).parent.parent / "data"
FILES = [*sorted((DATA / "transcripts").glob("*.jsonl")), DATA / "series.jsonl"]


def whole(path: Path) -> Iterator[tuple[int, str, list[tuple[str, dict[str, Any]]]]]:
    """Give every record that an answer shows whole: the exchange's number, the kind, and records with their keys."""
    bodies: dict[int, Any] = {}
    for exchange in map(json.loads, path.read_text("utf-8").splitlines()):
        number, response, target = exchange.get("n"), exchange["response"], exchange["request"]["path"]
        if number is None or response["status"] != 200:
            continue
        body = bodies[number] = response.get("body", bodies.get(response.get("same_as")))
        if target.endswith("/cluster/state"):
            yield number, "nodes", list(body.items())
        elif target.endswith("/cluster/stats"):
            yield number, "cluster", [("stats", body)]
        for doc in body if isinstance(body, list) else [body]:
            if not isinstance(doc, dict):
                continue
            if doc.get("_context") == "ex" and "_updated" in doc:
                yield number, "executions", [(doc["ex_id"], doc)]
            elif doc.get("_context") == "job" and "_updated" in doc:
                yield number, "jobs", [(doc["job_id"], doc)]
            elif "workers_joined" in doc:
                yield number, "controllers", [(doc["ex_id"], doc)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_real_cluster_breaks_no_rule(path: Path) -> None:
    """Neither does a record alone, nor what becomes of it, under all kinds of commands."""
    examiner = Examiner(settle_ms=10**9)
    for number, kind, records in whole(path):
        examiner.take(Look(number, {kind: records}))

    assert examiner.findings == []
    assert examiner.looks or path.stem in {"02-post-job", "04-unknown-ids", "06-txt", "07-assets"}
