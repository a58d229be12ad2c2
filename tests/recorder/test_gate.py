from __future__ import annotations

import base64
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorder.fake_cluster import StepClock
from tests.recorder.recording import record
from tests.recorder.series_server import Series, SeriesServer
from toolkit.recorder.gate import Gate
from toolkit.recorder.scan import MOST, scan_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

DEMO = Path(__file__).parent.parent.parent / "snapshots" / "demo"
SECRETS = ("svc-recorder", "Tr0ub4dor&3 horse", "Bearer abcdef-ghijkl-mnopqr", "es.acmecorp.com:9200")
TOKENS = {
    "AWS": "AKIA" + "IOSFODNN7EXAMPLE",
    "AWS secret": "wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
    "GitHub": "ghp_" + "16C7e42F292c6912E7710c838347Ae178B4a",
    "GitHub fine": "github_pat_" + "11ABCDEFG0123456789abc",
    "GitLab": "glpat-" + "Aa1Bb2Cc3Dd4Ee5Ff6Gg",
    "Slack": "xoxb-" + "123456789012-abcdefgh",
    "npm": "npm_" + "aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5",
    "PyPI": "pypi-" + "AgEIcHlwaS5vcmcCJDU3",
    "Google": "AIza" + "SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY",
    "JWT": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
    "PEM": "-----BEGIN RSA PRIVATE KEY-----",
    "Basic": "Basic dXNlcjpwYXNz",
    "Bearer": "bearer abcdefgh1234",
    "URL": "http://user:pass@host/",
    "mail": "jane.doe@acmecorp.com",
    "IPv4": "172.16.9.8",
    "IPv4 of a cluster": "10.0.0.12",
    "IPv6": "2001:db8::8a2e:370:7334",
    "hex": "d41d8cd98f00b204e9800998ecf8427e",
    "drawn": "x7Kp2mQ9vL4nR8sT1wZ6",
    "drawn lower": "x7kp2mq9vl4nr8st1wz6",
    "drawn letters": "xkpmqvlnrstwzbcdfghjkm",
    "Stripe": "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc",
}  # fmt: skip
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 inside": lambda text: base64.urlsafe_b64encode(f"ab{text}yz".encode()).decode(),
    "percent": lambda text: quote(text, safe=""),
    "hex": lambda text: text.encode().hex(),
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_known_shapes_are_found(token: str) -> None:
    """Tokens, keys, addresses and drawn texts are found alone and inside a sentence, and never told."""
    for text in (token, f"Error: failed with ({token}), see {token}"):
        found = Gate().found(text)
        assert found
        assert token not in found


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    "secret", ["svc-recorder", "Tr0ub4dor&3 horse", "abcdef-ghijkl-mnopqr", "es.acmecorp.com", "acmecorp"]
)
def test_what_was_used_to_reach_the_cluster_is_found(secret: str, form: Callable[[str], str]) -> None:
    """The user, the password, the header's token, the host and its labels, in every form of them."""
    gate = Gate(SECRETS)

    assert gate.found(f"a ({form(secret)}) b")
    assert gate.knows(f"x-{form(secret)}_y")


def test_a_login_is_found_in_basic_authentication() -> None:
    """User and password together in base64 are found, and a Basic header's own parts."""
    login = base64.b64encode(b"recorder:hunter2").decode()

    assert Gate(["recorder", "hunter2"]).knows(login)
    assert Gate(["Basic recorder!"]).knows("recorder!")
    for part in (login, "recorder", "hunter2"):
        assert Gate([f"Basic {login}"]).knows(f"- {part} -")


def test_only_whole_tokens_of_four_letters_are_found() -> None:
    """A short secret is found as a token, not inside a word; ordinary words of a host's name are none."""
    gate = Gate(["abc", "acme", "teraslice.worker.zone.internal"])

    assert gate.knows("acme-logs")
    assert gate.knows("x_ACME")
    assert not gate.knows("acmes pharmacme abc teraslice worker internal")
    assert gate.knows("zone")
    assert gate.knows("teraslice.worker.zone.internal")
    assert not Gate([""]).knows("")


@pytest.mark.parametrize(
    "text",
    [
        "", "N/A", "ts-worker-1", "244.0.0.12:9200", "127.0.0.1", "fd00::1", "2026-11-22T17:34:44.859Z", "17:34:44",
        "17bb809a-4a6f-465a-9ee6-989e30c1db87", "elasticsearch_reader_api", "teraslice-state-storage-of-executions",
        "    at process.processTicksAndRejections (node:internal/process/task_queues:103:5)",
        "file:///app/source/node_modules/.pnpm/p-map@7.0.6/node_modules/p-map/index.js:122:20",
        "WorkerExecutionContext._runSliceOnce", "averyveryverylongwordwithoutanybreak", "=" * 100, "a" * 5000,
        "abcdefghijkl@mnopqrstuvwx.example",
    ],
)  # fmt: skip
def test_ordinary_texts_are_let_through(text: str) -> None:
    """Names, dates, UUIDs, stack traces and our own pseudonyms are no leaks."""
    assert Gate(SECRETS).found(text) is None


