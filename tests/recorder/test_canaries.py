"""Nothing secret gets out: canaries in every string of real-looking records, values and keys."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import FakeCluster, Reply, StepClock
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed
from toolkit.errors import TargetError
from toolkit.model.wire import dumps
from toolkit.recorder import finish as finishing
from toolkit.recorder.access import Access
from toolkit.recorder.gate import Gate
from toolkit.recorder.redact import Redactor
from toolkit.recorder.scan import scan_bundle

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

UUID = "17bb809a-4a6f-465a-9ee6-989e30c1db87"
DATE = "2026-11-22T17:34:44.859Z"
STATS = {"workers_active": 2, "processed": 287, "started": DATE, "queuing_complete": DATE}
JOB = {
    "name": "nightly",
    "lifecycle": "persistent",
    "workers": 2,
    "assets": ["standard:1.0.0", "9181b4894451e2e6001e5fe1a23b839cbedcc941"],
    "operations": [
        {
            "_op": "kafka_reader@standard:1.0.0",
            "_encoding": "json",
            "connection": "default",
            "topic": "logs",
            "size": 5,
        },
        {"_op": "elasticsearch_bulk", "_api_name": "es:out", "_dead_letter_action": "throw", "nested": {"a": ["b", 1]}},
    ],
    "apis": [{"_name": "es:out", "_connection": "es-1", "index": "logs-*"}],
    "env_vars": {"PASSWORD": "x", "HOME": "/root"},
    "labels": {"team": "core"},
    "metadata": {"offsets": {"topic-1": "7"}},
    "targets": [{"key": "zone", "value": "west"}],
    "volumes": [{"name": "data", "path": "/mnt"}],
    "pod_spec_override": {"initContainers": [{"image": "reg.example/app:1"}]},
    "kubernetes_image": "reg.example/teraslice:3",
    "log_level": "debug",
    "description": "first job",
    "password": "x",
    "job_id": UUID,
    "_context": "job",
    "_created": DATE,
    "_updated": DATE,
}
EXECUTION = JOB | {
    "ex_id": UUID,
    "_context": "ex",
    "_status": "failing",
    "_failureReason": "TSError: no route to 10.0.0.9\n    at run (/app/source/index.js:1:1)",
    "_slicer_stats": STATS,
    "slicer_hostname": "10.0.0.1",
    "teraslice_version": "v3.18.0",
    "recovered_execution": UUID,
    "recovered_slice_type": "all",
}
ANSWERS: dict[str, Any] = {
    "/": {"arch": "x64", "clustering_type": "native", "name": "prod", "node_version": "v22.1.0", "platform": "linux"},
    "/v1/cluster/state": {
        "10.0.0.1": {
            "node_id": "10.0.0.1",
            "hostname": "10.0.0.1",
            "node_version": "N/A",
            "teraslice_version": "3.18.0",
            "state": "connected",
            "active": [
                {
                    "assignment": "worker",
                    "worker_id": "ts-wkr-1",
                    "pod_name": "ts-wkr-1",
                    "ex_id": UUID,
                    "assets": ["a"],
                }
            ],
        }
    },
    "/v1/cluster/controllers": [{"ex_id": UUID, "job_id": UUID, "name": "nightly", **STATS}],
    "/v1/cluster/stats": {"controllers": {"processed": 1}, "slicer": {"processed": 1, "note": "x"}},
    "/v1/jobs": [JOB],
    "/v1/ex": [EXECUTION],
    "/v1/assets": [
        {
            "id": "9181b4894451e2e6001e5fe1a23b839cbedcc941",
            "name": "standard",
            "version": "1.0.0",
            "description": "ops",
            "_created": DATE,
            "arch": "x64",
            "platform": "linux",
            "external_storage": "available",
        }
    ],
}
ERROR = {
    "slice_id": UUID,
    "slicer_id": 0,
    "slicer_order": 7,
    "request": '{"start":"2026-11-22T17:34:44.859Z","key":"acme*","count":7792}',
    "state": "error",
    "ex_id": UUID,
    "_created": DATE,
    "_updated": DATE,
    "error": "TSError: bulk sender error: es_rejected_execution_exception, caused by Error: connect ECONNREFUSED "
    "10.0.0.9:9200\n    at pRetry (file:///app/source/packages/core-utils/dist/src/promises.js:103:21)",
    "retry_count": 3,
}
RECORDS = {
    "info": ANSWERS["/"],
    "nodes": ANSWERS["/v1/cluster/state"]["10.0.0.1"],
    "controllers": ANSWERS["/v1/cluster/controllers"][0],
    "stats": ANSWERS["/v1/cluster/stats"],
    "jobs": JOB,
    "executions": EXECUTION,
    "assets": ANSWERS["/v1/assets"][0],
    "errors": ERROR,
}
MARK = "Zq9Canary"
SHAPES = (
    "{mark}{n}",
    "zq9canary",
    "{low}-{n}",
    "{low}_{n}",
    "{low}.acme.com",
    "es-{n}.{low}.io:9200",
    "{low}@acme.com",
    "jane@{low}.com",
    "http://{low}:{low}@{low}.com:9200/{low}/{n}?{low}={low}&token={low}#{low}",
    "mongodb://u:{low},x@{low}-1,{low}-2/{low}",
    "/mnt/{low}/{n}.json",
    "C:\\{low}\\x",
    "{low}:{n}",
    "{low}/{low}:1.2.{n}",
    "acme@{low}:1.0.0",
    "{low}-7d9f8b6c5d-x7k2p",
    "ts-wkr-{low}-17bb809a-4a6f-x7k2p",
    "logs-{low}-2024.01.{n}",
    '{{"{low}":{{"password":"{low}","x":["{low}",1]}}}}',
    '["{low}", "{{\\"a\\":\\"{low}\\"}}"]',
    "PASSWORD={low};User={low}",
    "password: {low}",
    "Bearer {mark}{n}",
    "the worker {low} failed",
    "Error: {low}",
    "{mark}Error: it failed",
    "    at {mark}.run (/app/source/{low}/dist/index.js:1:{n})",
    "    at async http://{low}.com/x",
    "x\n{low}\r\n\t{low}\u2028{low}",
    "\u0430{low}\u0435",
    "{low}\x00",
    "node_{low}",
    "cluster:{low}:remove",
    "%7B{low}%7D",
    "'{low}' \"{low}\" `{low}` <{low}> ({low}) [{low}]",
    "{low}'s",
    "[::1]:{low}",
    "2026-11-22T17:34:44.859Z{low}",
    "17bb809a-4a6f-465a-9ee6-989e30c1db87{low}",
    "noop@{low}",
    "standard:{low}",
    "30s{low}",
)
"""What a canary may look like: `mark` is the mark as a token, `low` the mark as a plain lower-case word."""


def canaries_of(shape: str) -> Iterator[str]:
    """Make canaries of one shape, each with another number."""
    return (shape.format(mark=MARK, low=MARK.lower(), n=number) for number in itertools.count(10))


def all_canaries() -> Iterator[str]:
    """Make canaries of all shapes in turn, each with another number."""
    return (
        shape.format(mark=MARK, low=MARK.lower(), n=number)
        for number, shape in zip(itertools.count(10), itertools.cycle(SHAPES), strict=False)
    )


def planted(value: Any, canaries: Iterator[str]) -> Any:
    """Put a canary in the place of every string."""
    if isinstance(value, dict):
        return {key: planted(inside, canaries) for key, inside in value.items()}
    if isinstance(value, list):
        return [planted(inside, canaries) for inside in value]
    return next(canaries) if isinstance(value, str) else value


def keyed(value: Any, canaries: Iterator[str]) -> Any:
    """Put a key that is a canary, holding a canary, into every object."""
    if isinstance(value, dict):
        inner = {key: keyed(inside, canaries) for key, inside in value.items()}
        return inner | {next(canaries): {next(canaries): next(canaries)}}
    if isinstance(value, list):
        return [keyed(inside, canaries) for inside in value]
    return value


def surrounded(value: Any, canaries: Iterator[str]) -> Any:
    """Put a canary beside every string, so that the field's own shape is still in it."""
    if isinstance(value, dict):
        return {key: surrounded(inside, canaries) for key, inside in value.items()}
    if isinstance(value, list):
        return [surrounded(inside, canaries) for inside in value]
    return f"{value}{next(canaries)}" if isinstance(value, str) else value


