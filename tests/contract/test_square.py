"""The square commutes: live at `t`, and replay of the generated bundle at `t`, answer with the same bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.answers.answer import Cluster, Request, answer
from toolkit.model.instants import HOUR, MINUTE
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.commands import MemoryLog
from toolkit.world.export import Export
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLES = ("workers", "nodes", "jobs", "ex", "controllers", "slicers", "assets", "assets/file")
EPOCH = 1_767_225_600_000


def square(scenario: Scenario, first: int, last: int) -> tuple[Cluster, Cluster]:
    """Make the live cluster of a scenario and the replay of its bundle, without the disk."""
    export = Export(World(scenario, 0, scenario.epoch), first, last)
    tracks = {name: list(of_kind) for name, of_kind in export.tracks().items()}
    live = Cluster(LiveTimeline(scenario, MemoryLog()), None, "live")
    return live, Cluster(TrackTimeline(tracks, first, last), None, "live")


def requests(cluster: Cluster, t: int) -> Iterator[Request]:
    """Give requests of every kind: lists, pages, single records, unknown ones, refusals."""
    view = cluster.timeline.at(t)
    paths = [
        "/", "/v1/", "/cluster/state", "/v1/cluster/controllers", "/v1/cluster/slicers", "/v1/jobs", "/v1/ex",
        "/v1/ex?size=10000", "/v1/jobs?size=3&from=2", "/v1/ex?size=5&from=7", "/v1/ex?from=9999&size=1",
        "/v1/ex?size=0",
        "/v1/ex/nope", "/v1/jobs/00000000-0000-4000-8000-000000000000", "/v1/nope", "/v1/ex?size=abc", "/v1/ex?size=-1",
        "/v1/ex/errors", "/v1/ex/nope/errors", "/v1/jobs/%zz", "/v1/ex?filter=a",
        "/cluster/stats", "/v1/assets", "/v1/assets/kafka", "/assets/kafka/5.3.0", "/assets/nope", "/assetsfoo",
        "/v1/assets?size=1&from=2", "/v1/assets?size=abc", "/v1/jobs/nope/ex", "/v1/jobs/nope/errors",
        "/v1/ex/nope/controller",
        *(f"/txt/{name}{query}" for name in TABLES for query in ("", "?headers=false", "?from=1&size=3")),
        "/txt/ex?fields=name,_slicer_stats.processed,operations[0]._op", "/txt/assetsfoo", "/txt/jobs?deleted=true",
    ]  # fmt: skip
    for record in view.executions(0, 10_000).value:
        ex_id = record.fields["ex_id"]
        paths += [f"/v1/ex/{ex_id}", f"/v1/jobs/{record.fields['job_id']}", f"/v1/ex/{ex_id}/controller"]
        if record.fields["_has_errors"] or record.fields["_status"] in {"running", "paused", "stopped"}:
            paths.append(f"/v1/ex/{ex_id}/errors?size=20")
    for record in view.jobs(0, 10_000).value:
        job_id = record.fields["job_id"]
        paths += [f"/v1/jobs/{job_id}/{of}" for of in ("ex", "controller", "slicer", "errors?size=5")]
    for path in paths:
        yield Request("GET", path)
    yield from (
        Request("POST", "/v1/jobs/x"),
        Request("HEAD", "/v1/ex"),
        Request("OPTIONS", "/v1/ex"),
        Request("OPTIONS", "/txt/ex"),
        Request("HEAD", "/v1/assets"),
        Request("DELETE", "/v1/ex"),
    )
    tag = dict(answer(cluster, t, Request("GET", "/v1/ex")).headers)["ETag"]
    yield Request("GET", "/v1/ex", if_none_match=tag)


def interesting(live: Cluster, first: int, last: int) -> list[int]:
    """Give both ends of a stretch and the instants before, at and after each change in it."""
    instants = {first, last}
    for change in live.timeline.changes(first, last):
        instants |= {change.t - 1, change.t}
    return sorted(t for t in instants if first <= t <= last)


def same_at(live: Cluster, replay: Cluster, t: int) -> None:
    """Ask both everything at an instant and compare status, headers and bytes."""
    for request in requests(live, t):
        expected, got = answer(live, t, request), answer(replay, t, request)

        assert expected[:3] == got[:3], (t, request)


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    jobs=st.sampled_from([0, 1, 2, 3, 10, 25, 60]),
    offset=st.sampled_from([0, 1, 2_500, 3 * MINUTE, 47 * MINUTE, 200 * 24 * HOUR]),
    length=st.sampled_from([0, 12_000, 31 * MINUTE]),
    data=st.data(),
)
def test_live_and_replay_answer_alike_for_any_seed(
    seed: int, jobs: int, offset: int, length: int, data: st.DataObject
) -> None:
    """Live and replay agree at the ends of a bundle, around changes and at arbitrary instants, for any seed."""
    scenario = Scenario(seed=seed, epoch=EPOCH, jobs=jobs)
    first, last = EPOCH + offset, EPOCH + offset + length
    live, replay = square(scenario, first, last)
    for t in {
        first,
        last,
        data.draw(st.integers(first, last)),
        data.draw(st.sampled_from(interesting(live, first, last))),
    }:
        same_at(live, replay, t)


def test_live_and_replay_answer_alike_at_every_change() -> None:
    """The default world and its bundle agree before, at and after every change of an hour."""
    live, replay = square(Scenario(seed=7, epoch=EPOCH), EPOCH, EPOCH + HOUR)

    for t in interesting(live, EPOCH, EPOCH + HOUR):
        same_at(live, replay, t)


QUERIES = (
    "/v1/ex?filter=_status:(running%20OR%20stopped)%20AND%20workers:%3E2", "/v1/ex?filter=_created:%3Enow-1d",
    "/v1/ex?status=running,failed&sort=workers:asc,_created", "/v1/ex?sort=_updated:asc&size=4&from=3",
    "/v1/ex?deleted=true", "/v1/jobs?active=true&filter=lifecycle:once", "/v1/jobs?ex", "/v1/jobs?filter=((",
    "/v1/jobs?ex=_status,_slicer_stats&sort=job_id:asc", "/v1/jobs?sort=name", "/v1/jobs?deleted=",
    "/txt/ex?filter=_status:running&sort=ex_id:desc&size=7", "/txt/jobs?active=true&sort=_created", "/txt/ex?deleted=",
    "/v1/assets?sort=name:asc,version:desc", "/txt/assets?sort=bogus",
)  # fmt: skip


def test_filtered_lists_are_alike() -> None:
    """Filters, orders and chosen fields give the same bytes live and on replay, and hold until they say."""
    live, replay = square(Scenario(seed=8, epoch=EPOCH), EPOCH, EPOCH + HOUR)
    for t in (EPOCH, EPOCH + 9 * MINUTE, EPOCH + HOUR):
        for path in QUERIES:
            request = Request("GET", path)
            expected, got = answer(live, t, request), answer(replay, t, request)
            assert expected[:3] == got[:3], (t, path)
            for cluster, made in ((live, expected), (replay, got)):
                assert answer(cluster, min(made.until - 1, EPOCH + HOUR), request).body == made.body


def test_a_world_without_events_commutes_too() -> None:
    """With `event_chance` 0 nothing starts or is stopped, and live and replay agree."""
    scenario = Scenario(seed=5, epoch=EPOCH, event_chance=0)
    live, replay = square(scenario, EPOCH, EPOCH + HOUR)

    assert live.timeline.at(scenario.last).execution_count() == live.timeline.at(EPOCH).execution_count()
    for t in (EPOCH, EPOCH + 10 * MINUTE, EPOCH + HOUR):
        same_at(live, replay, t)


def test_the_changes_of_live_and_replay_are_the_same() -> None:
    """`serve -v` prints the same lines on both sides."""
    live, replay = square(Scenario(seed=3, epoch=EPOCH), EPOCH, EPOCH + HOUR)

    assert list(live.timeline.changes(EPOCH, EPOCH + HOUR)) == list(replay.timeline.changes(EPOCH, EPOCH + HOUR))


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), offset=st.integers(0, 40 * 24 * HOUR), side=st.sampled_from([0, 1]))
def test_an_answer_holds_until_it_says(seed: int, offset: int, side: int) -> None:
    """Just before `until` an answer is still the same, on live and on replay."""
    scenario = Scenario(seed=seed, epoch=EPOCH)
    t = EPOCH + offset
    cluster = square(scenario, t, t + HOUR)[side]
    first = cluster.timeline.at(t).executions(0, 1).value[0].fields
    ex_id, job_id = first["ex_id"], first["job_id"]
    for path in (
        "/v1/ex",
        "/v1/cluster/controllers",
        "/cluster/state",
        "/v1/jobs",
        f"/v1/ex/{ex_id}",
        f"/v1/ex/{ex_id}/errors",
        f"/v1/ex/{ex_id}/controller",
        f"/v1/jobs/{job_id}/ex",
        f"/v1/jobs/{job_id}/controller",
        f"/v1/jobs/{job_id}/errors",
        "/cluster/stats",
        "/v1/assets",
        *(f"/txt/{name}" for name in TABLES),
    ):
        request = Request("GET", path)
        made = answer(cluster, t, request)
        later = min(made.until - 1, t + HOUR)

        assert made.until > t
        assert answer(cluster, later, request).body == made.body
