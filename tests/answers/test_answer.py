"""Answers beyond what was recorded: conditional requests, parameters, commands, the OpenAPI document."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import openapi_spec_validator
import pytest

from toolkit.answers.answer import Cluster, Request, Response, answer
from toolkit.answers.exchange import JSON
from toolkit.answers.openapi import document
from toolkit.answers.routes import ROUTES
from toolkit.model.instants import HOUR, MINUTE
from toolkit.timeline.view import NEVER
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

SCENARIO = Scenario(seed=9)
T = SCENARIO.epoch + HOUR


def live() -> Cluster:
    """Make a live cluster with a log."""
    log = MemoryLog()
    return Cluster(LiveTimeline(SCENARIO, log), log, "live")


def get(target: str, cluster: Cluster | None = None, method: str = "GET", t: int = T, **headers: str) -> Response:
    """Ask a cluster."""
    return answer(cluster or live(), t, Request(method, target, headers.get("tag"), headers.get("cache")))


def body(response: Response) -> Any:
    """Read an answer's JSON."""
    return json.loads(response.body)


READS = [route for route in ROUTES if route.method == "GET" and route.documented and route.tag != "control"]


@pytest.mark.parametrize("route", READS, ids=lambda r: r.name)
def test_every_prefix_gives_the_same_bytes(route: Any) -> None:
    """A route answers alike with and without /v1, in any letter case and with a slash at its end, as its own type."""
    cluster = live()
    first = cluster.timeline.at(T).executions(0, 1).value[0].fields
    ids = {"job_id": first["job_id"], "ex_id": first["ex_id"], "name": "kafka", "version": "5.3.0"}
    path = route.path.format(**ids)
    answers = [get(prefix + path, cluster) for prefix in route.prefixes]
    answers += [get(prefix + path.rstrip("/") + "/", cluster) for prefix in route.prefixes]
    if path == route.path:
        answers.append(get((route.prefixes[-1] + path).upper(), cluster))

    assert {a.status for a in answers} == {200}
    assert len({a.body for a in answers}) == 1
    if route.content == JSON:
        msgspec.json.decode(answers[0].body, type=route.returns)
    content = {value for one in answers for name, value in one.headers if name.lower() == "content-type"}
    assert content == {route.content}


def test_a_matching_etag_gives_304_without_content() -> None:
    """`If-None-Match` with the current ETag, alone, in a list, strong or `*`, gives 304 and no content headers."""
    tag = dict(get("/v1/jobs").headers)["ETag"]
    for sent in (tag, f'"x", {tag}', tag.removeprefix("W/"), "*"):
        response = get("/v1/jobs", tag=sent)
        assert (response.status, response.body) == (304, b"")
        assert [name for name, _ in response.headers] == ["X-Powered-By", "ETag"]


def test_other_etags_and_no_cache_give_the_body() -> None:
    """Another ETag, `Cache-Control: no-cache` and an error never give 304."""
    tag = dict(get("/v1/jobs").headers)["ETag"]

    assert get("/v1/jobs", tag='W/"1-x"').status == 200
    assert get("/v1/jobs", tag=tag, cache="no-cache").status == 200
    assert get("/v1/nope", tag="*").status == 405
    assert get("/v1/jobs/%zz", tag="*").status == 500


def test_head_has_the_headers_of_get_and_no_body() -> None:
    """HEAD gives GET's headers, Content-Length included, and nothing else."""
    head, full = get("/v1/ex", method="HEAD"), get("/v1/ex")

    assert (head.status, head.headers, head.body) == (200, full.headers, b"")


def test_options_lists_the_methods_of_a_route() -> None:
    """OPTIONS answers with the sorted methods, as text and as Allow."""
    response = get("/v1/ex", method="OPTIONS")

    assert (response.status, response.body) == (200, b"GET, HEAD")
    assert dict(response.headers)["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("query", "start", "size"),
    [
        ("", 0, 100), ("size=", 0, 100), ("size=3", 0, 3), ("size=1.9&from=2", 2, 1), ("size=1e1", 0, 10),
        ("from=0x10", 16, 100),
        ("size=%205", 0, 5), ("size=+5", 0, 5), ("from=4&", 4, 100), ("size=10000", 0, 10_000), ("unknown=1", 0, 100),
        ("size=-0.5", 0, 0), ("deleted=false&sort=_updated:desc&active=maybe&filter=", 0, 100),
    ],
)  # fmt: skip
def test_pages_are_what_size_and_from_say(query: str, start: int, size: int) -> None:
    """Numbers are read as Teraslice reads them: empty is the default, decimals are cut."""
    whole = body(get("/v1/jobs?size=10000"))

    assert body(get(f"/v1/jobs?{query}")) == whole[start : start + size]


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("from=abc", 500, "from parameter must be a integer, got abc"),
        ("size=1x", 500, "size parameter must be a integer, got 1x"),
        ("from=1&from=", 500, "from parameter must be a integer, got 1,"),
        ("size=inf", 500, "size parameter must be a integer, got inf"),
        ("size=9e999", 500, "size parameter must be a integer, got 9e999"),
        ("size=%D9%A3", 500, "size parameter must be a integer, got \u0663"),
        ("from=-3", 400, "OpenSearch Error: Illegal Argument: Reason: [From] Parameter Cannot Be Negative, Found [-3]"),
    ],
)
def test_bad_pages_are_refused_in_teraslices_words(query: str, status: int, message: str) -> None:
    """A page that cannot be is an error, never a guess."""
    response = get(f"/v1/ex?{query}")

    assert (response.status, body(response)) == (status, {"error": status, "message": message})


