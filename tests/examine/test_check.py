"""`toolkit check` against what there is: our servers, our bundles, a real cluster's recording, and ts-topy's mock."""

from __future__ import annotations

import json
import signal
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import typer

from tests.bundle.making import make
from tests.recorder.fake_cluster import FakeCluster, Reply, StepClock, plain
from tests.recorder.recording import record
from tests.recorder.series_server import Series, SeriesServer
from tests.recorder.test_ts_topy_mock import mock
from tests.serving import PATIENCE, FastClock, live_server, toolkit
from tests.snapshots.test_demo import DEMO
from toolkit.answers.answer import Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.cli.check import check
from toolkit.cli.validate import validate
from toolkit.errors import RecordError, UsageError
from toolkit.server.thread import ServerThread
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RATE = 20
"""How much faster than the wall's the served clusters' clocks run."""


def outcome(capsys: pytest.CaptureFixture[str], command: Callable[..., None], *what: Any, **flags: Any) -> Any:
    """Run a command with --json; give what it prints and its exit code."""
    code = 0
    try:
        command(*what, limit=1000, as_json=True, **flags)
    except typer.Exit as ended:
        code = ended.exit_code
    said = capsys.readouterr().out
    return {"code": code, **json.loads(said[said.index("{") :])}  # ts-topy's mock prints lines of its own


def test_the_demo_bundle_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is wrong with it, at many instants, by either command."""
    found = outcome(capsys, check, str(DEMO))
    assert (found["code"], found["findings"]) == (0, [])
    assert found["instants"] > 50
    assert outcome(capsys, validate, DEMO) == found


def test_a_recording_of_a_real_cluster_passes(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The time series of a real cluster has nothing that can never be, nor anything odd for long."""
    series = Series()
    with SeriesServer(series) as server:

        def move(t: int) -> None:
            server.t = series.first + t - 1_700_000_000_000

        path = record(
            server.url,
            every_ms=1000,
            for_ms=series.last - series.first,
            target=tmp_path / "series",
            redact=True,
            around=StepClock(on_step=move).around(),
        )
    for command, target in ((check, str(path)), (validate, path)):
        found = outcome(capsys, command, target)
        assert (found["code"], found["findings"]) == (0, [])
        assert found["instants"] > 80


@pytest.mark.parametrize("name", ["default", "busy", "empty"])
def test_our_own_server_passes_under_commands(capsys: pytest.CaptureFixture[str], name: str) -> None:
    """While it is looked at, jobs are posted, paused, scaled, stopped, recovered and deleted in it."""
    scenario = Scenario.from_table(NAMED[name].table)
    ended = threading.Event()
    with live_server(scenario, FastClock(scenario.epoch, RATE)) as server:
        commanding = threading.Thread(target=_command, args=(server.url, ended))
        commanding.start()
        found = outcome(capsys, check, server.url, for_="3s", every="100ms", settle="5m")
        ended.set()
        commanding.join()

    assert (found["code"], found["errors"], found["findings"]) == (0, 0, [])
    assert found["instants"] > 1


def _command(url: str, ended: threading.Event) -> None:
    job = {
        "name": "c",
        "lifecycle": "persistent",
        "workers": 2,
        "operations": [{"_op": "test-reader"}, {"_op": "noop"}],
    }
    with httpx.Client(base_url=f"{url}/v1") as client:
        while not ended.is_set():
            job_id = client.post("/jobs", json=job).json()["job_id"]
            for action in ("_workers?add=2", "_pause", "_resume", "_workers?remove=1", "_stop", "_recover", "_stop"):
                client.post(f"/jobs/{job_id}/{action}")
                ended.wait(0.02)
            client.delete(f"/jobs/{job_id}")


def test_a_replay_passes(capsys: pytest.CaptureFixture[str]) -> None:
    """So does a server that replays the demo bundle."""
    timeline = read_bundle(DEMO).timeline
    with ServerThread(Cluster(timeline, None, "replay"), FastClock(timeline.first, 600)) as server:
        found = outcome(capsys, check, server.url, for_="1s", every="100ms", settle="1h")

    assert (found["code"], found["findings"]) == (0, [])


