"""One track as one line of JSON, and back."""

from __future__ import annotations

import codecs
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import UNSET

from toolkit.model.wire import dumps, loads
from toolkit.tracks.track import Change, Counter, Item, Track

if TYPE_CHECKING:
    from collections.abc import Callable


def line(track: Track) -> bytes:
    """Write a track: the envelope's keys sorted and only those that say something, documents in wire order."""
    if not (track.changes or track.counters or track.counts or track.lists):
        # Most records of a large world stand still.
        return dumps({"doc": track.doc, "id": track.id} | ({"spans": track.spans} if track.spans else {}))
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
    return msgspec.convert(read_json(text), Track)


@cache
def plucking(field: str) -> Callable[[bytes], Any]:
    """Give what reads one field of a line's document, `None` where it is not there, and skips the rest.

    What it gives raises `ValueError` (or `RecursionError`) for what it cannot read, which `parse_line` may.
    """
    doc = msgspec.defstruct("Doc", [("value", Any, None)], rename={"value": field})
    decode = msgspec.json.Decoder(msgspec.defstruct("Line", [("doc", doc)])).decode
    return lambda text: decode(text).doc.value  # type: ignore[attr-defined]  # defined above


def read_json(text: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read JSON as a bundle has it: UTF-8 without a byte order mark.

    Raises:
        ValueError: If it is not JSON.
        RecursionError: If it is nested too deep.
    """
    # Python's own parser would take a mark, UTF-16 and UTF-32 too.
    if text.startswith(codecs.BOM_UTF8) or b"\0" in text:
        msg = "not UTF-8 without a byte order mark"
        raise ValueError(msg)
    return loads(text)


def _change(change: Change) -> dict[str, Any]:
    parts: dict[str, Any] = {} if change.doc is UNSET else {"doc": change.doc}
    if change.set:
        parts["set"] = change.set
    parts["t"] = change.t
    if change.unset:
        parts["unset"] = change.unset
    return parts


def _counter(counter: Counter) -> dict[str, Any]:
    if counter.deltas is not UNSET:
        return {"deltas": counter.deltas, "since": counter.since, "value": counter.value}
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
