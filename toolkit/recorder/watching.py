"""What a recording tells while it runs: to a person, a log, or a program."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Standing(NamedTuple):
    """How far a recording is.

    Attributes:
        frames: Frames done.
        of: Ticks there will be in all; `None` if it ends with Ctrl-C only.
        left_ms: Time left; `None` if it ends with Ctrl-C only.
        late: Ticks that began late.
        missed: Ticks left out because the frame before them took so long.
        requests: Requests sent, attempts included.
        received: Bytes of the answers' bodies.
        changes: Records that came, went or changed since the first frame.
        gaps: Lists missing from a frame, all frames together.
    """

    frames: int
    of: int | None
    left_ms: int | None
    late: int
    missed: int
    requests: int
    received: int
    changes: int
    gaps: int


class Watcher(Protocol):
    """Takes what a recording tells. Nothing it is given holds anything that redaction would change."""

    def say(self, text: str) -> None:
        """Take a line that should not be missed."""

    def frame(self, standing: Standing, told: str) -> None:
        """Take a frame: how far the recording is, and what the frame holds in a few words."""
