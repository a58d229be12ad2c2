"""ts-topy's own mock server, recorded."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import uvicorn
from ts_topy import mock_server
from ts_topy.client import TerasliceClient

from tests.recorder.fake_cluster import StepClock
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed
from toolkit.answers.answer import Cluster
from toolkit.clock import FrozenClock
from toolkit.server.thread import ServerThread

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def mock() -> Iterator[str]:
    """Run the mock server in a thread, on a free port."""
    server = uvicorn.Server(uvicorn.Config(mock_server.app, log_level="critical"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


def without_moving(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Leave out what the mock server draws anew for each request."""
    return [{key: value for key, value in record.items() if key != "_updated"} for record in records]


@pytest.mark.parametrize("redact", [False, True])
def test_it_is_recorded_whole(tmp_path: Path, redact: bool) -> None:  # noqa: FBT001 - a parameter of the test
    """Every record that the mock server shows is in the bundle; nodes and jobs, which stand still, exactly."""
    with mock() as url:
        shown = {path: httpx.get(f"{url}/v1{path}?size=10000").json() for path in ("/cluster/state", "/jobs", "/ex")}
        path = record(
            url,
            every_ms=1000,
            for_ms=2000,
            target=tmp_path / "mock",
            redact=redact,
            force=False,
            say=lambda _: None,
            around=StepClock().around(),
        )
    replayed = Replayed(path)
    jobs, executions = replayed.ask("/jobs?size=10000"), replayed.ask("/ex?size=10000")

    assert [job["job_id"] for job in jobs] == [job["job_id"] for job in shown["/jobs"]]
    assert [execution["ex_id"] for execution in executions] == [execution["ex_id"] for execution in shown["/ex"]]
    assert replayed.origin["absent"] == ["assets", "stats"]
    if not redact:
        assert replayed.ask("/cluster/state") == shown["/cluster/state"]
        assert jobs == shown["/jobs"]
        assert replayed.ask("/") == {"message": "Mock Teraslice API Server", "version": "1.0.0"}


def test_ts_topy_reads_the_recording(tmp_path: Path) -> None:
    """ts-topy's own client reads a redacted recording of its mock server as it reads the mock server."""
    with mock() as url:
        path = record(
            url,
            every_ms=1,
            for_ms=0,
            target=tmp_path / "mock",
            redact=True,
            force=False,
            say=lambda _: None,
            around=StepClock().around(),
        )
        with TerasliceClient(url) as client:
            jobs, executions = len(client.fetch_jobs()), len(client.fetch_execution_contexts())
    timeline = Replayed(path).bundle.timeline
    with (
        ServerThread(Cluster(timeline, None, "replay"), FrozenClock(timeline.first)) as server,
        TerasliceClient(server.url) as client,
    ):
        assert (len(client.fetch_jobs()), len(client.fetch_execution_contexts())) == (jobs, executions)