def test_the_window_ends_at_10000() -> None:
    """`from + size` may be 10,000 and not more."""
    assert get("/v1/ex?from=9900").status == 200
    refused = get("/v1/ex?from=9901")
    assert refused.status == 400
    assert "But Was [10001]" in body(refused)["message"]


def test_a_refresh_makes_a_new_world_from_its_instant_on() -> None:
    """After a refresh nothing is left of the old records from that instant on, and nothing changed before it."""
    cluster = live()
    before = {target: get(target, cluster, t=T - 1).body for target in ("/v1/jobs", "/v1/ex", "/v1/cluster/state")}
    old = body(get("/v1/jobs", cluster))[0]["job_id"]
    response = get("/v1/data/refresh", cluster, method="POST")
    new = body(get("/v1/jobs", cluster))

    assert response.until == 0
    assert body(response) == {
        "message": "All data refreshed",
        "counts": {
            "nodes": len(body(get("/v1/cluster/state", cluster))),
            "controllers": 15,
            "jobs": 25,
            "execution_contexts": len(body(get("/v1/ex?size=10000", cluster))),
        },
    }
    assert old not in {job["job_id"] for job in new}
    assert get(f"/v1/jobs/{old}", cluster).status == 404
    assert get(f"/v1/jobs/{old}", cluster, t=T - 1).status == 200
    for target, text in before.items():
        made = get(target, cluster, t=T - 1)
        assert made.body == text
        assert made.until <= T
    get("/v1/data/refresh", cluster, method="POST", t=T + HOUR)
    get("/v1/data/refresh", cluster, method="POST", t=T - MINUTE)
    assert len({get("/v1/jobs", cluster, t=t).body for t in (SCENARIO.epoch, T - MINUTE, T, T + HOUR)}) == 4
    assert get("/v1/data/refresh", cluster, method="GET").status == 405


def test_the_same_log_gives_the_same_bytes() -> None:
    """Two clusters with one scenario and one log answer alike, however they got there."""
    one, two = live(), live()
    for cluster in (one, two):
        if cluster is one:
            get("/v1/ex", cluster)
        get("/v1/data/refresh", cluster, method="POST")

    assert get("/v1/ex", one, t=T + 1).body == get("/v1/ex", two, t=T + 1).body


def test_replay_refuses_commands_in_one_clear_sentence() -> None:
    """A cluster without a log answers a refresh with 409 and what to do instead."""
    replay = Cluster(LiveTimeline(SCENARIO, MemoryLog()), None, "replay")
    response = get("/v1/data/refresh", replay, method="POST")

    assert response.status == 409
    assert "serve --live" in body(response)["message"]
    assert body(get("/_toolkit/healthz", replay))["mode"] == "replay"


def test_an_instant_outside_the_world_is_a_400() -> None:
    """Asking before the epoch or after ten years is refused and never kept."""
    for t in (SCENARIO.epoch - 1, SCENARIO.last + 1):
        response = get("/v1/jobs", t=t)
        assert (response.status, response.until) == (400, 0)
        assert "the world is defined from" in body(response)["message"]


def test_the_openapi_document_is_valid_and_has_every_route() -> None:
    """The document validates as OpenAPI 3.1 and names each route of the table with each prefix."""
    described = document("live")
    openapi_spec_validator.validate(described)  # type: ignore[arg-type]  # a plain dict is what it takes
    operations = [operation for path in described["paths"].values() for operation in path.values()]

    assert described["openapi"] == "3.1.0"
    assert sorted(operation["operationId"] for operation in operations) == sorted(
        route.name for route in ROUTES if route.documented
    )


def test_refusals_that_never_change_hold_for_ever() -> None:
    """A 405 is served from ready-made bytes for as long as the server runs."""
    assert get("/v1/nope").until == NEVER


def test_what_a_recording_does_not_hold_is_refused() -> None:
    """Error records that were never asked for are a 501, not an empty list."""
    replay = Cluster(LiveTimeline(SCENARIO, MemoryLog()), None, "replay", frozenset({"errors"}))

    assert get("/v1/ex/x/errors", replay).status == 501
    assert get("/v1/ex/errors", replay).body == b"[]"


def test_the_errors_of_a_jobs_latest_execution_can_be_filtered() -> None:
    """A filter below a job is applied to its latest execution's records, as on the execution itself."""
    cluster = live()
    executions = [record.fields for record in cluster.timeline.at(T).executions(0, 200).value]
    failing = next(
        e for e in executions if cluster.timeline.at(T).errors(e["ex_id"]).value and e["_status"] == "running"
    )
    of_job = get(f"/v1/jobs/{failing['job_id']}/errors?filter=slicer_order:>0&size=3", cluster)
    of_execution = get(f"/v1/ex/{failing['ex_id']}/errors?filter=slicer_order:>0&size=3", cluster)

    assert (of_job.status, of_job.body) == (200, of_execution.body)
    assert 0 < len(body(of_job)) <= 3
