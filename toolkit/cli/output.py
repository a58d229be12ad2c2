"""What the commands print: results on stdout, talk on stderr.

Colour and rewritten lines appear on a terminal only.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from types import TracebackType

_STEPS: Final = 100


def result(text: str) -> None:
    """Print a line of the result, at once, so that a script that waits for it goes on."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Print a line for the person at the terminal."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def json_text(text: str) -> str:
    """Escape in a JSON text what does something to a terminal, and what stdout has no letters for.

    Outside of its strings a JSON text has nothing of that but line ends.
    """
    if text.isascii() and text.isprintable():
        return text
    unicode = (sys.stdout.encoding or "ascii").lower().startswith("utf")
    return "".join(
        letter if letter == "\n" or (letter.isprintable() and (unicode or letter.isascii())) else _escaped(letter)
        for letter in text
    )


def _escaped(letter: str) -> str:
    units = letter.encode("utf-16-be").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))


class Progress:
    """A progress line on stderr: rewritten in place on a terminal, silent elsewhere.

    Call it with how much is done and how much there is; it draws at most once a percent.
    """

    def __init__(self, what: str) -> None:
        """Name what is being done."""
        self._what = what
        self._drawn = -1
        self._shown = sys.stderr.isatty()

    def __call__(self, done: int, total: int) -> None:
        """Draw `done` of `total`."""
        percent = done * _STEPS // max(1, total)
        if self._shown and percent != self._drawn:
            self._drawn = percent
            sys.stderr.write(f"\r{self._what}: {percent} %")
            sys.stderr.flush()

    def say(self, text: str) -> None:
        """Print a line above it; the next call draws it again."""
        self._remove()
        say(text)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove the line, so that what comes next starts on a clean one."""
        self._remove()

    def _remove(self) -> None:
        if self._drawn >= 0:
            self._drawn = -1
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()
