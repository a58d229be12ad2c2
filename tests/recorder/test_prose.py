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
        ("connect ECONNREFUSED 172.16.1.2:9200", r"connect ECONNREFUSED 2[45][0-9](\.[0-9]+){3}:9200"),
        ("getaddrinfo ENOTFOUND es.acme.com", r"[a-z]{12} ENOTFOUND [a-z]{12}\.[a-z]{12}\.example"),
        ("AcmeError: acme is down", r"[a-z]{12}: [a-z]{12} is down"),
        ("failed to parse field [acme]", r"failed to parse field \[[a-z]{12}\]"),
        ('Unable to read file at path "/mnt/acme.json"', r'Unable to read file at path "/[a-z]{12}/[a-z]{12}\.json"'),
        ("    at Acme.run (/opt/acme/index.js:1:22)", r"    at [a-z]{12}\.run \(/[a-z]{12}/[a-z]{12}/index\.js:1:22\)"),
        ("    at 10.9.8.7 (http://es-1/x)", r"    at 2[45][0-9](\.[0-9]+){3} \(http://[a-z]{12}-1/[a-z]{12}\)"),
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


SECRETS = ("48291377", "9c858901-8a57-4791-81fe-4c455b099bc9", "d41d8cd98f00b204e9800998ecf8427e", "4829.1377", "1977")


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize(
    "name",
    [
        "password", "Passwd", "pwd", "pass", "passcode", "PIN", "token", "secret", "apikey", "api key", "key id",
        "access key", "dbpass", "DB_PASSWORD", "passwords", "encryptionKey", "pin code", "credentials", "cookie",
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "around",
    [
        "login with {name} {secret} refused", "--{name} {secret}", "--{name}={secret}", "{name}={secret}",
        "<{name}>{secret}</{name}>", '{{"{name}":{{"value":{secret}}}}}', '{{"{name}":[{secret},"{secret}",{secret}]}}',
        "{name}:\n {secret}", '{{\n  "{name}": {{\n    "value": {secret}\n', "{name} was not {secret}",
        "{name} ({secret})",
        "{name}\n\n{secret}", "    at x {name} {secret}", "{name}: {secret}.", "{name}:{secret}", "{name} [{secret}]",
    ],
)  # fmt: skip
def test_numbers_and_ids_behind_the_name_of_a_credential_do_not_stay(around: str, name: str, secret: str) -> None:
    """However a credential is said, neither a number nor an id that it may be is left."""
    assert secret not in said(around.format(name=name, secret=secret))


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Digest worker", "authorization: Some 123", "--password worker", "<password>worker</password>",
        "pin: 123", "login 48,291,377 with token 48,291,377", "Error: bad passwords: [1111,2222,33,4444,5555,6666]",
    ],
)  # fmt: skip
def test_what_a_credential_is_does_not_stay(text: str) -> None:
    """What is given for a credential goes even if it is an ordinary word or a short number."""
    after = said(text)

    assert not re.search(r"worker|123|[0-9]{4}|,291|,33\b", after.partition("with")[2] or after)


def test_numbers_far_from_a_credential_stay() -> None:
    """A number and an id say something where no credential is named near them."""
    text = f"rejected while the execution was starting in running state, 5000 slices of {ID} failed"

    assert said(f"token {text}").partition(" ")[2] == text


@pytest.mark.parametrize("word", ["events", "worker", "slice", "running", "error"])
@pytest.mark.parametrize(
    "text",
    [
        "no such index [{}]", 'topic "{}" is gone', "failed for [{}]", "user '{}' is unknown", "alias `{}`", "[{}][0]",
        "indices [one-1, {}]", "index={} failed", "topic: {}", '{{"index":"{}"}}', "[{}]",
    ],
)  # fmt: skip
def test_ordinary_words_that_are_names_join_with_their_fields(text: str, word: str) -> None:
    """What stands in brackets or quotes is a name, and has the pseudonym that it has in a field."""
    one = Redactor(b"key")
    name = one.document("operations", {"index": word})["index"]
    after = one.document("errors", {"error": text.format(word)})["error"]

    assert word not in after
    assert name in after


@pytest.mark.parametrize(
    "text",
    [
        "http://user:48291/x@es.acme.com/y", "foo://user:48291@host", "http://user:48291'x@host", "login user:48291",
        "amqp://guest:48291?x@host", "john.doe:48291 failed", "user:48291@host:9200", "http://user:48291#@host",
        "a://u:48291,v:48291@host",
    ],
)  # fmt: skip
def test_digits_behind_a_user_are_no_port(text: str) -> None:
    """Where an `@` follows or no host stands before, digits are a password, in errors and elsewhere."""
    assert "48291" not in said(text)
    assert "48291" not in Redactor(b"key").key(text)
    assert "9200" not in said("login admin:9200")


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
