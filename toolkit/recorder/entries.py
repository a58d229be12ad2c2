"""A frame as an entry of the journal, and back."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType

from toolkit.model.wire import dumps, loads, verbatim
from toolkit.recorder.tally import Tally  # noqa: TC001 - msgspec reads the annotations
from toolkit.tracks.steps import FrameStep, Step
from toolkit.tracks.track import AnyChange, Change, Written

Entry = dict[str, Any]


class _Change(Struct):
    """What became of a record, its values as they stand in the entry."""

    doc: Raw | UnsetType = UNSET
    set: Raw = Raw(b"{}")
    unset: list[str] = []


class _Step(Struct):
    changed: dict[str, _Change] = {}
    gone: list[str] = []
    placed: list[tuple[str, str | None]] = []


class _Frame(Struct):
    t: int
    skew_ms: int
    gaps: dict[str, str]
    steps: dict[str, _Step]
    tally: Tally


_FRAME = msgspec.json.Decoder(_Frame)


def frame_entry(frame: FrameStep, tally: dict[str, Any]) -> Entry:
    """Write a frame, and what was counted until then."""
    return {
        "t": frame.t,
        "skew_ms": frame.skew_ms,
        "gaps": frame.gaps,
        "steps": {name: _step_entry(step) for name, step in frame.steps.items()},
        "tally": tally,
    }


def read_frame(text: memoryview) -> tuple[FrameStep, Tally]:
    """Read a frame, and what was counted until then; documents stay texts until they are needed."""
    frame = _decoded(text)
    steps = {name: _read_step(frame.t, step) for name, step in frame.steps.items()}
    return FrameStep(frame.t, frame.skew_ms, frame.gaps, steps), frame.tally


def _decoded(text: memoryview) -> _Frame:
    try:
        return _FRAME.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # msgspec takes neither lone surrogates nor numbers beyond a double.
        entry = loads(bytes(text))
        for step in entry["steps"].values():
            for change in step.get("changed", {}).values():
                change |= {part: Raw(dumps(change[part])) for part in ("doc", "set") if part in change}
        return msgspec.convert(entry, _Frame)


def _step_entry(step: Step) -> Entry:
    parts: Entry = {}
    if step.changed:
        parts["changed"] = {key: _change_entry(change) for key, change in step.changed.items()}
    if step.gone:
        parts["gone"] = step.gone
    if step.placed:
        parts["placed"] = step.placed
    return parts


def _change_entry(change: AnyChange) -> Entry:
    if isinstance(change, Written):
        return {"doc": verbatim(change.text)}
    if change.doc is not UNSET:
        return {"doc": change.doc}
    return {"set": change.set, "unset": change.unset} if change.unset else {"set": change.set}


def _read_step(t: int, step: _Step) -> Step:
    return Step({key: _read_change(t, change) for key, change in step.changed.items()}, step.gone, [*step.placed])


def _read_change(t: int, change: _Change) -> AnyChange:
    if change.doc is not UNSET:
        return Written(t, change.doc)
    return Change(t, set=loads(bytes(change.set)), unset=change.unset)
