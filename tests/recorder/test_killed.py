"""Recordings that are killed at random points, and are gone on with or finished."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.killed import EVERY, START
from tests.recorder.replaying import Replayed
from tests.recorder.series_server import PATHS
from toolkit.bundle.writer import journal_of
from toolkit.recorder.journal import NAME

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 13
"""In each of four tests, so that several processes share them: 52 in all."""
OWN = {"address", "recorded", "requests", "received", "resumed", "redaction", "toolkit"}
"""What a recording says of how it was made, which is another thing each time."""


def start(what: str, target: Path) -> subprocess.Popen[bytes]:
    """Start a recording, or going on with one, or finishing it."""
    command = [sys.executable, "-m", "tests.recorder.killed", what, str(target)]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def done(what: str, target: Path) -> float:
    """Do one of these to its end; give the seconds from its first frame on."""
    with start(what, target) as process:
        assert process.stdout is not None
        process.stdout.readline()
        begun = time.monotonic()
        assert process.wait() == 0
    return time.monotonic() - begun


def killed(what: str, target: Path, seconds: float) -> bool:
    """Kill a process a random time after its first frame; tell whether it was not done before."""
    with start(what, target) as process:
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(seconds * secrets.randbelow(1000) / 1000)
        process.kill()
    return process.returncode != 0


def manifest(target: Path) -> dict[str, Any]:
    """What a bundle says, without what is its own."""
    document: dict[str, Any] = json.loads((target / "bundle.json").read_text())
    document["origin"] = {key: value for key, value in document["origin"].items() if key not in OWN}
    del document["frames"]["skews_ms"]
    return document


@pytest.mark.parametrize("turn", range(2))
def test_a_killed_recording_goes_on(tmp_path: Path, turn: int) -> None:
    """Killed again and again, torn mid-write too, it ends as the bundle that an uninterrupted recording makes."""
    expected = tmp_path / "whole"
    seconds = done("record", expected)
    kills, made = 0, 0
    while kills < KILLS or not made:
        target = tmp_path / f"{turn}-{made}"
        journal = journal_of(target) / NAME
        if journal.exists() and secrets.randbelow(3) == 0:
            journal.write_bytes(journal.read_bytes()[: -secrets.randbelow(2000) - 1])
        goes_on = journal.exists() and b"\n" in journal.read_bytes()
        kills += killed("resume" if goes_on else "again", target, seconds)
        if (target / "bundle.json").exists():
            assert manifest(target) == manifest(expected)
            made += 1


@pytest.mark.parametrize("turn", range(2))
def test_a_killed_recording_can_be_finished(tmp_path: Path, turn: int) -> None:
    """Killed and finished, it is the uninterrupted one up to its last frame; finishing may be killed too."""
    seconds = done("record", tmp_path / "whole")
    expected = Replayed(tmp_path / "whole")
    kills = 0
    while kills < KILLS:
        target = tmp_path / f"{turn}-{kills}"
        kills += killed("record", target, seconds)
        if not target.exists():
            kills += killed("finish", target, 0.1)
        if not target.exists():
            done("finish", target)
        replayed = Replayed(target)
        last = replayed.bundle.timeline.last
        assert (last - START) % EVERY == 0
        for path in (*PATHS, "/txt/workers"):
            assert replayed.text(path, last) == expected.text(path, last)
            assert replayed.text(path, START) == expected.text(path, START)
