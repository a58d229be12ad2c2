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
from toolkit.recorder import finish as finishing

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
MARK = "Zq9Canary"


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


def node_keys(value: dict[str, Any], canaries: Iterator[str]) -> dict[str, Any]:
    """Name every node after a canary."""
    return {next(canaries): node for node in value.values()}


def errors_too(canaries: Iterator[str]) -> dict[str, Any]:
    """Make a second frame whose answers are faults that hold canaries."""
    page = Reply(status=500, body=f'{{"error": "{next(canaries)}"}}'.encode())
    broken = Reply(body=f'[{{"name": "{next(canaries)}"'.encode())
    moved = Reply(302, headers=(("Location", f"http://{next(canaries)}/"),))
    return {"/v1/ex": page, "/v1/jobs": broken, "/v1/cluster/controllers": moved}


@pytest.fixture(params=[planted, keyed, surrounded])
def answers(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A cluster with canaries everywhere, in one of three ways."""
    canaries = (f"{MARK}{number}" for number in itertools.count())
    plant: Callable[[Any, Iterator[str]], Any] = request.param
    made = {path: plant(json.loads(json.dumps(value)), canaries) for path, value in ANSWERS.items()}
    made["/v1/cluster/state"] = node_keys(made["/v1/cluster/state"], canaries)
    assert json.dumps(made).count(MARK) > 30
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
            cluster.url.replace("//", f"//{MARK}User:{MARK}Pass@"),
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
            cluster.url.replace("//", f"//{MARK}User:{MARK}Pass@"),
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