def before(value: Any, canaries: Iterator[str]) -> Any:
    """Put a canary in front of every string."""
    if isinstance(value, dict):
        return {key: before(inside, canaries) for key, inside in value.items()}
    if isinstance(value, list):
        return [before(inside, canaries) for inside in value]
    return f"{next(canaries)} {value}" if isinstance(value, str) else value


@pytest.mark.parametrize("keep_names", [False, True])
@pytest.mark.parametrize("plant", [planted, keyed, surrounded, before])
@pytest.mark.parametrize("kind", RECORDS)
def test_no_canary_of_any_shape_is_left_in_any_record(
    tmp_path: Path, kind: str, plant: Callable[[Any, Iterator[str]], Any], *, keep_names: bool
) -> None:
    """Instead of every string, beside it and as a key, no canary is left, and no pseudonym is taken for a leak."""
    lines = []
    redactor = Redactor(b"key", keep_names=keep_names, secrets=["secret-of-all"])
    for shape in SHAPES:
        record_ = plant(json.loads(json.dumps(RECORDS[kind])), canaries_of(shape))
        assert MARK.lower() in json.dumps(record_).lower()
        if keep_names:
            record_.pop("name", None)  # the one name that stays, and that of no other
        after = dumps(redactor.document(kind, record_)).decode()

        assert MARK.lower() not in after.lower(), shape
        lines.append(f'{{"doc":{after},"id":"{kind if kind in ("info", "stats") else UUID}"}}')
    file = "cluster" if kind in {"info", "stats"} else kind
    (tmp_path / f"{file}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")
    assert scan_bundle(tmp_path, Gate(["secret-of-all"])) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_no_canary_is_left_in_a_key(shape: str) -> None:
    """Nodes' keys are pseudonyms whatever they look like, and join with the same text in a record."""
    redactor = Redactor(b"key")
    canary = next(canaries_of(shape))
    after = redactor.key(canary)

    assert MARK.lower() not in after.lower()
    assert redactor.document("nodes", {"hostname": f"{canary}"}) == {"hostname": after} or canary[:1] in "{["


