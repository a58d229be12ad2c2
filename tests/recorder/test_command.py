"""`toolkit record` as a process: what it prints, how it ends, what it leaves."""

from __future__ import annotations

import base64
import json
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from tests.recorder.fake_cluster import FakeCluster, Reply, plain
from tests.recorder.replaying import Replayed
from tests.serving import PATIENCE, toolkit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    """A cluster with everything."""
    with FakeCluster(plain()) as cluster:
        yield cluster


def test_bare(cluster: FakeCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without flags, one redacted frame is recorded below `snapshots`, and its path is all there is on stdout."""
    monkeypatch.chdir(tmp_path)
    with toolkit("record", cluster.url) as process:
        assert process.wait() == 0
        out, err = process.out.all(), process.err.all()

    assert re.fullmatch(r"snapshots/recording-\d{8}T\d{6}Z", out[0])
    assert len(out) == 1
    assert [line.partition(";")[0] for line in err] == ["recorded 1 frame"]
    assert Replayed(tmp_path / out[0]).origin["redacted"] is True


def test_flags(cluster: FakeCluster, tmp_path: Path) -> None:
    """Frames come as often and as long as asked for, unredacted on request, into the directory given."""
    arguments = ("--every", "20ms", "--for", "40ms", "--no-redact", "--output", str(tmp_path / "b"))
    with toolkit("record", cluster.url, *arguments) as process:
        assert process.wait() == 0
    replayed = Replayed(tmp_path / "b")

    assert 1 < len(replayed.bundle.frames.instants) + replayed.origin["ticks"]["missed"] == 3
    assert replayed.origin["redacted"] is False
    assert replayed.ask("/jobs") == plain()["/v1/jobs"]

    with toolkit("record", cluster.url, "-o", str(tmp_path / "b")) as process:
        assert process.wait() == 1
        (line,) = process.err.all()
        assert line.startswith(f"error: cannot write the bundle {tmp_path / 'b'}: it exists; use --force")
    with toolkit("record", cluster.url, "-o", str(tmp_path / "b"), "-f") as process:
        assert process.wait() == 0
    assert Replayed(tmp_path / "b").origin["redacted"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("localhost:5678",), 2, "no http or https address"),
        (("http://user:hunter2@127.0.0.1:1",), 2, "--basic-auth-file"),
        (("http://127.0.0.1:1", "--every", "0s"), 2, "--every 0: it must be at least 1ms"),
        (("http://127.0.0.1:1", "--timeout", "0s"), 2, "--timeout 0: it must be at least 1ms"),
        (("http://127.0.0.1:1", "--every", "soon"), 2, "cannot read the duration 'soon'"),
        (("http://127.0.0.1:1", "--for", ""), 2, "cannot read the duration ''"),
        (("http://127.0.0.1:1", "--concurrency", "0"), 2, "--concurrency"),
        (("http://127.0.0.1:1", "--retries", "-1"), 2, "--retries"),
        (
            ("http://127.0.0.1:1", "--max-requests-per-second", "0"),
            2,
            "--max-requests-per-second 0: it must be a number above 0",
        ),
        (("http://127.0.0.1:1", "--max-requests-per-second", "inf"), 2, "--max-requests-per-second"),
        (("http://127.0.0.1:1", "--keep", "everything"), 2, "--keep"),
        (("http://127.0.0.1:1", "--keep", "names", "--no-redact"), 2, "both --no-redact and --keep"),
        (("http://127.0.0.1:1", "--redaction-key-file", "f", "--no-redact"), 2, "both --no-redact and --redaction-key"),
        (("http://127.0.0.1:1", "--redaction-key-file", "none"), 2, "cannot read none: no such file or directory"),
        (("http://127.0.0.1:1", "--header-file", "none"), 2, "cannot read none: no such file or directory"),
        (("http://127.0.0.1:1", "--basic-auth-file", "none"), 2, "cannot read none: no such file or directory"),
        (("http://127.0.0.1:1", "--client-key", "none"), 2, "--client-key without --client-cert"),
        (("http://127.0.0.1:1", "--client-cert", "none"), 2, "cannot use the certificate none"),
        (("http://127.0.0.1:1", "--ca", "none"), 2, "cannot read the certificates in none"),
        (("http://127.0.0.1:1", "--quiet", "--json"), 2, "both --quiet and --json"),
        (("--resume", "d", "--every", "1s", "--force"), 2, "cannot resume d with --every, --force"),
        (("http://127.0.0.1:1", "--retries", "0"), 1, "cannot connect (connection refused)"),
        ((), 2, "URL"),
    ],
)
def test_errors_are_one_line(
    arguments: tuple[str, ...], code: int, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be done is one line on stderr and an exit code, and leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    with toolkit("record", *arguments) as process:
        assert process.wait() == code
        out, err = process.out.all(), process.err.all()

    assert (out, len(err)) == ([], 1)
    assert err[0].startswith("error: ")
    assert text in err[0]
    assert "hunter2" not in err[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_properly(cluster: FakeCluster, tmp_path: Path, number: signal.Signals) -> None:
    """An interrupt ends a recording with the bundle of what there is, and exit code 0."""
    with toolkit("record", cluster.url, "--every", "50ms", "-o", str(tmp_path / "b"), "--json") as process:
        for _ in range(3):
            process.out.next(lambda line: '"told"' in line)
        assert process.stop(number) == 0
        out, err = process.out.all(), process.err.all()

    assert json.loads(out[-1])["bundle"] == str(tmp_path / "b")
    assert "interrupted: making the bundle of what was recorded (Ctrl-C again gives that up)" in err
    assert len(Replayed(tmp_path / "b").bundle.frames.instants) >= 3
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_ctrl_c_before_the_first_frame(tmp_path: Path) -> None:
    """An interrupt before there is anything to keep ends with 130 and leaves nothing."""
    asked = threading.Event()

    def hang(_: object) -> Reply:
        asked.set()
        return Reply(hang=True)

    with (
        FakeCluster(plain() | {"/v1/jobs": hang}) as cluster,
        toolkit("record", cluster.url, "-o", str(tmp_path / "b"), "--every", "1s") as process,
    ):
        assert asked.wait(PATIENCE)
        assert process.stop(signal.SIGINT) == 130
        err = process.err.all()

    assert err == ["interrupted before the first frame was complete: nothing was recorded"]
    assert list(tmp_path.iterdir()) == []


def test_kill_leaves_the_journal_and_nothing_else(cluster: FakeCluster, tmp_path: Path) -> None:
    """A recording that is killed leaves its journal with every frame that was told, and no bundle."""
    with toolkit("record", cluster.url, "--every", "50ms", "-o", str(tmp_path / "b"), "--json") as process:
        for _ in range(3):
            process.out.next(lambda line: '"told"' in line)
        process.stop(signal.SIGKILL)

    assert [path.name for path in tmp_path.iterdir()] == [".b.journal"]
    text = (tmp_path / ".b.journal" / "frames.jsonl").read_text()
    entries = [json.loads(line.partition(" ")[2]) for line in text.split("\n")[:-1]]
    assert entries[0]["redacted"] is True
    assert len(entries) >= 4

    for command, text in (("serve", "--replay"), ("inspect", "")):
        with toolkit(command, *filter(None, (text, str(tmp_path / "b")))) as process:
            assert process.wait() == 1
            assert (
                f"was cut off; stop it with Ctrl-C, or toolkit finish {tmp_path / 'b'} makes the bundle"
                in process.err.all()[-1]
            )
    with toolkit("finish", str(tmp_path / "b")) as process:
        assert process.wait() == 0
        assert process.out.all() == [str(tmp_path / "b")]
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert len(Replayed(tmp_path / "b").bundle.frames.instants) >= 3


def test_json_is_a_line_a_frame_and_one_for_the_whole(cluster: FakeCluster, tmp_path: Path) -> None:
    """With `--json` stdout has one object a frame, one at the end, and nothing else."""
    arguments = ("--every", "20ms", "--for", "20ms", "--json", "-o", str(tmp_path / "b"))
    with toolkit("record", cluster.url, *arguments) as process:
        assert process.wait() == 0
        *frames, last = [json.loads(line) for line in process.out.all()]

    assert [frame["frames"] for frame in frames] == list(range(1, len(frames) + 1))
    assert all(frame["of"] == 2 and "1 jobs" in frame["told"] for frame in frames)
    assert last == {"bundle": str(tmp_path / "b")} | {key: frames[-1][key] for key in frames[-1] if key != "told"}


def test_quiet_is_the_result_alone(cluster: FakeCluster, tmp_path: Path) -> None:
    """With `--quiet` there is the path on stdout and nothing on stderr."""
    arguments = ("--every", "20ms", "--for", "60ms", "--quiet", "-o", str(tmp_path / "b"))
    with toolkit("record", cluster.url, *arguments) as process:
        assert process.wait() == 0

        assert (process.out.all(), process.err.all()) == ([str(tmp_path / "b")], [])


def test_credentials_from_files_and_netrc(cluster: FakeCluster, tmp_path: Path) -> None:
    """What files and netrc hold is sent, and is in no line and no file of the bundle; an open file is warned about."""
    headers, netrc = tmp_path / "headers", tmp_path / "netrc"
    headers.write_text("Authorization: Bearer hunter2\n")
    headers.chmod(0o644)
    netrc.write_text("machine 127.0.0.1 login user password hunter2\n")
    netrc.chmod(0o600)
    for arguments, sent, warned in [
        (("--header-file", str(headers)), "Bearer hunter2", 1),
        ((), "Basic " + base64.b64encode(b"user:hunter2").decode(), 0),
    ]:
        cluster.seen.clear()
        target = tmp_path / "b"
        with toolkit("record", cluster.url, "-f", "-o", str(target), *arguments, NETRC=str(netrc)) as process:
            assert process.wait() == 0
            lines = process.out.all() + process.err.all()
        written = b"".join(path.read_bytes() for path in target.rglob("*") if path.is_file())

        assert {headers["authorization"] for _, _, headers in cluster.seen} == {sent}
        assert len([line for line in lines if line.startswith("warning: ")]) == warned
        assert "hunter2" not in "".join(lines)
        assert b"hunter2" not in written


def test_insecure_is_said_and_noted(cluster: FakeCluster, tmp_path: Path) -> None:
    """`--insecure` is said in capitals even when the rest is quiet, and the bundle's origin has it."""
    with toolkit("record", cluster.url, "-o", str(tmp_path / "b"), "--insecure", "--quiet") as process:
        assert process.wait() == 0
        err = process.err.all()

    assert all(line.startswith("WARNING: ") for line in err)
    assert "--insecure" in err[0]
    assert Replayed(tmp_path / "b").origin["insecure"] is True


def test_a_key_makes_the_same_pseudonyms(cluster: FakeCluster, tmp_path: Path) -> None:
    """Two recordings with one key have the same pseudonyms; without a key they differ."""
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32 + b"\n")
    key.chmod(0o600)
    seen = []
    for name, arguments in (
        ("a", ("--redaction-key-file", str(key))),
        ("b", ("--redaction-key-file", str(key))),
        ("c", ()),
    ):
        with toolkit("record", cluster.url, "-o", str(tmp_path / name), *arguments) as process:
            assert process.wait() == 0
        seen.append(Replayed(tmp_path / name).ask("/jobs"))

    assert seen[0] == seen[1] != seen[2]


def test_a_reader_that_goes_away_does_not_end_the_recording(cluster: FakeCluster, tmp_path: Path) -> None:
    """When nobody reads the JSON lines any more, the bundle is made all the same."""
    command = [sys.executable, "-m", "toolkit", "record", cluster.url, "--every", "20ms", "--for", "200ms", "--json"]
    with subprocess.Popen(
        [*command, "-o", str(tmp_path / "b")], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as done:
        assert done.stdout is not None
        assert done.stderr is not None
        done.stdout.close()
        err = done.stderr.read()

    assert Replayed(tmp_path / "b").first
    assert b"Traceback" not in err


def test_help_names_every_flag() -> None:
    """The help shows the address and every flag."""
    with toolkit("record", "--help") as process:
        assert process.wait() == 0
        text = "\n".join(process.out.all())

    for flag in (
        "URL", "--every", "--for", "-o, --output", "-f, --force", "--resume", "--errors", "--no-redact", "--keep",
        "--redaction-key-file", "--header-file", "--basic-auth-file", "--ca", "--client-cert", "--client-key",
        "--insecure", "--concurrency", "--timeout", "--retries", "--max-requests-per-second", "-q, --quiet", "--json",
    ):  # fmt: skip
        assert flag in text
