"""Stories: whatever is told and whatever clients do meanwhile, only scenario, log and instant decide what is seen."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commanding import KINDS, STORIES, Client, check, check_moves
from tests.world.test_session import LISTS, everything, instants_of, plain
from toolkit.model.instants import MINUTE, SECOND
from toolkit.timeline.view import NEVER
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.draws import Draws
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario
from toolkit.world.session.upsets import Upsets
from toolkit.world.stories import TALES, entry_of
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.timeline.view import View

EPOCH = 1_767_225_600_000
GAPS = (0, 0, 1, 300, 1_700, 4_000, 19_000, 70_000, 3 * MINUTE)
SEEDS = st.integers(0, 2**32)
sessions = settings(max_examples=20, deadline=None)


def session(seed: int, jobs: int, steps: int = 20) -> tuple[Scenario, MemoryLog, LiveTimeline, list[int]]:
    """Let stories be told while a client commands, at random. Gives the instants of both."""
    scenario = Scenario(seed=seed, epoch=EPOCH, jobs=jobs, node_slots=8)
    log = MemoryLog()
    timeline = LiveTimeline(scenario, log)
    client, gaps, t = Client(timeline, log, seed), Draws(seed, "gaps"), EPOCH
    kinds = [kind for kind in KINDS if kind not in {"refresh", "asset", "drop"}] + [*STORIES, *STORIES, "refresh"]
    instants = []
    for step in range(steps):
        gap = GAPS[gaps.below(2 * step, len(GAPS))]
        t += gap and gaps.below(2 * step + 1, 2 * gap)
        client.act(t, kinds)
        instants.append(t)
    return scenario, log, timeline, instants


def holds(view: View) -> None:
    """Check what must hold at any instant, and the workers of controllers that stories have touched."""
    check(view, stories=True)
    for record in view.controllers().value:
        stats = record.fields
        assert stats["workers_reconnected"] <= stats["workers_disconnected"]


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]))
def test_no_stories_lead_to_anything_impossible(seed: int, jobs: int) -> None:
    """No illegal move, falling counter, doubled worker or negative slot, whatever clients command meanwhile."""
    _, _, timeline, told = session(seed, jobs)

    for t, after in pairwise(sorted({*instants_of(seed, told), *told})):
        holds(timeline.at(t))
        if not any(t < begin <= after for begin in timeline.begins):
            check_moves(timeline.at(t), timeline.at(after))


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]))
def test_a_story_told_late_is_the_same(seed: int, jobs: int) -> None:
    """A timeline asked on the way, and one that knows the log from the start and is asked in any order, agree."""
    scenario, log, timeline, told = session(seed, jobs)
    fresh = LiveTimeline(scenario, log)

    for t in sorted(instants_of(seed, told), key=lambda t: hash((t, seed)) % 97):
        assert everything(fresh.at(t)) == everything(timeline.at(t)), t - EPOCH


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([0, 3, 25]), offset=st.sampled_from([0, 0, 1, 5_000, MINUTE]))
def test_stories_and_their_bundle_agree(seed: int, jobs: int, offset: int) -> None:
    """The square commutes for any log, over refreshes too."""
    _, _, timeline, told = session(seed, jobs)
    first, last = min(EPOCH + offset, told[-1]), told[-1]
    tracks = {name: list(of_kind) for name, of_kind in Bundled(timeline, first, last).tracks().items()}
    replay = TrackTimeline(tracks, first, last)

    for t in instants_of(seed, told):
        if t >= first:
            assert everything(replay.at(t)) == everything(timeline.at(t)), t - EPOCH


@sessions
@given(seed=SEEDS, jobs=st.sampled_from([3, 25]))
def test_what_is_held_stays_so(seed: int, jobs: int) -> None:
    """Everything that a view gives is the same until the instant that it says."""
    _, _, timeline, told = session(seed, jobs)

    for t in instants_of(seed, told):
        view = timeline.at(t)
        ex_ids = [record.fields["ex_id"] for record in view.executions(0, 4).value]
        asked: list[tuple[str, tuple[Any, ...]]] = [(name, ()) for name in ("nodes", "controllers", "stats")]
        asked += [(name, (0, 50)) for name in LISTS]
        asked += [(name, (ex_id,)) for ex_id in ex_ids for name in ("execution", "controller", "errors")]
        for name, arguments in asked:
            held = getattr(view, name)(*arguments)
            assert held.until > t
            if held.until <= told[-1]:
                later = getattr(timeline.at(held.until - 1), name)(*arguments)
                assert plain(later) == plain(held), (name, t - EPOCH)


def told(name: str, seed: int, at: int = MINUTE, **said: Any) -> tuple[LiveTimeline, list[str], list[str]]:
    """Tell one story to the default world. Gives what it touches."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(seed=seed, epoch=EPOCH), log)
    log.append(EPOCH + at, entry_of({"story": name, **said}))
    found = timeline.session_at(EPOCH + at)[0].told[-1][1]
    return timeline, found.nodes, found.executions


