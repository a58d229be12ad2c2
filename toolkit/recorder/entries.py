"""A frame as an entry of the journal, and back."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from toolkit.tracks.steps import FrameStep, Step
from toolkit.tracks.track import Change

Entry = dict[str, Any]


def frame_entry(frame: FrameStep, tally: dict[str, Any]) -> Entry:
    """Write a frame, and what was counted until then."""
    return {
        "t": frame.t,
        "skew_ms": frame.skew_ms,
        "gaps": frame.gaps,
        "steps": {name: _step_entry(step) for name, step in frame.steps.items()},
        "tally": tally,
    }


def read_frame(entry: Entry) -> FrameStep:
    """Read a frame."""
    steps = {name: _read_step(entry["t"], step) for name, step in entry["steps"].items()}
    return FrameStep(entry["t"], entry["skew_ms"], entry["gaps"], steps)


def _step_entry(step: Step) -> Entry:
    parts: Entry = {}
    if step.changed:
        parts["changed"] = {key: _change_entry(change) for key, change in step.changed.items()}
    if step.gone:
        parts["gone"] = step.gone
    if step.placed:
        parts["placed"] = step.placed
    return parts


def _change_entry(change: Change) -> Entry:
    if change.doc is not UNSET:
        return {"doc": change.doc}
    return {"set": change.set, "unset": change.unset} if change.unset else {"set": change.set}


def _read_step(t: int, parts: Entry) -> Step:
    changed = {
        key: Change(t, doc=change["doc"])
        if "doc" in change
        else Change(t, set=change["set"], unset=change.get("unset", []))
        for key, change in parts.get("changed", {}).items()
    }
    placed = [(entry, after) for entry, after in parts.get("placed", ())]
    return Step(changed, parts.get("gone", []), placed)
