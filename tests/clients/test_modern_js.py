"""The requests that Teraslice's JavaScript client 3.x makes, as raw HTTP: npm only has its version 0.1.0.

What it sends: `Accept: application/json`, an agent of its own, JSON with plain `application/json`, streams as chunks
and buffers with a length, both without a content type; empty POSTs; `cleanup` where the API says `cleanup_type`.
"""

from __future__ import annotations

import io
import json
import time
import zipfile
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.serving import PATIENCE, FastClock, live_server
from toolkit.model.status import TERMINAL
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIO = Scenario.from_table(NAMED["empty"].table)
RATE = 50
"""How much faster than the wall's the cluster's clock runs."""
JOB = {
    "name": "run-a",
    "lifecycle": "persistent",
    "workers": 2,
    "operations": [{"_op": "test-reader"}, {"_op": "noop"}],
}


def an_asset() -> bytes:
    """Make the zip of an asset with a reader of its own."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("asset.json", '{"name": "mine", "version": "1.0.0"}')
        bundle.writestr("my_reader/fetcher.js", "")
        bundle.writestr("my_reader/slicer.js", "")
    return buffer.getvalue()


class Client:
    """Sends what the client sends."""

    def __init__(self, url: str) -> None:
        """Keep a connection, as its agent does."""
        headers = {"User-Agent": "Teraslice Client", "Accept": "application/json"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE)

    def send(self, method: str, path: str, *, data: Any = None, **query: Any) -> httpx.Response:
        """Make a request; `/v1` goes before all but the tables, values become texts as JavaScript writes them."""
        below = path if path.startswith("/txt") else f"/v1{path}"
        said = {key: value if isinstance(value, str) else json.dumps(value) for key, value in query.items()}
        raw = not isinstance(data, (dict, list))
        content = data if raw else json.dumps(data)
        return self.http.request(
            method, below, params=said, content=content, headers={} if raw else {"Content-Type": "application/json"}
        )

    def ask(self, method: str, path: str, *, data: Any = None, **query: Any) -> Any:
        """Make a request that is granted; gives the parsed answer."""
        response = self.send(method, path, data=data, **query)
        assert response.is_success, response.text
        return response.json()

    def workers(self, ex_id: str) -> int:
        """Count an execution's workers in the cluster state."""
        nodes = self.ask("GET", "/cluster/state").values()
        processes = [process for node in nodes for process in node["active"]]
        return sum(one["assignment"] == "worker" and one["ex_id"] == ex_id for one in processes)

    def wait_for(self, job_id: str, target: str) -> str:
        """Poll as `waitForStatus` does: the job's latest execution once, that execution afterwards."""
        path, deadline = f"/jobs/{job_id}/ex", time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            execution = self.ask("GET", path)
            path, status = f"/ex/{execution['ex_id']}", str(execution["_status"])
            if status == target or status in TERMINAL:
                return status
            time.sleep(0.02)
        pytest.fail(f"no {target}")


@pytest.fixture
def client() -> Iterator[Client]:
    """The client on an empty cluster."""
    with live_server(SCENARIO, FastClock(SCENARIO.epoch, RATE)) as server:
        client = Client(server.url)
        with client.http:
            yield client


def test_an_asset_comes_in_chunks_without_a_content_type(client: Client) -> None:
    """As a stream and as a buffer; the second is the same asset. A job then runs what is in it."""
    asset = an_asset()
    job = {"name": "own", "assets": ["mine"], "operations": [{"_op": "my_reader"}, {"_op": "noop"}]}
    refused = client.send("POST", "/jobs", data=job, start=True)
    sent = client.send(
        "POST", "/assets", data=(asset[at : at + 100] for at in range(0, len(asset), 100)), blocking=True
    )
    again = client.send("POST", "/assets", data=asset, blocking=True)

    assert refused.status_code == 500
    assert 'No assets found for "mine"' in refused.json()["message"]
    assert sent.request.headers["Transfer-Encoding"] == "chunked"
    assert "Content-Type" not in sent.request.headers
    assert "Content-Type" not in again.request.headers
    assert (sent.status_code, again.status_code) == (201, 200)
    assert sent.json() == again.json()
    assert [one["id"] for one in client.ask("GET", "/assets/mine/1.0.0")] == [sent.json()["asset_id"]]

    job_id = client.ask("POST", "/jobs", data=job, start=True)["job_id"]
    assert client.wait_for(job_id, "running") == "running"
    assert client.ask("GET", f"/jobs/{job_id}/ex")["assets"] == [sent.json()["asset_id"]]
    assert client.ask("DELETE", f"/assets/{sent.json()['asset_id']}") == sent.json()