def stats(timeline: LiveTimeline, ex_id: str, offset: int) -> Document:
    """Give a controller's statistics; they must be plausible."""
    record = timeline.at(EPOCH + offset).controller(ex_id).value
    assert record is not None
    fields = record.fields
    there = fields["workers_joined"] - fields["workers_disconnected"] + fields["workers_reconnected"]
    assert fields["workers_active"] + fields["workers_available"] <= there
    return fields


def status(timeline: LiveTimeline, ex_id: str, offset: int) -> str:
    """Give an execution's status."""
    record = timeline.at(EPOCH + offset).execution(ex_id).value
    assert record is not None
    return str(record.fields["_status"])


def node_at(timeline: LiveTimeline, node: str, offset: int) -> Document | None:
    """Give a node's document, `None` while it is not in the state."""
    found = dict(timeline.at(EPOCH + offset).nodes().value).get(node)
    return None if found is None else found.fields


def led_by(document: Document) -> list[str]:
    """Give the executions whose controller is on a node."""
    return [one["ex_id"] for one in document["active"] if one["assignment"] == "execution_controller"]


@pytest.mark.parametrize("seed", range(12))
def test_a_lost_node_is_frozen_and_comes_back_empty(seed: int) -> None:
    """Disconnected at once with what it had; its controllers are gone, and what they led says running until stopped."""
    timeline, (node,), executions = told("node-loss", seed, **{"for": "2m"})
    before = node_at(timeline, node, MINUTE - 1)
    assert before is not None
    led = led_by(before)
    running = [ex_id for ex_id in led if status(timeline, ex_id, MINUTE - 1) == "running"]

    assert running
    assert set(led) <= set(executions)
    for offset in (MINUTE, 2 * MINUTE, 3 * MINUTE - 1):
        assert node_at(timeline, node, offset) == before | {"state": "disconnected"}
        assert all(timeline.at(EPOCH + offset).controller(ex_id).value is None for ex_id in led)
        assert all(status(timeline, ex_id, offset) == "running" for ex_id in running)
    after = node_at(timeline, node, 3 * MINUTE)
    assert after is not None
    assert (after["state"], after["active"], after["available"]) == ("connected", [], after["total"])
    assert after["pid"] != before["pid"]
    assert all(status(timeline, ex_id, 60 * MINUTE) == "running" for ex_id in running)
    shown = {record.fields["ex_id"] for record in timeline.at(EPOCH + 60 * MINUTE).controllers().value}
    assert not shown & set(running)
    timeline._generations._log.append(EPOCH + 60 * MINUTE, {"do": "stop", "ex_id": running[0]})
    assert status(timeline, running[0], 61 * MINUTE) == "stopped"


