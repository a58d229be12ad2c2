"""A bundle's manifest: what the bundle is, from when to when, and the digest of every other file."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Struct, field

from toolkit.bundle.lines import read_json
from toolkit.bundle.words import BOM, refuse
from toolkit.errors import BundleDamaged, BundleTooNew, UsageError
from toolkit.model.instants import format_instant, parse_instant
from toolkit.model.wire import pretty
from toolkit.tracks.fold import Mark
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from toolkit.tracks.order import Explicit

FORMAT: Final = "1.0"
"""The format that is written; its first number is raised by what an older toolkit cannot read."""
MAJOR: Final = FORMAT.partition(".")[0]
NAME: Final = "bundle.json"
FILES: Final = {f"{name}.json": kind for name, kind in KINDS.items()}
"""Every other file of a bundle and the kind of records in it: nothing else is ever opened."""

_VERSION: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class FrameMark(Struct, omit_defaults=True):
    """One frame of a recording: its instant, how long it took, and what is missing from it."""

    t: str
    skew_ms: int = 0
    gaps: list[str] = []


class OrderMark(Struct):
    """A list's order from an instant on; without ids it is the sort again."""

    t: str
    ids: list[str] | None


class Manifest(Struct):
    """`bundle.json`, as it is written."""

    format: str
    origin: dict[str, Any]
    from_: str = field(name="from")
    to: str
    counts: dict[str, int]
    files: dict[str, str]
    frames: list[FrameMark] = []
    orders: dict[str, list[OrderMark]] = {}

    @property
    def generated(self) -> bool:
        """Whether the toolkit made the records, so that each must be what its type says."""
        return bool(self.origin["kind"] == "generated")

    def text(self) -> bytes:
        """Write the manifest for people."""
        document: dict[str, Any] = {
            "format": self.format,
            "origin": self.origin,
            "from": self.from_,
            "to": self.to,
            "counts": self.counts,
            "files": self.files,
        }
        if self.frames:
            document["frames"] = msgspec.to_builtins(self.frames)
        if self.orders:
            document["orders"] = msgspec.to_builtins(self.orders)
        return pretty(document) + b"\n"


class Reach(NamedTuple):
    """A manifest's dates as instants."""

    first: int
    last: int
    frames: list[Mark]
    orders: dict[str, list[Explicit]]


def frame_marks(frames: list[Mark]) -> list[FrameMark]:
    """Write a recording's frames down."""
    return [FrameMark(format_instant(frame.t), frame.skew_ms, frame.gaps) for frame in frames]


def order_marks(orders: dict[str, list[Explicit]]) -> dict[str, list[OrderMark]]:
    """Write explicit orders down, the collections sorted by name."""
    return {name: [OrderMark(format_instant(t), ids) for t, ids in orders[name]] for name in sorted(orders)}


def parse_manifest(text: bytes) -> Manifest:
    """Read a manifest's text and check what needs no other file.

    Raises:
        BundleDamaged: If it is not a manifest; the text says where and what, after the file's name.
        BundleTooNew: If its format is not known.
    """
    if text.startswith(codecs.BOM_UTF8):
        raise BundleDamaged(BOM)
    try:
        document = read_json(text)
    except (ValueError, RecursionError):
        msg = "is not JSON"
        raise BundleDamaged(msg) from None
    if not isinstance(document, dict) or not isinstance(document.get("format"), str):
        refuse("$.format", "is missing")
    if not _VERSION.fullmatch(document["format"]):
        refuse("$.format", f"is {document['format']!a}, not a version such as {FORMAT}")
    if document["format"].partition(".")[0] != MAJOR:
        msg = f"is of format {document['format']}, this toolkit reads {MAJOR}.x"
        raise BundleTooNew(msg)
    try:
        manifest = msgspec.convert(document, Manifest)
    except msgspec.ValidationError as error:
        raise BundleDamaged(located(error)) from None
    _check(manifest)
    return manifest


def reach(manifest: Manifest) -> Reach:
    """Read a manifest's dates.

    Raises:
        BundleDamaged: If one is no date, or out of its order.
    """
    first, last = _instant("$.from", manifest.from_), _instant("$.to", manifest.to)
    if first > last:
        refuse("$.from", f"{manifest.from_} is later than $.to, {manifest.to}")
    frames = [
        Mark(_instant(f"$.frames[{place}].t", mark.t), mark.skew_ms, mark.gaps)
        for place, mark in enumerate(manifest.frames)
    ]
    _check_ascending("$.frames", [frame.t for frame in frames], first, last)
    orders: dict[str, list[Explicit]] = {}
    for name, marks in manifest.orders.items():
        where = f"$.orders.{name}"
        orders[name] = [(_instant(f"{where}[{place}].t", mark.t), mark.ids) for place, mark in enumerate(marks)]
        _check_ascending(where, [t for t, _ in orders[name]], first, last)
    return Reach(first, last, frames, orders)


def located(error: msgspec.ValidationError) -> str:
    """Turn a validation error around: the field first, then what is wrong with it."""
    what, _, where = str(error).partition(" - at ")
    what = what[:1].lower() + what[1:]
    return f"{where.strip('`') or '$'}: {what.replace('`', '')}"


def _check(manifest: Manifest) -> None:
    kind = manifest.origin.get("kind")
    if not isinstance(kind, str) or kind not in {"generated", "recorded"}:
        refuse("$.origin.kind", "is neither generated nor recorded")
    if set(manifest.files) != set(FILES):
        wrong = sorted(set(manifest.files) ^ set(FILES))
        refuse("$.files", f"must name exactly the bundle's seven other files, see {', '.join(map(ascii, wrong[:3]))}")
    for name, digest in manifest.files.items():
        if not _DIGEST.fullmatch(digest):
            refuse(f"$.files.{name}", "is not a SHA-256 digest")
    for where, names in (("counts", manifest.counts), ("orders", manifest.orders)):
        for name in names:
            if name not in KINDS:
                refuse(f"$.{where}", f"knows no collection {name!a}")


def _instant(where: str, text: str) -> int:
    try:
        return parse_instant(text)
    except UsageError:
        msg = f"{where}: {text!a} is not a date such as 2026-01-01T00:00:00.000Z"
        raise BundleDamaged(msg) from None


def _check_ascending(where: str, instants: list[int], first: int, last: int) -> None:
    for place, t in enumerate(instants):
        if place and t <= instants[place - 1]:
            refuse(f"{where}[{place}].t", "is not later than the one before it")
        if not first <= t <= last:
            refuse(f"{where}[{place}].t", "is outside the bundle's time")
