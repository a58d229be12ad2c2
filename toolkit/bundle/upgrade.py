"""Manifests of earlier formats, told in the words of the present one.

Format 1 wrote a frame as an object and an order as all its ids. Its files of tracks are as they are now.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from toolkit.bundle.frames import FramesMark, check_ascending, gap_marks, instant
from toolkit.tracks.frames import FrameBook
from toolkit.tracks.runs import write_runs

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.tracks.placing import Placing


class _Frame(Struct):
    t: str
    skew_ms: int = 0
    gaps: list[str] = []


class _Order(Struct):
    t: str
    ids: list[str] | None


class _Dated(Struct):
    frames: list[_Frame] = []
    orders: dict[str, list[_Order]] = {}


def upgraded(document: Document) -> Document:
    """Give a manifest of format 1 in the shape of the present one; its format stays named as it was.

    Raises:
        BundleDamaged: If a date is none, or out of its order; the text starts with the field.
        msgspec.ValidationError: If something has another type.
    """
    old = msgspec.convert(document, _Dated)
    after: dict[str, Any] = {key: value for key, value in document.items() if key not in {"frames", "orders"}}
    if old.frames:
        after |= _frames(old.frames)
    if old.orders:
        after["orders"] = {
            name: [{"t": order.t, "placed": _chain(order.ids or [])} for order in orders]
            for name, orders in old.orders.items()
        }
    return after


def _frames(frames: list[_Frame]) -> Document:
    instants = [instant(f"$.frames[{place}].t", frame.t) for place, frame in enumerate(frames)]
    check_ascending("$.frames", instants, instants[0], max(instants))
    book = FrameBook()
    for t, frame in zip(instants, frames, strict=True):
        book.note(t, frame.skew_ms, dict(gap.partition(": ")[::2] for gap in frame.gaps))
    steps = write_runs((later - before, 1) for before, later in pairwise(instants))
    mark = FramesMark(steps, write_runs((frame.skew_ms, 1) for frame in frames))
    return {"frames": msgspec.to_builtins(mark), "gaps": msgspec.to_builtins(gap_marks(book.frames))}


def _chain(ids: list[str]) -> list[Placing]:
    return [(entry, ids[place - 1] if place else None) for place, entry in enumerate(ids)]
