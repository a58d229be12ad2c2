"""Writing a bundle: whole or not at all.

Everything is written into a hidden directory beside the target, synced, and renamed into place. A bundle that is
replaced is moved aside first, and back if that fails.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.bundle.frames import frames_mark, gap_marks, order_marks
from toolkit.bundle.lines import line
from toolkit.bundle.manifest import FILES, FORMAT, NAME, Manifest
from toolkit.bundle.words import some_of
from toolkit.errors import BundleDamaged, TargetError
from toolkit.model.instants import format_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from toolkit.bundle.manifest import PartMark
    from toolkit.tracks.frames import Frames
    from toolkit.tracks.placing import Explicit
    from toolkit.tracks.track import Track

_HIDDEN = ".toolkit-"
_AT_ONCE = 2**18
_NAMED = 3
"""So many files are named that are in the way."""


def write_bundle(  # noqa: PLR0913 - what a bundle consists of, each by its name
    target: Path,
    tracks: Mapping[str, Iterable[Track]],
    *,
    first: int,
    last: int,
    origin: dict[str, Any],
    orders: Mapping[str, Sequence[Explicit]] | None = None,
    frames: Frames | None = None,
    part: PartMark | None = None,
    force: bool = False,
    look: Callable[[Path], None] | None = None,
) -> Path:
    """Write a bundle.

    Args:
        target: The directory it becomes; its parents are made.
        tracks: By collection, each sorted by id; read once, one after the other.
        first: The first instant.
        last: The last one.
        origin: Where it comes from; `kind` is `generated` or `recorded`.
        orders: Orders of lists that are not the sort's.
        frames: A recording's frames.
        part: Which part of a bundle it is, if it is none of its own.
        force: Whether a bundle that is there already is replaced.
        look: Looks at the finished files before they are put in place; what it raises leaves nothing behind.

    Returns:
        The target.

    Raises:
        TargetError: If the target is taken or cannot be written.
        BundleDamaged: If tracks are not sorted, or two have the same id.
    """
    manifest = Manifest(
        FORMAT,
        origin,
        format_instant(first),
        format_instant(last),
        {},
        {},
        frames_mark(frames) if frames is not None else None,
        gap_marks(frames) if frames is not None else [],
        order_marks({name: list(marks) for name, marks in (orders or {}).items() if marks}),
        part,
    )

    def files() -> Iterator[tuple[str, Iterable[bytes]]]:
        for name, kind in FILES.items():
            lines = _lines(target, name, tracks.get(kind.name, ()))
            yield name, _list(manifest.counts, kind.name, lines)

    return put_bundle(target, manifest, files(), force=force, look=look)


def put_bundle(
    target: Path,
    manifest: Manifest,
    files: Iterable[tuple[str, Iterable[bytes]]],
    *,
    force: bool,
    look: Callable[[Path], None] | None = None,
) -> Path:
    """Put a bundle in place whose files are texts already.

    Args:
        target: As in `write_bundle`, as are the next ones.
        manifest: What it says of itself; the files' digests are added.
        files: Every file's name and text, in long pieces: each is written and hashed on its own. A file is read to its
            end before the next one is asked for.
        force: See above.
        look: See above.

    Returns:
        The target.

    Raises:
        TargetError: If the target is taken or cannot be written.
    """
    try:
        check_target(target, force=force)
        place = Path(os.path.realpath(target))  # a link stays a link, what it leads to is replaced
        with _hidden_beside(place) as folder:
            for name, parts in files:
                manifest.files[name] = _write(folder / name, parts)
            _write(folder / NAME, [manifest.text()])
            if look is not None:
                look(folder)
            sync_folder(folder)
            _put_in_place(folder, place, force=force)
    except OSError as error:
        raise cannot(target, error) from error
    return target


def journal_of(target: Path) -> Path:
    """Give where the journal lies of a recording that is to become a bundle: hidden beside it."""
    return target.parent / f".{target.name}.journal"


def check_target(target: Path, *, force: bool) -> None:
    """Check, before any work is done, that a bundle may be written to a place.

    Raises:
        TargetError: If something is there already, and it is not a bundle, and nothing else, that `force` allows to
            replace.
    """
    try:
        taken = target.is_symlink() or target.exists()
        held = {path.name for path in target.iterdir()} if target.is_dir() else set()
        ours = target.is_dir() and (not held or (target / NAME).is_file())
    except OSError as error:
        raise cannot(target, error) from error
    if taken and not ours:
        msg = f"cannot write the bundle {target}: something else is there, which is not replaced; choose another place"
        raise TargetError(msg)
    if taken and not force:
        msg = f"cannot write the bundle {target}: it exists; use --force to replace it, or choose another place"
        raise TargetError(msg)
    if others := sorted(held - {NAME, *FILES}):
        some = some_of([ascii(name) for name in others], _NAMED)
        msg = (
            f"cannot replace the bundle {target}: it has {some} in it, which is none of its files; move that elsewhere"
        )
        raise TargetError(msg)


def nearest_folder(target: Path) -> Path:
    """Give the nearest parent of a target that is there."""
    return next(parent for parent in target.parents if parent.exists())


def cannot(target: Path, error: Exception) -> TargetError:
    """Make the error for a bundle that the system, or a database on its disk, does not let us write."""
    reason = (getattr(error, "strerror", None) or str(error)).lower()
    return TargetError(f"cannot write the bundle {target}: {reason}; make room or choose another place")


def _lines(target: Path, name: str, tracks: Iterable[Track]) -> Iterator[bytes]:
    before = None
    for track in tracks:
        if before is not None and track.id <= before:
            why = "is there twice" if track.id == before else f"comes after {before!a}"
            msg = f"cannot write the bundle {target}: in {name}, {track.id!a} {why}; give each once, sorted by id"
            raise BundleDamaged(msg)
        before = track.id
        yield line(track)


def _list(counts: dict[str, int], name: str, lines: Iterable[bytes]) -> Iterator[bytes]:
    """Give the text of a file of tracks, in pieces of many; how many there are is noted at its end."""
    written, size, before = 0, 0, b"["
    held: list[bytes] = []
    for text in lines:
        held.append(text)
        size += len(text)
        if size >= _AT_ONCE:
            yield before + b"\n" + b",\n".join(held)
            written, size, before = written + len(held), 0, b","
            held.clear()
    if held:
        yield before + b"\n" + b",\n".join(held)
    yield b"\n]\n" if written or held else b"[\n]\n"
    counts[name] = written + len(held)


def _write(path: Path, parts: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    # Not without a buffer of Python's: that writes as much as fits, and only says so.
    with path.open("xb") as file:
        for text in parts:
            file.write(text)
            digest.update(text)
        os.fsync(file.fileno())
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make a directory's entries last."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


@contextlib.contextmanager
def _hidden_beside(target: Path) -> Iterator[Path]:
    """Give a new hidden directory beside the target; nothing of it is left, whatever happens."""
    with contextlib.ExitStack() as undo:
        for parent in reversed([parent for parent in target.parents if not parent.exists()]):
            undo.callback(_remove_empty, parent)
        target.parent.mkdir(parents=True, exist_ok=True)
        folder = _new_hidden(target)
        undo.callback(shutil.rmtree, folder, ignore_errors=True)
        folder.mkdir()
        yield folder
        undo.pop_all()


def _remove_empty(folder: Path) -> None:
    """Remove a directory that was made, unless somebody uses it by now."""
    with contextlib.suppress(OSError):
        folder.rmdir()


def _new_hidden(target: Path) -> Path:
    """Name a place beside the target that nothing has yet, not even what a killed run left behind."""
    names = (f"{_HIDDEN}{os.getpid()}-{number}" for number in count())
    return next(path for name in names if not (path := target.parent / name).exists())


def _put_in_place(folder: Path, target: Path, *, force: bool) -> None:
    check_target(target, force=force)
    aside = _new_hidden(target)
    try:
        if target.exists():
            target.rename(aside)
        folder.rename(target)
    except BaseException:
        if aside.exists() and not target.exists():
            aside.rename(target)
        raise
    try:
        sync_folder(target.parent)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
