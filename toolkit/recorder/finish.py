"""From a journal to a bundle, whatever happened in between: the last step of a recording, and `toolkit finish`."""

from __future__ import annotations

import os
import sqlite3
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from toolkit import __version__
from toolkit.bundle.writer import check_target, journal_of, write_bundle
from toolkit.errors import BundleDamaged, BundleNotFound, TargetError
from toolkit.model.instants import format_instant
from toolkit.recorder.entries import read_frame
from toolkit.recorder.journal import FORMAT, NAME, Journal
from toolkit.recorder.leaks import refuse_leaks
from toolkit.recorder.spool import Spool
from toolkit.recorder.tally import Tally
from toolkit.tracks.fold import fold
from toolkit.tracks.state import apply

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.model.wire import Document
    from toolkit.tracks.steps import FrameStep


class Head(msgspec.Struct):
    """A journal's first entry: what the recording is.

    Attributes:
        journal: The journal's format.
        start: The instant of the first tick.
        every_ms: From one tick to the next.
        for_ms: How long.
        errors: Whether error records are read.
        redacted: Whether anything was redacted.
        keep_names: Whether jobs keep their names.
        key: A fingerprint of the key that pseudonyms are made with, if it came from a file.
        address: The cluster's address, redacted if anything is.
        insecure: Whether the cluster's certificate was not looked at.
    """

    journal: int
    start: int
    every_ms: int
    for_ms: int
    errors: bool
    redacted: bool
    keep_names: bool
    key: str | None
    address: str
    insecure: bool


class Finished(NamedTuple):
    """A bundle that was made of a journal; `damage` says what of the journal could not be used, and where it is."""

    path: Path
    tally: Tally
    head: Head
    damage: str = ""


def open_journal(directory: Path) -> Journal:
    """Find the journal of a recording that did not end: by the bundle's directory, or by the journal's own.

    Raises:
        BundleNotFound: If there is none.
    """
    for place in (journal_of(Path(os.path.realpath(directory))), directory):
        journal = Journal(place)
        if journal.there:
            return journal
    msg = (
        f"cannot go on with {directory}: no unfinished recording is there; give the directory that "
        "toolkit record was to write"
    )
    raise BundleNotFound(msg)


def target_of(journal: Journal, directory: Path) -> Path:
    """Give the bundle that a journal is to become, of which either directory was given."""
    if directory.name == journal.place.name:
        return directory.parent / directory.name.removeprefix(".").removesuffix(".journal")
    return directory


def read_head(journal: Journal) -> tuple[Head, Iterator[memoryview]]:
    """Read what a journal's recording is, and give the texts of its frames.

    Raises:
        BundleDamaged: If it is no journal that this toolkit can read.
    """
    texts = journal.texts()
    try:
        head = msgspec.json.decode(next(texts, b"{}"), type=Head)
    except msgspec.DecodeError:
        head = None
    if head is None or head.journal != FORMAT:
        msg = (
            f"cannot read the journal {journal.place}: {NAME} does not start as a journal of this toolkit does; "
            "use the version that wrote it"
        )
        raise BundleDamaged(msg)
    return head, texts


def finish(  # noqa: PLR0913 - the flags of the command
    journal: Journal,
    target: Path,
    *,
    force: bool,
    secrets: Iterable[str] = (),
    scan: bool = True,
    tally: Tally | None = None,
) -> Finished:
    """Make the bundle of a journal, and remove the journal.

    Args:
        journal: The journal.
        target: The bundle's directory.
        force: Whether a bundle that is there already is replaced.
        secrets: The credentials, the host and the user of the recording, as far as they are known.
        scan: Whether a redacted recording is looked through for what looks like a secret.
        tally: What was counted; as the last frame has it by default.

    Raises:
        TargetError: If the target is taken or cannot be written.
        BundleDamaged: If it is no journal that can be read, or it has no frame.
        LeakFound: If something looks like a secret; the journal stays.
    """
    check_target(target, force=force)
    head, texts = read_head(journal)
    reading = _Reading(texts, tally)
    try:
        with Spool(journal.place) as rows:
            folded = fold(reading.frames(journal), rows)
            path = write_bundle(
                target,
                folded.tracks,
                first=folded.frames.instants[0],
                last=folded.frames.instants[-1],
                origin=_origin(head, reading, lost=journal.lost, scanned=scan),
                orders=folded.orders,
                frames=folded.frames,
                force=force,
                look=(lambda folder: refuse_leaks(folder, target, secrets)) if head.redacted and scan else None,
            )
    except sqlite3.Error as error:
        msg = f"cannot write the bundle {target}: {error}; make room for a second copy of {journal.place}"
        raise TargetError(msg) from error
    if journal.lost:
        kept = journal.set_aside()
        damage = (
            f"the journal is damaged, {journal.lost:,} frames behind the damage could not be used: it is kept in {kept}"
        )
        return Finished(path, reading.tally, head, damage)
    journal.remove()
    return Finished(path, reading.tally, head)


class _Reading:
    """Goes through a journal's frames, and remembers what the manifest needs."""

    def __init__(self, texts: Iterator[memoryview], tally: Tally | None) -> None:
        self._texts = texts
        self._known = tally
        self.tally = Tally()
        self.info: Document = {}

    def frames(self, journal: Journal) -> Iterator[FrameStep]:
        first = next(self._texts, None)
        if first is None:
            msg = f"cannot read the journal {journal.place}: it holds no frame; remove it, and record again"
            raise BundleDamaged(msg)
        for text in chain([first], self._texts):
            try:
                frame, tally = read_frame(text)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                msg = f"cannot read the journal {journal.place}: an entry of it is no frame; nothing was changed"
                raise BundleDamaged(msg) from error
            self.tally = self._known or tally
            if "cluster" in frame.steps and "info" in frame.steps["cluster"].changed:
                change = frame.steps["cluster"].changed["info"]
                self.info = apply(self.info, change)
            yield frame
            # Whoever still holds it, what was in it would take room while the next one is read.
            frame.steps.clear()
            del text


def _origin(head: Head, reading: _Reading, *, lost: int, scanned: bool) -> dict[str, Any]:
    tally = reading.tally
    origin: dict[str, Any] = {
        "kind": "recorded",
        "toolkit": __version__,
        "address": head.address,
        "cluster": reading.info,
        "every_ms": head.every_ms,
        "ticks": {"late": tally.late, "missed": tally.missed},
        "requests": tally.requests,
        "received": tally.received,
        "absent": tally.absent,
        "cut": tally.cut,
        "errors": head.errors,
        "redacted": head.redacted,
    }
    if tally.taken:
        origin["recorded"] = format_instant(tally.taken)
    if tally.resumed:
        origin["resumed"] = tally.resumed
    if lost:
        origin["lost_frames"] = lost
    if head.insecure:
        origin["insecure"] = True
    if head.redacted:
        done: dict[str, Any] = {
            "credentials": tally.credentials,
            "pseudonyms": tally.pseudonyms,
            "leaks": tally.leaks,
            "names": "kept" if head.keep_names else "pseudonyms",
        }
        origin["redaction"] = done if scanned else done | {"scanned": False}
    return origin
