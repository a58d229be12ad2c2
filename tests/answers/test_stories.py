"""Stories over HTTP: which there are, telling one, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from toolkit.answers.answer import Cluster, Request, answer
from toolkit.model.instants import MINUTE
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.stories import TALES
from toolkit.world.timeline import LiveTimeline

SCENARIO = Scenario(seed=9)
T = SCENARIO.epoch + MINUTE
PATH = "/_toolkit/stories"


def live(scenario: Scenario = SCENARIO) -> Cluster:
    """Make a live cluster."""
    log = MemoryLog()
    return Cluster(LiveTimeline(scenario, log), log, "live")


def ask(cluster: Cluster, method: str, target: str, said: Any = None, t: int = T) -> tuple[int, Any]:
    """Ask for something; gives the status and what is answered."""
    sent = {} if said is None else {"body": json.dumps(said).encode(), "content_type": "application/json"}
    response = answer(cluster, t, Request(method, target, **sent))
    return response.status, json.loads(response.body)


@pytest.mark.parametrize("name", TALES)
def test_a_story_is_told(name: str) -> None:
    """An entry of the log at the request's instant; the answer says until when, and what it touches."""
    cluster = live()
    status, told = ask(cluster, "POST", PATH, {"story": name, "for": "2m"})

    assert status == 200
    assert (told["story"], told["at"], told["until"]) == (name, "2026-01-01T00:01:00.000Z", "2026-01-01T00:03:00.000Z")
    assert told["nodes"] or told["executions"]
    for ex_id in told["executions"]:
        assert ask(cluster, "GET", f"/v1/ex/{ex_id}")[0] == 200
    assert set(told["nodes"]) <= set(ask(cluster, "GET", "/v1/cluster/state", t=T - 1)[1])
    entry = ask(cluster, "GET", "/_toolkit/commands")[1]["commands"][0]["entry"]
    assert entry == {"do": "story", "story": name, "for_ms": 2 * MINUTE}


def test_what_is_named_is_touched() -> None:
    """A node by its id, an execution by its own or its job's."""
    cluster = live()
    (controller, *_) = ask(cluster, "GET", "/v1/ex?status=running")[1]
    node = ask(cluster, "POST", PATH, {"story": "node-loss", "node": "ts-worker-04"})[1]
    by_job = ask(live(), "POST", PATH, {"story": "backlog", "job": controller["job_id"]})[1]
    by_id = ask(live(), "POST", PATH, {"story": "backlog", "ex": controller["ex_id"]})[1]

    assert node["nodes"] == ["ts-worker-04"]
    assert by_job["executions"] == by_id["executions"] == [controller["ex_id"]]


def test_a_second_story_is_told_of_itself() -> None:
    """The answer is about the story that was asked for, also where another one comes later."""
    cluster = live()
    ask(cluster, "POST", PATH, {"story": "stuck-slicer"}, t=T + 10 * MINUTE)
    answer(cluster, T + 10 * MINUTE, Request("GET", "/v1/ex"))
    told = ask(cluster, "POST", PATH, {"story": "node-loss"})[1]

    assert told["nodes"]
    assert told["at"] == "2026-01-01T00:01:00.000Z"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ({}, "story is None, it must be one of node-loss, workers-drop"),
        ({"story": "flood"}, "story is 'flood', it must be one of"),
        ({"story": ["flood"]}, "story is ['flood'], it must be"),
        ({"story": "x" * 99}, "xx..., it must be one of"),
        ({"story": "node-loss", "for": "soon"}, "for is 'soon', it must be a duration from 1s to 365d, such as 5m"),
        ({"story": "node-loss", "for": "10ms"}, "for is '10ms', it must be"),
        ({"story": "node-loss", "for": "366d"}, "for is '366d', it must be"),
        ({"story": "node-loss", "for": 5}, "for is 5, it must be"),
        ({"story": "node-loss", "node": "ts-master"}, "node is 'ts-master', it must be the node_id of a node other"),
        ({"story": "node-loss", "node": "ts-worker-99"}, "node is 'ts-worker-99', which is not there"),
        ({"story": "node-loss", "node": 4}, "node is 4, it must be"),
        ({"story": "node-loss", "ex": "a"}, "ex is 'a', it is not known of node-loss: it takes for, node"),
        ({"story": "backlog", "ex": "nope"}, "ex is 'nope', which is not there at this instant"),
        ({"story": "backlog", "job": "nope"}, "job is 'nope', which is not there at this instant"),
        ({"story": "backlog", "ex": ""}, "ex is '', it must be an ex_id"),
        ({"story": "backlog", "ex": "a", "job": "b"}, "job is 'b', it must be left out where ex says"),
        ({"story": "backlog", "count": 0}, "count is 0, it must be a whole number from 1 to 10000"),
        ({"story": "backlog", "count": True}, "count is True, it must be"),
        ({"story": "workers-drop", "share": 0}, "share is 0, it must be a number above 0, at most 1"),
        ({"story": "workers-drop", "share": 1.5}, "share is '1.5', it must be"),
        ({"story": "workers-drop", "share": True}, "share is True, it must be"),
        ({"story": "workers-drop", "at": "1m"}, "at is '1m', it is not known of workers-drop"),
        ([], "the body must be a JSON object, sent as application/json"),
    ],
)
def test_what_is_wrong_is_named(said: Any, text: str) -> None:
    """A 400 that names the field, what it is and what it must be; nothing is kept."""
    cluster = live()
    status, refused = ask(cluster, "POST", PATH, said)

    assert status == refused["error"] == 400
    assert text in refused["message"]
    assert "\n" not in refused["message"]
    assert cluster.log is not None
    assert cluster.log.sequence == 0


