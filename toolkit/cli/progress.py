"""Who watches a recording: a person at a terminal, a log, a program, or nobody.

Whatever becomes of what is shown, the recording goes on: a terminal or a pipe that is gone does not end it.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from typing import TYPE_CHECKING, Protocol, Self

from toolkit.cli.output import result, say
from toolkit.cli.progress_text import Told, frame_line, next_told

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from toolkit.recorder.watching import Standing, Watcher

    class Watching(Watcher, Protocol):
        """A watcher that is open while the recording runs, and prints the result after it."""

        def __enter__(self) -> Self:
            """Begin."""

        def __exit__(
            self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
        ) -> None:
            """Leave the terminal as it was."""

        def done(self, path: Path) -> None:
            """Print where the bundle is."""


def watcher_for(*, quiet: bool, as_json: bool, shown: str) -> Watching:
    """Choose who watches: what was asked for, else a display on a terminal that can rewrite lines, else a log.

    Args:
        quiet: Only the result.
        as_json: JSON lines on stdout.
        shown: The cluster's address as the person typed it, for the person's own terminal.
    """
    if quiet:
        return Quiet()
    if as_json:
        return Json()
    if sys.stderr.isatty() and os.environ.get("TERM", "dumb").lower() not in {"dumb", "unknown", ""}:
        from toolkit.cli.progress_live import Display  # noqa: PLC0415 - rich is only for terminals

        return Display(shown)
    return Lines()


class Quiet:
    """Shows nothing but the result."""

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End."""

    def say(self, text: str) -> None:
        """Keep a line to itself."""

    def frame(self, standing: Standing, told: str) -> None:
        """Keep a frame to itself."""

    def done(self, path: Path) -> None:
        """Print where the bundle is."""
        result(str(path))


class Lines(Quiet):
    """Writes a log on stderr: lines that should not be missed, and a frame now and then."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """Begin a log; `now` gives seconds."""
        self._now = now
        self._told: Told | None = None

    def say(self, text: str) -> None:
        """Write a line."""
        with contextlib.suppress(OSError):
            say(text)

    def frame(self, standing: Standing, told: str) -> None:
        """Write a line if one is due; the only frame of a recording has none, the last line says it all."""
        due, self._told = next_told(self._told, standing, self._now())
        if due and standing.of != 1:
            self.say(frame_line(standing, told))


class Json(Quiet):
    """Writes JSON lines for programs on stdout, and lines for people on stderr."""

    def __init__(self) -> None:
        """Begin."""
        self._last: Standing | None = None

    def say(self, text: str) -> None:
        """Write a line for people."""
        with contextlib.suppress(OSError):
            say(text)

    def frame(self, standing: Standing, told: str) -> None:
        """Write a frame's object."""
        self._last = standing
        with contextlib.suppress(OSError):
            result(json.dumps({**standing._asdict(), "told": told}))

    def done(self, path: Path) -> None:
        """Write the object of the whole."""
        result(json.dumps({"bundle": str(path), **(self._last._asdict() if self._last else {})}))
