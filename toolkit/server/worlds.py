"""The worlds that one server keeps: the one without a name, and those that clients name.

Each has its own clock, command log, faults and requests over the same scenario or bundle, so that the tests of a suite
see nothing of each other. A world is made when it is first named, and dropped when it is asked for, or to make room
when it was not used for long.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from toolkit.answers.control.sent import NAME
from toolkit.answers.route import Cluster
from toolkit.clock import NORMAL, SetClock, Setting, uptime
from toolkit.errors import UsageError, WorldsFull
from toolkit.server.journal import Shelf
from toolkit.server.served import BoundedLog, ServedWorld, Settings
from toolkit.server.strays import Strays
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.clock import Clock
    from toolkit.model.wire import Document

IDLE: Final = 3_600
"""Seconds after which a world that nobody used may be dropped to make room."""


class Worlds:
    """The worlds of one server.

    Attributes:
        base: The one without a name.
        lock: Held while one is asked or changed, so that any thread may.
        shelf: Where their journals stand.
        strays: The unknown routes that were asked for.
    """

    def __init__(self, cluster: Cluster, clock: Clock, settings: Settings | None = None) -> None:
        """Begin with the one that has no name.

        Args:
            cluster: What it serves; the others serve the same without its commands.
            clock: Its clock; the others' are set as it was at the start.
            settings: What all have in common; a clock that starts at the timeline's first instant unless given.
        """
        self.lock = threading.RLock()
        self.settings = settings or Settings(_started(clock, cluster))
        self.shelf = Shelf()
        self.strays = Strays()
        self._editions = 0
        self.base = ServedWorld(self, None, cluster, clock, self.settings)
        self._named: dict[str, ServedWorld] = {}

    def new_edition(self) -> int:
        """Give a number that no world had yet."""
        self._editions += 1
        return self._editions

    def named(self, name: str) -> ServedWorld:
        """Give the world of a name, made now if it is not there yet.

        Raises:
            UsageError: If that is no name.
            WorldsFull: If there are as many as there may be.
        """
        world = self._named.get(name)
        if world is None:
            world = self._make(name, *self._another())
        world.used = uptime()
        return world

    def add(
        self, name: str, cluster: Cluster, clock: SetClock, settings: Settings, ground: int | None = None
    ) -> ServedWorld:
        """Keep a world over something else than the base serves, in place of one of that name.

        Args:
            name: The world's name.
            cluster: What it serves.
            clock: Its clock.
            settings: What it has instead of what the others have in common.
            ground: The `ground` of a world over the same scenario or bundle; one of its own if `None`.

        Raises:
            UsageError: If that is no name.
            WorldsFull: If there are as many as there may be.
        """
        self.drop(name)
        return self._make(name, cluster, clock, settings, self.new_edition() if ground is None else ground)

    def drop(self, name: str) -> bool:
        """Drop a world; gives whether there was one of that name."""
        world = self._named.pop(name, None)
        if world is not None:
            world.journal.close()
        return world is not None

    def listed(self) -> list[Document]:
        """Show the worlds that have a name, by name."""
        return [self._named[name].shown() for name in sorted(self._named)]

    def _another(self) -> tuple[Cluster, SetClock, Settings]:
        base, start = self.base, self.settings.start
        clock = base.clock.another(start) if isinstance(base.clock, SetClock) else SetClock(start)
        return another(base.cluster), clock, self.settings

    def _make(self, name: str, cluster: Cluster, clock: SetClock, settings: Settings, ground: int = 0) -> ServedWorld:
        if not NAME.fullmatch(name):
            msg = f"cannot name a world {name[:60]!r}: a name has 1 to 200 printable letters; choose another"
            raise UsageError(msg)
        if len(self._named) >= self.settings.most_worlds:
            self._make_room(name)
        world = self._named[name] = ServedWorld(self, name, cluster, clock, settings, ground)
        return world

    def _make_room(self, name: str) -> None:
        oldest = min(self._named.values(), key=lambda world: world.used, default=None)
        if oldest is None or oldest.name is None or uptime() - oldest.used < IDLE:
            msg = (
                f"cannot make the world {name!r}: there are {len(self._named)}, as many as there may be, all in use; "
                "drop one with DELETE /_toolkit/worlds/NAME, or start the server with more --worlds"
            )
            raise WorldsFull(msg)
        self.drop(oldest.name)


def another(cluster: Cluster) -> Cluster:
    """Give the same cluster as nobody has given it a command yet; what it is made of is shared."""
    timeline = cluster.timeline
    if not isinstance(timeline, LiveTimeline):
        return cluster
    log = BoundedLog(timeline.scenario.seed)
    return Cluster(timeline.another(log), log, cluster.mode, cluster.absent)


def _started(clock: Clock, cluster: Cluster) -> Setting:
    return clock.setting if isinstance(clock, SetClock) else Setting(cluster.timeline.first, NORMAL)
