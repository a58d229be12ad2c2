"""One track as one line of JSON, and back."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import UNSET

from toolkit.model.wire import dumps, loads
from toolkit.tracks.track import Change, Counter, Item, Track


def line(track: Track) -> bytes:
    """Write a track: the envelope's keys sorted and only those that say something, documents in wire order."""
    parts: dict[str, Any] = {
        "changes": [_change(change) for change in track.changes],
        "counters": {name: _counter(track.counters[name]) for name in sorted(track.counters)},
        "counts": {name: list(track.counts[name]) for name in sorted(track.counts)},
        "doc": track.doc,
        "id": track.id,
        "lists": {name: [_item(item) for item in track.lists[name]] for name in sorted(track.lists)},
        "spans": track.spans,
    }
    return dumps({name: part for name, part in parts.items() if part or name in {"doc", "id"}})


def parse_line(text: bytes) -> Track:
    """Read a track.

    Raises:
        ValueError: If it is not JSON (`msgspec.ValidationError` if it is not a track).
        RecursionError: If it is nested too deep.
    """
    return msgspec.convert(loads(text), Track)


def _change(change: Change) -> dict[str, Any]:
    parts: dict[str, Any] = {} if change.doc is UNSET else {"doc": change.doc}
    if change.set:
        parts["set"] = change.set
    parts["t"] = change.t
    if change.unset:
        parts["unset"] = change.unset
    return parts


def _counter(counter: Counter) -> dict[str, Any]:
    if not counter.of:
        return {"pieces": [list(piece) for piece in counter.pieces]}
    return {"of": counter.of, "per": counter.per, "times": counter.times}


def _item(item: Item) -> dict[str, Any]:
    parts: dict[str, Any] = {"doc": item.doc}
    if item.since is not None:
        parts["since"] = item.since
    if item.until is not None:
        parts["until"] = item.until
    return parts
