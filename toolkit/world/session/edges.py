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

    def note(self, key: str, since: int, instants: list[int]) -> None:
        """Note at which instants from one on something changes, instead of what was noted of those before.

        Args:
            key: What changes.
            since: The instant; what was before stays as it is.
            instants: All the instants from then on, in order.
        """
        noted = self._of.setdefault(key, [])
        while noted and noted[-1] >= since:
            del self._sorted[bisect_left(self._sorted, noted.pop())]
        noted += instants
        for t in instants:
            insort(self._sorted, t)

    def after(self, t: int) -> int:
        """Give the first one after `t`, `NEVER` if there is none."""
        return first_after(self._sorted, t)


def first_after(instants: list[int], t: int) -> int:
    """Give the first of some instants in order that is after `t`, `NEVER` if there is none."""
    place = bisect_right(instants, t)
    return instants[place] if place < len(instants) else NEVER
