"""What is done beside the reading of a bundle's lines: hashing, and for a large file the reading itself."""

from __future__ import annotations

import marshal
import os
import signal
import sys
import tempfile
from array import array
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from toolkit.bundle.bulk import LARGE, Read
from toolkit.tracks.outline import Outline, Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from toolkit.bundle.reader import FileTracks
    from toolkit.tracks.outline import Run, TrackSource
    from toolkit.tracks.track import Track

    Files = Mapping[str, FileTracks]
    Digests = Mapping[str, str]


_THREADS: Final = Path("/proc/self/task")
"""Has an entry for each thread of this process."""
_WELL: Final = 0
_LOST: Final = -1
"""In place of the status of a process that somebody else has waited for."""


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

    Args:
        files: Each file by its name.
        hashing: Whether digests are wanted.
    """
    largest = max(files, key=lambda name: files[name].size)
    ahead = _started(files, largest, hashing=hashing)
    if ahead is not None:
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


def _started(files: Files, name: str, *, hashing: bool) -> Ahead | None:
    """Start a process for a file, if it is large, there is a second core, and the system lets us.

    And if this process has one thread: another one, numpy's too, could hold a lock while it is copied.
    """
    if files[name].size < LARGE or sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1:
        return None
    try:
        return Ahead(files, name, hashing=hashing) if len(list(_THREADS.iterdir())) == 1 else None
    except OSError:
        return None


class Ahead:
    """The tracks of a file that another process goes through; what it could not do is done here."""

    def __init__(self, files: Files, name: str, *, hashing: bool) -> None:
        """Start the process, a copy of this one.

        Args:
            files: Each file by its name.
            name: The one to go through.
            hashing: Whether it hashes all of them afterwards.

        Raises:
            OSError: If the system does not let us.
        """
        self._files = files if hashing else {}
        self._file = files[name]
        self._digests: Digests | None = None
        with ExitStack() as undo:
            self._written = undo.enter_context(tempfile.TemporaryFile())
            self._pid = os.fork()
            undo.pop_all()
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
        read = self.result()
        return self._file.runs() if read is None else self._file.adopt(read)

    def plucked(self, indexes: Iterable[int], field: str) -> Iterator[object]:
        """Give one field of the first documents of some tracks, as the file does."""
        return self._file.plucked(indexes, field)

    def result(self) -> Read | None:
        """Give what the process found, once; `None` if it found nothing, or damage."""
        if not self._pid or self._wait() != _WELL:
            return None
        self._written.seek(0)
        runs, offsets, sizes, self._digests = marshal.loads(self._written.read())  # noqa: S302 - our process wrote it
        made: list[Run] = [Standing(*run) if still else Outline(*run) for still, run in runs]
        return Read(made, array("Q", offsets), array("Q", sizes))

    def digests(self) -> Digests:
        """Give each file's digest, after the runs."""
        return self._digests or {name: file.digest() for name, file in self._files.items()}

    def end(self) -> None:
        """End the process, if its result was not wanted."""
        # One that somebody else has waited for has no number any more, and who has it now is not ours.
        if self._pid and self._wait(os.WNOHANG) is None:
            os.kill(self._pid, signal.SIGKILL)
            self._wait()
        self._written.close()

    def _wait(self, how: int = 0) -> int | None:
        """Give the status with which the process ended, `None` if it has not yet."""
        status = _LOST
        with suppress(ChildProcessError):
            pid, status = os.waitpid(self._pid, how)
            if not pid:
                return None
        self._pid = 0
        return status


def _go_through(file: FileTracks, hashed: Files, written: IO[bytes]) -> None:
    """Write what is found and end this process, whatever happens, without what ends it otherwise."""
    code = 1
    try:
        runs, offsets, sizes = file.read()
        digests = {name: one.digest() for name, one in hashed.items()}
        # Plain values, all at once: a fraction of the time that pickled ones take, or those read one by one.
        plain = [(isinstance(run, Standing), tuple(run)) for run in runs]
        written.write(marshal.dumps((plain, offsets.tobytes(), sizes.tobytes(), digests)))
        written.flush()
        code = 0
    finally:
        os._exit(code)
