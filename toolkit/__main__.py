"""`toolkit` and `python -m toolkit`: how the program begins, and how it ends when it is told to."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, NoReturn

from toolkit.signals import ending

if TYPE_CHECKING:
    from types import FrameType


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 could not, 2 asked wrongly, 128 and its number after a signal."""
    for number in ending():
        # Python has made an exception of Ctrl-C already.
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _end)
    try:
        # Ctrl-C may come while this is imported.
        from toolkit.cli.app import run  # noqa: PLC0415

        code = run()
    except KeyboardInterrupt:
        code = 128 + signal.SIGINT
    sys.exit(code)


def _end(number: int, _frame: FrameType | None) -> NoReturn:
    """End as Ctrl-C does: what was begun on the disk is removed."""
    sys.exit(128 + number)


if __name__ == "__main__":
    main()
