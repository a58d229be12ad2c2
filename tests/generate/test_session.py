"""A session with commands becomes a bundle that answers with the same bytes, from the disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.commanding import Client
from toolkit.answers.answer import Cluster, Request, answer
from toolkit.bundle.reader import read_bundle
from toolkit.generate import generate
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_767_225_600_000
PATHS = (
    "/v1/jobs", "/v1/ex", "/v1/jobs?deleted=true", "/v1/ex?deleted=true", "/v1/cluster/controllers",
    "/v1/cluster/state", "/v1/cluster/stats", "/v1/assets", "/txt/ex", "/txt/jobs?deleted=true", "/txt/workers",
    "/v1/ex?filter=_status:running&sort=_created:asc", "/v1/jobs?ex=_status&active=true",
)  # fmt: skip


@pytest.mark.parametrize(("seed", "jobs"), [(1, 25), (2, 0), (3, 4)])
def test_a_session_is_replayed_from_the_disk(tmp_path: Path, seed: int, jobs: int) -> None:
    """Odd jobs, deleted ones, recoveries, refreshes: all of it, at each command and between them."""
    scenario = Scenario(seed=seed, epoch=EPOCH, jobs=jobs, node_slots=8)
    log = MemoryLog(seed)
    timeline = LiveTimeline(scenario, log)
    client = Client(timeline, log, seed)
    log.append(
        EPOCH, {"do": "post_job", "job_id": log.new_id("job"), "job": {"operations": "none", "name": {"a": [1, None]}}}
    )
    instants = [EPOCH + 7_000 * step for step in range(1, 40)]
    for t in instants:
        client.act(t)
    told: list[tuple[int, int]] = []
    last = instants[-1] + 60_000
    generate(scenario, EPOCH, last, tmp_path / "b", log, progress=lambda done, total: told.append((done, total)))
    bundle = read_bundle(tmp_path / "b")
    live, replay = Cluster(timeline, None, "live"), Cluster(bundle.timeline, None, "live")

    assert bundle.manifest.origin["commands"]["number"] == 40
    assert told
    assert told[-1][0] == told[-1][1]
    for t in [EPOCH, *instants, instants[-1] + 3_333, last]:
        executions = [record.fields["ex_id"] for record in timeline.at(t).executions(0, 50).value]
        single = [f"/v1/ex/{ex_id}{part}" for ex_id in executions[:8] for part in ("", "/controller", "/errors?size=3")]
        for path in (*PATHS, *single):
            request = Request("GET", path)
            assert answer(replay, t, request)[:3] == answer(live, t, request)[:3], (t - EPOCH, path)