def test_what_is_too_long_to_look_through_is_not_let_through() -> None:
    """A text of millions of letters is a leak rather than unseen."""
    assert Gate().found("a " * 1_000_000)


@given(st.lists(st.text(max_size=40), max_size=4), st.text(max_size=200))
def test_any_secrets_and_texts_can_be_looked_at(secrets: list[str], text: str) -> None:
    """A gate takes whatever a secret is, and finds each of them."""
    gate = Gate(secrets)

    gate.found(text)
    assert all(gate.knows(secret.strip()) for secret in secrets if len(secret.strip()) >= 4)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record the series of a real cluster, redacted."""
    series = Series()
    start = 1_800_000_000_000
    with SeriesServer(series) as server:

        def move(t: int) -> None:
            server.t = series.first + t - start

        return record(
            server.url,
            every_ms=9_000,
            for_ms=series.last - series.first,
            target=tmp_path_factory.mktemp("gate") / "series",
            redact=True,
            force=False,
            say=lambda _: None,
            around=StepClock(start, move).around(),
        )


def test_bundles_without_a_leak_have_none(recorded: Path) -> None:
    """A redacted recording holds nothing that is found, a generated bundle nothing but the addresses of its nodes."""
    found = scan_bundle(DEMO, Gate(SECRETS))

    assert {(leak.what, leak.field.rpartition(".")[2]) for leak in found} <= NODES
    assert all(re.search(r'"10\.0\.0\.', (DEMO / leak.file).read_text().splitlines()[leak.line - 1]) for leak in found)
    assert scan_bundle(recorded, Gate([*SECRETS, "127.0.0.1", "series", "time", "running", "job_id"])) == []


NODES = {("an address", field) for field in ("hostname", "node_id", "slicer_hostname")}


def moved(text: str) -> str:
    """Give a generated file's nodes the addresses that a redacted recording's have."""
    return text.replace('"10.0.0.', '"244.0.0.')


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Find every place of a string in a document that is no id, date or fixed word, and of every object."""
    found: list[tuple[str | int, ...]] = []
    if isinstance(value, dict):
        for key, inside in value.items():
            found += places(inside, (*path, key))
    elif isinstance(value, list):
        for number, inside in enumerate(value):
            found += places(inside, (*path, number))
    elif isinstance(value, str):
        found.append(path)
    return found


def put(value: Any, path: tuple[str | int, ...], text: str) -> None:
    """Put a text in a place."""
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = text


@pytest.mark.parametrize("secret", ["svc-recorder", TOKENS["GitHub"], TOKENS["drawn"], TOKENS["IPv4"]])
@pytest.mark.parametrize("file", [path.name for path in sorted(DEMO.glob("*.json")) if path.name != "bundle.json"])
def test_a_leak_is_found_wherever_it_is(tmp_path: Path, file: str, secret: str) -> None:
    """A leak in any string of a bundle's lines is told with file, line and field, and is not in what is told."""
    lines = moved((DEMO / file).read_text()).splitlines()[1:-1]
    document = json.loads(max(lines, key=lambda line: len(line.split('"set"'))).removesuffix(","))
    planted = []
    for path in places(document):
        copy = json.loads(json.dumps(document))
        put(copy, path, f"x {secret}")
        planted.append(json.dumps(copy))
    (tmp_path / file).write_text("[\n" + ",\n".join(planted) + "\n]\n")
    leaks = scan_bundle(tmp_path, Gate(SECRETS))

    assert [(leak.file, leak.line) for leak in leaks] == [(file, 2 + number) for number in range(len(planted))]
    assert all(str(path[-1]) in leak.field for path, leak in zip(places(document), leaks, strict=True))
    assert secret not in str(leaks)


def test_a_leak_in_a_key_is_told_by_its_place(tmp_path: Path) -> None:
    """A key that is a leak is not named, neither is it where something in it leaks."""
    labels = {"a": 1, "svc-recorder": "svc-recorder", "b": "\ud800 svc-recorder"}
    line = {"id": "17bb809a-4a6f-465a-9ee6-989e30c1db87", "doc": {"labels": labels}}
    (tmp_path / "jobs.json").write_text(f"[\n{json.dumps(line)}\n]\n")
    fields = [leak.field for leak in scan_bundle(tmp_path, Gate(SECRETS))]

    assert fields == ["$.doc.labels[key 1]", "$.doc.labels[key 1]", "$.doc.labels.b"]