@pytest.mark.parametrize("seed", range(12))
def test_workers_of_a_lost_node_are_missed(seed: int) -> None:
    """Controllers elsewhere count them as disconnected; nobody takes their place if the node is back in time."""
    timeline, (node,), _ = told("node-loss", seed, **{"for": "2m"})
    before = node_at(timeline, node, MINUTE - 1)
    assert before is not None
    missed: dict[str, int] = {}
    for one in before["active"]:
        if one["assignment"] == "worker" and one["ex_id"] not in led_by(before):
            missed[one["ex_id"]] = missed.get(one["ex_id"], 0) + 1

    for ex_id, count in missed.items():
        if status(timeline, ex_id, MINUTE) == "running":
            was = timeline.at(EPOCH + MINUTE - 1).controller(ex_id).value
            assert was is not None
            for offset in (MINUTE, 4 * MINUTE):
                now = stats(timeline, ex_id, offset)
                assert now["workers_disconnected"] == was.fields["workers_disconnected"] + count
                assert now["workers_active"] <= was.fields["workers_joined"] - count


@pytest.mark.parametrize("seed", range(6))
def test_a_node_that_stays_away_is_given_up(seed: int) -> None:
    """After five minutes it is out of the state, what it led is terminated, and workers are found elsewhere."""
    timeline, (node,), executions = told("node-loss", seed, **{"for": "20m"})
    led = led_by(node_at(timeline, node, 6 * MINUTE - 1) or {"active": []})

    assert led
    assert node_at(timeline, node, 6 * MINUTE) is None
    assert (node_at(timeline, node, 21 * MINUTE) or {})["state"] == "connected"
    for ex_id in led:
        document = timeline.at(EPOCH + 6 * MINUTE).execution(ex_id).value
        assert document is not None
        if document.fields["_updated"] == "2026-01-01T00:06:00.000Z":
            assert document.fields["_status"] == "terminated"
            assert document.fields["_failureReason"].startswith(f"node {node} has been disconnected from")
    for ex_id in set(executions) - set(led):
        if status(timeline, ex_id, MINUTE) == "running":
            joined = [stats(timeline, ex_id, offset)["workers_joined"] for offset in (MINUTE, 9 * MINUTE)]
            assert joined[0] <= joined[1]


def test_nothing_is_placed_on_a_node_that_is_away() -> None:
    """A job that a client starts meanwhile finds its slots elsewhere, or waits until the node is back."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(seed=1, epoch=EPOCH, jobs=0, node_slots=8, nodes_least=3), log)
    log.append(EPOCH, entry_of({"story": "node-loss", "node": "ts-worker-1", "for": "10m"}))
    config = {"name": "a", "operations": [{"_op": "test-reader"}, {"_op": "noop"}], "lifecycle": "persistent"}
    made = {"job_id": "j", "job": config, "ex_id": "e", "execution": config | {"workers": 20}}
    log.append(EPOCH + SECOND, {"do": "post_job", **made})

    assert node_at(timeline, "ts-worker-1", 0) is None
    full = {key: len(node.fields["active"]) for key, node in timeline.at(EPOCH + MINUTE).nodes().value}
    assert full == {"ts-master": 8, "ts-worker-2": 8}
    assert len((node_at(timeline, "ts-worker-1", 12 * MINUTE) or {})["active"]) == 7


@pytest.mark.parametrize("seed", range(12))
def test_workers_drop_and_reconnect(seed: int) -> None:
    """One by one; each counts as reconnected later, and as many work then as before."""
    timeline, _, executions = told("workers-drop", seed)

    assert len(executions) == 3
    for ex_id in executions:
        seen = [stats(timeline, ex_id, offset) for offset in range(MINUTE, 5 * MINUTE + 1, 10 * SECOND)]
        gone = [each["workers_disconnected"] - each["workers_reconnected"] for each in seen]
        assert max(gone) > min(gone)
        assert gone[0] == gone[-1] + 1
        assert seen[-1]["workers_disconnected"] > 0
        assert all(
            each["workers_active"] <= each["workers_joined"] - left for each, left in zip(seen, gone, strict=True)
        )


@pytest.mark.parametrize("seed", range(12))
def test_a_stuck_slicer_makes_no_slices(seed: int) -> None:
    """Processed stands still and every worker waits, until it goes on."""
    timeline, _, (ex_id,) = told("stuck-slicer", seed, **{"for": "3m"})
    first, last, later = (stats(timeline, ex_id, offset) for offset in (MINUTE, 4 * MINUTE - 1, 8 * MINUTE))

    assert first["processed"] == last["processed"] < later["processed"]
    assert (first["workers_active"], first["queued"]) == (0, 0)
    assert (
        first["workers_available"]
        == first["workers_joined"] - first["workers_disconnected"] + first["workers_reconnected"]
    )
    assert later["workers_active"] > 0
    assert status(timeline, ex_id, 3 * MINUTE) == "running"


@pytest.mark.parametrize("seed", range(6))
def test_a_rolling_restart_takes_one_node_after_the_other(seed: int) -> None:
    """Never two at once, every one but the master's, and all are back at the end."""
    timeline, nodes, _ = told("rolling-restart", seed, **{"for": "5m"})
    missing = []
    for offset in range(MINUTE, 6 * MINUTE, 2 * SECOND):
        shown = dict(timeline.at(EPOCH + offset).nodes().value)
        missing.append([node for node in nodes if node not in shown])

    assert "ts-master" not in nodes
    assert {len(gone) for gone in missing} == {0, 1}
    assert sorted({node for gone in missing for node in gone}) == nodes
    assert set(nodes) < set(dict(timeline.at(EPOCH + 6 * MINUTE).nodes().value))


