"""A disk that is full, for real: writes fail in the middle, and nothing that was recorded is lost."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import pytest

from tests.recorder.fake_cluster import FakeCluster, plain
from tests.recorder.replaying import Replayed
from tests.recorder.running import run
from toolkit.bundle.writer import journal_of
from toolkit.recorder.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 20_000
"""About the bytes of a frame."""
RECORD = ("--every", "20ms", "--no-redact")


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    """A cluster of which every frame is another text."""
    numbers = itertools.count()

    def jobs(_: object) -> object:
        return [{"job_id": "j1", "name": f"{next(numbers):07d}" * (SIZE // 7)}]

    with FakeCluster(plain() | {"/v1/jobs": jobs}) as cluster:
        yield cluster


def names(path: Path) -> list[str]:
    """List a directory."""
    return sorted(entry.name for entry in path.iterdir())


@pytest.mark.parametrize("goes_on", [False, True], ids=["finish", "resume"])
@pytest.mark.parametrize("room", [3 * SIZE, 3 * SIZE + 5_000, 3 * SIZE + 8_192])
def test_a_journal_that_does_not_fit_is_kept(cluster: FakeCluster, tmp_path: Path, room: int, *, goes_on: bool) -> None:
    """When a frame does not fit, one line says so; the frames before it are kept, and finishing or going on works."""
    target, journal = tmp_path / "b", journal_of(tmp_path / "b")
    done = run("record", cluster.url, *RECORD, "--output", target, altered=f"full={room}")

    kept = f"what was recorded is kept in {journal}: toolkit finish {target} makes the bundle"
    assert done.code == 1
    assert done.out == ""
    assert done.error == (
        f"error: cannot record into {target}: file too large; make room or choose another place; {kept}"
    )
    assert names(tmp_path) == [".b.journal"]
    with Journal(journal) as held:
        frames = len(list(held.entries())) - 1
    assert frames >= 2

    done = run("record", cluster.url, "--resume", target, "--for", "500ms") if goes_on else run("finish", target)
    assert (done.code, done.out) == (0, f"{target}\n")
    assert names(tmp_path) == ["b"]
    assert len(Replayed(target).bundle.frames.instants) >= frames


def test_a_first_frame_that_does_not_fit_leaves_nothing(cluster: FakeCluster, tmp_path: Path) -> None:
    """When not even the first frame fits, one line says so, and there is nothing."""
    done = run("record", cluster.url, *RECORD, "--output", tmp_path / "b", altered=f"full={SIZE // 2}")

    assert done.code == 1
    assert done.error.endswith("file too large; make room or choose another place")
    assert names(tmp_path) == []


def test_a_bundle_that_does_not_fit_leaves_the_journal(cluster: FakeCluster, tmp_path: Path) -> None:
    """When the bundle does not fit, one line says so, nothing of it is left, and finishing works when there is room."""
    target = tmp_path / "b"
    assert run("record", cluster.url, *RECORD, "--output", target, altered="bug=6").code == 1
    before = (journal_of(target) / "frames.jsonl").read_bytes()
    for part in (2, 3, 5):
        done = run("finish", target, altered=f"full={len(before) // part}")
        assert done.code == 1
        assert done.error == (
            f"error: cannot write the bundle {target}: file too large; make room or choose another place"
        )
        assert names(tmp_path) == [".b.journal"]
        assert names(journal_of(target)) == ["frames.jsonl"]
        assert (journal_of(target) / "frames.jsonl").read_bytes() == before

    done = run("finish", target)
    assert (done.code, done.out) == (0, f"{target}\n")
    assert names(tmp_path) == ["b"]
    assert len(Replayed(target).bundle.frames.instants) == 5