def test_leaks_in_the_manifest_and_in_other_files_are_found(tmp_path: Path) -> None:
    """The manifest is looked through with its lines, any other file too, and what is no JSON as text."""
    shutil.copytree(DEMO, tmp_path / "b")
    for path in (tmp_path / "b").glob("*.json"):
        path.write_text(moved(path.read_text()))
    manifest = json.loads((DEMO / "bundle.json").read_text())
    manifest["origin"] |= {"address": "http://es.acmecorp.com:9200", "cluster": {"name": "acmecorp", "arch": "x64"}}
    manifest["orders"] = {
        "jobs": [{"t": manifest["from"], "ids": ["17bb809a-4a6f-465a-9ee6-989e30c1db87#2", "acmecorp"]}]
    }
    (tmp_path / "b" / "bundle.json").write_text(json.dumps(manifest, indent=4))
    (tmp_path / "b" / "deep").mkdir()
    (tmp_path / "b" / "deep" / "notes.txt").write_text("nothing\nof acmecorp\n\xff")
    found = scan_bundle(tmp_path / "b", Gate(SECRETS))

    assert [(leak.file, leak.field) for leak in found] == [
        ("bundle.json", "$.origin.address"),
        ("bundle.json", "$.origin.cluster.name"),
        ("bundle.json", "$.orders.jobs[0].ids[1]"),
        ("deep/notes.txt", "$"),
    ]
    lines = (tmp_path / "b" / "bundle.json").read_text().splitlines()
    assert "address" in lines[found[0].line - 1]
    assert found[3].line == 2
    (tmp_path / "b" / "bundle.json").write_text("{ acmecorp")
    assert scan_bundle(tmp_path / "b", Gate(SECRETS))[0].field == "$"


def test_numbers_of_unknown_fields_are_looked_at(tmp_path: Path) -> None:
    """A numeric password is found where any number may stand, and counts of records are not taken for one."""
    lines = [
        {
            "id": "17bb809a-4a6f-465a-9ee6-989e30c1db87",
            "doc": {"workers": 71717171, "labels": {"a": 71717171, "b": 1.5}},
        }
    ]
    (tmp_path / "jobs.json").write_text("[\n" + ",\n".join(map(json.dumps, lines)) + "\n]\n")

    assert [leak.field for leak in scan_bundle(tmp_path, Gate(["71717171"]))] == ["$.doc.labels.a"]


def test_typed_ids_are_exempt_where_ids_stand(tmp_path: Path) -> None:
    """Ids of 32 and 40 digits are ids in their fields, as tracks' ids and behind an operation, and nowhere else."""
    asset = "9181b4894451e2e6001e5fe1a23b839cbedcc941"
    doc = {"job_id": asset[:32], "assets": [asset], "operations": [{"_op": f"acme@{asset}"}]}
    change = {"set": {"assets": [asset], "metadata": {"a": asset}}, "t": 1}
    line = {
        "changes": [change],
        "doc": doc,
        "id": f"{asset[:32]}#2",
        "lists": {"operations": [{"doc": {"_op": asset}}]},
    }
    (tmp_path / "jobs.json").write_text(f"[\n{json.dumps(line)}\n]\n")

    assert [leak.field for leak in scan_bundle(tmp_path, Gate())] == [
        "$.changes[0].set.metadata.a",
        "$.lists.operations[0].doc._op",
    ]


def test_fields_that_move_by_themselves_are_looked_at(tmp_path: Path) -> None:
    """Names of counters and lists are fields, deeper ones by a JSON Pointer; runs of numbers are no leaks."""
    line = {
        "counters": {
            "/_slicer_stats/processed": {"deltas": "10*3 " + "1234567890 " * 200_000, "since": 1, "value": 0},
            "/labels/a~1acmecorp": {"pieces": [[0, 1, 2]], "of": "/_slicer_stats/processed"},
        },
        "doc": {},
        "id": "17bb809a-4a6f-465a-9ee6-989e30c1db87",
        "lists": {"operations": [{"doc": {"_op": "noop", "index": "acmecorp"}}], "acmecorp": [{"doc": {}}]},
    }
    (tmp_path / "executions.json").write_text(f"[\n{json.dumps(line)}\n]\n")

    assert [leak.field for leak in scan_bundle(tmp_path, Gate(["acmecorp", "processed"]))] == [
        "$.counters[key 1]",
        "$.lists.operations[0].doc.index",
        "$.lists[key 1]",
    ]


def test_no_more_than_a_thousand_leaks_are_told(tmp_path: Path) -> None:
    """A file full of leaks does not fill the memory."""
    (tmp_path / "x.txt").write_text("acmecorp\n" * 3_000)

    assert len(scan_bundle(tmp_path, Gate(["acmecorp"]))) == MOST
