"""The instants at which something in clients' hands changes, in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort

from toolkit.timeline.view import NEVER


class Edges:
    """Instants by what changes at them; the same one may be there several times."""

    def __init__(self) -> None:
        """Begin with none."""
        self._sorted: list[int] = []
        self._of: dict[str, list[int]] = {}

    def note(self, key: str, instants: list[int]) -> None:
        """Note at which instants something changes, instead of what was noted of it before."""
        for t in self._of.get(key, ()):
            del self._sorted[bisect_left(self._sorted, t)]
        self._of[key] = list(instants)
        for t in instants:
            insort(self._sorted, t)

    def after(self, t: int) -> int:
        """Give the first one after `t`, `NEVER` if there is none."""
        return first_after(self._sorted, t)


def first_after(instants: list[int], t: int) -> int:
    """Give the first of some instants in order that is after `t`, `NEVER` if there is none."""
    place = bisect_right(instants, t)
    return instants[place] if place < len(instants) else NEVER
