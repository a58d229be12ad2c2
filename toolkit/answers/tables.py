"""Text tables as Teraslice lays them out: pure text, no knowledge of what is in them.

Source: observed tables; easy-table 1.2 with wcwidth (layout), Teraslice's `makeTable` (columns, what is missing).
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from toolkit.answers.route import finish
from toolkit.model.javascript import MISSING, get, text_of, units
from toolkit.model.wire import Document

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from toolkit.answers.parameters import Query

Cell = Callable[[Document, str], Any]
"""Gives a record's value for a column; `MISSING` prints as nothing."""

_SEPARATOR: Final = "  "
_STEP: Final = 200
"""How many rows are made between two yields: some milliseconds."""
_WIDE: Final = (
    0x1100, 0x1160, 0x2329, 0x232B, 0x2E80, 0x303F, 0x3040, 0xA4D0, 0xAC00, 0xD7A4,
    0xF900, 0xFB00, 0xFE10, 0xFE1A, 0xFE30, 0xFE70, 0xFF00, 0xFF61, 0xFFE0, 0xFFE7,
)  # fmt: skip
"""Where characters of width 2 begin and end, in turn. Source: Markus Kuhn's wcwidth."""
_NO_WIDTH: Final = frozenset({"Mn", "Me", "Cf", "Cc"})
_JOINED: Final = frozenset({0x200B, *range(0x1160, 0x1200)})
"""A space of no width and parts of Hangul syllables: no width either."""
_SOFT_HYPHEN: Final = 0xAD
_INTEGER_KEY: Final = re.compile(r"0|[1-9]\d{0,8}", re.ASCII)


def _unit_width(unit: int) -> int:
    if bisect_right(_WIDE, unit) % 2:
        return 2
    # The database of a fixed Unicode version: widths are the same with every Python.
    hidden = unicodedata.ucd_3_2_0.category(chr(unit)) in _NO_WIDTH and unit != _SOFT_HYPHEN
    return 0 if hidden or unit in _JOINED else 1


def width(text: str) -> int:
    """Give the columns a text takes; wide characters count 2, those outside the first plane too (as two units)."""
    return len(text) if text.isascii() and text.isprintable() else sum(_unit_width(unit) for unit in units(text))


def columns_of(query: Query, defaults: Sequence[str]) -> list[str]:
    """Read `fields`: names with commas, or one name each if it is repeated; nothing in it means the defaults.

    A name that is given twice is one column, and whole numbers come first, as keys of a JavaScript object do.
    """
    given = query.get("fields", [""])
    names = given[0].split(",") if len(given) == 1 else given
    wanted = dict.fromkeys(name.strip() for name in names if name.strip()) or dict.fromkeys(defaults)
    return sorted(wanted, key=lambda name: (0, int(name)) if _INTEGER_KEY.fullmatch(name) else (1, 0))


def or_not_available(record: Document, column: str) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give what stands at the column's path, `N/A` if nothing does."""
    value = get(record, column)
    return "N/A" if value is MISSING else value


def own_value(record: Document, column: str) -> Any:  # noqa: ANN401 - JSON is what it is
    """Give a record's own field, blank if it has none."""
    return record.get(column, MISSING)


def table(records: Sequence[Document], query: Query, defaults: Sequence[str], cell: Cell = or_not_available) -> str:
    """Lay records out at once; see `table_in_steps`."""
    return finish(table_in_steps(records, query, defaults, cell))


def table_in_steps(
    records: Sequence[Document], query: Query, defaults: Sequence[str], cell: Cell = or_not_available
) -> Generator[None, None, str]:
    """Lay records out, so that nobody waits for a long table.

    Args:
        records: The rows; without any there is one blank row.
        query: The request's; `fields` and `headers` count.
        defaults: The columns unless `fields` says others.
        cell: Gives the value of a record in a column.
    """
    columns = columns_of(query, defaults)
    rows = [] if query.get("headers") == ["false"] else [columns]
    head = len(rows)
    widths = [width(text) * head for text in columns]
    every: Sequence[Document | None] = records or [None]
    for record in every:
        row = [""] * len(columns) if record is None else [text_of(cell(record, column)) for column in columns]
        widths = list(map(max, widths, map(width, row)))
        rows.append(row)
        if len(rows) % _STEP == 0:
            yield
    if head:
        rows.insert(1, ["-" * size for size in widths])
    lines = []
    for row in rows:
        lines.append(_line(row, widths))
        if len(lines) % _STEP == 0:
            yield
    return "".join(lines)


def _line(row: list[str], widths: list[int]) -> str:
    padded = (text + " " * (size - width(text)) for text, size in zip(row, widths, strict=True))
    return _SEPARATOR.join(padded) + "\n"
