"""One world of a server: its clock, command log, faults and requests, and what control routes do to it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.control.desk import Change, Reading
from toolkit.answers.nearest import ROUTE_NAMES, nearest, route_name
from toolkit.clock import SetClock, Setting, uptime, wall_now
from toolkit.errors import CommandNotKept
from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.server.about import INSTANT, about_of
from toolkit.server.faults import WorldFaults
from toolkit.server.journal import Journal
from toolkit.world.commands import Command, MemoryLog, line_of
from toolkit.world.loglines import head_of
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.answers.control.desk import Asked
    from toolkit.answers.route import Cluster
    from toolkit.clock import Clock
    from toolkit.model.faults import Fault, FaultList
    from toolkit.model.wire import Document
    from toolkit.server.worlds import Worlds
    from toolkit.world.commands import CommandLog

MOST_WORLDS: Final = 256
MOST_ENTRIES: Final = 20_000
MOST_TEXT: Final = 4_000_000
"""Bytes of a named world's log, written as JSON."""


class Settings(NamedTuple):
    """What all worlds of a server have in common.

    Attributes:
        start: How a clock is set at the start, and after a reset.
        auto_advance: Whether a request that waits moves a frozen clock to its end.
        again: The command that serves the same again.
        again_at: The same frozen at an instant, which stands for `INSTANT` in it.
        more: What of it is neither in a log nor an instant: flags, each with a blank before it.
        bundle: What is replayed.
        keeps_log: Whether that command has the commands of the world without a name too.
        most_worlds: How many worlds may have a name.
        most_requests: How many requests each remembers.
        faults: The faults with which each begins, and to which a reset goes back.
        fault_seed: What keys the draws of faults; the scenario's seed if `None`, 1 on replay.
    """

    start: Setting
    auto_advance: bool = False
    again: str = "toolkit serve"
    again_at: str = f"toolkit serve --at {INSTANT} --frozen"
    more: str = ""
    bundle: str | None = None
    keeps_log: bool = False
    most_worlds: int = MOST_WORLDS
    most_requests: int = 1_000
    faults: tuple[Fault, ...] = ()
    fault_seed: int | None = None


class BoundedLog(MemoryLog):
    """The log of a named world: a client that never stops writing does not fill the memory."""

    def __init__(self, seed: int) -> None:
        """Start empty."""
        super().__init__(seed)
        self._text = 0

    def append(self, t: int, entry: Document) -> int:
        """Add a fact and give its sequence number.

        Raises:
            CommandNotKept: If the log is full.
        """
        size = len(dumps(entry))
        if self.sequence >= MOST_ENTRIES or self._text + size > MOST_TEXT:
            msg = (
                f"cannot keep the command: a world with a name holds {MOST_ENTRIES} entries and {MOST_TEXT} bytes "
                "of them at most; drop the world and begin another"
            )
            raise CommandNotKept(msg)
        self._text += size
        return super().append(t, entry)


