"""Bringing a bundle to the present format."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import msgspec

from toolkit.bundle.manifest import FORMAT, MAJOR, NAME
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import cannot, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

_NEW = ".toolkit-bundle.json"


def migrate(path: Path) -> tuple[str, str]:
    """Bring a bundle to the present format, in place; give the format it had, and the one it has.

    The whole bundle is checked first. Its tracks are what they were since format 1, so only the manifest is written
    anew, beside the old one and then in its place.

    Raises:
        BundleError: If it cannot be read.
        TargetError: If it cannot be written.
    """
    manifest = read_bundle(path).manifest
    if manifest.format.partition(".")[0] == MAJOR:
        return manifest.format, manifest.format
    fresh = path / _NEW
    try:
        fresh.unlink(missing_ok=True)  # a run that was killed left it; a link is not followed
        with fresh.open("xb") as file:
            file.write(msgspec.structs.replace(manifest, format=FORMAT).text())
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path / NAME)
        sync_folder(path)
    except OSError as error:
        raise cannot(path, error) from error
    finally:
        with contextlib.suppress(OSError):  # a read-only disk refuses to remove even what is not there
            fresh.unlink()
    return manifest.format, FORMAT