def test_a_job_from_submission_to_deletion(client: Client) -> None:
    """Empty POSTs, polling, a partial update by GET and PUT, workers as the cluster state has them."""
    stored = client.ask("POST", "/jobs", data=JOB, start=False)
    job_id = stored["job_id"]
    never = client.send("GET", f"/jobs/{job_id}/ex")
    assert (never.status_code, never.json()["message"]) == (404, f"No execution was found for job {job_id}")

    ex_id = client.ask("POST", f"/jobs/{job_id}/_start")["ex_id"]
    assert client.wait_for(job_id, "running") == "running"
    assert client.ask("POST", f"/ex/{ex_id}/_pause") == {"status": "paused"}
    assert client.wait_for(job_id, "paused") == "paused"
    assert client.ask("POST", f"/ex/{ex_id}/_resume") == {"status": "running"}
    assert client.ask("POST", f"/jobs/{job_id}/_workers", total=4) == {
        "message": f"2 workers have been enqueued for execution: {ex_id}"
    }
    deadline = time.monotonic() + PATIENCE
    while (workers := client.workers(ex_id)) != 4:
        assert time.monotonic() < deadline, workers
        time.sleep(0.02)

    changed = {**client.ask("GET", f"/jobs/{job_id}"), "workers": 3}
    assert client.ask("PUT", f"/jobs/{job_id}", data=changed)["workers"] == 3
    assert client.ask("POST", f"/ex/{ex_id}/_stop", blocking=False) == {"status": "stopping"}
    assert client.wait_for(job_id, "running") == "stopped"
    assert client.workers(ex_id) == 0
    assert client.ask("DELETE", f"/jobs/{job_id}")["_deleted"] is True
    assert client.ask("GET", "/jobs", active=True, deleted=False) == []


def test_it_recovers_with_cleanup(client: Client) -> None:
    """`cleanup` counts where `cleanup_type` is not given, and a wrong one is refused by the name that the API has."""
    job = {**JOB, "operations": [{"_op": "data_generator"}, {"_op": "noop"}], "assets": ["standard"]}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr("asset.json", '{"name": "standard", "version": "1.0.0"}')
        bundle.writestr("data_generator/fetcher.js", "")
    client.ask("POST", "/assets", data=buffer.getvalue(), blocking=True)
    posted = client.ask("POST", "/jobs", data=job, start=True)
    job_id = posted["job_id"]
    client.wait_for(job_id, "running")
    assert client.ask("POST", f"/jobs/{job_id}/_stop") == {"status": "stopped"}

    refused = client.send("POST", f"/jobs/{job_id}/_recover", cleanup="some")
    assert (refused.status_code, refused.json()["message"]) == (
        400, "cleanup_type must be empty or set to all, errors, pending"
    )  # fmt: skip
    recovered = client.ask("POST", f"/jobs/{job_id}/_recover", cleanup="errors")["ex_id"]
    execution = client.ask("GET", f"/ex/{recovered}")
    assert (execution["recovered_execution"], execution["recovered_slice_type"]) == (posted["ex_id"], "errors")
    assert client.wait_for(job_id, "completed") == "completed"


def test_tables_and_errors_are_taken_as_they_come(client: Client) -> None:
    """Tables are texts whatever is accepted; a message, or a text under `error`, is what the client shows."""
    for name in ("assets", "slicers", "ex", "jobs", "nodes", "workers"):
        table = client.send("GET", f"/txt/{name}")
        assert table.headers["Content-Type"] == "text/html; charset=utf-8"
        assert table.text.endswith("\n")
    unknown = client.send("GET", "/jobs/nope")
    assert (unknown.status_code, unknown.json()["error"], unknown.json()["message"]) == (
        404, 404, "OpenSearch Error: Response Error"
    )  # fmt: skip
    short = client.send("DELETE", "/assets/abc")
    assert short.status_code == 400
    assert "message" not in short.json()
    assert short.json()["error"].startswith("asset abc is not formatted correctly")
