"""Members that clients set and Teraslice does not look at: the lists, single reads and the replay agree on them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.transcripts.clusters import empty
from tests.contract.watching import PATHS, Picture, replay_of
from tests.jobs.clusters import asset_zip
from toolkit.answers.answer import Cluster, Request, Response, answer
from toolkit.model.instants import SECOND
from toolkit.world.commands import MemoryLog
from toolkit.world.timeline import LiveTimeline

JOB = {"operations": [{"_op": "test-reader"}, {"_op": "noop"}], "lifecycle": "persistent"}
VALUES = (True, "true", ["true"], False, "false", None, "x", {"a": 1}, 1)


def check_agreement(name: str, value: Any, *, put: bool) -> None:
    """Post or put a job with a member, let it run and stop it, and look at it on the way."""
    scenario = empty()
    log, epoch = MemoryLog(), scenario.epoch
    timeline = LiveTimeline(scenario, log)
    live = Cluster(timeline, log, "live")

    def ask(after: int, method: str, path: str, body: Any = None) -> Response:
        request = Request(method, path, body=json.dumps(body).encode(), content_type="application/json")
        return answer(live, epoch + after, request if body is not None else Request(method, path))

    posted = ask(5, "POST", "/jobs", JOB if put else JOB | {name: value})
    if posted.status != 200:
        return
    job_id = json.loads(posted.body)["job_id"]
    if put:
        ask(6, "PUT", f"/jobs/{job_id}", JOB | {"active": False, name: value})
    for after, word in ((12, "_pause"), (13, "_resume"), (15, "_stop?blocking=false"), (25, "_start")):
        ask(after * SECOND, "POST", f"/jobs/{job_id}/{word}")
    last = epoch + 32 * SECOND
    replay = replay_of(timeline, last)
    for t in (epoch + 5, epoch + 6, epoch + 9 * SECOND, epoch + 12_100, epoch + 15_500, last):
        answers = {path: answer(live, t, Request("GET", path)).body for path in PATHS}
        assert answers == {path: answer(replay, t, Request("GET", path)).body for path in PATHS}
        Picture(answers).check()


@pytest.mark.parametrize(
    "name",
    [
        "_deleted",
        "_deleted_on",
        "_status",
        "_created",
        "_updated",
        "_context",
        "_slicer_stats",
        "name",
        "slicer_port",
        "slicer_hostname",
        "recovered_execution",
        "recovered_slice_type",
        "slicers",
        "other",
    ],
)
def test_members_of_any_kind_set_nothing_apart(name: str) -> None:
    """A job that says that it is deleted is so for lists, commands and the replay alike, and its execution with it."""
    for value in VALUES:
        check_agreement(name, value, put=False)
        check_agreement(name, value, put=True)


def test_what_is_undone_at_its_own_instant_is_in_no_bundle() -> None:
    """A job before whose first instant is over another world begins, an asset that is deleted at once."""
    scenario = empty()
    log, t = MemoryLog(), scenario.epoch + SECOND
    timeline = LiveTimeline(scenario, log)
    live = Cluster(timeline, log, "live")
    zipped = asset_zip('{"name": "own", "version": "1.0.0"}')
    asset = json.loads(answer(live, t, Request("POST", "/v1/assets", body=zipped)).body)["asset_id"]
    answer(live, t, Request("DELETE", f"/v1/assets/{asset}"))
    posted = Request("POST", "/v1/jobs", body=json.dumps(JOB).encode(), content_type="application/json")
    assert answer(live, t, posted).status == 200
    assert answer(live, t, Request("POST", "/v1/data/refresh")).status == 200

    replay = replay_of(timeline, t + SECOND)
    for at in (t - 1, t, t + SECOND):
        for path in PATHS:
            assert answer(live, at, Request("GET", path)).body == answer(replay, at, Request("GET", path)).body
