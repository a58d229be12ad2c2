"""How many requests each route of a world had, and how many of them each fault hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.faults.spoiling import Spoiling


class Tally:
    """Counts, which begin at a world's start; bounded by the routes and the faults there are."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self._requests: dict[str, int] = {}
        self._hits: dict[tuple[int, str], int] = {}

    def next(self, route: str) -> int:
        """Count a request to a route and give its number, from 1."""
        number = self._requests[route] = self._requests.get(route, 0) + 1
        return number

    def count(self, spoiling: Spoiling, route: str) -> None:
        """Count what a request to a route got."""
        for fault in spoiling.faults:
            self._hits[fault, route] = self.hits_at(fault, route) + 1

    def hits_at(self, fault: int, route: str) -> int:
        """Give how many requests to a route a fault hit."""
        return self._hits.get((fault, route), 0)

    def hits(self, fault: int) -> int:
        """Give how many requests a fault hit."""
        return sum(count for (hit, _), count in self._hits.items() if hit == fault)

    def forget(self, fault: int | None) -> None:
        """Forget the hits of a fault that is gone, of all if `None`."""
        self._hits = {} if fault is None else {key: count for key, count in self._hits.items() if key[0] != fault}

    def copy(self) -> Tally:
        """Give the counts as they are now."""
        other = Tally()
        other._requests, other._hits = dict(self._requests), dict(self._hits)
        return other
