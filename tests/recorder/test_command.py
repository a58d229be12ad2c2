"""`toolkit record` as a process: what it prints, how it ends, what it leaves."""

from __future__ import annotations

import json
import re
import signal
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

    assert 1 < len(replayed.bundle.manifest.frames) + replayed.origin["ticks"]["missed"] == 3
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
        (("http://127.0.0.1:1", "--every", "0s"), 2, "--every must be at least 1ms"),
        (("http://127.0.0.1:1", "--every", "soon"), 2, "cannot read the duration 'soon'"),
        (("http://127.0.0.1:1", "--for", ""), 2, "cannot read the duration ''"),
        (("http://127.0.0.1:1",), 1, "cannot connect"),
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
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_properly(cluster: FakeCluster, tmp_path: Path, number: signal.Signals) -> None:
    """An interrupt ends a recording with the bundle of what there is, and exit code 0."""
    with toolkit("record", cluster.url, "--every", "50ms", "-o", str(tmp_path / "b")) as process:
        for _ in range(3):
            process.err.next(lambda line: line.startswith("frame "))
        assert process.stop(number) == 0
        out, err = process.out.all(), process.err.all()

    assert out == [str(tmp_path / "b")]
    assert "interrupted: making the bundle of what was recorded (Ctrl-C again gives that up)" in err
    assert len(Replayed(tmp_path / "b").bundle.manifest.frames) >= 3
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
    with toolkit("record", cluster.url, "--every", "50ms", "-o", str(tmp_path / "b")) as process:
        for _ in range(3):
            process.err.next(lambda line: line.startswith("frame "))
        process.stop(signal.SIGKILL)

    assert [path.name for path in tmp_path.iterdir()] == [".b.journal"]
    lines = (tmp_path / ".b.journal" / "frames.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["redacted"] is True
    assert len([json.loads(line) for line in lines[1:4]]) == 3


def test_help_names_every_flag() -> None:
    """The help shows the address and every flag."""
    with toolkit("record", "--help") as process:
        assert process.wait() == 0
        text = "\n".join(process.out.all())

    for flag in ("URL", "--every", "--for", "-o, --output", "--no-redact", "-f, --force"):
        assert flag in text
