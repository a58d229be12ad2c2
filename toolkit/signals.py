"""The signals that end a program of ours."""

from __future__ import annotations

import signal


def ending() -> list[signal.Signals]:
    """Give the signals that ask this process to end: Ctrl-C, `kill`, and a terminal that is closed.

    The last one only where it is not ignored: what `nohup` starts survives its terminal.
    """
    asking = [signal.SIGINT, signal.SIGTERM]
    return asking if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [*asking, signal.SIGHUP]
