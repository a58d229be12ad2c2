"""Events are the same live and on replay, and they are what differs between one instant and the one before."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import toolkit.world.timeline
from tests.commanding import KINDS, STORIES, Client
from tests.happening import check
from toolkit.model.instants import DAY, HOUR, MINUTE
from toolkit.timeline.view import Event, Held, Record
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.session.view import SessionView
from toolkit.world.timeline import LiveTimeline

EPOCH = 1_767_225_600_000
RESTLESS: dict[str, Any] = {
    "event_every": 20_000, "recovering_for": 15_000, "stopping_for": 9_000, "failing_for": 30_000, "step_least": 1_000,
    "step_most": 2_000, "active_holds": 7_000, "fully_active_share": 0.5, "fully_joined_share": 0.5, "young_share": 0.5,
    "recent_share": 0.3, "hours_share": 0.1, "disconnecting_share": 1.0,
}  # fmt: skip
"""A world in which much happens within a minute."""


def replayed(live: LiveTimeline, first: int, last: int) -> TrackTimeline:
    """Replay the bundle of a stretch, without the disk."""
    return TrackTimeline({name: list(of) for name, of in Bundled(live, first, last).tracks().items()}, first, last)


def session(seed: int, jobs: int, commands: int, every: int = 7_000, **more: Any) -> LiveTimeline:
    """A cluster to which a client has given commands at random, the first after `every` milliseconds."""
    log = MemoryLog(seed)
    timeline = LiveTimeline(Scenario(seed=seed, epoch=EPOCH, jobs=jobs, node_slots=8, **more), log)
    client = Client(timeline, log, seed)
    for step in range(1, commands + 1):
        client.act(EPOCH + every * step)
    return timeline


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    jobs=st.sampled_from([0, 1, 2, 3, 10]),
    commands=st.sampled_from([0, 1, 5, 25]),
    every=st.sampled_from([50, 1_000, 7_000]),
)
def test_events_are_what_differs_between_an_instant_and_the_one_before(
    seed: int, jobs: int, commands: int, every: int
) -> None:
    """Whatever clients do, the events of live and of replay are what views a millisecond apart show."""
    live = session(seed, jobs, commands, every, **RESTLESS)
    last = EPOCH + commands * every + MINUTE
    events = check(live, EPOCH, last)

    assert check(replayed(live, EPOCH, last), EPOCH, last) == events


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    jobs=st.sampled_from([0, 1, 3, 25]),
    commands=st.sampled_from([0, 3, 40]),
    first=st.integers(0, 5 * MINUTE),
    length=st.sampled_from([0, 1, MINUTE, HOUR, DAY]),
    data=st.data(),
)
def test_live_and_replay_have_the_same_events(  # noqa: PLR0913, PLR0917 - a session, a bundle and a range
    seed: int, jobs: int, commands: int, first: int, length: int, data: st.DataObject
) -> None:
    """Any range inside of a generated bundle has the same events live and on replay."""
    live = session(seed, jobs, commands)
    first, last = EPOCH + first, EPOCH + first + length
    replay = replayed(live, first, last)
    after, until = (data.draw(st.integers(first, last)) for _ in range(2))

    assert list(replay.events(first, last)) == list(live.events(first, last))
    assert list(replay.events(after, until)) == list(live.events(after, until))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    jobs=st.sampled_from([0, 0, 3]),
    gaps=st.lists(st.sampled_from([0, 0, 1, 900, 47_000, 5 * MINUTE]), min_size=1, max_size=12),
)
def test_events_of_stories_are_the_same_live_and_on_replay(seed: int, jobs: int, gaps: list[int]) -> None:
    """Whatever is told between commands, refreshes at the same instants too, every event is there once."""
    log = MemoryLog(seed)
    live = LiveTimeline(Scenario(seed=seed, epoch=EPOCH, jobs=jobs, node_slots=8, event_chance=0.0), log)
    client, t = Client(live, log, seed), EPOCH
    for gap in gaps:
        t += gap
        client.act(t, (*KINDS, *STORIES, *STORIES, "refresh", "refresh"))
    last = t + 5 * MINUTE
    events = check(live, EPOCH, last)

    assert list(replayed(live, EPOCH, last).events(EPOCH, last)) == events


@pytest.mark.parametrize("story", ["node-loss", "rolling-restart"])
def test_a_node_that_is_lost_as_a_world_begins_is_told_once(story: str) -> None:
    """A refresh of an empty world is no event, the story of the same instant makes one of its node."""
    log = MemoryLog()
    live = LiveTimeline(Scenario(epoch=EPOCH, jobs=0), log)
    log.append(EPOCH + 9, {"do": "refresh"})
    log.append(EPOCH + 9, {"do": "story", "story": story})
    events = check(live, EPOCH, EPOCH + MINUTE)

    assert [(event.t, event.kind) for event in events][:1] == [(EPOCH + 9, "node")]
    assert list(replayed(live, EPOCH, EPOCH + MINUTE).events(EPOCH, EPOCH + MINUTE)) == events


def test_a_new_world_is_one_event_where_there_was_a_job() -> None:
    """A refresh stands for all that comes and goes with it; where nothing was, nothing is told."""
    for jobs, kinds in ((0, []), (3, ["refresh"])):
        log = MemoryLog()
        live = LiveTimeline(Scenario(epoch=EPOCH, jobs=jobs), log)
        log.append(EPOCH, {"do": "refresh"})
        log.append(EPOCH + 9, {"do": "refresh"})
        log.append(EPOCH + 9, {"do": "refresh"})
        events = check(live, EPOCH, EPOCH + 20)

        assert [event.kind for event in events if event.t == EPOCH + 9] == kinds
        assert list(replayed(live, EPOCH, EPOCH + 20).events(EPOCH, EPOCH + 20)) == events


def test_a_job_that_is_posted_as_the_world_begins_is_told_where_nothing_was() -> None:
    """At the instant of a refresh of an empty world an execution may begin."""
    log = MemoryLog()
    live = LiveTimeline(Scenario(epoch=EPOCH, jobs=0), log)
    log.append(EPOCH + 9, {"do": "refresh"})
    log.append(EPOCH + 9, {"do": "post_job", "job_id": "j", "job": CONFIG, "ex_id": "e", "execution": CONFIG})
    events = check(live, EPOCH, EPOCH + MINUTE)

    assert events[0] == Event(EPOCH + 9, "start", "e", "j", "drains", None, "pending")
    assert list(replayed(live, EPOCH, EPOCH + MINUTE).events(EPOCH, EPOCH + MINUTE)) == events


CONFIG = {
    "name": "drains", "lifecycle": "once", "workers": 4, "slicers": 1, "max_retries": 0,
    "operations": [{"_op": "data_generator", "size": 90_000}, {"_op": "delay", "ms": 700}],
}  # fmt: skip
"""A job whose few slices keep four workers for some seconds."""


def test_workers_that_run_out_of_slices_are_told_one_by_one() -> None:
    """The last slices of a once job are done one after the other, and each worker without one is an event."""
    log = MemoryLog()
    live = LiveTimeline(Scenario(epoch=EPOCH, jobs=0), log)
    log.append(EPOCH + 9, {"do": "post_job", "job_id": "j", "job": CONFIG, "ex_id": "e", "execution": CONFIG})
    events = check(live, EPOCH, EPOCH + MINUTE)
    active = [event.after["workers_active"] for event in events if isinstance(event.after, dict)
              and "workers_active" in event.after]  # fmt: skip

    assert active[-4:] == [3, 2, 1, 0]
    assert [event.kind for event in events if event.kind != "workers"] == ["start", *["status"] * 3, "stop"]


def test_nodes_that_change_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word of the log that is none of a client's may change nodes, which are then compared at the session's edges."""
    live = session(4, 3, 6)
    folded, _ = live.session_at(EPOCH + MINUTE)
    lost, back = (t for t in (folded.next_edge(EPOCH + 15_000), folded.next_edge(EPOCH + 25_000)))
    asked = SessionView.nodes

    def nodes(view: SessionView) -> Held[list[tuple[str, Record]]]:
        (key, record), *others = asked(view).value
        state = "disconnected" if lost <= view.t < back else "connected"
        return Held([(key, Record(record.fields | {"state": state})), *others], asked(view).until)

    monkeypatch.setattr(SessionView, "nodes", nodes)
    assert not [event for event in live.events(EPOCH, EPOCH + MINUTE) if event.kind == "node"]

    monkeypatch.setattr(toolkit.world.timeline, "NODELESS", frozenset())
    told = [event for event in check(live, EPOCH, EPOCH + MINUTE) if event.kind == "node"]

    assert told == [
        Event(lost, "node", "ts-master", None, None, "connected", "disconnected"),
        Event(back, "node", "ts-master", None, None, "disconnected", "connected"),
    ]
