"""What must not get out does not, whatever goes wrong: whole recordings in processes, with canaries everywhere."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import FakeCluster, Reply, plain
from tests.recorder.replaying import Replayed
from tests.recorder.running import run
from tests.recorder.test_canaries import (
    ANSWERS,
    ERROR,
    MARK,
    STATS,
    all_canaries,
    before,
    errors_too,
    everything,
    keyed,
    node_keys,
    planted,
    surrounded,
)
from tests.serving import toolkit
from toolkit.bundle.writer import journal_of

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0zA1bC2"
"""Looks like a token of a code host."""
RECORD = ("record", "--retries", "0", "--every", "20ms", "--header-file", "headers", "--basic-auth-file", "login")
SECRETS = ("Hx7-header-value", "userofcluster", "passwordofcluster", "127.0.0.1")


class Canaries(FakeCluster):
    """A cluster with canaries everywhere, in error records too; every other answer of some lists is a fault."""

    def __init__(self, plant: Any) -> None:
        """Plant them."""
        canaries = all_canaries()
        failing = json.loads(json.dumps(ANSWERS))
        failing["/v1/ex"][0]["_slicer_stats"] = STATS | {"failed": 3}
        made = {path: plant(value, canaries) for path, value in failing.items()}
        made["/v1/cluster/state"] = node_keys(made["/v1/cluster/state"], canaries)
        super().__init__(made)
        self._errors = plant([ERROR], canaries)
        self._healthy = made
        self._canaries = canaries

    def reply(self, target: str) -> Reply:
        """Answer; a frame begins where the info is asked for."""
        path = target.partition("?")[0]
        if path.endswith("/errors"):
            self.asked["errors"] += 1
            return Reply(body=json.dumps(self._errors).encode())
        if path == "/":
            odd = self.asked["/"] % 2 == 1
            self.answers = self._healthy | (errors_too(self._canaries) if odd else {})
            self.answers["/v1/cluster/stats"] = {next(self._canaries): next(self._canaries)}
        return super().reply(target)


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a directory with the files that hold credentials beside it."""
    place = tmp_path / "place"
    place.mkdir()
    monkeypatch.chdir(tmp_path)
    for name, text in (("headers", f"X-Key: {SECRETS[0]}\n"), ("login", f"{SECRETS[1]}:{SECRETS[2]}\n")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
    return place


def check(*texts: str) -> None:
    """Check that neither a canary nor a credential is in any text."""
    for text in texts:
        for word in (MARK, *SECRETS):
            assert word.lower() not in text.lower()


@pytest.mark.parametrize(
    ("plant", "told"), [(planted, ("--json",)), (keyed, ()), (surrounded, ("--json",)), (before, ())]
)
def test_no_canary_gets_out_of_a_recording_that_is_killed(place: Path, plant: Any, told: tuple[str, ...]) -> None:
    """With errors and faults, killed and gone on with: none in the journal, the bundle, stdout and stderr."""
    with Canaries(plant) as cluster:
        with toolkit(*RECORD, cluster.url, "--errors", "--output", "place/b", *told) as process:
            lines = process.out if told else process.err
            for _ in range(4):
                lines.next(lambda line: '"told"' in line or line.startswith("frame "))
            process.stop(signal.SIGKILL)
            said = "\n".join([*process.out.all(), *process.err.all()])
        assert "1 errors" in said
        assert "missing" in said
        check(everything(place), said)

        again = run("record", cluster.url, "--resume", "place/b", "--for", "100ms", *RECORD[5:], *told)
        assert cluster.asked["errors"] > 0
    assert again.code == 0, again.err
    check(everything(place), again.out, again.err)
    assert Replayed(place / "b").bundle.manifest.counts["errors"] > 0


@pytest.mark.parametrize("told", [("--json",), ("--quiet",), ()])
def test_a_defect_is_told_without_what_was_seen(place: Path, told: tuple[str, ...]) -> None:
    """An error that nobody thought of is one line with its place, and holds nothing that was seen or used."""
    with Canaries(planted) as cluster:
        done = run(*RECORD, cluster.url, "--output", "place/b", *told, altered="bug=3")

    assert done.code == 1
    assert done.error.startswith(
        "error: cannot go on recording: a defect of the toolkit (KeyError in altered.py, line "
    )
    assert done.error.endswith("toolkit finish place/b makes the bundle")
    check(everything(place), done.out, done.err)
    assert run("finish", "place/b").code == 0
    assert len(Replayed(place / "b").bundle.frames.instants) == 2


def test_a_defect_before_the_first_frame_leaves_nothing(place: Path) -> None:
    """Nothing is kept where there was nothing."""
    with Canaries(planted) as cluster:
        done = run(*RECORD, cluster.url, "--output", "place/b", altered="bug=1")

    assert done.error.endswith("; please report it")
    assert list(place.iterdir()) == []


def test_a_leak_keeps_the_bundle_from_being_written(place: Path) -> None:
    """What got past redaction is refused at the end by file and field, never by value; --no-scan writes and marks."""
    answers = plain(jobs=[{"job_id": "j1", "name": TOKEN}])
    with FakeCluster(answers) as cluster:
        done = run(*RECORD, cluster.url, "--for", "0s", "--output", "place/b", altered=f"leak={TOKEN}")
    for refused in (done, run("finish", "place/b"), run("finish", "place/b", "--force")):
        assert refused.code == 1
        assert "cannot write the bundle place/b: what looks like a secret is in jobs.json line 2 $" in refused.error
        assert "doc.name (" in refused.error
        assert "--no-scan" in refused.error
        assert TOKEN not in refused.out + refused.err
        assert [path.name for path in place.rglob("*")] == [".b.journal", "frames.jsonl"]
    assert f"what was recorded is kept in {journal_of(place / 'b')}" in done.error

    written = run("finish", "place/b", "--no-scan")
    assert (written.code, written.out) == (0, "place/b\n")
    replayed = Replayed(place / "b")
    assert replayed.origin["redaction"]["scanned"] is False
    assert replayed.ask("/jobs")[0]["name"] == TOKEN


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.usefixtures("place")
def test_a_credential_that_gets_past_redaction_is_refused(secret: str) -> None:
    """The very credentials and the host of the recording are looked for too."""
    answers = plain(executions=[{"ex_id": "x1", "name": f"a {secret} b"}])
    with FakeCluster(answers) as cluster:
        done = run(*RECORD, cluster.url, "--for", "0s", "--output", "place/b", altered=f"leak={secret}")

    assert done.code == 1
    assert "executions.json line 2 $.doc.name (a text used to reach the cluster)" in done.error
    assert secret.lower() not in done.out.lower() + done.err.lower()
