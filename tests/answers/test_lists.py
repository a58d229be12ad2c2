"""Lists: what a real cluster answered, and what must hold of any list."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.answers.answer import Cluster, Request, Response, answer, begin, finish
from toolkit.model.instants import HOUR, parse_instant
from toolkit.model.wire import dumps, etag, pretty
from toolkit.query.select import select
from toolkit.timeline.view import NEVER
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Track
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Callable

OBSERVED = json.loads((Path(__file__).parents[1] / "data" / "observed-lists.json").read_text())
IDS = {"jobs": "job_id", "executions": "ex_id", "errors": "slice_id"}
SCENARIO = Scenario(seed=4, jobs=60)
T = SCENARIO.epoch + HOUR


def cluster_of(**documents: list[dict[str, Any]]) -> Cluster:
    """Make a cluster that stands still with the given records."""
    tracks = {name: [Track(id=one[IDS[name]], doc=one) for one in held] for name, held in documents.items()}
    return Cluster(TrackTimeline(tracks, 0, NEVER), None, "replay")


REAL = cluster_of(
    jobs=OBSERVED["jobs"] + OBSERVED["deleted_jobs"],
    executions=OBSERVED["executions"] + OBSERVED["deleted_executions"],
    errors=OBSERVED["errors"],
)
EVERY = {one[key]: one for name, key in IDS.items() for one in OBSERVED[name] + OBSERVED.get(f"deleted_{name}", [])}
LIVE = Cluster(LiveTimeline(SCENARIO, MemoryLog()), None, "live")


def get(target: str, cluster: Cluster = LIVE, t: int = T) -> Response:
    """Ask."""
    return answer(cluster, t, Request("GET", target))


def body(target: str, cluster: Cluster = LIVE) -> Any:
    """Ask and read."""
    return json.loads(get(target, cluster).body)


@pytest.mark.parametrize("exchange", OBSERVED["exchanges"], ids=lambda e: e["target"])
def test_lists_are_the_observed_ones(exchange: dict[str, Any]) -> None:
    """Status, order and bytes are those of the real cluster."""
    got = get(exchange["target"], REAL)
    read = json.loads(got.body)
    if "message" in exchange:
        assert read == {"error": exchange["status"], "message": exchange["message"]}
    else:
        expected = [EVERY[one] for one in exchange["ids"]]
        if "ex" in exchange["target"].partition("?")[2].split("&")[0].split("=")[0].split():
            expected = [{**one, "ex": {}} for one in expected]
        assert dumps(read) == dumps(expected)
    assert got.status == exchange["status"]
    if "etag" in exchange:
        assert etag(got.body) == exchange["etag"]


def test_deleted_records_are_in_lists_of_their_own() -> None:
    """`deleted=true` and `deleted=` show only deleted records, any other list none of them, filtered or not."""
    assert len(body("/v1/jobs?deleted=", REAL)) == len(OBSERVED["deleted_jobs"])
    assert len(body("/v1/jobs?active=any&filter=*", REAL)) == len(OBSERVED["jobs"])
    assert body("/v1/jobs?deleted=true&active=true", REAL) == []
    assert body("/v1/jobs?filter=_deleted:true", REAL) == []
    assert body("/v1/jobs?deleted=true&filter=_deleted:true&size=3", REAL) == body("/v1/jobs?deleted=true&size=3", REAL)
    assert body("/v1/ex?deleted=true&status=stopped,completed&size=100", REAL) == OBSERVED["deleted_executions"]
    kept = {**OBSERVED["jobs"][0], "_deleted": False}
    for query in ("", "?filter=*", "?active=true"):
        assert body(f"/v1/jobs{query}", cluster_of(jobs=[kept])) == [kept]
    assert body("/v1/jobs?deleted=true&deleted=true")["error"] == 400


def test_the_newest_execution_comes_with_its_job() -> None:
    """Chosen fields, in OpenSearch's order; all of them; nothing of one that is deleted, if its fields say so."""
    observed = OBSERVED["job with selected fields"]
    execution = next(e for e in OBSERVED["executions"] if e["_slicer_stats"] == observed["ex"]["_slicer_stats"])
    assert dumps(select(execution, observed["asked"])) == dumps(observed["ex"])
    for chosen in OBSERVED["latest selected"]:
        assert list(chosen) == list(select(chosen, ["_slicer_stats.processed", "_status", "ex_id"]))

    gone = OBSERVED["deleted_executions"][0]
    job = {"job_id": gone["job_id"], "_created": gone["_created"], "_updated": gone["_updated"]}
    older = {**gone, "ex_id": "0", "_created": "2020-01-01T00:00:00.000Z"}
    cluster = cluster_of(jobs=[job], executions=[older, gone])
    path = f"/v1/jobs/{job['job_id']}"
    assert body(f"{path}?ex", cluster) == {**job, "ex": {}}
    assert body(f"{path}?ex=ex_id,,_status", cluster)["ex"] == {"ex_id": gone["ex_id"], "_status": gone["_status"]}
    assert body(f"{path}?ex=a&ex=b", cluster) == job
    assert body("/v1/jobs?ex=bogus", cluster) == [{**job, "ex": {}}]


