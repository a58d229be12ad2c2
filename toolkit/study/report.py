"""What a bundle is, all of it in one object, and that object as JSON."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from toolkit.bundle.manifest import FILES, NAME
from toolkit.model.instants import format_instant
from toolkit.study.census import Count, Moved, take_census
from toolkit.study.movers import Changed, Movers, Work, find_movers, name_of
from toolkit.study.origin import Generated, Recorded, origin_of

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.bundle.reader import Bundle
    from toolkit.model.wire import Document
    from toolkit.study.statuses import Row
    from toolkit.tracks.frames import Gap
    from toolkit.tracks.timeline import TrackTimeline


@dataclass(frozen=True)
class Transition:
    """A change of status and how often it happened; `before` is `None` for an execution that began."""

    before: str | None
    after: str
    times: int


@dataclass(frozen=True)
class Node:
    """A node that came or went, and the instants."""

    id: str
    name: str
    came: int | None
    went: int | None


@dataclass(frozen=True)
class Report:
    """A bundle, described.

    Attributes:
        path: Its directory, as it was given.
        origin: Where it comes from.
        format: The format of its files.
        first: Its first instant.
        last: Its last one.
        sizes: Bytes by file.
        counts: Records by collection.
        columns: Into how many stretches the statuses' time is cut.
        stretch: From the start of one to that of the next, in milliseconds; 0 if there is one only.
        statuses: Executions by status, over time.
        transitions: Status changes, the most frequent first.
        movers: What moved most.
        written: Jobs and executions whose record was written most often.
        nodes: Nodes that came or went.
        serve: The command line that serves it.
    """

    path: str
    origin: Generated | Recorded
    format: str
    first: int
    last: int
    sizes: dict[str, int]
    counts: dict[str, Count]
    columns: int
    stretch: int
    statuses: list[Row]
    transitions: list[Transition]
    movers: Movers
    written: list[Changed]
    nodes: list[Node]
    serve: str


def report_on(path: Path, bundle: Bundle, columns: int, *, allow_edited: bool = False) -> Report:
    """Describe a bundle.

    Args:
        path: Its directory.
        bundle: What was read from there.
        columns: Into how many stretches the statuses' time is cut at most; a recording has no more than frames.
        allow_edited: Whether it is served as an edited one.

    Raises:
        BundleDamaged: If a file was changed since it was opened.
        OSError: If a file is gone.
    """
    timeline = bundle.timeline
    origin = origin_of(bundle)
    census = take_census(timeline)
    starts = _starts(timeline, columns)
    rows = census.statuses.rows(starts)
    changed: Counter[tuple[str | None, str]] = Counter(
        (change.before, change.after) for change in timeline.changes(timeline.first, timeline.last)
    )
    transitions = [Transition(before, after, times) for (before, after), times in changed.items()]
    serve = f"toolkit serve --replay {shlex.quote(str(path))}"
    return Report(
        path=str(path),
        origin=origin,
        format=bundle.manifest.format,
        first=timeline.first,
        last=timeline.last,
        sizes={name: (path / name).stat().st_size for name in (NAME, *FILES)},
        counts=census.counts,
        columns=len(starts),
        stretch=(starts[-1] - starts[0]) // (len(starts) - 1) if len(starts) > 1 else 0,
        statuses=rows,
        transitions=sorted(transitions, key=lambda one: (-one.times, one.before or "", one.after)),
        movers=find_movers(timeline),
        written=[
            Changed(name, record_id, _name(timeline, name, record_id), times)
            for name, record_id, times in census.written
        ],
        nodes=[_node(timeline, moved) for moved in census.nodes],
        serve=f"{serve} --allow-edited" if allow_edited else serve,
    )


def _starts(timeline: TrackTimeline, columns: int) -> list[int]:
    """Cut a bundle's time into stretches: equal ones, or in a recording such that begin with a frame."""
    frames = timeline.frames
    if frames:
        count = min(columns, len(frames))
        return [frames[place * len(frames) // count] for place in range(count)]
    length = timeline.last - timeline.first + 1
    count = min(columns, length)
    return [timeline.first + place * length // count for place in range(count)]


def _name(timeline: TrackTimeline, collection: str, record_id: str, t: int | None = None) -> str:
    record = timeline.shelf(collection).find(record_id, timeline.shown_at(timeline.last if t is None else t)).value
    return name_of(collection, record.fields) if record else ""


def _node(timeline: TrackTimeline, moved: Moved) -> Node:
    seen = moved.came if moved.came is not None else timeline.first
    return Node(moved.id, _name(timeline, "nodes", moved.id, seen), moved.came, moved.went)


def report_as_json(report: Report) -> Document:
    """Give a report as `toolkit inspect --json` prints it. Instants are dates, durations and sizes whole numbers.

    The keys: `bundle`, `format`, `from`, `to`, `duration_ms`, `origin` (`kind` is `generated` or `recorded`),
    `bytes` (by file), `counts` (by collection: `ever`, `start`, `end`, `deleted`), `statuses` (`columns`,
    `column_ms`, and `rows` of `status`, `first`, `last`, `highest`, `levels`), `transitions`, `movers`, `nodes`,
    `serve`.
    """
    movers = report.movers
    return {
        "bundle": report.path,
        "format": report.format,
        "from": format_instant(report.first),
        "to": format_instant(report.last),
        "duration_ms": report.last - report.first,
        "origin": _origin(report.origin),
        "bytes": report.sizes | {"all": sum(report.sizes.values())},
        "counts": {name: asdict(count) for name, count in report.counts.items()},
        "statuses": {
            "columns": report.columns,
            "column_ms": report.stretch,
            "rows": [asdict(row) for row in report.statuses],
        },
        "transitions": [asdict(one) for one in report.transitions],
        "movers": {
            "executions_by_processed": [_work(work) for work in movers.executions],
            "jobs_by_processed": [_work(work) for work in movers.jobs],
            "executions_by_failed": [_work(work) for work in movers.failing],
            "executions_by_status_changes": [asdict(one) for one in movers.restless],
            "records_by_writes": [asdict(one) for one in report.written],
            "nodes_by_changes": [asdict(one) for one in movers.nodes],
            "all_seen": movers.all_seen,
        },
        "nodes": [
            {"id": node.id, "name": node.name, "came": _date(node.came), "went": _date(node.went)}
            for node in report.nodes
        ],
        "serve": report.serve,
    }


def _origin(origin: Generated | Recorded) -> Document:
    if isinstance(origin, Generated):
        return {"kind": "generated", **asdict(origin)}
    # What a cluster says of itself may hold numbers as their texts, which a copy would not leave alone.
    facts: dict[str, Any] = {name: getattr(origin, name) for name in Recorded.__dataclass_fields__}
    return {"kind": "recorded", **facts, "gaps": [_gap(gap) for gap in origin.gaps]}


def _gap(gap: Gap) -> Document:
    return {
        "source": gap.source,
        "reason": gap.reason,
        "from": format_instant(gap.first),
        "to": format_instant(gap.last),
        "frames": gap.frames,
    }


def _work(work: Work) -> Document:
    return {**asdict(work), "per_second": round(work.per_second, 3)}


def _date(t: int | None) -> str | None:
    return None if t is None else format_instant(t)