@pytest.mark.parametrize("name", [name for name in TALES if "node" not in name and name != "rolling-restart"])
def test_a_story_that_finds_nothing_is_refused(name: str) -> None:
    """A 409 that says what it needs; nothing is kept. Where it would find something later, it is told then."""
    cluster = live(Scenario(seed=9, jobs=0))
    status, refused = ask(cluster, "POST", PATH, {"story": name})

    assert status == refused["error"] == 409
    assert refused["message"].startswith(f"cannot tell the story: {name} needs a running execution")
    assert " found none at 2026-01-01T00:01:00.000Z; choose another instant" in refused["message"]
    assert cluster.log is not None
    assert cluster.log.sequence == 0


@pytest.mark.parametrize("name", ["node-loss", "rolling-restart"])
def test_a_story_of_nodes_needs_no_execution(name: str) -> None:
    """A node is lost whether or not anything runs there; one that is away already is not lost again."""
    cluster = live(Scenario(seed=9, jobs=0, nodes_least=2))
    assert ask(cluster, "POST", PATH, {"story": name})[1]["nodes"] == ["ts-worker-1"]
    status, refused = ask(cluster, "POST", PATH, {"story": "node-loss"})

    assert status == 409
    assert "node-loss needs a node besides the master's that is there, and found none" in refused["message"]


def test_what_comes_later_does_not_count() -> None:
    """A story finds what runs at its own instant, whatever the log holds of later ones."""
    cluster = live()
    later = ask(cluster, "POST", PATH, {"story": "failing-job", "count": 10_000}, t=T + MINUTE)[1]
    assert ask(cluster, "POST", PATH, {"story": "failing-job"}, t=T + MINUTE)[0] == 409
    assert later["executions"]
    assert ask(cluster, "POST", PATH, {"story": "failing-job"})[0] == 200


def test_a_body_that_is_not_read_is_refused() -> None:
    """As any body that is not JSON by its type."""
    sent = Request("POST", PATH, body=b'{"story": "backlog"}', content_type="text/plain")

    assert answer(live(), T, sent).status == 400


def test_every_story_is_listed() -> None:
    """With what it does, how long it lasts, and what it takes; the same on replay, where none can be told."""
    cluster = live()
    tracks = Bundled(LiveTimeline(SCENARIO, MemoryLog()), T, T).tracks()
    replay = Cluster(TrackTimeline({name: list(found) for name, found in tracks.items()}, T, T), None, "replay")
    listed = ask(cluster, "GET", PATH)

    assert listed[0] == 200
    assert [each["story"] for each in listed[1]["stories"]] == list(TALES)
    assert all(each["parameters"][0]["name"] == "for" for each in listed[1]["stories"])
    assert ask(replay, "GET", PATH) == listed
    assert ask(replay, "POST", PATH, {"story": "backlog"})[0] == 409
    assert ask(cluster, "GET", f"/v1{PATH}")[0] == 405


@pytest.mark.parametrize("word", ["_pause", "_resume"])
def test_an_execution_without_a_controller_obeys_nobody(word: str) -> None:
    """Where its controller is lost it is not available; it can be stopped."""
    cluster = live()
    told = ask(cluster, "POST", PATH, {"story": "node-loss"})[1]
    view = cluster.timeline.at(T + MINUTE)
    running = [
        ex_id
        for ex_id in told["executions"]
        if view.controller(ex_id).value is None and view.execution(ex_id).value.fields["_status"] == "running"  # type: ignore[union-attr]
    ]

    do = word.removeprefix("_")
    assert ask(cluster, "POST", f"/v1/ex/{running[0]}/{word}", t=T + MINUTE) == (
        500, {"error": 500, "message": f"Execution {running[0]} is not available to {do}"},
    )  # fmt: skip
    for more in ("_workers?add=3", "_stop?blocking=false"):
        assert ask(cluster, "POST", f"/v1/ex/{running[0]}/{more}", t=T + MINUTE)[0] == 200
    assert ask(cluster, "GET", f"/v1/ex/{running[0]}", t=T + 2 * MINUTE)[1]["_status"] == "stopped"


def test_workers_of_a_lost_node_are_not_in_the_table() -> None:
    """`/txt/workers` shows connected nodes only."""
    cluster = live()
    node = ask(cluster, "POST", PATH, {"story": "node-loss"})[1]["nodes"][0]
    tables = [answer(cluster, t, Request("GET", "/txt/workers")).body.decode() for t in (T - 1, T)]

    assert node in tables[0]
    assert node not in tables[1]