@pytest.mark.parametrize("seed", range(12))
def test_a_failing_job_fails(seed: int) -> None:
    """Running, then failing with the first slice that fails, then failed; each failed slice has a record."""
    timeline, _, (ex_id,) = told("failing-job", seed, **{"for": "2m"})
    told_of = [c for c in timeline.changes(EPOCH + MINUTE - 1, EPOCH + 5 * MINUTE) if c.ex_id == ex_id]

    assert [change.after for change in told_of] == ["failing", "failed"]
    view = timeline.at(EPOCH + 2 * MINUTE)
    failing = stats(timeline, ex_id, 2 * MINUTE)
    assert failing["failed"] > 0
    assert len(view.errors(ex_id).value) == failing["failed"]
    ended = timeline.at(EPOCH + 5 * MINUTE).execution(ex_id).value
    assert ended is not None
    assert f"had {ended.fields['_slicer_stats']['failed']} slice failure" in ended.fields["_failureReason"]


@pytest.mark.parametrize("seed", range(12))
def test_a_backlog_grows_and_drains(seed: int) -> None:
    """The queue is far above the workers half-way, and is as before at the end."""
    timeline, _, (ex_id,) = told("backlog", seed, **{"for": "4m"})
    queued = [stats(timeline, ex_id, offset)["queued"] for offset in range(MINUTE, 5 * MINUTE + 1, 15 * SECOND)]
    top = queued.index(max(queued))

    assert queued[:top] == sorted(queued[:top])
    assert queued[top:] == sorted(queued[top:], reverse=True)
    assert max(queued) >= 40 * stats(timeline, ex_id, 3 * MINUTE)["workers_active"] > 0
    assert queued[-1] == stats(timeline, ex_id, 5 * MINUTE)["workers_active"]


