"""A bundle's manifest: what the bundle is, from when to when, and the digest of every other file."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import Struct, field

from toolkit.bundle.frames import FramesMark, GapMark, OrderMark, instant, read_frames, read_orders
from toolkit.bundle.lines import read_json
from toolkit.bundle.upgrade import upgraded
from toolkit.bundle.words import BOM, refuse
from toolkit.errors import BundleDamaged, BundleTooNew
from toolkit.model.wire import dumps, pretty
from toolkit.tracks.frames import Frames
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from toolkit.tracks.placing import Explicit

FORMAT: Final = "2.0"
"""The format that is written; its first number is raised by what an older toolkit cannot read."""
EARLIER: Final = "1"
"""The earlier format that is read as well, by its first number; `toolkit migrate` writes it anew."""
MAJOR: Final = FORMAT.partition(".")[0]
NAME: Final = "bundle.json"
FILES: Final = {f"{name}.json": kind for name, kind in KINDS.items()}
"""Every other file of a bundle and the kind of records in it: nothing else is ever opened."""

_INNER: Final = b" " * 12
_VERSION: Final = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class PartMark(Struct):
    """Which part of a bundle this is: of every file the records whose ids lie between two bounds."""

    number: int
    of: int


class Manifest(Struct):
    """`bundle.json`, as it is written."""

    format: str
    origin: dict[str, Any]
    from_: str = field(name="from")
    to: str
    counts: dict[str, int]
    files: dict[str, str]
    frames: FramesMark | None = None
    gaps: list[GapMark] = []
    orders: dict[str, list[OrderMark]] = {}
    part: PartMark | None = None

    @property
    def generated(self) -> bool:
        """Whether the toolkit made the records, so that each must be what its type says."""
        return bool(self.origin["kind"] == "generated")

    def text(self) -> bytes:
        """Write the manifest for people."""
        document: dict[str, Any] = {
            "format": self.format,
            "origin": self.origin,
            **({"part": msgspec.to_builtins(self.part)} if self.part is not None else {}),
            "from": self.from_,
            "to": self.to,
            "counts": self.counts,
            "files": self.files,
        }
        for name, part in (("frames", self.frames), ("gaps", self.gaps)):
            if part:
                document[name] = msgspec.to_builtins(part)
        text = pretty(document)
        if not self.orders:
            return text + b"\n"
        # One entry a line, as tracks are: a line for each id would be most of the file.
        lists = []
        for name, marks in self.orders.items():
            lines = b",\n".join(_INNER + dumps(msgspec.to_builtins(mark)) for mark in marks)
            lists.append(b"        " + dumps(name) + b": [\n" + lines)
        orders = b"\n        ],\n".join(lists)
        return text.removesuffix(b"\n}") + b',\n    "orders": {\n' + orders + b"\n        ]\n    }\n}\n"


class Reach(NamedTuple):
    """A manifest's dates as instants."""

    first: int
    last: int
    frames: Frames
    orders: dict[str, list[Explicit]]


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
    major = document["format"].partition(".")[0]
    if major not in {EARLIER, MAJOR}:
        msg = f"is of format {document['format']}, this toolkit reads {EARLIER}.x and {MAJOR}.x"
        raise BundleTooNew(msg)
    try:
        manifest = msgspec.convert(document if major == MAJOR else upgraded(document), Manifest)
    except msgspec.ValidationError as error:
        raise BundleDamaged(located(error)) from None
    _check(manifest)
    return manifest


def reach(manifest: Manifest) -> Reach:
    """Read a manifest's dates.

    Raises:
        BundleDamaged: If one is no date, or out of its order.
    """
    first, last = instant("$.from", manifest.from_), instant("$.to", manifest.to)
    if first > last:
        refuse("$.from", f"{manifest.from_} is later than $.to, {manifest.to}")
    frames = Frames()
    if manifest.frames is not None:
        frames = read_frames(manifest.frames, manifest.gaps, first, last)
    return Reach(first, last, frames, read_orders(manifest.orders, first, last))


def located(error: msgspec.ValidationError) -> str:
    """Turn a validation error around: the field first, then what is wrong with it."""
    what, _, where = str(error).partition(" - at ")
    what = what[:1].lower() + what[1:]
    return f"{where.strip('`') or '$'}: {what.replace('`', '')}"


def _check(manifest: Manifest) -> None:
    kind = manifest.origin.get("kind")
    if not isinstance(kind, str) or kind not in {"generated", "recorded"}:
        refuse("$.origin.kind", "is neither generated nor recorded")
    if manifest.part is not None and not 1 <= manifest.part.number <= manifest.part.of:
        refuse("$.part", f"is {manifest.part.number} of {manifest.part.of}")
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
