"""How small a recording is: what does not change costs nothing, what changes its change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bundle.counting import EXECUTIONS, Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.model.wire import join_items
from toolkit.tracks.fold import fold, steps_of

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("updated", [False, True])
@pytest.mark.parametrize("noisy", [False, True])
@pytest.mark.parametrize("place", ["controllers", "executions"])
def test_a_recording_is_small(tmp_path: Path, place: str, *, noisy: bool, updated: bool) -> None:
    """Of 100 executions, 40 of them counting, a bundle takes under 1 % of the answers, and gives back every one.

    The hardest case is as long as ten minutes, the others are shorter, which only makes the share larger.
    """
    cluster = Cluster(place, noisy=noisy, updated=updated)
    folded = fold(steps_of(cluster.frames(600 if place == "executions" and noisy and updated else 150)))
    instants = folded.frames.instants
    path = write_bundle(
        tmp_path / "x",
        folded.tracks,
        first=instants[0],
        last=instants[-1],
        origin={"kind": "recorded"},
        orders=folded.orders,
        frames=folded.frames,
    )

    size = sum(file.stat().st_size for file in path.iterdir())

    assert size * 100 < cluster.raw
    timeline = read_bundle(path).timeline
    for t, (executions, controllers) in cluster.answers.items():
        view = timeline.at(t)
        assert join_items([record.item for record in view.executions(0, EXECUTIONS).value]) == executions
        assert join_items([record.item for record in view.controllers().value]) == controllers
