"""`toolkit` in a process of its own in which something goes wrong.

`python -m tests.recorder.altered full=BYTES|leak=TEXT|bug=FRAME arguments…`: no file can become longer than so many
bytes, as on a full disk; redaction and the gate while recording let every text through that holds another one; or
composing a frame fails in a way that nobody thought of, with what was seen in its error.
"""

from __future__ import annotations

import resource
import signal
import sys
from typing import TYPE_CHECKING

from toolkit.__main__ import main
from toolkit.recorder.compose import Composer
from toolkit.recorder.redact import Redactor

if TYPE_CHECKING:
    from toolkit.recorder.frames import Seen
    from toolkit.tracks.steps import FrameStep


def full(most: int) -> None:
    """Let no file become longer."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def leak(text: str) -> None:
    """Let a text through where it stands alone."""
    replace = Redactor._replace

    def slip(self: Redactor, value: str) -> str:
        return value if text in value else replace(self, value)

    Redactor._replace = slip  # type: ignore[method-assign]


def bug(number: int) -> None:
    """Fail at a frame."""
    frame, calls = Composer.frame, iter(range(1, number))

    def fail(self: Composer, t: int, seen: Seen) -> FrameStep:
        if next(calls, None) is None:
            raise KeyError(seen)
        return frame(self, t, seen)

    Composer.frame = fail  # type: ignore[method-assign]


if __name__ == "__main__":
    what, _, value = sys.argv[1].partition("=")
    if what == "leak":
        leak(value)
    else:
        {"full": full, "bug": bug}[what](int(value))
    sys.argv = ["toolkit", *sys.argv[2:]]
    main()