def test_what_has_not_begun_on_a_lost_node_goes_elsewhere_or_never_comes() -> None:
    """A job that was given slots a moment ago finds free ones; a controller that finds none is not started."""
    config = {"name": "a", "operations": [{"_op": "test-reader"}, {"_op": "noop"}], "lifecycle": "persistent"}
    for workers, seen, controlled in ((3, 3, True), (20, 6, False)):
        log = MemoryLog()
        timeline = LiveTimeline(Scenario(seed=1, epoch=EPOCH, jobs=0, node_slots=8), log)
        made = {"job_id": "j", "job": config, "ex_id": "e", "execution": config | {"workers": workers}}
        log.append(EPOCH, {"do": "post_job", **made})
        log.append(EPOCH + 550, entry_of({"story": "node-loss", "node": "ts-worker-1", "for": "10m"}))
        (master,) = (node.fields for _, node in timeline.at(EPOCH + MINUTE).nodes().value)

        assert sum(one["assignment"] == "worker" for one in master["active"]) == seen
        controller = timeline.at(EPOCH + MINUTE).controller("e").value
        assert (controller is not None) == controlled
        assert controller is None or controller.fields["workers_joined"] == seen


def test_a_bundle_of_an_absence_does_not_hold_the_node() -> None:
    """It was out of the state all the time; another one that comes back in it is there from then on."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH, jobs=0, nodes_least=3), log)
    log.append(EPOCH, entry_of({"story": "node-loss", "node": "ts-worker-1", "for": "10m"}))
    log.append(EPOCH, entry_of({"story": "node-loss", "node": "ts-worker-2", "for": "3m"}))
    first, last = EPOCH + MINUTE, EPOCH + 5 * MINUTE
    tracks = {name: list(of_kind) for name, of_kind in Bundled(timeline, first, last).tracks().items()}
    replay = TrackTimeline(tracks, first, last)

    assert [track.id for track in tracks["nodes"]] == ["ts-master", "ts-worker-2"]
    for t in (first, EPOCH + 3 * MINUTE - 1, EPOCH + 3 * MINUTE, last):
        assert everything(replay.at(t)) == everything(timeline.at(t))


def test_a_worker_that_is_away_is_not_missed_twice() -> None:
    """One that goes for good while it is disconnected does not come back, and is not counted once more."""
    upsets = Upsets(away=[(5, NEVER), (5, 20), (10, 30)])

    assert upsets.strand(12)
    assert upsets.away == [(5, NEVER), (5, NEVER), (10, 30)]
    assert upsets.strand(12)
    assert not upsets.strand(12)
    assert (upsets.left(12), upsets.back(40)) == (3, 0)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, name=st.sampled_from(sorted(TALES)))
def test_a_named_story_always_finds_something(seed: int, name: str) -> None:
    """For every seed, a minute after the epoch."""
    scenario = Scenario.from_table(NAMED[name].table, seed=seed)
    found = LiveTimeline(scenario, MemoryLog()).session_at(scenario.epoch + MINUTE)[0].told[-1][1]

    assert found.nodes or found.executions


@pytest.mark.parametrize("name", TALES)
def test_a_story_that_finds_nothing_changes_nothing(name: str) -> None:
    """In a cluster without executions, or of one that is not there."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH, jobs=0, nodes_least=1), log)
    plainly = everything(LiveTimeline(Scenario(epoch=EPOCH, jobs=0, nodes_least=1), MemoryLog()).at(EPOCH + MINUTE))
    log.append(EPOCH, entry_of({"story": name}))

    assert everything(timeline.at(EPOCH + MINUTE)) == plainly


@pytest.mark.parametrize("name", TALES)
def test_a_scenario_tells_what_a_log_would(name: str) -> None:
    """And before any command of the same instant."""
    log = MemoryLog()
    log.append(EPOCH + MINUTE, entry_of({"story": name}))
    by_log = LiveTimeline(Scenario(seed=4, epoch=EPOCH), log)
    by_scenario = LiveTimeline(Scenario.from_table(NAMED[name].table, seed=4, epoch=EPOCH), MemoryLog())

    for offset in (MINUTE - 1, MINUTE, 3 * MINUTE, 9 * MINUTE):
        assert everything(by_scenario.at(EPOCH + offset)) == everything(by_log.at(EPOCH + offset))
