from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.recorder.redact import Redactor
from toolkit.recorder.shapes import UUID

DATA = Path(__file__).parent.parent / "data"
ID = "17bb809a-4a6f-465a-9ee6-989e30c1db87"


def said(text: str, *secrets: str) -> str:
    """Redact the text of an error."""
    after = Redactor(b"key", secrets=secrets).document("errors", {"error": text})["error"]
    assert isinstance(after, str)
    return after


@pytest.mark.parametrize(
    "text",
    [
        f"execution {ID} has encountered a processing error, reason: slice failure watch dog",
        f"execution: {ID} had 10 slice failures during processing",
        f'execution {ID} received shutdown before the slicer could complete, setting status to "terminated"',
        f"TSError: slicer for ex {ID} had an error, shutting down execution, caused by Error: No workers",
        "Error: No workers have connected to slicer in the allotted time: 3m",
        f"All workers from workers from {ID} have disconnected",
        f"TSError: Failed to provision execution {ID}, caused by Error: Slice failed while recovering",
        f"Error: Execution {ID} was starting in running status, sending execution:finished event to cluster master",
        "TSError: Failure to process slice, caused by Error: bulk sender error: es_rejected_execution_exception",
        "Error: connect ECONNREFUSED\n    at pRetry (packages/core-utils/dist/src/promises.js:103:21)",
        "Error: timeout of 30,000ms at 2026-11-22T17:34:44.859Z (attempt 2/3), see [0]",
        "TypeError: Cannot read properties of undefined (reading 'length')",
        "SyntaxError: Unexpected end of JSON input",
    ],
)
def test_messages_of_teraslice_and_node_stay(text: str) -> None:
    """What reveals nothing of a cluster stays as it is, line by line."""
    assert said(text) == text


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("connect ECONNREFUSED 172.16.1.2:9200", r"connect ECONNREFUSED 10(\.[0-9]+){3}:9200"),
        ("getaddrinfo ENOTFOUND es.acme.com", r"[a-z]{12} ENOTFOUND [a-z]{12}\.[a-z]{12}\.example"),
        ("AcmeError: acme is down", r"[a-z]{12}: [a-z]{12} is down"),
        ("failed to parse field [acme]", r"failed to parse field \[[a-z]{12}\]"),
        ('Unable to read file at path "/mnt/acme.json"', r'Unable to read file at path "/[a-z]{12}/[a-z]{12}\.json"'),
        ("    at Acme.run (/opt/acme/index.js:1:22)", r"    at [a-z]{12}\.run \(/[a-z]{12}/[a-z]{12}/index\.js:1:22\)"),
        ("    at 10.9.8.7 (http://es-1/x)", r"    at 10(\.[0-9]+){3} \(http://[a-z]{12}-1/[a-z]{12}\)"),
        ("password: 1234", r"[a-z]{12}: [a-z]{12}"),
        ('{"password":"error","n":1}', r'\{"[a-z]{12}":"[a-z]{12}","[a-z]{12}":1\}'),
        ("token=worker", r"token=[a-z]{12}|[a-z]{12}=[a-z]{12}"),
        ("Authorization: Bearer 1234", r"[a-z]{12}: [a-z]{12} [a-z]{12}"),
        ("http://u:p,w@acme-1:9200/x, failed", r"http://[a-z]{12}-1:9200/[a-z]{12}, failed"),
        ("card 4111111111111111", r"[a-z]{12} [a-z]{12}"),
        ("can't reach acme's node", r"can't reach [a-z]{12} node"),
        ("WORKER Worker wORKER", r"WORKER Worker [a-z]{12}"),
    ],
)  # fmt: skip
def test_whom_it_was_about_does_not_stay(text: str, shape: str) -> None:
    """Every other token is a pseudonym of its shape, and what follows the name of a credential always."""
    assert re.fullmatch(shape, said(text))


def test_the_observed_texts_stay_readable() -> None:
    """Of the errors of a real cluster, only the paths that a job named do not stay."""
    texts: set[str] = set()

    def find(value: Any, key: str = "") -> None:
        if isinstance(value, dict):
            for name, inside in value.items():
                find(inside, name)
        elif isinstance(value, list):
            for inside in value:
                find(inside, key)
        elif key in {"error", "_failureReason"} and isinstance(value, str) and ("Error" in value or UUID.search(value)):
            texts.add(value)

    find(json.loads((DATA / "observed-lists.json").read_text()))
    for line in (DATA / "transcripts" / "12-once-failures.jsonl").read_text().splitlines():
        find(json.loads(line))
    for text in texts:
        kept = re.sub(r"/nonexistent/[a-z]+", "/x/y", text)
        assert re.sub(r"path /[a-z]{12}/[a-z]{12}", "path /x/y", said(text)) == kept
    assert len(texts) > 5


@given(st.text(max_size=60), st.from_regex(r"[a-z]{7,14}", fullmatch=True))
def test_line_breaks_stay_and_unknown_words_do_not(around: str, word: str) -> None:
    """The lines of a text are as many as before, and no word that is not ordinary is in them."""
    text = f"{around}\nError: qz{word} failed\n{around}"
    after = said(text)

    assert after.count("\n") == text.count("\n")
    assert f"qz{word}" not in after


@pytest.mark.parametrize(
    "unit",
    [
        "a", "a ", "a.", "a-", "A1", "1.", "1:", "@", "a@", "://", "a://", "eyJ", "/", "x=", "'", '"', "at ",
        "-----BEGIN", "f" * 40 + " ", "\u0430", "{", "[", "%41",
    ],
)  # fmt: skip
def test_long_texts_take_time_in_proportion(unit: str) -> None:
    """A million letters of anything are read once, in every field: what is quadratic would not come to an end."""
    text = (unit * 1_000_000)[:1_000_000]
    one = Redactor(b"key", secrets=["secret-of-all", "acme"])
    after = one.document("errors", {"error": text, "request": text, text: 1})

    assert len(str(after)) < 8_000_000
