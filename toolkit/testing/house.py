"""Where the worlds of a process's tests live: over shared scenarios and bundles, behind at most one real server."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, NamedTuple

from toolkit.clock import wall_now
from toolkit.logfile import LogFile
from toolkit.model.instants import parse_instant
from toolkit.server.front import Front
from toolkit.server.opening import Making, Options, open_worlds
from toolkit.server.source import live, replay
from toolkit.testing import served
from toolkit.world.generations import Pool

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.server.served import ServedWorld
    from toolkit.server.source import Source
    from toolkit.server.thread import ServerThread
    from toolkit.world.commands import CommandLog
    from toolkit.world.scenario import Scenario

SEED = 1
EPOCH = "2026-01-01T00:00:00Z"
MOST_WORLDS = 1_000_000

_LOG = logging.getLogger("toolkit.testing")


class Held(NamedTuple):
    """A world in use.

    Attributes:
        options: What was asked for.
        scenario: Of a live one.
        world: The world.
    """

    options: Options
    scenario: Scenario | None
    world: ServedWorld


class Shelf:
    """Scenarios and bundles that worlds share: each bundle is read once, each scenario's world made once."""

    def __init__(self) -> None:
        """Begin empty."""
        self.making = Making(lambda: SEED, lambda: parse_instant(EPOCH), self._live, self._replay)
        self._pools: dict[Scenario, Pool] = {}
        self._bundles: dict[tuple[Path, bool, int | None], Source] = {}

    def _live(self, scenario: Scenario, log: CommandLog, called: str | None) -> Source:
        if scenario not in self._pools:
            self._pools[scenario] = Pool(scenario)
        return live(scenario, log, called, self._pools[scenario])

    def _replay(self, path: Path, *, allow_edited: bool, rebase_to: int | None) -> Source:
        served.BUNDLES.add(path.resolve())
        key = path.resolve(), allow_edited, rebase_to
        if key not in self._bundles:
            self._bundles[key] = replay(path, allow_edited=allow_edited, rebase_to=rebase_to)
        return self._bundles[key]


class House:
    """The worlds of a process's tests.

    Attributes:
        front: What answers for them.
        begun: The wall's time when it began: "now" for every rebased bundle.
    """

    def __init__(self, options: Options, *, port: int = 0) -> None:
        """Begin with the world that has no name; nothing listens yet.

        Args:
            options: What it serves.
            port: Where the server listens once it is asked for; 0 is any free port.

        Raises:
            ToolkitError: If that cannot be served.
        """
        self.begun = wall_now()
        self._shelf = Shelf()
        self._lock = threading.Lock()
        self._port = port
        opened = open_worlds(options, _LOG.warning, making=self._shelf.making)
        self._worlds = opened.worlds
        self.base = Held(options, opened.scenario, opened.worlds.base)
        self.front = Front(opened.source.cluster, opened.clock, worlds=opened.worlds)
        self._grounds: dict[object, int] = {_ground(self.base): 0}
        self._server: ServerThread | None = None

    def add(self, name: str, options: Options) -> Held:
        """Begin another world; what it shares with others is not made again.

        Raises:
            ToolkitError: If it cannot be served.
        """
        with self._worlds.lock:
            opened = open_worlds(options, _LOG.warning, making=self._shelf.making)
            held = Held(options, opened.scenario, opened.worlds.base)
            ground = self._grounds.get(_ground(held))
            world = self._worlds.add(name, opened.source.cluster, opened.clock, opened.worlds.settings, ground)
            self._grounds[_ground(held)] = world.ground
            return held._replace(world=world)

    def server(self) -> ServerThread:
        """Give the real server, started now if it is the first time."""
        with self._lock:
            if self._server is None:
                from toolkit.server.thread import ServerThread  # noqa: PLC0415 - Sanic is for those who want a socket

                base = self._worlds.base
                server = ServerThread(base.cluster, base.clock, port=self._port, front=self.front)
                server.start()
                self._server = server
            return self._server

    def open_door(self, name: str | None) -> str:
        """Give the URL at whose root a world is: the server's, or that of a port of its own."""
        server = self.server()
        return server.url if name is None else server.open_door(name)

    def give_up(self, held: Held, door: str) -> None:
        """Drop a world, and close its port if it has one; without the world that has no name, all end."""
        name = held.world.name
        if name is None:
            self.close()
            return
        if door and self._server is not None:
            self._server.close_door(door)
        with self._worlds.lock:
            self._worlds.drop(name)

    def close(self) -> None:
        """Stop the server, if there is one; a second call does nothing."""
        with self._lock:
            if self._server is not None:
                self._server.stop()
                self._server = None
        log = self.base.world.cluster.log
        if isinstance(log, LogFile):
            log.close()


def _ground(held: Held) -> object:
    """Give what worlds with the same answers have in common."""
    return held.scenario or held.world.cluster.timeline
