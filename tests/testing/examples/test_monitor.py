"""A monitor's tests: the cluster is asked over HTTP in the process, and time is an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

if TYPE_CHECKING:
    from toolkit.testing import Teraslice


def failing(client: httpx.Client) -> list[str]:
    """Stand for the code under test: the names of failing executions."""
    return [ex["name"] for ex in client.get("/v1/ex").json() if ex["_status"] == "failing"]


def test_what_fails_is_shown(teraslice: Teraslice) -> None:
    """The cluster is the same in every run: seed 1, frozen at 2026-01-01T00:00:00Z."""
    with httpx.Client(transport=teraslice.transport, base_url="http://teraslice:5678") as client:
        assert failing(client) == ["reindex-users-5"]

        teraslice.clock.advance("1h")
        assert failing(client) == []

    assert [asked.path for asked in teraslice.requests] == ["/v1/ex", "/v1/ex"]


def test_a_job_is_stopped(teraslice: Teraslice) -> None:
    """Instead of sleeping, the clock is moved to where the execution is as it should be."""
    ex_id = teraslice.post_job(JOB)["ex_id"]
    teraslice.wait_for(ex_id, "running")
    teraslice.clock.advance("10m")
    teraslice.stop(ex_id)
    teraslice.wait_for(ex_id, "stopped")

    assert teraslice.get(f"/v1/ex/{ex_id}")["_status"] == "stopped"
    assert teraslice.at("-5m").get(f"/v1/ex/{ex_id}")["_status"] == "running"


@pytest.mark.teraslice(scenario="busy", seed=7, at="+1h")
def test_another_cluster(teraslice: Teraslice) -> None:
    """A mark says which cluster it is: a scenario and a seed, or a bundle, and the instant."""
    assert teraslice.clock.text == "2026-01-01T01:00:00.000Z"
    assert len(teraslice.get("/v1/jobs?size=100")) == 40


def test_a_real_server(teraslice: Teraslice) -> None:
    """Clients that want a socket get one: a port of the test's own, on this machine."""
    assert httpx.get(f"{teraslice.url}/v1/ex").status_code == 200


JOB = {
    "name": "copy",
    "lifecycle": "persistent",
    "workers": 1,
    "operations": [{"_op": "test-reader"}, {"_op": "noop"}],
}
