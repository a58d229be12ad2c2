"""A real client: ts-topy's own HTTP client, models and terminal app, on live, replay and a recording."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pydantic import ValidationError
from textual.widgets import DataTable
from ts_topy.app import TerasliceApp
from ts_topy.client import TerasliceClient
from ts_topy.models import ClusterState, Node

import toolkit
from tests.recorder.recording import record
from tests.serving import PATIENCE, FastClock, live_server
from toolkit.answers.answer import Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.clock import FrozenClock
from toolkit.model.instants import HOUR, MINUTE, format_instant
from toolkit.server.thread import ServerThread
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolkit.server.thread import ServerThread as Server
    from toolkit.testing import Teraslice

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
            record(running.url, target=target)
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


async def shown(url: str) -> tuple[list[int], str]:
    """Run the app headless until its tables are filled; gives their rows and what it says."""
    app = TerasliceApp(url, interval=60, request_timeout=30)
    async with app.run_test(size=(200, 60)) as pilot:
        for _ in range(200):
            await pilot.pause(0.05)
            rows = [table.row_count for table in app.query(DataTable)]
            if rows and all(rows):
                break
        app.client.close()
        return rows, "\n".join(str(widget.render()) for widget in app.query("Static"))


def test_its_terminal_app_shows_our_jobs(server: Server) -> None:
    """The app fills its tables with our records and shows no error."""
    rows, text = asyncio.run(shown(server.url))

    assert len(rows) == 3
    assert all(rows)
    assert "rror:" not in text


NOOP = {"_op": "noop"}
FULL = {
    "name": "run-a",
    "lifecycle": "persistent",
    "workers": 2,
    "operations": [{"_op": "test-reader"}, {"_op": "delay", "ms": 100}, {"_op": "noop"}],
}
"""A job with everything that ts-topy demands."""
RATE = 50
"""How much faster than the wall's the clock of a commanded cluster runs."""


@pytest.fixture
def commanded() -> Iterator[httpx.Client]:
    """An empty cluster for commands."""
    scenario = Scenario.from_table(NAMED["empty"].table)
    clock = FastClock(scenario.epoch, RATE)
    with live_server(scenario, clock) as server, httpx.Client(base_url=server.url, timeout=PATIENCE) as client:
        yield client


def command(client: httpx.Client, path: str, body: Any = None) -> dict[str, Any]:
    """Give a command that is granted."""
    given: dict[str, Any] = client.post(path, json=body).raise_for_status().json()
    return given


def wait_for(client: httpx.Client, ex_id: str, status: str) -> None:
    """Wait for an execution's status."""
    deadline = time.monotonic() + PATIENCE
    while (now := client.get(f"/ex/{ex_id}").json()["_status"]) != status:
        assert time.monotonic() < deadline, now
        time.sleep(0.02)


def test_it_shows_what_clients_started(commanded: httpx.Client) -> None:
    """Executions by command, whether new, paused, scaled, failed, stopped or recovered, pass its models."""
    url = str(commanded.base_url)
    broken = {**FULL, "name": "broken", "operations": [{"_op": "test-reader", "slicer_data_file_path": "/no"}, NOOP]}
    failing = {**FULL, "name": "failing", "operations": [{"_op": "test-reader", "fetcher_data_file_path": "/no"}, NOOP]}
    once = {**FULL, "name": "once", "lifecycle": "once"}
    idle = command(commanded, "/jobs?start=false", {**FULL, "name": "idle"})["job_id"]
    for job, status in ((broken, "failed"), (failing, "failing"), (once, "completed")):
        wait_for(commanded, command(commanded, "/jobs", job)["ex_id"], status)
    first, second = (command(commanded, "/jobs", FULL) for _ in range(2))
    for posted in (first, second):
        wait_for(commanded, posted["ex_id"], "running")
    command(commanded, f"/ex/{second['ex_id']}/_pause")
    command(commanded, f"/ex/{first['ex_id']}/_workers?add=2")
    command(commanded, f"/jobs/{idle}/_start")
    command(commanded, f"/jobs/{idle}/_stop")
    command(commanded, f"/jobs/{idle}/_recover")

    with TerasliceClient(url) as client:
        jobs = client.fetch_jobs(size=1000)
        executions = client.fetch_execution_contexts(size=1000)
        controllers = client.fetch_controllers()
        state = client._fetch_json("/v1/cluster/state")
    assert sorted(job.name for job in jobs) == ["broken", "failing", "idle", "once", "run-a", "run-a"]
    assert {execution.status for execution in executions} >= {
        "failed",
        "failing",
        "completed",
        "running",
        "paused",
        "stopped",
    }
    assert {first["ex_id"], second["ex_id"]} <= {controller.ex_id for controller in controllers}
    assert all(controller.started for controller in controllers)
    nodes = ClusterState(nodes={key: Node(**node) for key, node in state.items()})
    assert nodes.active_workers == sum(len(node.active) for node in nodes.nodes.values())

    rows, text = asyncio.run(shown(url))
    assert all(rows)
    assert "rror:" not in text


def test_what_it_cannot_read_on_a_real_cluster_it_cannot_read_here(commanded: httpx.Client) -> None:
    """A job without lifecycle and workers stays without them, as Teraslice keeps it; its execution has them."""
    command(commanded, "/jobs", {"name": "bare", "operations": FULL["operations"]})

    with TerasliceClient(str(commanded.base_url)) as client:
        with pytest.raises(ValidationError) as error:
            client.fetch_jobs()
        assert {fault["loc"] for fault in error.value.errors()} == {("lifecycle",), ("workers",)}
        assert [execution.name for execution in client.fetch_execution_contexts()] == ["bare"]


async def watched(cluster: Teraslice, last: str) -> tuple[set[str], set[str]]:
    """Run the app until the clock is at an instant; gives all its tables showed, and all it said."""
    app = TerasliceApp(cluster.url, interval=1, request_timeout=30)
    cells, said = set(), set()
    async with app.run_test(size=(200, 60)) as pilot:
        while cluster.clock.text < last:
            await pilot.pause(0.25)
            tables = app.query(DataTable)
            cells |= {str(cell) for table in tables for row in table.rows for cell in table.get_row(row)}
            said |= {str(widget.render()) for widget in app.query("Static")}
        app.client.close()
    return cells, said


def test_it_shows_a_whole_hour_in_a_minute(tmp_path: Path) -> None:
    """A replay at 60 times the normal speed: every execution of the hour comes by, and never an error."""
    from toolkit.generate import generate  # noqa: PLC0415 - only here

    first, last = SCENARIO.epoch, SCENARIO.epoch + HOUR
    bundle = generate(SCENARIO, first, last, tmp_path / "hour")
    timeline = read_bundle(bundle).timeline
    with toolkit.serve(bundle=bundle, speed=60) as cluster:
        cells, said = asyncio.run(watched(cluster, format_instant(last)))
        asked = [(one.path, one.status) for one in cluster.requests]

    assert {status for _, status in asked} == {200}
    assert len(asked) > 3 * 30
    statuses = {change.after for change in timeline.changes(first, last)}
    assert {"running", "stopping"} <= statuses & cells
    assert not [text for text in said if "rror:" in text]
