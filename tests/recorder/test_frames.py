"""Frames: what is asked for, what comes of it, and what a frame says about what is missing."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, Reply, plain
from tests.recorder.listing import Listing
from toolkit.answers.answer import Cluster
from toolkit.clock import FrozenClock, RunningClock
from toolkit.errors import RecordError
from toolkit.model.instants import HOUR, format_instant
from toolkit.query.mapping import ERRORS
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client, Limits
from toolkit.recorder.frames import FrameReader, Seen
from toolkit.server.thread import ServerThread
from toolkit.timeline.view import NEVER
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Callable

TICK = 1_700_000_000_000


def read(
    url: str,
    *,
    frames: int = 1,
    errors: bool = False,
    between: Callable[[int], None] | None = None,
    limits: Limits = QUICK,
) -> list[Seen]:
    """Read so many frames; `between` is told the number of each that comes after the first."""

    async def reading() -> list[Seen]:
        seen = []
        async with Client(parse_address(url), limits) as client:
            reader = FrameReader(client, "URL", errors)
            for number in range(frames):
                if number and between:
                    between(number)
                seen.append(await reader.read(TICK + number))
        return seen

    return asyncio.run(reading())


def text(record: Any) -> bytes:
    """Write a record as the fake cluster does."""
    return json.dumps(record).encode()


def test_a_frame_holds_every_record_as_it_came() -> None:
    """A frame has every list's records with their keys, letter by letter."""
    state = '{"n 1": {"node_id":"x"} , "é":{}}'
    answers = plain(jobs=[{"job_id": "j1", "a": 1.5}, {"job_id": 7}]) | {
        "/v1/cluster/state": Reply(body=state.encode())
    }
    with FakeCluster(answers) as cluster:
        (seen,) = read(cluster.url)

    assert seen.records == {
        "info": [("info", text(answers["/"]))],
        "nodes": [("n 1", b'{"node_id":"x"}'), ("é", b"{}")],
        "controllers": [],
        "jobs": [("j1", b'{"job_id": "j1", "a": 1.5}'), ("", b'{"job_id": 7}')],
        "executions": [("x1", b'{"ex_id": "x1", "job_id": "j1"}')],
        "stats": [("stats", text(answers["/v1/cluster/stats"]))],
        "assets": [],
    }
    assert (seen.t, seen.gaps, seen.absent, seen.cut) == (TICK, {}, frozenset(), {})
    assert seen.skew_ms >= 0


def test_what_is_no_record_is_a_gap_beside_the_records() -> None:
    """Entries that are no records are left out and counted once, the rest of the list is kept."""
    executions = [{"ex_id": f"x{n}", "_updated": format_instant(TICK - n)} for n in range(1_500)]

    def page(query: dict[str, str]) -> Any:
        found = [1, *executions, 2]
        return found[int(query["from"]) :][: int(query["size"])]

    controllers = b'[{"ex_id":"x"},null,{"a":"\xff"}]'
    with FakeCluster(
        plain(executions=[]) | {"/v1/cluster/controllers": Reply(body=controllers), "/v1/ex": page}
    ) as cluster:
        (seen,) = read(cluster.url)

    assert seen.gaps == {"controllers": "2 entries that are no records", "executions": "2 entries that are no records"}
    assert seen.records["controllers"] == [("x", b'{"ex_id":"x"}')]
    assert [key for key, _ in seen.records["executions"]] == [execution["ex_id"] for execution in executions]


def test_a_restart_of_the_cluster_is_recorded_as_it_shows() -> None:
    """A master that starts answers 500, then has no nodes: gaps first, then what there is; nothing stays missing."""
    starting = Reply(500, b'{"error":"api is not available"}')

    def move(number: int) -> None:
        cluster.answers = dict.fromkeys(plain(), starting) if number == 1 else plain() | {"/v1/cluster/state": {}}

    with FakeCluster(plain()) as cluster:
        before, during, after = read(cluster.url, frames=3, between=move)

    assert during.records == {}
    assert set(during.gaps.values()) == {"status 500"}
    assert during.gaps.keys() == before.records.keys()
    assert (after.records["nodes"], after.gaps) == ([], {})


def test_a_cluster_that_starts_is_waited_for() -> None:
    """At the first frame, a master that is not ready yet is asked again, and refused in one line when it stays so."""
    starting = Reply(500, b'{"error":"api is not available"}')
    replies = {path: iter([starting] * (QUICK.attempts - 1)) for path in plain()}

    def answer(path: str) -> Callable[[Any], Any]:
        return lambda _query: next(replies[path], plain()[path])

    with FakeCluster({path: answer(path) for path in plain()}) as cluster:
        (seen,) = read(cluster.url)
    assert not seen.gaps

    with (
        FakeCluster(dict.fromkeys(plain(), starting)) as cluster,
        pytest.raises(RecordError, match="status 500; check"),
    ):
        read(cluster.url)


