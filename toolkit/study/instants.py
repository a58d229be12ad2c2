"""Which instant of a bundle's tracks an instant shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.tracks.frames import frame_of, shown_until

if TYPE_CHECKING:
    from toolkit.tracks.timeline import TrackTimeline


def shown_at(timeline: TrackTimeline, t: int) -> int:
    """Give the instant whose tracks are shown at another one: in a recording the last frame's, for it holds."""
    return timeline.frames[frame_of(timeline.frames, t)] if timeline.frames else t


def shown_before(timeline: TrackTimeline, until: int) -> int:
    """Give until when what the tracks hold until an instant is shown: in a recording until a frame."""
    return shown_until(timeline.frames, until) if timeline.frames else until
