"""Errors in the words of whoever calls from Python: arguments where the command line has flags, methods for bodies."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from toolkit.errors import ToolkitError

if TYPE_CHECKING:
    from collections.abc import Iterator

_VALUES: Final = ("scenario", "seed", "jobs", "epoch", "log", "at", "until", "speed", "faults", "port")
_CHOICES: Final = ("rebase", "allow_edited", "frozen", "loop", "auto_advance")
_FLAGS: Final = {
    "--live": "a live cluster",
    "--replay": "bundle=",
    "--port 0": "port=0",
    **{f"--{name}": f"{name}=" for name in _VALUES},
    **{f"--{name.replace('_', '-')}": f"{name}=True" for name in _CHOICES},
}
_FLAG: Final = re.compile(rf"(?<![^\s(])(?:{'|'.join(sorted(map(re.escape, _FLAGS), reverse=True))})(?![\w-])")
_INSTEAD: Final = {
    "; GET /_toolkit/stories ": '; .get("/_toolkit/stories") ',
    "; send JSON like ": "; say it like ",
}
"""What the control API says of bodies and paths, and what is said of methods instead."""


@contextmanager
def in_arguments() -> Iterator[None]:
    """Let errors name arguments instead of the command line's flags.

    Raises:
        ToolkitError: The same as inside.
    """
    try:
        yield
    except ToolkitError as error:
        error.args = (_FLAG.sub(lambda found: _FLAGS[found[0]], str(error)), *error.args[1:])
        raise


def in_methods(message: str) -> str:
    """Tell what the control API says to somebody who called a method."""
    for there, here in _INSTEAD.items():
        message = message.replace(there, here)
    return message
