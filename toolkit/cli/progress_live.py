"""The display of a recording on a terminal: a bar, the time left and the counts, rewritten in place."""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Final, Self

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from toolkit.cli.output import result
from toolkit.cli.progress_text import frame_number, parts, ticks_done, watch

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from rich.console import RenderableType

    from toolkit.recorder.watching import Standing

_BAR: Final = 40
_MARGIN: Final = 3
"""Columns left free, so that the `^C` that a terminal shows does not begin another line."""
_NARROWEST: Final = 10
_PER_SECOND: Final = 4


class Display:
    """Shows a recording's progress while it is open; lines that should not be missed stay above it."""

    def __init__(
        self,
        shown: str,
        console: Console | None = None,
        now: Callable[[], float] = time.monotonic,
        *,
        auto: bool = True,
    ) -> None:
        """Make ready.

        Args:
            shown: The cluster's address.
            console: Where to; stderr by default.
            now: Gives seconds.
            auto: Whether it is drawn anew by itself, so that the time runs between two frames.
        """
        self._shown = shown
        self._console = console or Console(
            file=sys.stderr, force_terminal=True, highlight=False, markup=False, emoji=False
        )
        self._now = now
        self._begun = self._at = now()
        self._standing: Standing | None = None
        self._live = Live(
            console=self._console,
            get_renderable=self.drawn,
            auto_refresh=auto,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            vertical_overflow="crop",
        )

    def __enter__(self) -> Self:
        """Begin to draw."""
        self._live.start(refresh=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what is drawn, so that what comes next starts on a clean line."""
        with contextlib.suppress(OSError):
            self._live.stop()

    def say(self, text: str) -> None:
        """Print a line above the display."""
        with contextlib.suppress(OSError):
            self._console.print(Text(text), soft_wrap=True)

    def frame(self, standing: Standing, told: str) -> None:  # noqa: ARG002 - the counts say more than one frame does
        """Draw what a frame has changed."""
        self._standing, self._at = standing, self._now()
        with contextlib.suppress(OSError):
            self._live.refresh()

    def done(self, path: Path) -> None:
        """Print where the bundle is."""
        result(str(path))

    def drawn(self) -> RenderableType:
        """Give what is to be seen now."""
        width = max(_NARROWEST, self._console.width - _MARGIN)
        title = Text(f"recording {self._shown}".rstrip(), style="bold", no_wrap=True, overflow="crop")
        title.truncate(width)
        standing = self._standing
        if standing is None:
            return Group(title, Text(f"waiting for the first frame, {watch(self._passed(self._begun))}"))
        return Group(title, self._bar(standing, width), *_wrapped(standing, width))

    def _bar(self, standing: Standing, width: int) -> RenderableType:
        if standing.of is None or standing.left_ms is None:
            return Text(f"{watch(self._passed(self._begun))} passed, until Ctrl-C")
        share = min(1.0, ticks_done(standing) / standing.of)
        left = standing.left_ms - self._passed(self._at)
        time_left = f"{watch(left)} left" if standing.left_ms else "making the bundle"
        tail = f"{int(share * 100)} %  {time_left}"
        bar = ProgressBar(total=1.0, completed=share, width=max(1, min(_BAR, width - len(tail) - 1)))
        row = Table.grid(padding=(0, 1, 0, 0))
        row.add_row(bar, Text(tail, no_wrap=True, overflow="crop"))
        return row

    def _passed(self, since: float) -> int:
        return int((self._now() - since) * 1000)


def _wrapped(standing: Standing, width: int) -> list[Text]:
    """Put the counts into as many lines as they need, each broken only between two counts."""
    lines = [Text(frame_number(standing))]
    for part in parts(standing):
        told = Text(part.text, style="bold yellow" if part.bad else "")
        # A comma before it, and perhaps one after it.
        if len(lines[-1]) + len(", ") + len(told) + len(",") > width:
            lines[-1].append(",")
            lines.append(told)
        else:
            lines[-1].append(", ").append_text(told)
    return lines