def test_every_job_has_the_newest_of_its_executions() -> None:
    """Live, at several instants: the one with the newest `_created`, or none."""
    for t in (SCENARIO.epoch, T, T + 200 * HOUR):
        latest: dict[str, dict[str, Any]] = {}
        for one in json.loads(get("/v1/ex?sort=_created:asc&size=10000", t=t).body):
            latest[one["job_id"]] = one
        jobs = json.loads(get("/v1/jobs?ex", t=t).body)
        assert [one["ex"] for one in jobs] == [latest.get(one["job_id"], {}) for one in jobs]
    assert LIVE.timeline.at(T).latest_execution("nope").value is None


PREDICATES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "_status:running": lambda e: e["_status"] == "running",
    "_status:(failed OR stopped)": lambda e: e["_status"] in {"failed", "stopped"},
    "workers:>3": lambda e: e["workers"] > 3,
    "workers:[2 TO 5}": lambda e: 2 <= e["workers"] < 5,
    "_has_errors:true": lambda e: e["_has_errors"] is True,
    "lifecycle:o*": lambda e: e["lifecycle"].startswith("o"),
    "_exists_:slicer_port": lambda e: "slicer_port" in e,
    "_created:>now-2d": lambda e: parse_instant(e["_created"]) > T - 48 * HOUR,
    "bogus:x": lambda _e: False,
}


@settings(max_examples=60, deadline=None)
@given(
    one=st.sampled_from(sorted(PREDICATES)),
    other=st.sampled_from(sorted(PREDICATES)),
    how=st.sampled_from(["AND", "OR", "AND NOT"]),
    start=st.integers(0, 5),
    size=st.integers(0, 200),
    sort=st.sampled_from(["", "_created:asc", "ex_id:desc"]),
)
def test_a_filtered_list_is_the_whole_list_filtered(  # noqa: PLR0913, PLR0917 - drawn
    one: str, other: str, how: str, start: int, size: int, sort: str
) -> None:
    """Whatever the filter, page and order, the answer is what Python makes of the whole list."""
    rules = {"AND": lambda a, b: a and b, "OR": lambda a, b: a or b, "AND NOT": lambda a, b: a and not b}
    whole = body("/v1/ex?size=10000")
    expected = [e for e in whole if rules[how](PREDICATES[one](e), PREDICATES[other](e))]
    if sort:
        field, _, direction = sort.partition(":")
        expected.sort(key=lambda e: e["ex_id"])
        expected.sort(key=lambda e: e[field], reverse=direction == "desc")
    text = quote(f"({one}) {how} ({other})")
    got = get(f"/v1/ex?filter={text}&from={start}&size={size}&sort={sort}")
    assert json.loads(got.body) == expected[start : start + size]
    assert (got.until == T + 1) == ("now" in text)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["filter", "sort", "status", "deleted", "active", "ex"]), st.text(max_size=40))
