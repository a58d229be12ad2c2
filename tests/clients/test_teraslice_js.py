"""A real client: Teraslice's own for JavaScript, as npm has it, reads a cluster and drives one."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.serving import PATIENCE, live_server, toolkit
from toolkit.clock import FrozenClock
from toolkit.model.instants import MINUTE
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent / "js"
NODE, NPM = shutil.which("node"), shutil.which("npm")
SCENARIO = Scenario(seed=11)
UNREACHABLE = (
    "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
)  # fmt: skip
"""What npm says without a network."""

pytestmark = pytest.mark.skipif(
    NODE is None or NPM is None, reason="no node or no npm on this machine: Teraslice's own client is not run"
)


@pytest.fixture(scope="session")
def modules(request: pytest.FixtureRequest) -> Path:
    """Give the folder of the client and what it needs, which npm puts into pytest's cache when its version is new."""
    wanted = (HERE / "package.json").read_bytes()
    cache = request.config.cache
    assert cache is not None
    target = cache.mkdir("teraslice-client-js") / hashlib.sha256(wanted).hexdigest()[:16]
    if not target.exists():
        made = target.with_name(f"{target.name}.{os.getpid()}")
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir()
        (made / "package.json").write_bytes(wanted)
        done = subprocess.run(
            [
                str(NPM),
                "install",
                "--no-package-lock",
                "--no-audit",
                "--no-fund",
                "--ignore-scripts",
                "--fetch-retries=1",
                "--fetch-timeout=30000",
                "--loglevel=error",
            ],
            cwd=made,
            capture_output=True,
            text=True,
            check=False,
        )
        if any(f"code {code}" in done.stderr for code in UNREACHABLE):
            shutil.rmtree(made)
            pytest.skip(f"npm cannot reach its registry, so Teraslice's own client is not run: {done.stderr}")
        assert done.returncode == 0, done.stderr
        try:
            made.rename(target)
        except OSError:  # another process was faster
            shutil.rmtree(made)
    return target / "node_modules"


class Threw(Exception):
    """The client threw an error: its message and code."""


class Client:
    """The client in a process of Node's, which makes one call after the other."""

    def __init__(self, modules: Path, url: str) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            [str(NODE), "--no-deprecation", str(HERE / "calls.cjs"), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "NODE_PATH": str(modules)},
        )

    def call(self, on: str, call: str, *given: Any) -> Any:
        """Make a call on `cluster`, `jobs` or `assets`, or on the job of an id, and give what it gives."""
        target = {"on": on} if on in {"cluster", "jobs", "assets"} else {"job": on}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**target, "call": call, "with": given}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "threw" in answer:
            raise Threw(answer["threw"]["message"], answer["threw"].get("code"))
        return answer.get("gave")

    def stop(self) -> None:
        """End the process."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """A generated cluster that stands still."""
    with live_server(SCENARIO, FrozenClock(SCENARIO.epoch + MINUTE)) as server:
        yield server.url


@pytest.fixture(scope="module")
def reader(modules: Path, url: str) -> Iterator[Client]:
    """The client on that cluster."""
    client = Client(modules, url)
    yield client
    client.stop()


def test_it_reads_the_cluster(reader: Client, url: str) -> None:
    """State, totals, controllers and tables are what the routes answer."""
    for call, path in (("state", "/cluster/state"), ("stats", "/cluster/stats"), ("slicers", "/cluster/slicers")):
        assert reader.call("cluster", call) == httpx.get(url + path).json()
    for path in ("/", "/cluster/controllers", "/v1/jobs", "/v1/ex", "/v1/assets"):
        assert reader.call("cluster", "get", path) == httpx.get(url + path).json()
    for name in ("assets", "slicers", "ex", "jobs", "nodes", "workers", "ex?fields=ex_id&headers=false"):
        assert reader.call("cluster", "txt", name) == httpx.get(f"{url}/txt/{name}").text


def test_it_lists_executions(reader: Client, url: str) -> None:
    """By status, by query, and with its own `*`, which Teraslice takes for a status that nothing has."""
    every = httpx.get(f"{url}/v1/ex?size=1000").json()
    assert reader.call("jobs", "list", {"size": 1000}) == every
    assert reader.call("jobs", "list", "running,stopped") == httpx.get(f"{url}/v1/ex?status=running,stopped").json()
    assert reader.call("jobs", "list") == []
    assert reader.call("jobs", "list", {"filter": "lifecycle:once", "sort": "workers:asc", "size": 3}) == (
        httpx.get(f"{url}/v1/ex?filter=lifecycle:once&sort=workers:asc&size=3").json()
    )


def test_it_reads_a_job(reader: Client, url: str) -> None:
    """A job's record, latest execution, controller, errors and processes; and it waits for a status that is there."""
    execution = next(one for one in httpx.get(f"{url}/v1/ex").json() if one["_status"] == "running")
    job_id = execution["job_id"]
    assert reader.call(job_id, "spec") == httpx.get(f"{url}/v1/jobs/{job_id}").json()
    assert reader.call(job_id, "ex") == execution["ex_id"]
    assert reader.call(job_id, "status") == "running"
    assert reader.call(job_id, "waitForStatus", "running") == "running"
    assert reader.call(job_id, "slicer") == httpx.get(f"{url}/v1/jobs/{job_id}/controller").json()
    assert reader.call(job_id, "errors") == httpx.get(f"{url}/v1/jobs/{job_id}/errors").json()
    workers = reader.call(job_id, "workers")
    assert len(workers) == reader.call(job_id, "slicer")[0]["workers_joined"]
    assert {worker["assignment"] for worker in workers} == {"worker"}


