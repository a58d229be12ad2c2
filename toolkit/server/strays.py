"""Telling about requests to unknown routes: one line each, with the route that was perhaps meant."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final

from toolkit.answers.control.masking import masked_text
from toolkit.answers.nearest import nearest, route_name

MOST_OF_WORLD: Final = 50
MOST: Final = 1_000
"""Lines of a whole server: a scanner of routes does not fill its log."""
_LONGEST: Final = 200
_LONGEST_METHOD: Final = 32

_LOG: Final = logging.getLogger("toolkit.server.strays")


class Strays:
    """The requests to unknown routes that were told about, over all worlds of a server."""

    def __init__(self, most_of_world: int = MOST_OF_WORLD, most: int = MOST) -> None:
        """Begin with none; after so many of a world, or of all, no more are told."""
        self._most_of_world = most_of_world
        self._most = most
        self._told: set[tuple[str | None, str, str]] = set()
        self._of_world: Counter[str | None] = Counter()

    def note(self, world: str | None, method: str, target: str) -> None:
        """Tell about a request that Teraslice answers with 405, the first time and if no route takes it."""
        path = target.partition("?")[0]
        key = world, method[:_LONGEST_METHOD], path[:_LONGEST]
        count = self._of_world.get(world, 0)
        if key in self._told or count >= self._most_of_world or len(self._told) >= self._most:
            return
        if route_name(method, path) is not None:
            return
        self._told.add(key)
        self._of_world[world] += 1
        _LOG.warning("%s", _line(world, key[1], path))
        if count + 1 == self._most_of_world:
            _LOG.warning("%sno more unknown routes are told; GET /_toolkit/requests?status=405 has them", _of(world))
        elif len(self._told) == self._most:
            _LOG.warning("no more unknown routes are told; GET /_toolkit/requests?status=405 has them")


def _of(world: str | None) -> str:
    return "" if world is None else f"world {world!r}: "


def _line(world: str | None, method: str, path: str) -> str:
    near = nearest(method, path)
    shown = masked_text(path[:_LONGEST], cut=len(path) > _LONGEST)
    why = f" ({near.why})" if near is not None and near.why else ""
    told = f"; the nearest is {near.route}{why}" if near is not None else ""
    return f"{_of(world)}there is no route {method} {shown}{told}".encode("unicode_escape").decode()
