"""Reading a bundle: everything is checked before anything is served, and records that stand still stay on disk."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
import weakref
from array import array
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.bundle.beside import working_beside
from toolkit.bundle.bulk import LARGE, Read, follows, last_id, together
from toolkit.bundle.collecting import collecting_later
from toolkit.bundle.lines import parse_line, plucking
from toolkit.bundle.listed import listed
from toolkit.bundle.manifest import FILES, NAME, Manifest, parse_manifest, reach
from toolkit.bundle.rebase import ShiftCheck, shifted_reach, unshiftable
from toolkit.bundle.typed import line_check
from toolkit.bundle.words import damaged, refuse
from toolkit.bundle.writer import journal_of
from toolkit.errors import BundleDamaged, BundleError, BundleNotFound, BundleTooNew, InstantError, PartError
from toolkit.tracks.outline import Standing
from toolkit.tracks.shift import Shifted
from toolkit.tracks.timeline import TrackTimeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from toolkit.bundle.typed import LineCheck
    from toolkit.tracks.frames import Frames
    from toolkit.tracks.outline import Outline, Run
    from toolkit.tracks.track import Track

    Check = LineCheck | ShiftCheck

LARGEST_MANIFEST: Final = 256 * 1024 * 1024

_HASHED: Final = 512 * 1024
_EDITED: Final = "restore it, or use --allow-edited if you edited it"


class Bundle(NamedTuple):
    """A bundle that was found whole.

    Attributes:
        manifest: What it says of itself.
        timeline: What it answers.
        frames: A recording's frames; empty if it was generated.
    """

    manifest: Manifest
    timeline: TrackTimeline
    frames: Frames


def read_bundle(path: Path, *, allow_edited: bool = False, rebase_to: int | None = None) -> Bundle:
    """Open a bundle, checking all of it.

    Args:
        path: Its directory.
        allow_edited: Whether files may differ from what the manifest says of them.
        rebase_to: The instant that the bundle's first one becomes, all known dates moved with it; as it was by default.

    Raises:
        BundleNotFound: If there is no bundle at that path.
        BundleTooNew: If its format is not known.
        BundleDamaged: If any of it is not what it should be.
        BundleError: If it cannot be read.
        InstantError: If a date in it would be moved beyond the years that a date can say.
    """
    with reading(path):
        return _read(path, rebase_to, allow_edited=allow_edited)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Make an error of what the system says while a bundle is read.

    Raises:
        BundleError: If the system refuses.
    """
    try:
        yield
    except OSError as error:
        what = f" {Path(str(error.filename)).name}" if error.filename else ""
        msg = f"cannot read the bundle {path}:{what} {_reason(error)}; check the path and its permissions"
        raise BundleError(msg) from None


def _read(path: Path, rebase_to: int | None, *, allow_edited: bool) -> Bundle:
    manifest = read_manifest(path)
    try:
        dates = reach(manifest)
    except BundleDamaged as error:
        raise damaged(path, NAME, error) from None
    shift = None if rebase_to is None else rebase_to - dates.first
    shown = dates if shift is None else shifted_reach(path, dates, shift)
    files: dict[str, FileTracks] = {}
    for name, kind in FILES.items():
        instants = dates.frames.instants
        check = line_check(kind, dates.first, dates.last, instants, generated=manifest.generated)
        files[name] = FileTracks(path, name, check if shift is None else ShiftCheck(check, kind, shift, instants))
    with collecting_later(), working_beside(files, hashing=not allow_edited) as beside:
        tracks = {
            kind.name: beside.sources[name] if shift is None else Shifted(kind, beside.sources[name], shift)
            for name, kind in FILES.items()
        }
        timeline = TrackTimeline(tracks, shown.first, shown.last, shown.orders, shown.frames.instants)
        # What a line says of its damage says more than a digest does.
        for name, digest in beside.digests().items():
            if digest != manifest.files[name]:
                raise damaged(path, name, "does not match its digest in bundle.json", _EDITED)
    for kind in FILES.values():
        found, said = len(timeline.shelf(kind.name)), manifest.counts.get(kind.name)
        if found != said and not allow_edited:
            why = f"$.counts.{kind.name}: is {said}, but {kind.name}.json has {found} records"
            raise damaged(path, NAME, why, _EDITED)
    return Bundle(manifest, timeline, shown.frames)


