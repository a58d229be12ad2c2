"""The same cluster without pytest: in a script, or under another test framework."""

from __future__ import annotations

import toolkit


def test_a_deployment() -> None:
    """A cluster is served inside a `with` block, in the process or by `cluster.url` over a socket."""
    with toolkit.serve(scenario="empty") as cluster, cluster.client() as client:
        posted = client.post("/v1/jobs", json=JOB).json()
        cluster.wait_for(posted["ex_id"], "running")

        assert client.get(f"/v1/jobs/{posted['job_id']}/ex").json()["_status"] == "running"


JOB = {"name": "copy", "lifecycle": "persistent", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
