"""One pass over a bundle's outlines: how many records of each kind, from when to when, and which are written most."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from heapq import nsmallest
from typing import TYPE_CHECKING

from toolkit.study.statuses import StatusCount
from toolkit.tracks.kinds import KINDS, Kind
from toolkit.tracks.track import exists

if TYPE_CHECKING:
    from toolkit.tracks.outline import Outline
    from toolkit.tracks.timeline import TrackTimeline

TOP = 5
"""How many of the biggest movers of a kind are told."""


@dataclass(frozen=True)
class Count:
    """How many records a collection has.

    Attributes:
        ever: Records that exist at any instant of the bundle.
        start: At its first instant, soft-deleted ones left out.
        end: At its last one, likewise.
        deleted: Soft-deleted ones at the last instant.
    """

    ever: int
    start: int
    end: int
    deleted: int


@dataclass(frozen=True)
class Moved:
    """A node that came or went, by its key."""

    id: str
    came: int | None
    went: int | None


@dataclass(frozen=True)
class Census:
    """What one pass gives.

    Attributes:
        counts: By collection, in the order of a bundle's files.
        statuses: The executions' statuses over time.
        written: The jobs and executions whose `_updated` moved most often: collection, id and how often.
        nodes: Nodes that came or went within the bundle.
    """

    counts: dict[str, Count]
    statuses: StatusCount
    written: list[tuple[str, str, int]]
    nodes: list[Moved]


def take_census(timeline: TrackTimeline) -> Census:
    """Count a bundle, one record after the other and none of them kept.

    Raises:
        BundleDamaged: If a file was changed since it was opened.
    """
    counts = {}
    statuses = StatusCount(timeline.first, timeline.last)
    written: Counter[tuple[str, str]] = Counter()
    nodes: list[Moved] = []
    for name, kind in KINDS.items():
        ever = start = end = deleted = 0
        for member in timeline.shelf(name).outlines():
            ever += 1
            start += _listed(kind, member, timeline.first)
            last = _listed(kind, member, timeline.last)
            end += last
            deleted += not last and exists(member.spans, timeline.last)
            if kind.deletes and len(member.steps) > 1:
                writes = _writes(member, timeline.first, timeline.last)
                if writes:
                    written[name, member.id] = writes
            if name == "executions":
                statuses.take(member)
            if name == "nodes" and (moved := _moved(member, timeline.first, timeline.last)):
                nodes.append(moved)
        counts[name] = Count(ever, start, end, deleted)
    top = nsmallest(TOP, written.items(), key=lambda entry: (-entry[1], entry[0]))
    return Census(counts, statuses, [(name, record_id, writes) for (name, record_id), writes in top], nodes)


def _listed(kind: Kind, member: Outline, t: int) -> bool:
    if not exists(member.spans, t):
        return False
    return not (kind.deletes and kind.is_deleted(next(v for since, v in reversed(member.steps) if since <= t)))


def _writes(member: Outline, first: int, last: int) -> int:
    """Count how often the first of the watched fields, `_updated`, became another one."""
    values = [values[0] for t, values in member.steps if t <= last]
    inside = [t for t, _ in member.steps if t <= last]
    return sum(
        t > first and after != before for t, before, after in zip(inside[1:], values[:-1], values[1:], strict=True)
    )


def _moved(member: Outline, first: int, last: int) -> Moved | None:
    came = [since for since, _ in member.spans if since is not None and first < since <= last]
    went = [until for _, until in member.spans if until is not None and first < until <= last]
    if not came and not went:
        return None
    return Moved(member.id, min(came, default=None), max(went, default=None))