def test_a_live_cluster_of_25_000_executions_is_read_whole() -> None:
    """Our own server's lists, longer than its window, come whole, once each and in order, all at one instant."""
    scenario = Scenario(jobs=16_000, history_most=3)
    timeline = LiveTimeline(scenario, MemoryLog())
    clock = RunningClock(scenario.epoch + HOUR, NEVER)
    with ServerThread(Cluster(timeline, None, "live"), clock) as server:
        (seen,) = read(server.url, limits=Limits(timeout_s=60))
    view = timeline.at(seen.t)
    executions = view.executions(0, 100_000).value

    assert len(executions) > 25_000
    assert (seen.gaps, seen.cut) == ({}, {})
    assert [key for key, _ in seen.records["executions"]] == [record.fields["ex_id"] for record in executions]
    assert [key for key, _ in seen.records["jobs"]] == [r.fields["job_id"] for r in view.jobs(0, 100_000).value]


def failing(**executions: dict[str, Any]) -> list[dict[str, Any]]:
    """Make executions by their ids."""
    return [{"ex_id": ex_id, "_updated": format_instant(TICK), **fields} for ex_id, fields in executions.items()]


def errors_of(ex_id: str, count: int) -> list[dict[str, Any]]:
    """Make error records, newest first; those of different executions alternate."""
    return [
        {"slice_id": f"{ex_id}-{n}", "ex_id": ex_id, "state": "error", "_updated": format_instant(TICK - 10 * n)}
        for n in range(count)
    ]


def error_ids(seen: Seen) -> list[str]:
    """Give the ids of the error records."""
    return [key for key, _ in seen.records["errors"]]


def test_errors_of_failing_executions_are_recorded() -> None:
    """Executions whose controller, statistics or status tell of failed slices are asked for their errors; no others."""
    executions = failing(
        controlled={"_status": "running"},
        counted={"_status": "completed", "_slicer_stats": {"failed": 1}},
        flagged={"_status": "terminated", "_has_errors": True},
        old={"_status": "failed", "_has_errors": "true"},
        fine={"_status": "running", "_has_errors": True, "_slicer_stats": {"failed": 0}},
        odd={"_status": ["failed"], "_has_errors": {}, "_slicer_stats": []},
        ended={"_status": "failed", "_has_errors": False},
    )
    executions.append({"_slicer_stats": {"failed": 1}})
    controllers = [{"ex_id": "controlled", "failed": 2}, {"ex_id": "fine", "failed": 0}, {"ex_id": 5, "failed": True}]
    lists = {f"/v1/ex/{ex_id}/errors": errors_of(ex_id, 2) for ex_id in ("controlled", "counted", "flagged", "old")}
    with FakeCluster(plain(executions=executions) | {"/v1/cluster/controllers": controllers} | lists) as cluster:
        (seen,) = read(cluster.url, errors=True)

        assert {path for path in cluster.asked if "errors" in path} == lists.keys()
        assert "errors" not in read(cluster.url)[0].records
    assert error_ids(seen) == [f"{ex_id}-{n}" for n in (0, 1) for ex_id in ("controlled", "counted", "flagged", "old")]
    assert seen.records["errors"][0][1] == text(errors_of("controlled", 1)[0])
    assert not seen.gaps


def test_errors_are_asked_for_again_only_when_there_may_be_more() -> None:
    """The errors of last time are given again until a count or the execution changes."""
    path = "/v1/ex/x/errors"

    def move(number: int) -> None:
        if number == 2:
            cluster.answers["/v1/ex"] = failing(x={"_slicer_stats": {"failed": 3}})
            cluster.answers[path] = errors_of("x", 3)
        if number == 3:
            cluster.answers["/v1/ex"] = [{**cluster.answers["/v1/ex"][0], "_updated": format_instant(TICK + 1)}]
        if number == 4:
            cluster.answers["/v1/ex"] = Reply(500)
        asked.append(cluster.asked[path])

    asked: list[int] = []
    answers = plain(executions=failing(x={"_slicer_stats": {"failed": 2}})) | {path: errors_of("x", 2)}
    with FakeCluster(answers) as cluster:
        frames = read(cluster.url, frames=6, errors=True, between=move)

    assert asked == [1, 1, 2, 3, 3]
    assert [len(error_ids(seen)) for seen in frames] == [2, 2, 3, 3, 3, 3]


