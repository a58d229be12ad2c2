"""The status changes of one execution's track."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING

from toolkit.timeline.events import text_of
from toolkit.timeline.view import Change
from toolkit.tracks.track import exists

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.tracks.outline import Outline

_start_of = itemgetter(0)


def moves(member: Outline) -> Iterator[Change]:
    """Give an execution's status changes: another `_status` while it exists, or its beginning."""
    starts = {since for since, _ in member.spans if since is not None}
    turns = (t for (_, before), (t, after) in pairwise(member.steps) if before[1] is not after[1])
    for t in sorted(starts.union(turns)):
        if not exists(member.spans, t):
            continue
        place = bisect_right(member.steps, t, key=_start_of) - 1
        _, status, name, *_ = member.steps[place][1]
        before = _status_before(member, t)
        after = text_of(status)
        if after != before:
            yield Change(t, member.id, text_of(name), before, after)


def _status_before(member: Outline, t: int) -> str | None:
    """Give the status an instant ago, `None` if there was no execution."""
    if not exists(member.spans, t - 1):
        return None
    place = bisect_right(member.steps, t - 1, key=_start_of) - 1
    return text_of(member.steps[place][1][1])