def read_manifest(path: Path, *, parts: bool = False) -> Manifest:
    """Read a bundle's manifest alone.

    Args:
        path: The bundle's directory.
        parts: Whether it may be a part of a bundle.

    Raises:
        PartError: If it is a part, and may not be.
        BundleNotFound: If there is no bundle at that path.
        BundleTooNew: If its format is not known.
        BundleDamaged: If it is not what it should be.
        OSError: If it cannot be read.
    """
    if not path.exists() and journal_of(path).is_dir():
        msg = (
            f"cannot read the bundle {path}: its recording goes on or was cut off; "
            f"stop it with Ctrl-C, or toolkit finish {path} makes the bundle"
        )
        raise BundleNotFound(msg)
    if not path.exists():
        msg = f"cannot read the bundle {path}: there is nothing; check the path, or make one with toolkit generate"
        raise BundleNotFound(msg)
    if not path.is_dir():
        msg = f"cannot read the bundle {path}: it is a file; give the directory that holds a bundle.json"
        raise BundleDamaged(msg)
    if not (path / NAME).exists():
        msg = f"cannot read the bundle {path}: it has no bundle.json; give a directory that toolkit wrote"
        raise BundleNotFound(msg)
    with os.fdopen(open_file(path, NAME), "rb") as file:
        text = file.read(LARGEST_MANIFEST + 1)
    if len(text) > LARGEST_MANIFEST:
        raise damaged(path, NAME, "is too large")
    try:
        manifest = parse_manifest(text)
    except BundleTooNew as error:
        msg = f"cannot read the bundle {path}: {NAME} {error}; use a toolkit that knows it, or make the bundle again"
        raise BundleTooNew(msg) from None
    except BundleDamaged as error:
        raise damaged(path, NAME, error) from None
    if manifest.part is not None and not parts:
        which = f"part {manifest.part.number} of {manifest.part.of}"
        msg = f"cannot read the bundle {path}: it is {which} of one; toolkit merge makes the bundle of all its parts"
        raise PartError(msg)
    return manifest


