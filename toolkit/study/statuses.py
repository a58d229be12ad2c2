"""How many executions were in each status, over time.

Works on outlines alone: the status changes of a bundle, never its documents. Deleted executions do not count, as in
the list of a cluster.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from toolkit.model.status import STATUSES
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.track import exists

if TYPE_CHECKING:
    from toolkit.tracks.outline import Outline

UNKNOWN: Final = "unknown"
"""What a record without a status, or with one that is no text, is counted as."""

_KIND: Final = KINDS["executions"]
_start_of = itemgetter(0)
_STATUS: Final = _KIND.watched.index("_status")


@dataclass(frozen=True)
class Row:
    """One status over a bundle's time.

    Attributes:
        status: Its name.
        first: How many executions were in it at the first instant.
        last: At the last instant.
        highest: The most there were at any instant.
        levels: The most there were in each of equal stretches of the time.
    """

    status: str
    first: int
    last: int
    highest: int
    levels: list[int]


class StatusCount:
    """Counts executions by status over `[first, last]`, taking their outlines one by one."""

    def __init__(self, first: int, last: int) -> None:
        """Start with none."""
        self._first = first
        self._last = last
        self._begin: Counter[str] = Counter()
        self._steps: dict[str, list[tuple[int, int]]] = defaultdict(list)

    def take(self, member: Outline) -> None:
        """Count one execution."""
        before = _status_at(member, self._first)
        if before is not None:
            self._begin[before] += 1
        if len(member.steps) == 1 and not member.spans:
            return
        edges = {t for t, _ in member.steps} | {t for t in chain.from_iterable(member.spans) if t is not None}
        for t in sorted(t for t in edges if self._first < t <= self._last):
            after = _status_at(member, t)
            if after != before:
                if before is not None:
                    self._steps[before].append((t, -1))
                if after is not None:
                    self._steps[after].append((t, 1))
            before = after

    def rows(self, starts: list[int]) -> list[Row]:
        """Give every status that ever was, in the order of an execution's life, unknown ones last.

        Args:
            starts: The instants at which the stretches of the time begin, ascending from the first instant on.
        """
        found = self._begin.keys() | self._steps.keys()
        known = [status for status in STATUSES if status in found]
        return [self._row(status, starts) for status in known + sorted(found.difference(STATUSES))]

    def _row(self, status: str, starts: list[int]) -> Row:
        count = self._begin[status]
        levels = [0] * len(starts)
        since = self._first
        # The last group stands for the end; it is no step.
        steps = [*sorted(self._steps[status]), (self._last + 1, 0)]
        for t, group in groupby(steps, key=_start_of):
            for column in range(bisect_right(starts, since) - 1, bisect_right(starts, t - 1)):
                levels[column] = max(levels[column], count)
            count += sum(step for _, step in group)
            since = t
        return Row(status, self._begin[status], count, max(levels), levels)


def _status_at(member: Outline, t: int) -> str | None:
    """Give an execution's status at an instant; `None` if it is in no list then."""
    if not exists(member.spans, t):
        return None
    values = member.steps[bisect_right(member.steps, t, key=_start_of) - 1][1]
    if _KIND.is_deleted(values):
        return None
    status = values[_STATUS]
    return status if isinstance(status, str) else UNKNOWN
