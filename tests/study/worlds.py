"""Timelines for tests: of random frames, of random tracks, and of a generated world."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.tracks.strategies import EPOCH, recordings
from toolkit.tracks.fold import Frame, fold, steps_of
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.world.commands import CommandLog
    from toolkit.world.scenario import Scenario

__all__ = ["EPOCH", "deleting_recordings", "folded", "generated", "one_frame", "recorded"]


def folded(frames: list[Frame]) -> TrackTimeline:
    """Make the timeline of frames."""
    made = fold(steps_of(frames))
    tracks = {name: list(rows) for name, rows in made.tracks.items()}
    return TrackTimeline(tracks, frames[0].t, frames[-1].t, made.orders, made.frames.instants)


@st.composite
def deleting_recordings(draw: st.DrawFn) -> list[Frame]:
    """A random recording, in which jobs and executions are soft-deleted now and then."""
    deleted = st.sampled_from([{}, {}, {"_deleted": True}, {"_deleted": False}])
    return [
        frame._replace(
            collections={
                name: [(key, doc | draw(deleted)) if KINDS[name].deletes else (key, doc) for key, doc in records]
                for name, records in frame.collections.items()
            }
        )
        for frame in draw(recordings())
    ]


def recorded() -> st.SearchStrategy[TrackTimeline]:
    """The timeline of such a recording."""
    return deleting_recordings().map(folded)


def one_frame(collections: dict[str, list[tuple[str, dict[str, Any]]]], t: int = EPOCH) -> TrackTimeline:
    """Make the timeline of one frame."""
    return folded([Frame(t, 0, collections, {})])


def generated(scenario: Scenario, length_ms: int, log: CommandLog | None = None) -> TrackTimeline:
    """Make the timeline of a generated bundle from the scenario's epoch on, in memory."""
    live = LiveTimeline(scenario, log or MemoryLog(scenario.seed))
    last = scenario.epoch + length_ms
    tracks = {name: list(rows) for name, rows in Bundled(live, scenario.epoch, last).tracks().items()}
    return TrackTimeline(tracks, scenario.epoch, last)