class FileTracks:
    """The tracks of one file, found by their offsets and made when asked for.

    Attributes:
        size: The file's size in bytes.
    """

    def __init__(
        self, bundle: Path, name: str, check: Check, told: Callable[[BundleDamaged], None] | None = None
    ) -> None:
        """Open a file of a bundle.

        Args:
            bundle: Its directory.
            name: The file's name.
            check: What each line must be.
            told: Takes what is damaged: then a line that is no track is left out, instead of ending the reading.
        """
        self._bundle = bundle
        self._told = told
        self._skipped: list[int] = []
        self._name = name
        self._check = check
        self._fd = open_file(bundle, name)
        weakref.finalize(self, os.close, self._fd)
        self.size = os.fstat(self._fd).st_size
        self._offsets = array("Q")
        self._sizes = array("Q")

    def digest(self) -> str:
        """Give the SHA-256 of the file's content."""
        digest = hashlib.sha256()
        chunk = memoryview(bytearray(_HASHED))
        place = 0
        while size := os.preadv(self._fd, [chunk], place):
            digest.update(chunk[:size])
            place += size
        return digest.hexdigest()

    def __getitem__(self, index: int, /) -> Track:
        """Read one track.

        Raises:
            BundleDamaged: If the file was changed since it was opened.
        """
        text = os.pread(self._fd, self._sizes[index], self._offsets[index])
        try:
            return parse_line(text)
        except (ValueError, RecursionError):
            where = f"{self._name} line {self.line(index)}"
            why = "was changed while it was being served"
            raise damaged(self._bundle, where, why, "restore it and start again") from None

    def plucked(self, indexes: Iterable[int], field: str) -> Iterator[object]:
        """Give one field of the first documents of some tracks, `None` where it is not there; the rest is skipped.

        Raises:
            BundleDamaged: If the file was changed since it was opened.
        """
        decode = plucking(field)
        for index in indexes:
            try:
                value = decode(os.pread(self._fd, self._sizes[index], self._offsets[index]))
            except (ValueError, RecursionError):
                # A lone surrogate, for one, which not everybody reads.
                value = self[index].doc.get(field)
            yield value

    def line(self, index: int) -> int:
        """Give the number of the line that a track is on."""
        number = index + 2
        for skipped in self._skipped:
            if skipped > number:
                break
            number += 1
        return number

    def outlines(self) -> Iterator[Outline]:
        """Check every line and give its track's outline, in order.

        Raises:
            BundleDamaged: At the first line that is not what it should be, if nobody is told of it.
            InstantError: At the first line with a date that cannot be moved, if it is to be.
        """
        for run in self.runs():
            if isinstance(run, Standing):
                yield from run.outlines()
            else:
                yield run

    def runs(self) -> Iterator[Run]:
        """Do the same; in a large file the outlines of what stands still come many at a time.

        Raises:
            BundleDamaged: As `outlines` does.
            InstantError: As `outlines` does.
        """
        self._offsets, self._sizes, self._skipped = array("Q"), array("Q"), []
        before = ""
        for lines in listed(self._fd, self._refuse, many=self.size >= LARGE and self._check.takes_many):
            runs = self._check.many(lines) if lines.joined else None
            if runs is not None and follows(before, runs):
                self._sizes.extend(map(len, lines.texts))
                self._offsets.extend(lines.offsets())
                yield from runs
                before = last_id(runs[-1])
                continue
            for number, offset, text in lines.each():
                outline = self._checked(number, text, before)
                if outline is None:
                    self._skipped.append(number)
                    continue
                before = outline.id
                self._offsets.append(offset)
                self._sizes.append(len(text))
                yield outline

    def read(self) -> Read:
        """Go through the file.

        Raises:
            BundleDamaged: As `outlines` does.
            InstantError: As `outlines` does.
        """
        return Read(together(self.runs()), self._offsets, self._sizes)

    def adopt(self, read: Read) -> Iterator[Run]:
        """Take over what another process found in the same file without damage, and give the outlines."""
        runs, self._offsets, self._sizes = read
        self._skipped = []
        return iter(runs)

    def _checked(self, number: int, text: bytes, before: str) -> Outline | None:
        try:
            outline = self._check.check(text)
            if outline.id <= before:
                why = "is there twice" if outline.id == before else "is out of order, lines are sorted by id"
                refuse("$.id", f"{outline.id!a} {why}")
        except BundleDamaged as error:
            self._refuse(number, error)
            return None
        except InstantError as error:
            raise unshiftable(self._bundle, f"{self._name} line {number} {error}") from None
        return outline

    def _refuse(self, number: int, why: object) -> None:
        error = self._damage(number, why)
        if self._told is None:
            raise error from None
        self._told(error)

    def _damage(self, number: int, why: object) -> BundleDamaged:
        return damaged(self._bundle, f"{self._name} line {number}", why)


def open_file(bundle: Path, name: str) -> int:
    """Open a file of a bundle for reading: a regular file, and in the bundle.

    Raises:
        BundleDamaged: If it is missing, is no file, or leads outside.
        OSError: If it cannot be read.
    """
    file = bundle / name
    try:
        real = file.resolve(strict=True)
    except FileNotFoundError:
        raise damaged(bundle, name, "is missing") from None
    except RuntimeError:
        raise damaged(bundle, name, "is a link that leads to itself") from None
    if not real.is_relative_to(bundle.resolve()):
        raise damaged(bundle, name, "is a link that leads outside the bundle")
    if not stat.S_ISREG(real.stat().st_mode):
        raise damaged(bundle, name, "is not a file")
    return os.open(real, os.O_RDONLY | os.O_CLOEXEC)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
