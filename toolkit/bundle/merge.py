"""Joining the parts of a bundle: the bytes that one run would have written, in the memory of one chunk."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Final

from toolkit.bundle.manifest import FILES, NAME, Manifest
from toolkit.bundle.reader import open_file, read_manifest, reading
from toolkit.bundle.words import damaged, some_of, under
from toolkit.bundle.writer import put_bundle
from toolkit.errors import PartError
from toolkit.model.instants import SHOWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

CHUNK: Final = 2**20
_OPENED: Final = b"[\n"
_CLOSED: Final = b"\n]\n"
_NAMED: Final = 10
"""So many missing parts are named."""

Held = tuple["Path", Manifest]
"""A part: its directory, and what it says of itself."""


def merge(parts: Iterable[Path], target: Path, *, force: bool = False) -> Path:
    """Join the parts of a bundle, given in any order.

    Args:
        parts: Their directories.
        target: The directory that the bundle becomes.
        force: Whether a bundle that is there already is replaced.

    Returns:
        The target.

    Raises:
        PartError: If one is missing, given twice, of another bundle, or no part; nothing is written then.
        BundleError: If one cannot be read, or is damaged; nothing is written then either.
        TargetError: If the target is taken or cannot be written.
    """
    held = _in_order([_held(path) for path in parts])
    _, first = held[0]
    counts = {kind.name: sum(part.counts.get(kind.name, 0) for _, part in held) for kind in FILES.values()}
    manifest = Manifest(first.format, first.origin, first.from_, first.to, counts, {})
    return put_bundle(target, manifest, ((name, _joined(held, name)) for name in FILES), force=force)


def _held(path: Path) -> Held:
    with reading(path):
        manifest = read_manifest(path, parts=True)
    if manifest.part is None:
        msg = f"cannot merge {path}: it is a whole bundle, not a part; give what generate --shard wrote"
        raise PartError(msg)
    return path, manifest


def _in_order(held: Sequence[Held]) -> list[Held]:
    """Check that parts belong together and none is missing, and sort them."""
    found: dict[int, Held] = {}
    for path, manifest in held:
        beside, first = held[0]
        for field, mine, its in (
            ("$.format", manifest.format, first.format),
            ("$.origin", manifest.origin, first.origin),
            ("$.from", manifest.from_, first.from_),
            ("$.to", manifest.to, first.to),
            ("$.part.of", _of(manifest), _of(first)),
        ):
            if mine != its:
                what, one, other = _difference(field, mine, its)
                msg = (
                    f"cannot merge {path} with {beside}: {what} is {one} in its bundle.json, not {other}, so it is "
                    "a part of another bundle; give parts made with the same arguments but for --shard"
                )
                raise PartError(msg)
        assert manifest.part is not None, "only parts come here"
        number = manifest.part.number
        if number in found:
            msg = f"cannot merge {path}: {found[number][0]} is part {number} of {_of(first)} too; give each part once"
            raise PartError(msg)
        found[number] = path, manifest
    missing = [number for number in range(1, _of(held[0][1]) + 1) if number not in found]
    if missing:
        some = some_of([str(number) for number in missing], _NAMED)
        of, then = _of(held[0][1]), "make them with generate --shard"
        msg = f"cannot merge {len(found)} of {of} parts: missing {some}; {then} {missing[0]}/{of}"
        raise PartError(msg)
    return [found[number] for number in sorted(found)]


def _difference(field: str, mine: object, its: object) -> tuple[str, str, str]:
    """Give where two values first differ, and what stands there."""
    if isinstance(mine, dict) and isinstance(its, dict):
        for name in sorted(mine.keys() | its.keys()):
            if mine.get(name) != its.get(name):
                return _difference(under(field, name), mine.get(name), its.get(name))
    return field, ascii(mine)[:SHOWN], ascii(its)[:SHOWN]


def _of(manifest: Manifest) -> int:
    assert manifest.part is not None, "only parts come here"
    return manifest.part.of


def _joined(held: Sequence[Held], name: str) -> Iterator[bytes]:
    """Give a file of the whole, checking every part's against its digest on the way."""
    some = False
    yield b"["
    for path, manifest in held:
        digest = hashlib.sha256()
        begun = False
        for chunk in _inner(path, name, digest):
            if not begun:
                yield b",\n" if some else b"\n"
            begun = some = True
            yield chunk
        if digest.hexdigest() != manifest.files[name]:
            raise damaged(path, name, f"does not match its digest in {NAME}", "make the part again")
    yield _CLOSED


def _inner(path: Path, name: str, digest: hashlib._Hash) -> Iterator[bytes]:
    """Give what is between the brackets of a part's file, in chunks; the digest takes all of it."""
    with reading(path), os.fdopen(open_file(path, name), "rb") as file:
        digest.update(file.read(len(_OPENED)))
        held = b""
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            text = held + chunk
            # The last bytes wait: they may be those that close the list.
            held = text[-len(_CLOSED) :]
            if len(text) > len(held):
                yield text[: -len(held)]
