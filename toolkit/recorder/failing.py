"""The error records of executions that fail, asked for only when there may be new ones.

What was read is kept within bounds and given again as it was; an execution whose errors cannot be read now, and were
let go, makes the whole collection a gap, so that nothing seems to have been deleted.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.recorder.fault import Fault
from toolkit.recorder.pages import Entry, by_date
from toolkit.recorder.sources import picker

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from toolkit.recorder.narrow import Whole

_ENDED: Final = frozenset({"failing", "failed", "terminated"})
_AGAIN: Final = 1
"""How often errors are asked for again while there are fewer than the count says: search lags behind the counts."""
_execution = picker("ex_id", "_updated", "_status", "_has_errors", "_slicer_stats")
_controller = picker("ex_id", "failed")

Signs = tuple[int, int, str]
"""An execution's failed slices by its controller and by its own statistics, and when it was written."""


class Errors(NamedTuple):
    """The error records of a frame, newest first.

    Attributes:
        entries: The records; `None` if they would not be whole.
        gap: What could not be read, in fixed words.
        cut: What could not be reached, in fixed words.
        absent: Whether the cluster has no such lists.
    """

    entries: list[Entry] | None = None
    gap: str = ""
    cut: str = ""
    absent: bool = False


@dataclass
class _Known:
    signs: Signs
    again: int
    cut: str
    entries: list[Entry] | None
    size: int


class ErrorReader:
    """Reads error records, frame after frame."""

    def __init__(self, read: Callable[[str, bool], Awaitable[Whole]], keep: int = 32 * 1024 * 1024) -> None:
        """Read one execution's errors with a function of its id and of whether that is only a try.

        Args:
            read: The function.
            keep: How many bytes of texts to keep from frame to frame.
        """
        self._read = read
        self._keep = keep
        self._kept = 0
        self._failing: dict[str, Signs] = {}
        self._known: dict[str, _Known] = {}
        self._exists = False
        self._tried = False

    async def frame(self, executions: Iterable[bytes] | None, controllers: Iterable[bytes] | None) -> Errors:
        """Read the errors of a frame's executions; of those of the frame before where a list is missing.

        Args:
            executions: Their texts.
            controllers: Their texts.
        """
        self._failing = failing(self._failing, executions, controllers)
        for gone in self._known.keys() - self._failing.keys():
            self._kept -= self._known.pop(gone).size
        wanted = [ex_id for ex_id, signs in self._failing.items() if self._is_wanted(ex_id, signs)]
        if self._tried and not self._exists:
            wanted = wanted[:1]
        results = dict(zip(wanted, await asyncio.gather(*map(self._one, wanted)), strict=True))
        self._tried |= bool(wanted)
        self._exists |= any(not isinstance(result, Fault) for result in results.values())
        return self._told(results)

    async def _one(self, ex_id: str) -> Whole | Fault:
        try:
            return await self._read(ex_id, self._tried and not self._exists)
        except Fault as fault:
            return fault

    def _is_wanted(self, ex_id: str, signs: Signs) -> bool:
        known = self._known.get(ex_id)
        return known is None or known.entries is None or known.signs != signs or known.again > 0

    def _told(self, results: dict[str, Whole | Fault]) -> Errors:
        faults = {ex_id: result for ex_id, result in results.items() if isinstance(result, Fault)}
        if faults and not self._exists and all(fault.absent for fault in faults.values()):
            return Errors(absent=True)
        entries: list[Entry] = []
        cut = ""
        whole = True
        for ex_id, signs in sorted(self._failing.items()):
            result = results.get(ex_id)
            known = self._known.get(ex_id)
            if result is not None and not isinstance(result, Fault):
                known = self._note(ex_id, signs, result)
                entries += result.entries
            elif known is not None and known.entries is not None:
                entries += known.entries
            elif known is not None:
                whole = False
            cut = cut or (known.cut if known else "")
        reasons = Counter(fault.reason for fault in faults.values())
        gap = ", ".join(f"{count:,} execution{'s'[: count > 1]}: {reason}" for reason, count in sorted(reasons.items()))
        return Errors(sorted(entries, key=by_date, reverse=True) if whole else None, gap, cut)

    def _note(self, ex_id: str, signs: Signs, whole: Whole) -> _Known:
        before = self._known.pop(ex_id, None)
        again = before.again - 1 if before and before.signs == signs and before.again else _AGAIN
        if len(whole.entries) >= max(signs[:2]):
            again = 0
        size = sum(len(entry.text) for entry in whole.entries)
        self._kept -= before.size if before else 0
        fits = self._kept + size <= self._keep
        known = _Known(signs, again, whole.cut, whole.entries if fits else None, size if fits else 0)
        self._kept += known.size
        self._known[ex_id] = known
        return known


def failing(
    before: dict[str, Signs], executions: Iterable[bytes] | None, controllers: Iterable[bytes] | None
) -> dict[str, Signs]:
    """Find the executions that have error records, or had some before: an execution never loses them.

    Args:
        before: What was found last time.
        executions: The executions' texts, if they were read.
        controllers: The controllers' texts, if they were read.
    """
    if executions is None:
        return before
    live = None if controllers is None else {_text(ex_id): _count(n) for ex_id, n in map(_controller, controllers)}
    found: dict[str, Signs] = {}
    for ex_id, updated, status, has_errors, stats in map(_execution, executions):
        name = _text(ex_id)
        held = before.get(name)
        counted = (held[0] if held else 0) if live is None else live.get(name, 0)
        own = _count(stats.get("failed")) if isinstance(stats, dict) else 0
        flagged = _text(status) in _ENDED and (has_errors is True or has_errors == "true")
        if name and (counted or own or flagged or held):
            found[name] = (counted, own, _text(updated))
    return found


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    return value if isinstance(value, str) else ""


def _count(value: Any) -> int:  # noqa: ANN401 - JSON
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
