"""Servers for tests: the real command as a process, and a real server in a thread of the test."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from toolkit.answers.answer import Cluster
from toolkit.clock import Clock, FrozenClock
from toolkit.server.thread import ServerThread
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PATIENCE = 60
"""Seconds after which a test that waits for a process gives up: never reached on a machine that works."""


def live_cluster(scenario: Scenario | None = None) -> Cluster:
    """Make a live cluster with an empty log; the default scenario if none is given."""
    log = MemoryLog()
    return Cluster(LiveTimeline(scenario or Scenario(), log), log, "live")


def live_server(scenario: Scenario | None = None, clock: Clock | None = None) -> ServerThread:
    """Make a live server in a thread, frozen at the epoch if no clock is given; start it with `with`."""
    cluster = live_cluster(scenario)
    return ServerThread(cluster, clock or FrozenClock(cluster.timeline.first))


class FastClock:
    """A clock that runs `rate` times as fast as the wall's."""

    def __init__(self, start: int, rate: float) -> None:
        """Start now, at an instant."""
        self._start = start
        self._rate = rate
        self._zero = time.monotonic()

    def now(self) -> int:
        """Give the instant."""
        return self._start + int((time.monotonic() - self._zero) * 1000 * self._rate)

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds until an instant."""
        passed = time.monotonic() - self._zero
        return 0.0 if self.now() >= t else (t - self._start) / 1000 / self._rate - passed + 0.001


class Process:
    """A running `toolkit` command; its output is gathered as it comes."""

    def __init__(self, arguments: tuple[str, ...], **environment: str) -> None:
        """Start `toolkit <arguments>`."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "toolkit", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **environment},
        )
        self.out = _Lines(self.process.stdout)
        self.err = _Lines(self.process.stderr)

    def url(self) -> str:
        """Wait for the URL."""
        return self.out.next(lambda line: line.startswith("http://"))

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal and give the exit code."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Wait for the end and give the exit code."""
        return self.process.wait(PATIENCE)


class _Lines:
    """The lines of a stream, read in a thread."""

    def __init__(self, stream: IO[str] | None) -> None:
        assert stream is not None
        self.seen: list[str] = []
        self._stream = stream
        self._queue: queue.Queue[str | None] = queue.Queue()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        with self._stream:
            for line in self._stream:
                self._queue.put(line.rstrip("\n"))
        self._queue.put(None)

    def next(self, wanted: Callable[[str], bool]) -> str:
        """Wait for a line."""
        while (line := self._queue.get(timeout=PATIENCE)) is not None:
            self.seen.append(line)
            if wanted(line):
                return line
        message = "the stream ended first; it said: " + "\n".join(self.seen)
        raise AssertionError(message)

    def all(self) -> list[str]:
        """Wait for the end of the stream and give every line."""
        self._thread.join(PATIENCE)
        while (line := self._queue.get(timeout=PATIENCE)) is not None:
            self.seen.append(line)
        self._queue.put(None)
        return self.seen


@contextmanager
def toolkit(*arguments: str, **environment: str) -> Iterator[Process]:
    """Run a `toolkit` command for as long as the block lasts."""
    process = Process(arguments, **environment)
    try:
        yield process
    finally:
        if process.process.poll() is None:
            process.process.kill()
        process.wait()
        process.out.all()
        process.err.all()
