"""A terminal for tests: a command under a pseudo-terminal, and what a person would see of what it wrote."""

from __future__ import annotations

import fcntl
import os
import re
import struct
import subprocess
import sys
import termios
from typing import Final

from tests.serving import PATIENCE

_TOKENS: Final = re.compile(rb"\x1b\[(\??[0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


class Screen:
    """Lines of a fixed width, as a terminal keeps them; it knows what our display uses and nothing else.

    Attributes:
        hidden: Whether the cursor is.
        colours: Whether any were used.
    """

    def __init__(self, width: int) -> None:
        """Begin empty."""
        self.hidden = False
        self.colours = False
        self._width = width
        self._lines = [""]
        self._row = self._column = 0

    @property
    def lines(self) -> list[str]:
        """The lines with something on them."""
        return [line.rstrip() for line in self._lines if line.strip()]

    @property
    def at_start(self) -> bool:
        """Whether the cursor is at the start of a line that is empty."""
        return self._column == 0 and not self._lines[self._row].strip()

    def feed(self, written: bytes) -> None:
        """Take what was written, whole sequences only."""
        for found in _TOKENS.finditer(written):
            numbers, letter, move, text = found.groups()
            if text:
                for character in text.decode():
                    self._put(character)
            elif move == b"\r":
                self._column = 0
            elif move == b"\n":
                self._down()
            else:
                self._control(numbers.decode(), letter.decode())

    def _put(self, character: str) -> None:
        if self._column == self._width:
            self._column = 0
            self._down()
        line = self._lines[self._row].ljust(self._column)
        self._lines[self._row] = line[: self._column] + character + line[self._column + 1 :]
        self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._lines):
            self._lines.append("")

    def _control(self, numbers: str, letter: str) -> None:
        match letter, numbers:
            case "m", _:
                self.colours |= any(number in {"33", "31", "32", "38"} for number in numbers.split(";"))
            case "A", _:
                self._row = max(0, self._row - int(numbers or 1))
            case "K", "2":
                self._lines[self._row] = ""
            case (("h" | "l"), "?25"):
                self.hidden = letter == "l"
            case _:
                raise AssertionError((numbers, letter))


class Terminal:
    """A `toolkit` command at a terminal of a given width; both its outputs go there."""

    def __init__(self, width: int, *arguments: str, **environment: str) -> None:
        """Start it."""
        self.written = b""
        self._width = width
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
        # The command leads a session of its own, whose terminal this is, so that a typed Ctrl-C reaches it.
        starter = "import fcntl, os, sys, termios; os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"  # noqa: E501 - one statement
        keep = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "LINES"}}
        self._process = subprocess.Popen(
            [sys.executable, "-c", starter, sys.executable, "-m", "toolkit", *arguments],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**keep, "TERM": "xterm-256color", "PYTHONUTF8": "1", **environment},
        )
        os.close(theirs)

    def until(self, text: bytes) -> None:
        """Wait until something was written."""
        while text not in self.written:
            assert self._read(), self.written

    def type(self, keys: bytes) -> None:
        """Type."""
        os.write(self._ours, keys)

    def end(self) -> tuple[int, Screen]:
        """Wait for the end; gives the exit code and what is to be seen."""
        while self._read():
            pass
        os.close(self._ours)
        screen = Screen(self._width)
        screen.feed(self.written)
        return self._process.wait(PATIENCE), screen

    def _read(self) -> bool:
        try:
            part = os.read(self._ours, 65_536)
        except OSError:
            # The command has ended, and nobody has the terminal any more.
            return False
        self.written += part
        return bool(part)
