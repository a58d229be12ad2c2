"""A real client: ts-topy's own HTTP client, models and terminal app, on live, replay and a recording."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual.widgets import DataTable
from ts_topy.app import TerasliceApp
from ts_topy.client import TerasliceClient
from ts_topy.models import ClusterState, Node

from tests.serving import live_server
from toolkit.answers.answer import Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.clock import FrozenClock
from toolkit.model.instants import MINUTE
from toolkit.recorder.record import record
from toolkit.server.thread import ServerThread
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolkit.server.thread import ServerThread as Server

SCENARIO = Scenario(seed=11)


def replay_server(path: Path) -> ServerThread:
    """Serve a bundle, standing at its start."""
    timeline = read_bundle(path).timeline
    return ServerThread(Cluster(timeline, None, "replay"), FrozenClock(timeline.first))


@pytest.fixture(scope="module", params=["live", "replay", "recording"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of each kind, all showing the same world."""
    live = live_server(SCENARIO, FrozenClock(SCENARIO.epoch + MINUTE))
    if request.param == "live":
        with live as running:
            yield running
        return
    target = tmp_path_factory.mktemp("bundle") / "bundle"
    if request.param == "replay":
        from toolkit.generate import generate  # noqa: PLC0415 - only here

        generate(SCENARIO, SCENARIO.epoch + MINUTE, SCENARIO.epoch + 2 * MINUTE, target)
    else:
        with live as running:
            record(running.url, every_ms=1000, for_ms=0, target=target, redact=True, force=False, say=print)
    with replay_server(target) as running:
        yield running


def test_its_models_parse_everything(server: Server) -> None:
    """Every controller, job, execution and node passes ts-topy's models, and they are all there."""
    with TerasliceClient(server.url) as client:
        jobs = client.fetch_jobs(size=1000)
        executions = client.fetch_execution_contexts(size=1000)
        controllers = client.fetch_controllers()
        state = client._fetch_json("/v1/cluster/state")

        assert len(jobs) == 25
        assert len(client.fetch_jobs(size=10, from_=20)) == 5
        assert len(executions) > 25
        assert 10 <= len(controllers) <= 15
        assert client.fetch_job_by_id(jobs[0].job_id)["job_id"] == jobs[0].job_id
        assert client.fetch_execution_context_by_id(executions[0].ex_id)["ex_id"] == executions[0].ex_id
    nodes = ClusterState(nodes={key: Node(**node) for key, node in state.items()})
    assert nodes.active_workers == sum(len(node.active) for node in nodes.nodes.values()) > len(controllers)
    assert {e.ex_id for e in executions} >= {c.ex_id for c in controllers}


def test_its_terminal_app_shows_our_jobs(server: Server) -> None:
    """The app, run headless, fills its tables with our records and shows no error."""

    async def run() -> tuple[list[int], str]:
        app = TerasliceApp(server.url, interval=60, request_timeout=30)
        async with app.run_test(size=(200, 60)) as pilot:
            for _ in range(200):
                await pilot.pause(0.05)
                rows = [table.row_count for table in app.query(DataTable)]
                if rows and all(rows):
                    break
            app.client.close()
            text = "\n".join(str(widget.render()) for widget in app.query("Static"))
            return rows, text

    rows, text = asyncio.run(run())

    assert len(rows) == 3
    assert all(rows)
    assert "rror:" not in text
