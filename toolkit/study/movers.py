"""What moved most in a bundle: executions and jobs by slices, executions by status changes, nodes by changes.

Bounded: a bundle of any size costs so many looks at single records and no more.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, Final

from toolkit.study.census import TOP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.model.wire import Document
    from toolkit.timeline.view import Record
    from toolkit.tracks.outline import Outline
    from toolkit.tracks.timeline import TrackTimeline

MOST_CONTROLLERS: Final = 10_000
"""How many controllers are looked at, each twice; a cluster rarely has a thousand."""
MOST_LOOKS: Final = 50_000
"""How often nodes are looked at, all nodes together."""


@dataclass(frozen=True)
class Work:
    """What an execution, or all executions of a job, did within a bundle, by their controllers.

    Attributes:
        id: The execution's or the job's.
        name: Its name, empty if none was seen.
        processed: Slices processed while it was seen.
        failed: Slices failed while it was seen.
        failed_ever: Slices failed since its start, as last seen.
        seen_ms: From the first to the last look at it.
    """

    id: str
    name: str
    processed: int
    failed: int
    failed_ever: int
    seen_ms: int

    @property
    def per_second(self) -> float:
        """Slices processed per second while it was seen."""
        return self.processed * 1000 / self.seen_ms if self.seen_ms else 0.0


@dataclass(frozen=True)
class Changed:
    """A record and how often it changed."""

    collection: str
    id: str
    name: str
    changes: int


@dataclass(frozen=True)
class Movers:
    """The biggest movers, each list from the biggest on, at most `TOP` long.

    Attributes:
        executions: By slices processed per second.
        jobs: By slices processed per second.
        failing: Executions by slices failed.
        restless: Executions by status changes.
        nodes: Nodes by how often they were another one.
        all_seen: Whether every controller and every change of a node was looked at.
    """

    executions: list[Work]
    jobs: list[Work]
    failing: list[Work]
    restless: list[Changed]
    nodes: list[Changed]
    all_seen: bool


def find_movers(timeline: TrackTimeline) -> Movers:
    """Find what moved most.

    Raises:
        BundleDamaged: If a file was changed since it was opened.
    """
    pairs = list(_works(timeline))
    executions = [work for work, _ in pairs]
    jobs = _by_job(pairs, timeline)
    nodes, all_looked = _nodes(timeline)
    return Movers(
        _fastest(executions),
        _fastest(jobs),
        nsmallest(
            TOP,
            [work for work in executions if work.failed or work.failed_ever],
            key=lambda work: (-work.failed, -work.failed_ever, work.id),
        ),
        _restless(timeline),
        nodes,
        all_looked and len(timeline.shelf("controllers")) <= MOST_CONTROLLERS,
    )


def name_of(collection: str, doc: Document) -> str:
    """Give what a person calls a record; empty if it has no name."""
    field = {"nodes": "hostname", "errors": "ex_id"}.get(collection, "name")
    name = doc.get(field)
    version = doc.get("version")
    if collection == "assets" and isinstance(name, str) and isinstance(version, str):
        return f"{name}:{version}"
    return name if isinstance(name, str) else ""


def _works(timeline: TrackTimeline) -> Iterator[tuple[Work, str]]:
    """Give what each execution did, and its job's id."""
    shelf = timeline.shelf("controllers")
    moving = dict(timeline.ordering("controllers").moving)
    for position in range(min(len(shelf), MOST_CONTROLLERS)):
        since, until = (timeline.shown_at(t) for t in _presence(moving.get(position), timeline.first, timeline.last))
        before, after = shelf.at(position, since).value, shelf.at(position, until).value
        if before is None or after is None:
            continue
        yield (
            Work(
                shelf.id(position),
                name_of("controllers", after.fields),
                max(0, _number(after, "processed") - _number(before, "processed")),
                max(0, _number(after, "failed") - _number(before, "failed")),
                _number(after, "failed"),
                until - since,
            ),
            str(after.fields.get("job_id", "")),
        )


def _presence(member: Outline | None, first: int, last: int) -> tuple[int, int]:
    """Give the first and the last instant of a bundle at which a record exists."""
    if member is None or not member.spans:
        return first, last
    inside = [
        (max(first, first if since is None else since), min(last, last if until is None else until - 1))
        for since, until in member.spans
    ]
    inside = [(since, until) for since, until in inside if since <= until] or [(first, first)]
    return inside[0][0], inside[-1][1]


def _by_job(pairs: Iterable[tuple[Work, str]], timeline: TrackTimeline) -> list[Work]:
    groups: dict[str, list[Work]] = {}
    for work, job_id in pairs:
        groups.setdefault(job_id, []).append(work)
    # Executions of one job follow each other, so the job was seen as long as all of them together, yet not twice.
    longest = timeline.last - timeline.first
    return [
        Work(
            job_id,
            works[-1].name,
            sum(work.processed for work in works),
            sum(work.failed for work in works),
            sum(work.failed_ever for work in works),
            min(longest, sum(work.seen_ms for work in works)),
        )
        for job_id, works in groups.items()
        if job_id
    ]


def _fastest(works: list[Work]) -> list[Work]:
    moved = [work for work in works if work.processed and work.seen_ms]
    return nsmallest(TOP, moved, key=lambda work: (-work.per_second, work.id))


def _restless(timeline: TrackTimeline) -> list[Changed]:
    counts: Counter[str] = Counter()
    names: dict[str, str] = {}
    for change in timeline.changes(timeline.first, timeline.last):
        counts[change.ex_id] += 1
        names[change.ex_id] = change.name
    top = nsmallest(TOP, counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return [Changed("executions", ex_id, names[ex_id], count) for ex_id, count in top]


def _nodes(timeline: TrackTimeline) -> tuple[list[Changed], bool]:
    """Count how often each node was another one, and tell whether all of it was looked at."""
    shelf = timeline.shelf("nodes")
    found: list[Changed] = []
    looks = 0
    for position in range(len(shelf)):
        t, changes, before = timeline.first, 0, None
        name = ""
        while t <= timeline.last and looks < MOST_LOOKS:
            record, until = shelf.at(position, t)
            looks += 1
            fields = None if record is None else record.fields
            changes += t > timeline.first and fields != before
            name = name if fields is None else name_of("nodes", fields)
            t, before = timeline.shown_until(until), fields
        if changes:
            found.append(Changed("nodes", shelf.id(position), name, changes))
    top = nsmallest(TOP, found, key=lambda node: (-node.changes, node.id))
    return top, looks < MOST_LOOKS


def _number(record: Record, field: str) -> int:
    value: Any = record.fields.get(field)
    return value if type(value) is int else 0
