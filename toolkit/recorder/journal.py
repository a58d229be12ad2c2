"""The journal: frames on disk as they come, redacted already, so that nothing that was recorded is lost.

A hidden directory beside the target holds one JSON line a frame, synced before the next frame is asked for. It is
made with the first frame, and removed when the bundle is in place.
"""

from __future__ import annotations

import os
import shutil
from itertools import count
from typing import TYPE_CHECKING, Any

from toolkit.bundle.writer import sync_folder
from toolkit.model.wire import dumps, loads
from toolkit.tracks.fold import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NAME = "frames.jsonl"
_FORMAT = 1


class Journal:
    """The journal of one recording."""

    def __init__(self, target: Path, head: dict[str, Any]) -> None:
        """Name the recording's target; `head` is what the first line says about it. Nothing is written yet."""
        self._target = target
        self._head = head
        self._file: Path | None = None

    @property
    def place(self) -> Path | None:
        """The journal's directory, if there is one."""
        return self._file.parent if self._file else None

    def append(self, frame: Frame) -> None:
        """Add a frame, and return when it will survive a power cut.

        Raises:
            OSError: If it cannot be written; the frames before it are still there.
        """
        line = {"t": frame.t, "skew_ms": frame.skew_ms, "gaps": frame.gaps, "collections": frame.collections}
        if self._file is None:
            folder = self._new_folder()
            self._file = folder / _NAME
            self._write({"journal": _FORMAT, **self._head})
            sync_folder(folder)
            sync_folder(folder.parent)
        self._write(line)

    def frames(self) -> Iterator[Frame]:
        """Read the frames back, one at a time; a last line that was not finished does not count."""
        if self._file is None:
            return
        with self._file.open("rb") as file:
            next(file)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                entry = loads(line)
                collections = {
                    name: [(record_id, document) for record_id, document in records]
                    for name, records in entry["collections"].items()
                }
                yield Frame(entry["t"], entry["skew_ms"], collections, entry["gaps"])

    def remove(self) -> None:
        """Remove it: the bundle holds everything now."""
        if self._file is not None:
            shutil.rmtree(self._file.parent, ignore_errors=True)

    def _new_folder(self) -> Path:
        """Make a hidden directory that no earlier recording has left behind."""
        parent = self._target.parent
        parent.mkdir(parents=True, exist_ok=True)
        name = f".{self._target.name}.journal"
        folders = (parent / (name if number == 1 else f"{name}-{number}") for number in count(1))
        folder = next(folder for folder in folders if not folder.exists())
        folder.mkdir(mode=0o700)
        return folder

    def _write(self, entry: dict[str, Any]) -> None:
        assert self._file is not None
        with self._file.open("ab") as file:
            file.write(dumps(entry) + b"\n")
            file.flush()
            os.fsync(file.fileno())
