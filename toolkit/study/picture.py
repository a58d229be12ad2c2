"""A report as lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.model.instants import SECOND, format_duration, format_instant
from toolkit.study.lines import BAD, BAR, FAINT, TIED, Column, Line, Paper, Span, heading, table, wrapped
from toolkit.study.told_origin import origin_lines

if TYPE_CHECKING:
    from toolkit.study.movers import Changed, Work
    from toolkit.study.report import Report
    from toolkit.study.statuses import Row

_MOST_NODES: Final = 10
_MOST_TRANSITIONS: Final = 20
_NARROWEST_BAR: Final = 8


def picture(report: Report, paper: Paper) -> list[Line]:
    """Draw a report."""
    parts = [
        _head(report, paper),
        _records(report, paper),
        _statuses(report, paper),
        _transitions(report, paper),
        *_movers(report, paper),
        _nodes(report, paper),
        [heading("To serve it"), [Span(f"  {report.serve}")]],
    ]
    lines: list[Line] = []
    for part in parts:
        if part:
            lines += [*([[]] if lines else []), *part]
    return lines


def _head(report: Report, paper: Paper) -> list[Line]:
    # To the second is enough for how long it is; the instants beside it are exact.
    length = format_duration(round(report.last - report.first, -3) or report.last - report.first)
    sizes = ", ".join(f"{name}{TIED}{size:,}" for name, size in report.sizes.items())
    time = f"{format_instant(report.first)} to {format_instant(report.last)}, {length}"
    if report.first == report.last:
        time = f"{format_instant(report.first)}, one instant: nothing moves"
    return [
        heading(paper.shown(report.path)),
        *origin_lines(report.origin, paper),
        *wrapped(paper, "time", time),
        *wrapped(paper, "format", report.format),
        *wrapped(paper, "size", f"{sum(report.sizes.values()):,} bytes: {sizes}"),
    ]


def _records(report: Report, paper: Paper) -> list[Line]:
    columns = [Column(""), Column("ever", number=True), Column("start", number=True), Column("end", number=True)]
    deleted = any(count.deleted for count in report.counts.values())
    if deleted:
        columns.append(Column("deleted", number=True))
    rows = [
        [name, *(f"{value:,}" for value in (count.ever, count.start, count.end, count.deleted)[: len(columns) - 1])]
        for name, count in report.counts.items()
        if name != "cluster"
    ]
    return [heading("Records"), *table(paper, columns, rows)]


def _statuses(report: Report, paper: Paper) -> list[Line]:
    if not report.statuses:
        return []
    numbers = [(f"{row.first:,}", f"{row.last:,}", f"{row.highest:,}") for row in report.statuses]
    widths = [max(len(title), *(len(row[place]) for row in numbers)) for place, title in enumerate(_TITLES)]
    names = max(len(paper.shown(row.status)) for row in report.statuses)
    names = min(names, paper.width // 3)
    room = paper.width - 2 - names - 2 - sum(widths) - 2 * len(widths)
    drawn = min(report.columns, max(_NARROWEST_BAR, room)) if report.columns > 1 else 0
    titles = "".join("  " + title.rjust(width) for title, width in zip(_TITLES, widths, strict=True))
    stretch = report.stretch * report.columns // drawn if drawn else 0
    more = f"each row up to its own highest, a column is {_duration(stretch)}" if drawn else ""
    lines = [
        [*heading("Executions by status")],
        *(wrapped(paper, "", more, FAINT, 2) if more else []),
        [Span(" " * (2 + names + (2 + drawn if drawn else 0)) + titles, FAINT)],
    ]
    for row, texts in zip(report.statuses, numbers, strict=True):
        line = [Span("  " + paper.cut(paper.shown(row.status), names).ljust(names))]
        if drawn:
            line += [Span("  "), Span(paper.bar(_squeezed(row, drawn), row.highest), BAR)]
        line.append(Span("".join("  " + text.rjust(width) for text, width in zip(texts, widths, strict=True))))
        lines.append(line)
    return lines


_TITLES: Final = ("start", "end", "most")


def _squeezed(row: Row, columns: int) -> list[int]:
    """Give as many levels as there is room for, each the highest of those it stands for."""
    levels = row.levels
    edges = [place * len(levels) // columns for place in range(columns + 1)]
    return [max(levels[edges[place] : max(edges[place] + 1, edges[place + 1])]) for place in range(columns)]


def _duration(ms: int) -> str:
    """Write a duration for a person: `1.5s`."""
    rounded = _rounded(ms)
    return f"{rounded / SECOND:g}s" if SECOND <= rounded < 10 * SECOND else format_duration(rounded)


def _rounded(ms: int) -> int:
    """Round a duration to what a person reads: whole seconds above ten, tenths of them above one."""
    if ms < SECOND:
        return ms
    return round(ms, -2 if ms < 10 * SECOND else -3)


def _transitions(report: Report, paper: Paper) -> list[Line]:
    if not report.transitions:
        return []
    total = sum(one.times for one in report.transitions)
    arrow = "->" if paper.ascii else "→"
    rows = [
        [f"{one.times:,}", paper.shown(one.before or "(new)"), arrow, paper.shown(one.after)]
        for one in report.transitions[:_MOST_TRANSITIONS]
    ]
    left = len(report.transitions) - len(rows)
    return [
        heading("Status changes", f"{total:,}"),
        *table(paper, [Column("", number=True), Column(""), Column(""), Column("")], rows),
        *([[Span(f"  and {left:,} other kinds", FAINT)]] if left else []),
    ]


def _movers(report: Report, paper: Paper) -> list[list[Line]]:
    movers = report.movers
    parts = [
        _works("Executions that processed most", movers.executions, paper),
        _works("Jobs that processed most", movers.jobs, paper),
        _failing([work for work in movers.failing if work.failed], paper),
        _changed("Executions that changed status most", "status changes", movers.restless, paper),
        _changed("Records written most", "writes", report.written, paper),
        _changed("Nodes that changed most", "changes", movers.nodes, paper),
    ]
    if not movers.all_seen:
        note = "The bundle is large: not every controller and node was looked at for the biggest movers."
        parts.append(wrapped(paper, "", note, BAD, 0))
    return parts


def _works(title: str, works: list[Work], paper: Paper) -> list[Line]:
    columns = [Column("per second", number=True), Column("processed", number=True), Column("name"), Column("id")]
    rows = [[f"{work.per_second:,.2f}", f"{work.processed:,}", paper.shown(work.name), work.id] for work in works]
    return [heading(title), *table(paper, columns, _safe(rows, paper))] if works else []


def _failing(works: list[Work], paper: Paper) -> list[Line]:
    columns = [Column("failed", number=True), Column("in all", number=True), Column("name"), Column("id")]
    rows = [[f"{work.failed:,}", f"{work.failed_ever:,}", paper.shown(work.name), work.id] for work in works]
    return [heading("Executions that failed most"), *table(paper, columns, _safe(rows, paper))] if works else []


def _changed(title: str, what: str, records: list[Changed], paper: Paper) -> list[Line]:
    columns = [Column(what, number=True), Column("of"), Column("name"), Column("id")]
    rows = [[f"{one.changes:,}", _ONE[one.collection], one.name, one.id] for one in records]
    if len({one.collection for one in records}) == 1:
        columns, rows = columns[:1] + columns[2:], [row[:1] + row[2:] for row in rows]
    return [heading(title), *table(paper, columns, _safe(rows, paper))] if records else []


_ONE: Final = {"jobs": "job", "executions": "execution", "nodes": "node"}


def _safe(rows: list[list[str]], paper: Paper) -> list[list[str]]:
    return [[paper.shown(text) for text in row] for row in rows]


def _nodes(report: Report, paper: Paper) -> list[Line]:
    if not report.nodes:
        return []
    rows = [
        [
            "" if node.came is None else format_instant(node.came),
            "" if node.went is None else format_instant(node.went),
            node.name,
            node.id,
        ]
        for node in report.nodes[:_MOST_NODES]
    ]
    left = len(report.nodes) - len(rows)
    return [
        heading("Nodes that came or went"),
        *table(paper, [Column("came"), Column("went"), Column("name"), Column("id")], _safe(rows, paper)),
        *([[Span(f"  and {left:,} others", FAINT)]] if left else []),
    ]
