"""Lines for a terminal: texts with the names of styles, cut to a width; what colours they get is decided elsewhere.

Pure. What others wrote, such as a job's name, is made printable here, so that it can do nothing to a terminal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

HEADING: Final = "heading"
FAINT: Final = "faint"
BAR: Final = "bar"
GOOD: Final = "good"
BAD: Final = "bad"
NEW: Final = "new"
OLD: Final = "old"

TIED: Final = "\u00a0"
"""Between words that stay on one line."""
_NARROWEST: Final = 9
"""No text is cut shorter: an id's beginning, and that it was cut."""
_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_LETTERS: Final = " .:-=+*%#"


class Span(NamedTuple):
    """A part of a line in one style; an empty style is plain."""

    text: str
    style: str = ""


Line = list[Span]


@dataclass(frozen=True)
class Paper:
    """What lines are written on.

    Attributes:
        width: Characters on a line.
        ascii: Whether only ASCII can be shown.
    """

    width: int = 100
    ascii: bool = False

    def bar(self, levels: Sequence[int], highest: int) -> str:
        """Draw numbers as a row of small bars; only 0 is empty, and only the highest is full."""
        marks = _LETTERS if self.ascii else _BLOCKS
        top = len(marks) - 1
        return "".join(marks[max(1, level * top // highest)] if level else marks[0] for level in levels)

    def shown(self, text: str) -> str:
        """Make a text of others printable, on one line."""
        kept = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)
        return ascii(kept)[1:-1] if self.ascii and not kept.isascii() else kept

    def cut(self, text: str, width: int) -> str:
        """Cut a text to a width, saying so at its end."""
        return text if len(text) <= width else text[: max(0, width - len(self.ellipsis))] + self.ellipsis

    @property
    def ellipsis(self) -> str:
        """What stands for something left out."""
        return "..." if self.ascii else "…"


def plain(line: Line) -> str:
    """Give a line without its styles, and without blanks at its end."""
    return "".join(span.text for span in line).rstrip()


def heading(text: str, more: str = "") -> Line:
    """Make a line that begins a part."""
    return [Span(text, HEADING), Span(f"  {more}" if more else "", FAINT)]


class Column(NamedTuple):
    """A column of a table: its title, and whether it is of numbers, which stand to the right."""

    title: str
    number: bool = False


def table(paper: Paper, columns: Sequence[Column], rows: Sequence[Sequence[str]], indent: int = 2) -> list[Line]:
    """Align rows under their titles. Where a line would not fit, the last text gives way, then the widest others.

    Args:
        paper: How much fits.
        columns: The titles; a table without any has no line for them.
        rows: As many texts as columns each.
        indent: Blanks in front.
    """
    widths = [
        max(len(column.title), *(len(row[place]) for row in rows)) if rows else len(column.title)
        for place, column in enumerate(columns)
    ]
    texts = [place for place, column in enumerate(columns) if not column.number]
    over = indent + sum(widths) + 2 * (len(widths) - 1) - paper.width
    for place in [*texts[-1:], *sorted(texts[:-1], key=lambda place: -widths[place])]:
        less = max(0, min(over, widths[place] - max(_NARROWEST, len(columns[place].title))))
        widths[place] -= less
        over -= less

    def aligned(texts: Sequence[str]) -> str:
        cells = [
            text.rjust(width) if column.number else paper.cut(text, width).ljust(width)
            for text, width, column in zip(texts, widths, columns, strict=True)
        ]
        return " " * indent + "  ".join(cells)

    head = [[Span(aligned([column.title for column in columns]), FAINT)]] if any(c.title for c in columns) else []
    return [*head, *([Span(aligned(row))] for row in rows)]


def wrapped(paper: Paper, label: str, text: str, style: str = "", at: int = 14) -> list[Line]:
    """Write a label and a text beside it, on as many lines as it takes, broken between words.

    Args:
        paper: How much fits.
        label: What stands in front of the first line.
        text: The text; a no-break space keeps two words together.
        style: Its style.
        at: Where the text begins.
    """
    room = max(_NARROWEST, paper.width - at)
    rows: list[str] = []
    for word in text.split(" "):
        if rows and len(rows[-1]) + 1 + len(word) <= room:
            rows[-1] += f" {word}"
        else:
            rows.append(word)
    return [
        [Span((f"  {label}" if label and not place else "").ljust(at), FAINT), Span(row.replace(TIED, " "), style)]
        for place, row in enumerate(rows)
    ]