class ServedWorld:
    """One world of a server; implements `toolkit.answers.control.desk.Desk`.

    Attributes:
        name: Its name, `None` for the one without.
        cluster: What is asked.
        clock: Which instant it is.
        log: Where its control entries go, and its commands if it is live.
        journal: The requests it had.
        faults: What goes wrong with its requests.
        auto_advance: Whether a request that waits moves its frozen clock.
        ground: The edition that it has without commands: worlds over the same scenario or bundle have the same one.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - what a world is made of
        self,
        keeper: Worlds,
        name: str | None,
        cluster: Cluster,
        clock: Clock,
        settings: Settings,
        ground: int = 0,
    ) -> None:
        """Begin a world at its start."""
        self.name = name
        self.cluster = cluster
        self.clock = clock
        self.log: CommandLog = cluster.log if cluster.log is not None else BoundedLog(0)
        self.journal = Journal(settings.most_requests, keeper.shelf)
        seed = _seed_of(cluster) if settings.fault_seed is None else settings.fault_seed
        self.faults = WorldFaults(self.log, settings.faults, seed, cluster.timeline.first)
        self.auto_advance = settings.auto_advance
        self.ground = ground
        self.used = uptime()
        self._keeper = keeper
        self._settings = settings
        self._revision = 0
        self._edition = ground

    @property
    def edition(self) -> int:
        """A number for what the world's scenario and commands are now: answers of equal editions are equal.

        `ground` is the world without commands, whichever it is; no two others share a number.
        """
        revision = self.cluster.log.revision if self.cluster.log is not None else 0
        if revision != self._revision:
            self._revision = revision
            self._edition = self._keeper.new_edition() if revision else self.ground
        return self._edition

    def reading(self) -> Reading:
        """Give how its clock stands."""
        clock = self._clock()
        t, speed, frozen = clock.setting
        timeline = self.cluster.timeline
        return Reading(t, speed, frozen, clock.loop, timeline.first, min(clock.last, timeline.last))

    def set_clock(self, change: Change) -> Reading:
        """Change the clock; the new setting is in force when this returns."""
        with self._keeper.lock:
            clock = self._clock()
            now, shown_ns = clock.standing
            wanted = Setting(
                now.t if change.t is None else change.t,
                now.speed if change.speed is None else change.speed,
                now.frozen if change.frozen is None else change.frozen,
            )
            entry = {"do": "clock", "speed": wanted.speed, "frozen": wanted.frozen, "wall": wall_now()}
            self.log.append(wanted.t, entry)
            # Who sets only the speed, again and again, does not hold the instant up.
            clock.set(wanted, shown_ns if change.t is None else 0)
            return self.reading()

    def reset(self) -> Reading:
        """Take everything back: commands, faults, clock and requests are as they were at the start."""
        with self._keeper.lock:
            self.log.append(self._settings.start.t, {"do": "reset"})
            self.journal.clear()
            self.faults.begin_again()
            self._clock().set(self._settings.start)
            return self.reading()

    def checkpoint(self, name: str) -> Command:
        """Remember commands, faults and clock under a name; another one of that name is replaced."""
        with self._keeper.lock:
            t, speed, frozen = self._clock().setting
            self.log.append(t, {"do": "checkpoint", "name": name, "speed": speed, "frozen": frozen})
            mark = self.log.checkpoints()[name]
            self.faults.mark(mark)
            return mark

    def restore(self, checkpoint: Command) -> Reading:
        """Go back to a checkpoint: what came after it is out of force."""
        with self._keeper.lock:
            entry = checkpoint.entry
            self.log.append(checkpoint.t, {"do": "restore", "name": entry["name"], "to": checkpoint.sequence})
            self.faults.restore(checkpoint)
            self._clock().set(Setting(checkpoint.t, entry["speed"], entry["frozen"]))
            return self.reading()

    def checkpoints(self) -> dict[str, Command]:
        """Give the checkpoints by name."""
        return self.log.checkpoints()

    def listed_faults(self) -> FaultList:
        """List the faults in force."""
        with self._keeper.lock:
            return self.faults.listed()

    def add_faults(self, faults: Sequence[Fault]) -> list[int]:
        """Add faults, and give their ids."""
        with self._keeper.lock:
            return self.faults.add(self.clock.now(), faults)

    def drop_faults(self, number: int | None) -> bool:
        """Drop a fault, or all if `None`; gives whether there was one."""
        with self._keeper.lock:
            return self.faults.drop(self.clock.now(), number)

    def about(self) -> Document:
        """Say what is served, by which versions, and how to have it again."""
        return about_of(self, self._settings)

    def log_text(self) -> bytes | None:
        """Write what is in force as a log that a server can go on with; `None` on replay."""
        timeline = self.cluster.timeline
        if not isinstance(timeline, LiveTimeline):
            return None
        held = [command._replace(sequence=place) for place, command in enumerate(self.log.in_force(), 1)]
        return b"".join(line + b"\n" for line in (head_of(timeline.scenario), *map(line_of, held)))

    def worlds(self) -> list[Document]:
        """List the worlds that have a name, by name."""
        return self._keeper.listed()

    def drop(self, name: str) -> bool:
        """Drop a world; gives whether there was one of that name."""
        return self._keeper.drop(name)

    def asked(self) -> tuple[int, list[Asked]]:
        """Give how many requests it had, and those that are kept, newest last."""
        return self.journal.total, self.journal.kept()

    def forget(self) -> None:
        """Forget the requests, their number too."""
        self.journal.clear()

    def route_names(self) -> Sequence[str]:
        """Give the names of all routes."""
        return ROUTE_NAMES

    def route_name(self, method: str, path: str) -> str | None:
        """Give the name of the route that a request reaches, `None` if there is none."""
        return route_name(method, path)

    def nearest_route(self, method: str, path: str) -> str | None:
        """Give method and path of the route that an unknown one is most like, `None` if none is."""
        near = nearest(method, path)
        return near.route if near is not None else None

    def await_instant(self, due: int) -> int | None:
        """Move a frozen clock to an instant that a request waits for, if that is wanted; gives where it stands then."""
        if not self.auto_advance or not isinstance(self.clock, SetClock):
            return None
        with self._keeper.lock:
            now = self.clock.setting
            if not now.frozen or due > self.clock.last:
                return None
            # A log that is full keeps no instant: nobody will wait for it, and the answer is what there is.
            with suppress(CommandNotKept):
                return self.set_clock(Change(t=max(due, now.t))).t
            return None

    def shown(self) -> Document:
        """Show it in the list of worlds."""
        t, _, frozen = self._clock().setting
        return {
            "name": self.name,
            "t": format_instant(t),
            "frozen": frozen,
            "sequence": self.log.sequence,
            "requests": self.journal.total,
        }

    def _clock(self) -> SetClock:
        assert isinstance(self.clock, SetClock), "only a clock that can be set has a control API"
        return self.clock


def _seed_of(cluster: Cluster) -> int:
    return cluster.timeline.scenario.seed if isinstance(cluster.timeline, LiveTimeline) else 1