def node_keys(value: dict[str, Any], canaries: Iterator[str]) -> dict[str, Any]:
    """Name every node after a canary."""
    return {next(canaries): node for node in value.values()}


def errors_too(canaries: Iterator[str]) -> dict[str, Any]:
    """Make a second frame whose answers are faults that hold canaries."""
    page = Reply(status=500, body=f'{{"error": "{next(canaries)}"}}'.encode())
    broken = Reply(body=f'[{{"name": "{next(canaries)}"'.encode())
    moved = Reply(302, headers=(("Location", f"http://{next(canaries)}/"),))
    return {"/v1/ex": page, "/v1/jobs": broken, "/v1/cluster/controllers": moved}


@pytest.fixture(params=[planted, keyed, surrounded, before])
def answers(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A cluster with canaries everywhere, in one of three ways."""
    canaries = all_canaries()
    plant: Callable[[Any, Iterator[str]], Any] = request.param
    made = {path: plant(json.loads(json.dumps(value)), canaries) for path, value in ANSWERS.items()}
    made["/v1/cluster/state"] = node_keys(made["/v1/cluster/state"], canaries)
    assert json.dumps(made).lower().count(MARK.lower()) > 30
    return made


def everything(folder: Path) -> str:
    """Read every file below a folder, names included."""
    return "".join(f"{path}\n{path.read_text() if path.is_file() else ''}" for path in folder.rglob("*"))


def test_no_canary_gets_out(answers: dict[str, Any], tmp_path: Path) -> None:
    """No canary is in any file of the bundle or in any line that was printed, and neither are the credentials used."""
    said: list[str] = []
    canaries = (f"{MARK}Fault{number}" for number in itertools.count())

    def move(t: int) -> None:
        cluster.answers = answers | (errors_too(canaries) if t > StepClock().t else {})

    with FakeCluster(answers) as cluster:
        path = record(
            cluster.url,
            access=Access(headers={"X-Key": f"{MARK}Key"}, login=(f"{MARK}User", f"{MARK}Pass")),
            every_ms=1000,
            for_ms=1000,
            target=tmp_path / "b",
            redact=True,
            force=False,
            say=said.append,
            around=StepClock(on_step=move).around(),
        )
        asked = "".join(target for _, target, _ in cluster.seen)

    bundle = Replayed(path).bundle
    assert bundle.manifest.counts["executions"] == 1
    assert len(bundle.frames.gaps) == 3
    for text in (everything(tmp_path), "".join(said), asked):
        assert MARK.lower() not in text.lower()


def test_no_canary_reaches_the_journal(
    answers: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal of a recording that could not be finished holds no canary, and neither does its error."""

    def full(*_: object, **__: object) -> Path:
        message = "no space"
        raise TargetError(message)

    monkeypatch.setattr(finishing, "write_bundle", full)
    said: list[str] = []
    with FakeCluster(answers) as cluster, pytest.raises(TargetError) as caught:
        record(
            cluster.url,
            access=Access(headers={"X-Key": f"{MARK}Key"}, login=(f"{MARK}User", f"{MARK}Pass")),
            every_ms=1,
            for_ms=0,
            target=tmp_path / "b",
            redact=True,
            force=False,
            say=said.append,
            around=StepClock().around(),
        )

    journal = everything(tmp_path)
    assert "frames.jsonl" in journal
    assert MARK.lower() not in f"{journal}{said}{caught.value}".lower()


def test_each_recording_has_pseudonyms_of_its_own(tmp_path: Path) -> None:
    """Two recordings of the same cluster have different pseudonyms for the same text."""
    texts = []
    with FakeCluster(ANSWERS) as cluster:
        for name in ("a", "b"):
            path = record(
                cluster.url,
                every_ms=1,
                for_ms=0,
                target=tmp_path / name,
                redact=True,
                force=False,
                say=lambda _: None,
                around=StepClock().around(),
            )
            texts.append(Replayed(path).ask("/jobs")[0]["name"])

    assert texts[0] != texts[1]


def test_credentials_are_counted(tmp_path: Path) -> None:
    """The manifest says how many credentials were dropped and how many texts were replaced."""
    with FakeCluster(ANSWERS) as cluster:
        path = record(
            cluster.url,
            every_ms=1,
            for_ms=0,
            target=tmp_path / "b",
            redact=True,
            force=False,
            say=lambda _: None,
            around=StepClock().around(),
        )

    assert Replayed(path).origin["redaction"]["credentials"] == 4
    assert Replayed(path).origin["redaction"]["pseudonyms"] > 50


COMMON = (
    "worker", "failed", "json", "running", "default", "2026", "2026-11-22", "once", "slice", "elasticsearch",
    "standard",
    "kafka_reader", "9200", "example", "http", "data", "17bb809a", "465a-9ee6", "1.0.0", "v3.18.0", "linux",
    "connected",
    "ECONNREFUSED", "/app/source", "TSError", "error", "name", "job_id", "processed", "nightly", "10.0.0.1", "10.0",
    "10.0.0.9:9200", "ts-wkr-1", "PASSWORD", "es:out", "west", "kubernetes_image", "287", "7792", UUID, DATE, "null",
    "caused by", "index.js", "the", "node_modules", "reg.example", "Basic bmlnaHRseTp3ZXN0",
)  # fmt: skip
"""What a user, a password or a host may be called that stands in records too."""


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("secret", COMMON)
def test_a_redacted_record_is_never_refused(tmp_path: Path, kind: str, secret: str) -> None:
    """However ordinary a secret is, redaction leaves nothing of it that the scan at the end would find."""
    redactor = Redactor(b"key", secrets=[secret])
    lines = []
    for plant in (None, planted, surrounded, before, keyed):
        record_ = json.loads(json.dumps(RECORDS[kind]))
        after = redactor.document(kind, plant(record_, itertools.repeat(secret)) if plant else record_)
        lines.append(f'{{"doc":{dumps(after).decode()},"id":"{kind if kind in ("info", "stats") else UUID}"}}')
    file = "cluster" if kind in {"info", "stats"} else kind
    (tmp_path / f"{file}.json").write_text("[\n" + ",\n".join(lines) + "\n]\n")

    assert scan_bundle(tmp_path, Gate([secret])) == []
