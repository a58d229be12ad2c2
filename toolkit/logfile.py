"""The command log on disk: JSON lines, only ever appended, each on the disk before its command is answered.

What the lines are is the business of `toolkit.world.loglines`; here is what keeps them.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from typing import TYPE_CHECKING

from toolkit.bundle.writer import sync_folder
from toolkit.errors import CommandNotKept, LogError
from toolkit.world.commands import WORDS, Command, MemoryLog, line_of
from toolkit.world.loglines import head_of, read_lines

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Self

    from toolkit.model.wire import Document
    from toolkit.world.scenario import Scenario


class LogFile(MemoryLog):
    """A log that is on disk, and in memory for those who read it; implements `toolkit.world.commands.CommandLog`.

    Attributes:
        scenario: Whose log it is; `None` until `begin`.
    """

    def __init__(self, name: str, warn: Callable[[str], None]) -> None:
        """Name a log; `open` and `inherited` make one.

        Args:
            name: What messages call it.
            warn: Given a line when something happened that a person should know of.
        """
        super().__init__()
        self.scenario: Scenario | None = None
        self._name = name
        self._warn = warn
        self._path: Path | None = None
        self._fd = -1
        self._size = 0
        self._spoilt = False

    @classmethod
    def open(cls, path: Path, warn: Callable[[str], None]) -> Self:
        """Take a log on disk for a server, which alone may have it; one that is not there yet is made by `begin`.

        Raises:
            LogError: If another server has it, or it cannot be read and written.
            LogDamaged: If it is not as a server left it.
        """
        log = cls(str(path), warn)
        log._path = path
        try:
            with contextlib.suppress(FileNotFoundError):
                log._lock(os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC))
                log._read()
        except OSError as error:
            log.close()
            raise _refused(str(path), error) from None
        except LogError:
            log.close()
            raise
        return log

    @classmethod
    def inherited(cls, fd: int, warn: Callable[[str], None]) -> Self:
        """Go on with a log whose open file, which has no name, another process left to this one.

        Raises:
            LogDamaged: If this toolkit cannot go on with it.
        """
        log = cls("of the server before", warn)
        log._fd = fd
        log._read()
        return log

    def begin(self, scenario: Scenario) -> None:
        """Make the log one of a scenario's world, if it is not one already.

        Raises:
            LogError: If it cannot be written.
        """
        if self.scenario is not None:
            return
        try:
            if self._path is not None and self._fd < 0:
                self._lock(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644))
            self._write(head_of(scenario) + b"\n")
            if self._path is not None:
                sync_folder(self._path.parent)
        except OSError as error:
            raise _refused(self._name, error) from None
        self.scenario, self.seed = scenario, scenario.seed

    def append(self, t: int, entry: Document) -> int:
        """Add a fact; returns when it will survive a power cut.

        Raises:
            CommandNotKept: If it cannot be written; then nothing has changed, in memory and on disk.
        """
        assert self.scenario is not None
        assert entry["do"] in WORDS, entry
        try:
            self._write(line_of(Command(self.sequence + 1, t, entry)) + b"\n")
        except OSError as error:
            self._warn(f"cannot write the command log {self._name}: {_reason(error)}; a command was refused")
            msg = f"cannot keep the command: {_reason(error)}; nothing has changed, send it again when there is room"
            raise CommandNotKept(msg) from None
        return super().append(t, entry)

    def close(self) -> None:
        """Let go of the file, so that another server may have it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _lock(self, fd: int) -> None:
        self._fd = fd
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise

    def _read(self) -> None:
        """Take over what the file holds; a line that was cut off goes."""
        held = read_lines(_content(self._fd), self._name)
        for command in held.commands:
            super().append(command.t, command.entry)
        self.scenario, self._size = held.scenario, held.size
        if self.scenario is not None:
            self.seed = self.scenario.seed
        if held.torn:
            self._warn(_torn(self._name))
            self._cut()

    def _write(self, text: bytes) -> None:
        """Add a text, or leave the file as it was; `_size` is where its whole lines end.

        Raises:
            OSError: If the text is not there for good.
        """
        if self._spoilt:
            self._cut()
        try:
            written = 0
            while written < len(text):
                written += os.pwrite(self._fd, text[written:], self._size + written)
            os.fsync(self._fd)
        except OSError:
            self._spoilt = True
            with contextlib.suppress(OSError):
                self._cut()
            raise
        self._size += len(text)

    def _cut(self) -> None:
        os.ftruncate(self._fd, self._size)
        os.fsync(self._fd)
        self._spoilt = False


def read_log(path: Path, warn: Callable[[str], None]) -> tuple[Scenario, MemoryLog]:
    """Read a log as it is now, also while a server has it; nothing is written.

    Raises:
        LogError: If it cannot be read or holds nothing.
        LogDamaged: If it is not as a server left it.
    """
    name = str(path)
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            held = read_lines(_content(fd), name)
        finally:
            os.close(fd)
    except OSError as error:
        raise _refused(name, error) from None
    if held.scenario is None:
        msg = f"cannot use the command log {name}: it is empty; choose one that a server wrote"
        raise LogError(msg)
    if held.torn:
        warn(_torn(name))
    log = MemoryLog(held.scenario.seed)
    for command in held.commands:
        log.append(command.t, command.entry)
    return held.scenario, log


def _torn(name: str) -> str:
    return f"the last line of the command log {name} was cut off and is dropped: its command was never answered"


def _content(fd: int) -> bytes:
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        raise OSError(errno.EINVAL, "not a file")
    with open(fd, "rb", closefd=False) as file:
        file.seek(0)
        return file.read()


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _refused(name: str, error: OSError) -> LogError:
    if isinstance(error, BlockingIOError | FileExistsError):
        return LogError(f"cannot use the command log {name}: another server has it; stop that one, or choose another")
    return LogError(f"cannot use the command log {name}: {_reason(error)}; choose a file that can be read and written")
