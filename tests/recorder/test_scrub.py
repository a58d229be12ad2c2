"""A recording that was not redacted becomes one that is, as if it had been from the start."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import FakeCluster, Reply, StepClock, plain
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed
from tests.recorder.running import run
from tests.recorder.series_server import Series, SeriesServer
from tests.recorder.test_canaries import ANSWERS, ERROR, MARK, all_canaries, everything, keyed, node_keys, planted
from tests.serving import toolkit
from toolkit.bundle.reader import read_bundle
from toolkit.examine.stored import Stored, examine_stored
from toolkit.recorder.redact import Redactor
from toolkit.recorder.scrub import scrub

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"k" * 32
START = StepClock().t
FRAMES = 4
TRACKS = ("jobs", "executions", "controllers", "nodes", "assets", "errors", "cluster")


def recorded(target: Path, plant: Any = None, **asked: Any) -> Path:
    """Record a few frames of a cluster that changes, with an order of its own, a gap, and canaries if given."""
    canaries = all_canaries()
    made = json.loads(json.dumps(ANSWERS | {"/v1/errors": [ERROR]}))
    made["/v1/jobs"] += [made["/v1/jobs"][0] | {"job_id": f"job-{number}"} for number in (3, 1, 2)]
    made["/v1/ex"][0]["_slicer_stats"]["failed"] = 1
    if plant is not None:
        made = {path: plant(value, canaries) for path, value in made.items()}
        made["/v1/cluster/state"] = node_keys(made["/v1/cluster/state"], canaries)
    errors = made.pop("/v1/errors")
    made[f"/v1/ex/{ERROR['ex_id']}/errors"] = errors

    def move(t: int) -> None:
        frame = (t - START) // 1000
        jobs = made["/v1/jobs"][frame % 2 :]
        jobs[-1] = jobs[-1] | {"workers": frame, "description": f"seen {frame} times by {jobs[-1].get('name')}"}
        cluster.answers = made | {"/v1/jobs": jobs} | ({"/v1/ex": Reply(500)} if frame == 2 else {})

    with FakeCluster(made) as cluster:
        asked = {"every_ms": 1000, "for_ms": (FRAMES - 1) * 1000, "errors": True, "key": KEY} | asked
        return record(cluster.url, target=target, around=StepClock(on_step=move).around(), **asked)


def scrubbed(source: Path, target: Path, **asked: Any) -> Replayed:
    """Scrub with the key."""
    done: list[tuple[int, int]] = []
    asked = {"keep_names": False, "force": target == source} | asked
    redactor = Redactor(KEY, keep_names=asked["keep_names"])
    assert scrub(source, target, redactor, done=lambda *at: done.append(at), **asked).path == target
    assert done[-1][0] == done[-1][1] == len(done)
    return Replayed(target)


@pytest.mark.parametrize("keep_names", [False, True])
def test_a_scrubbed_recording_is_what_redaction_makes(tmp_path: Path, *, keep_names: bool) -> None:
    """With the same key, in place, every file of records has the very bytes that recording with redaction gives."""
    redacted = recorded(tmp_path / "redacted", keep_names=keep_names)
    source = recorded(tmp_path / "source", redact=False, key=None)
    before = read_bundle(source)
    after = scrubbed(source, source, keep_names=keep_names).bundle

    for name in TRACKS:
        assert (source / f"{name}.json").read_bytes() == (redacted / f"{name}.json").read_bytes(), name
    expected = read_bundle(redacted).manifest
    assert after.frames == before.frames
    assert after.manifest.gaps == before.manifest.gaps == expected.gaps != []
    assert after.manifest.orders == expected.orders != {}
    assert (after.manifest.from_, after.manifest.to) == (before.manifest.from_, before.manifest.to)
    assert after.manifest.counts == before.manifest.counts == expected.counts
    origin = after.manifest.origin
    assert origin["redacted"] is True
    assert origin["redaction"]["scrubbed"] is True
    assert origin["cluster"] == expected.origin["cluster"]
    assert origin["redaction"]["names"] == ("kept" if keep_names else "pseudonyms")


@pytest.mark.parametrize("plant", [planted, keyed])
def test_no_canary_is_left_after_scrubbing(tmp_path: Path, plant: Any) -> None:
    """In place, with the command: no canary anywhere, and nothing but the bundle."""
    recorded(tmp_path / "b", plant, redact=False, key=None)
    assert everything(tmp_path).lower().count(MARK.lower()) > 30
    done = run("scrub", tmp_path / "b")

    assert (done.code, done.out) == (0, f"{tmp_path / 'b'}\n")
    assert MARK.lower() not in (everything(tmp_path) + done.err).lower()
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert Replayed(tmp_path / "b").origin["redacted"] is True


def test_joins_hold_after_scrubbing(tmp_path: Path) -> None:
    """What can never be in a cluster is not in its scrubbed recording either: the series of a real one."""
    series = Series()
    with SeriesServer(series) as server:

        def move(t: int) -> None:
            server.t = series.first + t - START

        clock = StepClock(on_step=move).around()
        source = record(server.url, target=tmp_path / "b", every_ms=1300, for_ms=30_000, redact=False, around=clock)
    found = []
    for path in (source, tmp_path / "after"):
        if path != source:
            scrubbed(source, path)
        bundle = read_bundle(path)
        examiner = examine_stored(Stored(bundle.manifest, bundle.timeline, bundle.frames), 60_000, lambda _: None)
        assert examiner.records
        found.append([(one.rule, one.severity, one.kind, one.field, one.times) for one in examiner.findings])

    assert found[0] == found[1]
    assert not [one for one in found[0] if one[1] == "error"]


def test_what_cannot_be_scrubbed_is_told(tmp_path: Path) -> None:
    """A generated bundle, a place that is taken, and what is no bundle: one line each, and nothing is touched."""
    made = run("generate", "--output", tmp_path / "made", "--for", "1h")
    assert made.code == 0, made.err
    recorded(tmp_path / "b", redact=False, key=None)
    before = everything(tmp_path)
    for arguments, code, text in (
        ((tmp_path / "made",), 2, f"cannot scrub {tmp_path / 'made'}: it was generated"),
        ((tmp_path / "b", "--output", tmp_path / "made"), 1, "it exists; use --force"),
        ((tmp_path / "none",), 1, "none"),
    ):
        done = run("scrub", *arguments)
        assert (done.code, done.out) == (code, "")
        assert text in done.error
    assert everything(tmp_path) == before

    done = run("scrub", tmp_path / "b", "--output", tmp_path / "made", "--force")
    assert (done.code, done.out) == (0, f"{tmp_path / 'made'}\n")
    assert Replayed(tmp_path / "b").origin["redacted"] is False
    assert Replayed(tmp_path / "made").origin["redacted"] is True


def test_a_killed_scrub_leaves_the_old_one_whole(tmp_path: Path) -> None:
    """Killed at any moment, what stands there is the old recording, untouched, and scrubbing works afterwards."""
    executions = [{"ex_id": f"x{number}", "name": f"acme {number}"} for number in range(900)]
    target = tmp_path / "b"
    with FakeCluster(plain(executions=executions)) as cluster:
        record(cluster.url, target=target, redact=False)
    before = everything(target)
    for moment in range(4):
        with toolkit("scrub", str(target)) as process:
            while process.process.poll() is None and not any(tmp_path.glob(".toolkit-*")):
                time.sleep(0.001)
            time.sleep(moment * 0.02)
            process.process.kill()
        if Replayed(target).origin["redacted"]:
            break
        assert everything(target) == before
        for left in tmp_path.glob(".toolkit-*"):
            assert "acme" not in "".join(str(path.read_bytes()) for path in left.rglob("*") if path.is_file())

    assert run("scrub", target).code == 0
    assert Replayed(target).origin["redacted"] is True
