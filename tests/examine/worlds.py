"""Worlds of the generator as looks, so that they can be judged, or broken first."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from toolkit.examine.examiner import Examiner, Finding, Look
from toolkit.timeline.stats import both_names
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.world.scenario import Scenario

Documents = dict[str, dict[str, dict[str, Any]]]
"""Documents by kind and key."""


def timeline_of(scenario: Scenario, first: int, last: int) -> TrackTimeline:
    """Make the timeline of a scenario's bundle."""
    tracks = Bundled(LiveTimeline(scenario, MemoryLog()), first, last).tracks()
    return TrackTimeline({name: list(found) for name, found in tracks.items()}, first, last)


def documents_at(timeline: TrackTimeline, t: int) -> Documents:
    """Give every document at an instant; they are the caller's own."""
    found: Documents = {}
    for name in KINDS:
        shelf = timeline.shelf(name)
        held = ((shelf.id(position), shelf.at(position, t).value) for position in range(len(shelf)))
        found[name] = {key: json.loads(record.text) for key, record in held if record is not None}
    found["cluster"]["stats"] = both_names(found["cluster"]["stats"])
    found["cluster"]["stats"]["slicer"] = dict(found["cluster"]["stats"]["slicer"])
    return found


def judge(history: Sequence[tuple[int, Documents]], *, exact: bool = True, settle_ms: int = 60_000) -> list[Finding]:
    """Judge a history."""
    examiner = Examiner(settle_ms)
    for t, documents in history:
        records = {name: list(found.items()) for name, found in documents.items()}
        examiner.take(Look(t, records, exact=exact))
    return examiner.findings