def test_it_understands_our_errors(reader: Client, url: str) -> None:
    """Message and code of an error are those that it shows for Teraslice's."""
    stopped = next(one for one in httpx.get(f"{url}/v1/ex").json() if one["_status"] == "stopped")
    latest = httpx.get(f"{url}/v1/jobs/{stopped['job_id']}/ex").json()
    for on, call, given, message, code in (
        ("nope", "status", (), "No execution was found for job nope", 404),
        ("nope", "spec", (), "OpenSearch Error: Response Error", 404),
        ("cluster", "get", ("/nope",), "cannot GET endpoint /nope", 405),
        ("jobs", "list", ({"size": "x"},), "size parameter must be a integer, got x", 500),
    ):
        with pytest.raises(Threw) as threw:
            reader.call(on, call, *given)
        assert threw.value.args == (message, code)
    if latest["_status"] == "stopped":
        with pytest.raises(Threw, match='Job cannot reach the target status, "running", because it is in the terminal'):
            reader.call(stopped["job_id"], "waitForStatus", "running")


NOT_STARTED = PARSED = True
"""What the client calls its flags: a job is only stored, an answer that comes as text is read."""
JOB = {
    "name": "run-a",
    "lifecycle": "persistent",
    "workers": 2,
    "analytics": True,
    "operations": [{"_op": "test-reader"}, {"_op": "delay", "ms": 300}, {"_op": "noop"}],
}


def small_asset() -> bytes:
    """Make an asset's zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as bundle:
        bundle.writestr(zipfile.ZipInfo("asset.json"), '{"name": "tiny", "version": "1.0.0", "node_version": 22}')
        bundle.writestr(zipfile.ZipInfo("index.js"), "export const ASSETS = {};")
    return buffer.getvalue()


@pytest.fixture
def driver(modules: Path) -> Iterator[Client]:
    """The client on a fresh, empty cluster whose clock runs."""
    with toolkit("serve", "--live", "--scenario", "empty", "-p", "0") as process:
        client = Client(modules, process.url())
        yield client
        client.stop()


def test_it_drives_a_job(driver: Client) -> None:
    """From its submission over pause, workers, stop and recovery to its deletion, with the real cluster's answers."""
    job_id = driver.call("jobs", "submit", JOB)["job_id"]
    assert driver.call(job_id, "status") in {"pending", "scheduling", "initializing"}
    with pytest.raises(Threw, match="is currently running, cannot have the same job concurrently running"):
        driver.call(job_id, "start")
    assert driver.call(job_id, "waitForStatus", "running", 200, 60_000) == "running"
    ex_id = driver.call(job_id, "ex")
    assert [one["ex_id"] for one in driver.call("jobs", "list", "running")] == [ex_id]
    assert driver.call(job_id, "pause") == {"status": "paused"}
    assert driver.call(job_id, "status") == "paused"
    assert driver.call(job_id, "resume") == {"status": "running"}
    assert driver.call(job_id, "changeWorkers", "add", 2) == {
        "message": f"2 workers have been enqueued for execution: {ex_id}"
    }
    with pytest.raises(Threw, match="cannot delete a running job"):
        driver.call("jobs", "delete", f"/jobs/{job_id}")
    assert driver.call(job_id, "stop", {"blocking": False}) == {"status": "stopping"}
    assert driver.call(job_id, "stop") == {"status": "stopped"}
    assert driver.call("cluster", "slicers") == []
    with pytest.raises(Threw) as threw:
        driver.call(job_id, "pause")
    assert threw.value.args == (f"no active execution context was found for ex_id: {ex_id}", 404)
    recovered = driver.call(job_id, "recover")
    assert recovered["job_id"] == job_id
    assert recovered["ex_id"] == driver.call(job_id, "ex") != ex_id
    driver.call(job_id, "stop")
    deleted = driver.call("jobs", "delete", f"/jobs/{job_id}")
    assert (deleted["_deleted"], deleted["active"]) == (True, False)
    assert driver.call("jobs", "list", {}) == driver.call("jobs", "get", "/jobs") == []
    with pytest.raises(Threw) as threw:
        driver.call(job_id, "start")
    assert threw.value.args == (f"Job {job_id} has been deleted and cannot be started.", 410)


def test_it_keeps_jobs_and_assets(driver: Client) -> None:
    """A job that is not started, refused jobs; an asset that is uploaded as plain bytes, listed and deleted."""
    job_id = driver.call("jobs", "submit", JOB, NOT_STARTED)["job_id"]
    assert list(driver.call(job_id, "spec")) == [*JOB, "job_id", "_context", "_created", "_updated"]
    with pytest.raises(Threw) as threw:
        driver.call(job_id, "status")
    assert threw.value.args == (f"No execution was found for job {job_id}", 404)
    with pytest.raises(Threw) as threw:
        driver.call("jobs", "submit", {})
    assert threw.value.args == ("No job was posted", 400)

    asset = small_asset()
    asset_id = hashlib.sha1(base64.b64encode(asset), usedforsecurity=False).hexdigest()
    sent = {"$base64": base64.b64encode(asset).decode()}
    for _ in range(2):
        assert driver.call("assets", "post", sent, PARSED) == {"asset_id": asset_id}
    assert [one["id"] for one in driver.call("assets", "get", "/assets/tiny")] == [asset_id]
    assert driver.call("assets", "delete", asset_id, PARSED) == {"asset_id": asset_id}
    assert driver.call("assets", "get", "/assets") == []
    with pytest.raises(Threw, match=f"Unable to find asset {asset_id}"):
        driver.call("assets", "delete", asset_id, PARSED)
    with pytest.raises(Threw, match="File type not recognized as zip"):
        driver.call("assets", "post", {"$base64": base64.b64encode(b"no zip").decode()}, PARSED)
