"""The events of a recording, and of tracks that no toolkit would write."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.happening import check
from tests.tracks.strategies import EPOCH
from tests.tracks.test_fold import timeline_of
from toolkit.timeline.events import WORKERS
from toolkit.timeline.view import Event
from toolkit.tracks.events import Presence
from toolkit.tracks.fold import Frame, fold, steps_of
from toolkit.tracks.outline import Outline
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Counter, Track

if TYPE_CHECKING:
    from toolkit.model.wire import Document

IDS = st.sampled_from(["r1", "r2", "r3"])
COUNTS = st.integers(0, 3) | st.sampled_from([None, True, "2"])
TEXTS = st.sampled_from(["a", "b", None, 3])


@st.composite
def recordings(draw: st.DrawFn) -> list[Frame]:
    """Frames in which jobs, executions, controllers and nodes come, go and change, in fields that may be anything."""
    frames = []
    t = EPOCH
    for _ in range(draw(st.integers(1, 14))):
        t += draw(st.sampled_from([1, 2, 400_000]))
        collections: dict[str, list[tuple[str, Document]]] = {}
        for name in draw(st.lists(st.sampled_from(["jobs", "executions", "controllers", "nodes"]), unique=True)):
            records = []
            for record_id in draw(st.lists(IDS, unique=True)):
                doc: Document = {"job_id": draw(TEXTS), "ex_id": record_id, "node_id": record_id, "name": draw(TEXTS)}
                if name == "jobs":
                    doc["job_id"] = record_id
                if name == "executions":
                    doc["_status"] = draw(st.sampled_from(["pending", "running", "stopped", None]))
                if name == "controllers":
                    doc |= {field: draw(COUNTS) for field in draw(st.lists(st.sampled_from(WORKERS), unique=True))}
                    doc["workers_joined"] = draw(st.integers(0, 9))
                if name == "nodes":
                    doc["state"] = draw(st.sampled_from(["connected", "disconnected", None]))
                records.append((record_id, doc))
            collections[name] = records
        frames.append(Frame(t, 0, collections, {}))
    return frames


@settings(deadline=None, max_examples=80)
@given(recordings())
def test_a_recording_has_its_events_at_frames(frames: list[Frame]) -> None:
    """The events of a recording are what a frame shows and the one before did not, whatever was recorded."""
    timeline = timeline_of(fold(steps_of(frames)))
    events = check(timeline, timeline.first, timeline.last)

    assert {event.t for event in events} <= {frame.t for frame in frames}
    for before, after in pairwise([EPOCH, *timeline.frames]):
        assert [event for event in events if event.t == after] == list(timeline.events(before, after))


def staffed(**more: Any) -> TrackTimeline:
    """A bundle with one controller."""
    doc = {"ex_id": "e", "job_id": "j", "name": "n", "workers_joined": 0, "workers_active": 0, "x": 0}
    return TrackTimeline({"controllers": [Track("e", doc, **more)]}, 0, 100)


def test_counters_of_workers_are_followed() -> None:
    """In a bundle edited by hand a number of workers may be on a line, or derived from one that is."""
    counters = {
        "workers_joined": Counter(pieces=[(0, 1, 0), (50, 2, 0), (60, 2, 360_000)]),
        "workers_active": Counter(of="x", times=2),
        "x": Counter(pieces=[(0, 0, 0), (55, 1, 0)]),
    }
    found = [(event.t, event.before, event.after) for event in staffed(counters=counters).events(0, 75)]

    assert found == [
        (50, {"workers_joined": 1}, {"workers_joined": 2}),
        (55, {"workers_active": 0}, {"workers_active": 2}),
        (70, {"workers_joined": 2}, {"workers_joined": 3}),
    ]


def test_a_controller_that_comes_or_goes_is_no_event() -> None:
    """Numbers of workers are compared where there is a controller before and after."""
    changes = [Change(20, set={"x": 1}), Change(30, set={"workers_joined": 3}), Change(40, unset=["workers_joined"])]
    found = list(staffed(changes=changes, spans=[(10, 35), (38, 60)]).events(0, 100))

    assert found == [Event(30, "workers", "e", "j", "n", {"workers_joined": 0}, {"workers_joined": 3})]


def test_nodes_come_go_and_change() -> None:
    """A node that was not there, is not there any more, or has another state is an event; another count is none."""
    changes = [Change(20, set={"state": "disconnected"}), Change(25, set={"available": 3})]
    node = Track("n", {"state": "connected", "available": 2}, changes=changes, spans=[(10, 30)])
    found = list(TrackTimeline({"nodes": [node]}, 0, 100).events(0, 100))

    assert found == [
        Event(10, "node", "n", None, None, None, "connected"),
        Event(20, "node", "n", None, None, "connected", "disconnected"),
        Event(30, "node", "n", None, None, "disconnected", None),
    ]


def test_a_stretch_looks_only_at_what_is_there() -> None:
    """Of many records only those are given that are there in a stretch."""
    members = [(n, Outline(f"{n:04}", (), [(10 * n, 10 * n + 5)], changing=True)) for n in range(1, 2_000)]
    members += [(0, Outline("always", (), [], changing=True)), (3_000, Outline("still", (), [], changing=False))]
    presence = Presence()

    assert list(presence.noting(members)) == members
    assert sorted(presence.between(9_995, 10_010)) == [0, 999, 1_000, 1_001]
    assert sorted(presence.between(50_000, 60_000)) == [0]
    assert list(Presence().between(0, 9)) == []