def test_errors_that_search_does_not_show_yet_are_asked_for_again() -> None:
    """Fewer errors than the count says are asked for once more, as search lags behind; not for ever."""
    path = "/v1/ex/x/errors"
    answers = plain(executions=failing(x={"_slicer_stats": {"failed": 2}})) | {path: errors_of("x", 1)}
    with FakeCluster(answers) as cluster:
        read(cluster.url, frames=8, errors=True)

        assert cluster.asked[path] == 2


def test_an_execution_that_is_gone_takes_its_errors_along() -> None:
    """The errors of an execution that is no longer listed are not in the frame either."""

    def move(_: int) -> None:
        cluster.answers["/v1/ex"] = []

    answers = plain(executions=failing(x={"_slicer_stats": {"failed": 1}})) | {"/v1/ex/x/errors": errors_of("x", 1)}
    with FakeCluster(answers) as cluster:
        first, second = read(cluster.url, frames=2, errors=True, between=move)

    assert (error_ids(first), error_ids(second)) == (["x-0"], [])


def test_errors_that_cannot_be_read_are_a_gap() -> None:
    """What failed is told by number and reason; the errors of last time stay, those of the others come."""
    ids = ("a", "b", "c", "d")

    def move(_: int) -> None:
        cluster.answers["/v1/ex"] = failing(**{ex_id: {"_slicer_stats": {"failed": 2}} for ex_id in ids})
        cluster.answers |= {"/v1/ex/a/errors": errors_of("a", 2), "/v1/ex/b/errors": Reply(500)}
        cluster.answers |= {"/v1/ex/c/errors": Reply(500), "/v1/ex/d/errors": Reply(body=b"<html>")}

    answers = plain(executions=failing(**{ex_id: {"_slicer_stats": {"failed": 1}} for ex_id in ids[:3]}))
    lists = {f"/v1/ex/{ex_id}/errors": errors_of(ex_id, 1) for ex_id in ids}
    with FakeCluster(answers | lists) as cluster:
        first, second = read(cluster.url, frames=2, errors=True, between=move)

    assert not first.gaps
    assert second.gaps == {"errors": "1 execution: HTML instead of JSON, 2 executions: status 500"}
    assert error_ids(second) == ["a-0", "b-0", "c-0", "a-1"]


def test_clusters_without_error_lists() -> None:
    """An old cluster that has no such lists is noted as such, and asked once a frame, not for every execution."""
    executions = failing(**{f"x{n}": {"_slicer_stats": {"failed": 1}} for n in range(5)})
    with FakeCluster(plain(executions=executions)) as cluster:
        first, second = read(cluster.url, frames=2, errors=True)

        assert sum(count for path, count in cluster.asked.items() if "errors" in path) == 5 + 1
    assert (first.absent, second.absent) == ({"errors"}, {"errors"})
    assert "errors" not in first.records | first.gaps


def test_errors_come_whole_and_once() -> None:
    """An execution with more errors than a page is read to the end, whatever its id looks like."""
    records = errors_of("x", 1_500)
    listing = Listing(records, id_field="slice_id", mapping=ERRORS)
    answers = plain(executions=failing(**{"a/b?c": {"_slicer_stats": {"failed": 1_500}}}))
    with FakeCluster(answers | {"/v1/ex/a%2Fb%3Fc/errors": listing}) as cluster:
        (seen,) = read(cluster.url, errors=True)

    assert error_ids(seen) == [record["slice_id"] for record in records]


def test_what_is_no_error_record_is_left_out() -> None:
    """Entries of error lists that are no records are counted as elsewhere."""
    answers = plain(executions=failing(x={"_slicer_stats": {"failed": 1}}))
    with FakeCluster(answers | {"/v1/ex/x/errors": [1, errors_of("x", 1)[0]]}) as cluster:
        (seen,) = read(cluster.url, errors=True)

    assert (error_ids(seen), seen.gaps) == (["x-0"], {"errors": "1 entry that is no record"})


def test_errors_of_our_own_server() -> None:
    """The error records that our own live server shows are recorded, all at the frame's instant."""
    scenario = Scenario(jobs=40)
    timeline = LiveTimeline(scenario, MemoryLog())
    with ServerThread(Cluster(timeline, None, "live"), FrozenClock(scenario.epoch + HOUR)) as server:
        (seen,) = read(server.url, errors=True)
    view = timeline.at(seen.t)
    listed = [record.fields["ex_id"] for record in view.executions(0, 10_000).value]
    expected = {record.fields["slice_id"] for ex_id in listed for record in view.errors(ex_id).value}

    assert expected
    assert sorted(error_ids(seen)) == sorted(expected)
    assert not seen.gaps
