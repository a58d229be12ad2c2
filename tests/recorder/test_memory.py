"""However long a recording is, and however large the cluster: under 150 MB."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.recorder.fake_cluster import FakeCluster, plain
from tests.recorder.heavy import START
from tests.recorder.listing import Listing
from tests.recorder.replaying import Replayed
from tests.recorder.test_canaries import EXECUTION
from toolkit.model.instants import format_instant

if TYPE_CHECKING:
    from pathlib import Path

MOST = 150_000_000


def taken(*arguments: object) -> int:
    """Run a part of a recording in a process of its own, and give the most memory that it took."""
    command = [sys.executable, "-m", "tests.recorder.heavy", *map(str, arguments)]
    return int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.parametrize("frames", [2_500])
def test_a_long_recording_takes_little_memory(tmp_path: Path, frames: int) -> None:
    """Thousands of frames, each of them with changes everywhere, are recorded and finished in little memory."""
    assert taken("record", "-", frames, tmp_path / "b") < MOST
    assert taken("finish", tmp_path / "b") < MOST
    assert len(Replayed(tmp_path / "b").bundle.frames.instants) == frames


def test_a_large_cluster_takes_little_memory(tmp_path: Path) -> None:
    """Of 20,000 executions, a fifth of which change from frame to frame, all is recorded, in little memory."""
    executions = [
        EXECUTION | {"ex_id": f"17bb809a-4a6f-465a-9ee6-{number:012d}", "_updated": format_instant(START - 1 - number)}
        for number in range(20_000)
    ]

    def nodes(_: object) -> object:
        for execution in executions[::5]:
            execution["workers"] += 1
        return plain()["/v1/cluster/state"]

    with FakeCluster(plain() | {"/v1/ex": Listing(executions), "/v1/cluster/state": nodes}) as cluster:
        assert taken("record", cluster.url, 2, tmp_path / "b") < MOST
    assert taken("finish", tmp_path / "b") < MOST
    assert Replayed(tmp_path / "b").bundle.manifest.counts["executions"] == len(executions)