@pytest.mark.parametrize("stored", [False, True])
def test_ts_topys_mock_server_fails(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    stored: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """Its counters are drawn anew for each request, so that they fall; a recording of it fails alike."""
    with mock() as url:
        if stored:
            record(
                url,
                every_ms=1000,
                for_ms=5000,
                target=tmp_path / "mock",
                redact=True,
                around=StepClock().around(),
            )
            found = outcome(capsys, check, str(tmp_path / "mock"))
        else:
            found = outcome(capsys, check, url, for_="2s", every="100ms")

    assert found["code"] == 1
    assert {one["rule"] for one in found["findings"] if one["severity"] == "error"} >= {"counter-falls"}
    assert any(one["field"] == "processed" for one in found["findings"])


def test_what_it_is_asked_wrongly_is_a_usage_error(tmp_path: Path) -> None:
    """Flags for the other kind of thing, an interval of nothing, no address."""
    bundle = str(make(tmp_path / "b"))
    for what, flags, words in [
        (bundle, {"for_": "1s"}, "--for with a bundle"),
        (bundle, {"every": "1s"}, "--every with a bundle"),
        ("http://localhost:1", {"allow_edited": True}, "--allow-edited with a URL"),
        ("http://localhost:1", {"every": "0ms"}, "cannot check with --every 0"),
        ("http://", {}, "cannot use 'http://' as a cluster's address"),
    ]:
        with pytest.raises(UsageError, match=words):
            check(what, **flags)


@pytest.mark.parametrize(
    ("what", "shown"),
    [("localhost:5678", "'localhost:5678'"), ("me:hunter2@host", "'host'"), ("me:hunter2@host:5678", "'host:5678'"),
     ("ftp://x", "'ftp://x'"), ("HTTP://me:hunter2@x", "'x'")],
)  # fmt: skip
def test_an_address_that_is_none_is_no_directory(what: str, shown: str) -> None:
    """It is told as an address, without credentials; a directory of such a name is a directory."""
    with pytest.raises(UsageError) as told:
        check(what)
    assert str(told.value).startswith(f"cannot use {shown} as a cluster's address: ")


def test_a_directory_may_be_named_like_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is looked at."""
    make(tmp_path / "localhost:5678")
    monkeypatch.chdir(tmp_path)
    check("localhost:5678")


def test_a_cluster_that_is_none_cannot_be_checked() -> None:
    """The error says so, and that is no finding."""
    with FakeCluster({"/": {}}) as cluster, pytest.raises(RecordError, match="cannot check http"):
        check(cluster.url, for_="0ms")


def test_a_gap_is_no_finding_and_a_finding_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """What could not be read is said and not judged; a controller that is in no list of executions is not one then."""
    answers = plain(executions=[{"ex_id": "x1", "job_id": "j1", "_status": "running", "_slicer_stats": {"failed": -1}}])
    answers["/v1/cluster/controllers"] = "none"
    with FakeCluster(answers) as cluster, pytest.raises(typer.Exit):
        check(cluster.url, for_="10ms", every="10ms", settle="0ms")
    out, err = capsys.readouterr()

    assert "controllers could not be read and was not judged then" in err
    first, last = out.splitlines()
    assert first.startswith("error: executions x1 _slicer_stats.failed is -1 at 2")
    assert first.endswith(" [below-zero]")
    assert last.endswith(" rules: 1 error, 0 warnings")


@pytest.mark.parametrize("seconds", [2, 6])
def test_a_ghost_controller_fails_with_the_default_flags(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, seconds: int
) -> None:
    """A short recording, also one shorter than the lists' lag is waited for, is enough to tell it."""
    answers = plain() | {"/v1/cluster/controllers": [{"ex_id": "ghost", "job_id": "j1", "name": "c"}]}
    with FakeCluster(answers) as cluster:
        path = record(
            cluster.url,
            every_ms=1000,
            for_ms=seconds * 1000,
            target=tmp_path / "r",
            redact=False,
            around=StepClock().around(),
        )
    found = outcome(capsys, check, str(path))
    errors = [one for one in found["findings"] if one["severity"] == "error"]

    assert (found["code"], [one["rule"] for one in errors]) == (1, ["controller-of-no-execution"])
    assert errors[0]["times"] == seconds + 1
    assert outcome(capsys, validate, path)["code"] == 1


def test_a_ghost_controller_of_a_live_cluster_fails(capsys: pytest.CaptureFixture[str]) -> None:
    """In seconds, whatever the settle time of what is only unusual."""
    answers = plain() | {"/v1/cluster/controllers": [{"ex_id": "ghost", "job_id": "j1", "name": "c"}]}
    with FakeCluster(answers) as cluster:
        found = outcome(capsys, check, cluster.url, for_="3500ms", every="250ms")

    assert found["code"] == 1
    assert {one["rule"] for one in found["findings"] if one["severity"] == "error"} == {"controller-of-no-execution"}


def test_ctrl_c_ends_the_looking_and_tells_what_was_found() -> None:
    """The exit code is that of the findings."""
    looked = threading.Event()
    answers = plain(executions=[{"ex_id": "x1", "job_id": "j1", "_status": "pending"}])
    asked = answers["/v1/cluster/state"]

    def state(_: dict[str, str]) -> Any:
        if cluster.asked["/v1/cluster/state"] > 2:
            looked.set()
        return asked

    cluster = FakeCluster(answers | {"/v1/cluster/state": state})
    with cluster, toolkit("check", cluster.url, "--for", "1h", "--every", "10ms") as process:
        assert looked.wait(PATIENCE)
        assert process.stop(signal.SIGINT) == 0
        (line,) = process.out.all()
        talk = process.err.all()

    assert line.endswith(" rules: 0 errors, 0 warnings")
    assert talk == ["interrupted: this is what was found so far"]


def test_an_interrupt_before_the_first_look_is_130() -> None:
    """There is nothing to tell."""
    asked = threading.Event()

    def hang(_: dict[str, str]) -> Any:
        asked.set()
        return Reply(hang=True)

    with FakeCluster({"/": hang}) as cluster, toolkit("check", cluster.url) as process:
        assert asked.wait(PATIENCE)
        assert process.stop(signal.SIGINT) == 130
        assert process.out.all() == []


def test_what_a_frame_of_a_recording_lacks_is_not_judged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """While the executions could not be read, no controller is without one; afterwards it is."""
    controller = {"ex_id": "x2", "job_id": "j1", "name": "c"}
    answers = plain() | {"/v1/cluster/controllers": []}
    clock = StepClock(on_step=lambda t: answers.update(_at((t - 1_700_000_000_000) // 1000, controller)))
    with FakeCluster(answers) as cluster:
        path = record(
            cluster.url,
            every_ms=1000,
            for_ms=6000,
            target=tmp_path / "r",
            redact=False,
            around=clock.around(),
        )
    found = outcome(capsys, check, str(path), settle="2s")

    assert [one["rule"] for one in found["findings"]] == ["controller-of-no-execution"]
    assert found["findings"][0]["times"] == 3
    assert outcome(capsys, check, str(path), settle="3s")["findings"] == []


@pytest.mark.parametrize(("last", "code"), [("stopped", 0), ("stopping", 0), ("pending", 1)])
def test_a_stop_that_was_paused_is_only_unusual(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], last: str, code: int
) -> None:
    """A real cluster can do that, so that it is a warning, told at once; what comes after it may still be an error."""
    statuses = ["running", "stopping", "paused", last]

    def show(t: int) -> None:
        status = statuses[(t - 1_700_000_000_000) // 1000]
        answers["/v1/ex"] = [{"ex_id": "x1", "job_id": "j1", "_status": status}]

    answers = plain(executions=[{"ex_id": "x1", "job_id": "j1", "_status": "running"}])
    with FakeCluster(answers) as cluster:
        path = record(
            cluster.url,
            every_ms=1000,
            for_ms=3000,
            target=tmp_path / "r",
            redact=False,
            around=StepClock(on_step=show).around(),
        )
    found = outcome(capsys, check, str(path))
    told = [(one["severity"], one["rule"]) for one in found["findings"]]

    assert (found["code"], ("warning", "stop-undone") in told) == (code, True)
    assert (("error", "illegal-transition") in told) == bool(code)


def _at(frame: int, controller: dict[str, Any]) -> dict[str, Any]:
    executions = Reply(404) if frame < 4 else [{"ex_id": "x1", "job_id": "j1", "_status": "stopped"}]
    return {"/v1/ex": executions if frame else [], "/v1/cluster/controllers": [controller] if frame else []}


def test_of_a_huge_bundle_a_part_is_looked_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Evenly spread, both ends among it, and it says so."""
    monkeypatch.setattr("toolkit.examine.stored.MOST_LOOKS", 7)
    check(str(DEMO))
    out, err = capsys.readouterr()

    assert out.startswith("7 instants, ")
    assert "7 of them, evenly spread, are looked at" in err
