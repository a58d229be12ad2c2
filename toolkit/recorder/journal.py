"""The journal: frames on disk as they come, redacted already, so that nothing that was recorded is lost.

A hidden directory beside the bundle-to-be holds one line an entry: a checksum, a blank, JSON. The first entry says
what the recording is, every other one is a frame, told by its difference from the one before. Each is synced before the
next frame is asked for. A line that was not finished, or that a power cut left as rubbish, ends the journal.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Self
from zlib import crc32

from toolkit.bundle.writer import sync_folder
from toolkit.errors import TargetError
from toolkit.model.wire import dumps, loads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import BufferedRandom
    from pathlib import Path
    from types import TracebackType

NAME: Final = "frames.jsonl"
FORMAT: Final = 2
_MARK: Final = 9
"""Letters of the checksum and the blank."""
_STREAMED: Final = 4
"""Levels of an entry that are written member by member: down to the changes of each collection."""

Entry = dict[str, Any]


class Journal:
    """The journal of one recording, held by one process at a time.

    Attributes:
        lost: After it was read: whole entries behind a damaged one. They tell differences from it, so nobody can use
            them.
    """

    def __init__(self, place: Path) -> None:
        """Name its place; nothing is written or read yet."""
        self.place = place
        self._file: BufferedRandom | None = None
        self._good = 0
        self.lost = 0

    def __enter__(self) -> Self:
        """Hold nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of it."""
        self.close()

    @property
    def there(self) -> bool:
        """Whether anything is written."""
        return (self.place / NAME).is_file()

    def append(self, *entries: Entry) -> None:
        """Add entries, and return when they will survive a power cut. The first ones make the journal.

        Raises:
            OSError: If they cannot be written; the entries before them are still there.
            TargetError: If another process holds the journal.
        """
        fresh = self._file is None
        if self._file is None:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                self._file = self._held("x+b")
            except FileExistsError:
                msg = f"cannot begin the journal {self.place}: another recording began it; choose another place"
                raise TargetError(msg) from None
        # What is behind the last whole entry goes only now: reading alone must not cost what somebody might still want.
        self._file.truncate(self._good)
        self._file.seek(self._good)
        for entry in entries:
            _write(self._file, entry)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._good = self._file.tell()
        if fresh:
            sync_folder(self.place)
            sync_folder(self.place.parent)

    def entries(self) -> Iterator[Entry]:
        """Read it as `texts` does."""
        return (loads(bytes(text)) for text in self.texts())

    def texts(self) -> Iterator[memoryview]:
        """Read its entries' JSON from the start, as far as it is whole; what is appended later follows that.

        Raises:
            OSError: If it cannot be read.
            TargetError: If another process holds it.
        """
        self.hold()
        assert self._file is not None
        place = 0
        self._file.seek(0)
        while text := _whole(self._file.readline()):
            place += _MARK + len(text) + 1
            self._good = max(self._good, place)
            yield text
            del text  # a frame's text takes room while the next one is read
            self._file.seek(place)
        self.lost = sum(_whole(line) is not None for line in self._file)

    def remove(self) -> None:
        """Remove it, if it is ours: the bundle holds everything now, or there is nothing in it."""
        if self._file is not None:
            self.close()
            shutil.rmtree(self.place, ignore_errors=True)

    def set_aside(self) -> Path:
        """Keep a damaged journal that is ours where it is in nobody's way; give the place."""
        self.close()
        names = (self.place.with_name(f"{self.place.name}-damaged-{number}") for number in count(1))
        kept = next(place for place in names if not place.exists())
        self.place.rename(kept)
        return kept

    def hold(self) -> None:
        """Make one that is there ours.

        Raises:
            OSError: If it cannot be read.
            TargetError: If another process holds it.
        """
        if self._file is None:
            self._file = self._held("r+b")

    def close(self) -> None:
        """Let go of it."""
        if self._file is not None:
            # What could not be written before is tried again here, and is no entry anyway.
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _held(self, mode: str) -> BufferedRandom:
        file: BufferedRandom = (self.place / NAME).open(mode)  # type: ignore[assignment]  # of a binary mode with +
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            msg = f"cannot use the journal {self.place}: another process is recording into it; stop that with Ctrl-C"
            raise TargetError(msg) from None
        return file


def _write(file: BufferedRandom, entry: Entry) -> None:
    """Write a line; its checksum comes last, so that the first frame of a large cluster is never one text."""
    begin, checksum = file.tell(), 0
    file.write(b"-" * (_MARK - 1) + b" ")
    for part in _parts(entry, _STREAMED):
        checksum = crc32(part, checksum)
        file.write(part)
    file.write(b"\n")
    end = file.tell()
    file.seek(begin)
    file.write(b"%08x" % checksum)
    file.seek(end)


def _parts(value: object, levels: int) -> Iterator[bytes]:
    if not levels or not value or not isinstance(value, dict):
        yield dumps(value)
        return
    mark = b"{"
    for key, inside in value.items():
        yield mark + dumps(key) + b":"
        yield from _parts(inside, levels - 1)
        mark = b","
    yield b"}"


def _whole(line: bytes) -> memoryview | None:
    """Give a line's JSON; `None` if it is not whole."""
    text = memoryview(line)[_MARK:-1]
    whole = line.endswith(b"\n") and line[_MARK : _MARK + 1] == b"{" and line[:_MARK] == b"%08x " % crc32(text)
    return text if whole else None