def test_any_value_of_a_parameter_is_answered(name: str, value: str) -> None:
    """Nothing but 200 and 400, on each list, and on the errors of an execution of any id."""
    value = quote(value.encode("utf-8", "replace").decode(), safe="")
    for path in ("/v1/jobs", "/ex", "/v1/ex/errors"):
        assert get(f"{path}?{name}={value}").status in {200, 400}
    assert get(f"/v1/ex/{value or 'x'}/errors").status in {200, 400, 405}


@pytest.mark.parametrize(
    ("query", "status", "begins"),
    [
        ("sort=a&sort=b&size=-1", 500, "sort parameter must be a string, got a,b"),
        ("sort=a&sort=b&size=x", 500, "size parameter must be a integer, got x"),
        ("size=-1&filter=((", 400, "OpenSearch Error: Illegal Argument: Reason: [Size] Parameter"),
        (
            "size=20000&filter=((",
            400,
            "OpenSearch Error: Search Phase Execution: [Query Shard] Reason: Failed To Parse",
        ),
        ("size=20000&sort=name", 400, "OpenSearch Error: Search Phase Execution: [Illegal Argument] Reason: Text"),
        (
            "size=20000&sort=_created",
            400,
            "OpenSearch Error: Search Phase Execution: [Illegal Argument] Reason: Result",
        ),
        ("filter=a&filter=(", 400, "OpenSearch Error: Search Phase Execution: [Query Shard] Reason: Failed To Parse"),
        ("deleted=x&size=x", 400, "deleted query option must true or false"),
    ],
)
def test_checks_come_in_teraslices_order(query: str, status: int, begins: str) -> None:
    """Teraslice's own checks first, then OpenSearch's: page, query, sort, window."""
    got = get(f"/v1/jobs?{query}")
    assert got.status == status
    assert json.loads(got.body)["message"].startswith(begins)


def test_statuses_are_a_list_with_commas_or_given_again() -> None:
    """Blanks around commas go; given again, each value is one status."""
    both = body("/v1/ex?status=running,%20stopped,")
    assert {e["_status"] for e in both} == {"running", "stopped"}
    assert body("/v1/ex?status=running&status=stopped") == both
    assert body("/v1/ex?status=running,stopped&status=nope") == []
    assert get("/v1/ex?status=a%22b").status == 400


def test_a_long_search_comes_in_steps() -> None:
    """A search over everything yields often, and its answer is the one that comes at once."""
    begun = begin(LIVE, T, Request("GET", "/v1/ex?filter=zebra%20OR%20" + "%20OR%20".join(["name:x"] * 200)))
    assert not isinstance(begun, Response)
    assert sum(1 for _ in begun) > 1
    for target in ("/v1/jobs", "/v1/ex?size=20", "/v1/ex/errors"):
        assert isinstance(begin(LIVE, T, Request("GET", target)), Response)
    many = cluster_of(jobs=[{"job_id": f"{i:03}", "_updated": "2026-01-01T00:00:00.000Z"} for i in range(205)])
    begun = begin(many, T, Request("GET", "/v1/jobs?ex&size=205"))
    assert not isinstance(begun, Response)
    made = finish(begun)
    assert made.body == pretty(
        [{"job_id": f"{i:03}", "_updated": "2026-01-01T00:00:00.000Z", "ex": {}} for i in range(205)]
    )


def test_a_full_page_of_the_newest_stops_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked at beyond the page when the order is the list's own."""
    view = LIVE.timeline.at(T)
    asked: list[int] = []
    fetch = type(view).executions

    def counted(self: Any, start: int, size: int) -> Any:
        asked.append(start)
        return partial(fetch, self)(start, size)

    monkeypatch.setattr(type(view), "executions", counted)
    assert len(body("/v1/ex?filter=*&size=1")) == 1
    assert asked == [0]
    assert body("/v1/ex?filter=*&size=0") == []
    assert asked == [0]


def test_a_recorded_job_may_lack_its_id() -> None:
    """Nothing is its execution, and the rest of the list is answered."""
    job = {"name": "odd", "_updated": "2026-01-01T00:00:00.000Z"}
    cluster = Cluster(TrackTimeline({"jobs": [Track(id="x", doc=job)]}, 0, NEVER), None, "replay")
    assert body("/v1/jobs?ex", cluster) == [{**job, "ex": {}}]
