"""Printing styled lines on stdout: in colour on a terminal, as plain text elsewhere."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.study.lines import Line, Paper

_WIDTH: Final = 100
_NARROWEST: Final = 40
_COLOURS: Final = {
    "heading": "bold",
    "faint": "dim",
    "bar": "cyan",
    "good": "green",
    "bad": "bold red",
    "new": "green",
    "old": "red",
    "": "",
}


def paper() -> Paper:
    """Give what stdout can show: its width, and whether it takes more than ASCII."""
    from toolkit.study.lines import Paper  # noqa: PLC0415 - `toolkit --help` does without

    width = shutil.get_terminal_size((_WIDTH, 24)).columns
    encoding = (sys.stdout.encoding or "ascii").lower().replace("-", "").replace("_", "")
    return Paper(max(_NARROWEST, width), ascii=not encoding.startswith("utf"))


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines; it ends without a word where the reader has gone, as `| head` does."""
    try:
        _print(lines)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still in the buffer has to go somewhere when the program ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _print(lines: Iterable[Line]) -> None:
    from toolkit.study.lines import plain  # noqa: PLC0415 - `toolkit --help` does without

    if not sys.stdout.isatty():
        encoding = sys.stdout.encoding or "ascii"
        for line in lines:
            sys.stdout.write(plain(line).encode(encoding, "backslashreplace").decode(encoding) + "\n")
        return
    from rich.console import Console  # noqa: PLC0415 - only for colours
    from rich.text import Text  # noqa: PLC0415

    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((span.text, _COLOURS[span.style]) for span in line)))
