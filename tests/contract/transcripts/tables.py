"""Text tables, read back into cells.

Source: observed, "txt tables": two blanks between columns, every cell padded to its column's width, which without the
header comes from the data only.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import parse_qs

DEFAULTS = {
    "workers": "assignment,job_id,ex_id,node_id,pid",
    "nodes": "node_id,state,hostname,total,active,pid,teraslice_version,node_version",
    "jobs": "job_id,name,active,lifecycle,slicers,workers,_created,_updated",
    "ex": "name,lifecycle,slicers,workers,_status,ex_id,job_id,_created,_updated",
    "controllers": "name,job_id,workers_available,workers_active,failed,queued,processed",
    "slicers": "name,job_id,workers_available,workers_active,failed,queued,processed",
    "assets": "name,version,id,_created,description,node_version,platform,arch",
}
_RULE = re.compile(r"-+(?:  -+)*")


class Table(NamedTuple):
    """A table's columns and rows; `widths` are those of the rule below the header, empty without one."""

    columns: list[str]
    rows: list[list[str]]
    widths: list[int]


def columns_of(target: str) -> list[str]:
    """Give the columns that a request asks for."""
    path, _, query = target.partition("?")
    asked = parse_qs(query).get("fields", [""])[0]
    return (asked or DEFAULTS[path.split("/")[2]]).split(",")


def read(target: str, text: str) -> Table | None:
    """Read a table; `None` if it is none, or its columns cannot be told apart."""
    lines = text.split("\n")[:-1]
    if len(lines) > 1 and _RULE.fullmatch(lines[1]):
        spans = [found.span() for found in re.finditer("-+", lines[1])]
        rows = [_cut(line, spans) for line in lines[2:]]
        return Table(_cut(lines[0], spans), rows, [end - start for start, end in spans])
    columns = columns_of(target)
    spans = _spans(lines)
    if len(spans) != len(columns):
        return None
    return Table(columns, [_cut(line, spans) for line in lines], [])


def layout_faults(text: str, table: Table) -> list[str]:
    """Give what is wrong with a table's layout by its own cells; empty if it is right."""
    lines = text.split("\n")
    faults = [] if not lines[-1] else ["no newline at the end"]
    if not table.widths:
        return faults + (["lines of different lengths"] if len({len(line) for line in lines[:-1]}) > 1 else [])
    longest = [
        max(len(cell) for cell in column) for column in zip(table.columns, *(row for row in table.rows), strict=True)
    ]
    if longest != table.widths:
        faults.append(f"widths {table.widths}, by the cells {longest}")
    made = [table.columns, ["-" * width for width in table.widths], *table.rows]
    padded = ["  ".join(cell.ljust(width) for cell, width in zip(row, table.widths, strict=True)) for row in made]
    if not faults and padded != lines[:-1]:
        faults.append("cells are not padded to the columns")
    return faults


def _spans(lines: list[str]) -> list[tuple[int, int]]:
    """Find the columns: what two blanks in every line part."""
    length = max((len(line) for line in lines), default=0)
    used = "".join("x" if any(line[i : i + 1].strip() for line in lines) else " " for i in range(length))
    return [found.span() for found in re.finditer(r"x+(?: x+)*", used)]


def _cut(line: str, spans: list[tuple[int, int]]) -> list[str]:
    return [line[start:end].rstrip(" ") for start, end in spans]
