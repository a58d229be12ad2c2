"""What is done beside the reading of a bundle's lines: hashing, and for a large file the reading itself."""

from __future__ import annotations

import marshal
import os
import signal
import sys
import threading
from array import array
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from toolkit.bundle.bulk import LARGE, Read
from toolkit.tracks.outline import Outline, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from toolkit.bundle.reader import FileTracks
    from toolkit.tracks.outline import Run, TrackSource
    from toolkit.tracks.track import Track

    Files = Mapping[str, FileTracks]
    Digests = Mapping[str, str]


class Beside(NamedTuple):
    """What is had of it.

    Attributes:
        sources: The tracks of each file.
        digests: Gives each file's SHA-256 when it is there; of no file if none was wanted.
    """

    sources: Mapping[str, TrackSource]
    digests: Callable[[], Digests]


@contextmanager
def working_beside(files: Files, *, hashing: bool) -> Iterator[Beside]:
    """Start hashing, and going through the largest file where that takes long enough and is safe.

    It is where there is a second core, and no other thread that could hold a lock while this process is copied.

    Args:
        files: Each file by its name.
        hashing: Whether digests are wanted.
    """
    largest = max(files, key=lambda name: files[name].size)
    alone = threading.active_count() == 1
    if files[largest].size >= LARGE and alone and sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1:
        ahead = Ahead(files, largest, hashing=hashing)
        try:
            yield Beside({**files, largest: ahead}, ahead.digests)
        finally:
            ahead.end()
        return
    with ThreadPoolExecutor(1) as thread:
        found = {name: thread.submit(file.digest) for name, file in files.items() if hashing}
        try:
            yield Beside(files, lambda: {name: digest.result() for name, digest in found.items()})
        except BaseException:
            thread.shutdown(cancel_futures=True)
            raise


class Ahead:
    """The tracks of a file that another process goes through; what it could not do is done here."""

    def __init__(self, files: Files, name: str, *, hashing: bool) -> None:
        """Start the process, a copy of this one.

        Args:
            files: Each file by its name.
            name: The one to go through.
            hashing: Whether it hashes all of them afterwards.
        """
        import numpy as np  # noqa: F401, PLC0415 - both need it, and so it is imported once

        self._files = files if hashing else {}
        self._file = files[name]
        self._digests: Digests | None = None
        self._written = os.memfd_create("ahead")
        self._pid = os.fork()
        if not self._pid:
            _go_through(self._file, self._files, self._written)

    def __getitem__(self, index: int, /) -> Track:
        """Give one track."""
        return self._file[index]

    def outlines(self) -> Iterator[Outline]:
        """Give every track's outline, in order, as the file does."""
        return self._file.outlines()

    def runs(self) -> Iterator[Run]:
        """Give every track's outline, many at a time; wait for the process.

        Raises:
            BundleDamaged: As the file does: a process that ends without a result found something to say.
            InstantError: As the file does.
        """
        read = self._result() if self._pid else None
        return self._file.runs() if read is None else self._file.adopt(read)

    def digests(self) -> Digests:
        """Give each file's digest, after the runs."""
        return self._digests or {name: file.digest() for name, file in self._files.items()}

    def end(self) -> None:
        """End the process, if its result was not wanted."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            self._wait()
        os.close(self._written)

    def _result(self) -> Read | None:
        if self._wait():
            return None
        with open(self._written, "rb", closefd=False) as file:
            file.seek(0)
            runs, offsets, sizes, self._digests = marshal.loads(file.read())  # noqa: S302 - our own process wrote it
        made = [(Standing if len(run) == len(Standing._fields) else Outline)(*run) for run in runs]
        return Read(made, array("Q", offsets), array("Q", sizes))

    def _wait(self) -> int:
        _, status = os.waitpid(self._pid, 0)
        self._pid = 0
        return status


def _go_through(file: FileTracks, hashed: Files, into: int) -> None:
    """Write what is found and end this process, whatever happens, without what ends it otherwise."""
    code = 1
    try:
        runs, offsets, sizes = file.read()
        digests = {name: one.digest() for name, one in hashed.items()}
        # Plain values, all at once: a fraction of the time that pickled ones take, or those read one by one.
        found = [tuple(run) for run in runs], offsets.tobytes(), sizes.tobytes(), digests
        with open(into, "wb") as written:
            written.write(marshal.dumps(found))
        code = 0
    finally:
        os._exit(code)
