"""The generations of a live timeline: which commands each world is told, and what was folded of them."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from toolkit.timeline.view import NEVER
from toolkit.world.commands import BACK, CONTROL, Command
from toolkit.world.session.apply import apply
from toolkit.world.session.session import Session
from toolkit.world.world import World

if TYPE_CHECKING:
    from toolkit.world.commands import CommandLog
    from toolkit.world.scenario import Scenario

REFRESH = "refresh"
WORLDS = 8
"""How many worlds are kept ready; one that is looked at again later is made again."""


class Pool:
    """The worlds of one scenario as nobody has touched them, for all timelines that share it."""

    def __init__(self, scenario: Scenario) -> None:
        """Start empty."""
        self._scenario = scenario
        self._kept: dict[tuple[int, int], World] = {}

    def world(self, generation: int, epoch: int) -> World:
        """Give the world of a generation that begins at an instant."""
        world = self._kept.pop((generation, epoch), None) or World(self._scenario, generation, epoch)
        self._kept[generation, epoch] = world
        while len(self._kept) > WORLDS:
            del self._kept[next(iter(self._kept))]
        return world


class Folded:
    """One generation: its world, the commands that clients gave it, and what was folded of them."""

    def __init__(self, world: World) -> None:
        """Begin without commands."""
        self.world = world
        self.commands: list[Command] = []
        self._session = Session(world)
        self._applied = 0

    def tell(self, commands: list[Command]) -> None:
        """Give all its commands, in their order; what was folded stays where the new ones come after it.

        Whoever changes the list later says where (`changed`).
        """
        known = self.commands[: self._applied]
        late = len(commands) > self._applied and commands[self._applied].t < self._session.done
        if commands[: self._applied] != known or late:
            self._begin_anew()
        self.commands = commands

    def changed(self, place: int) -> None:
        """Take note that a command has come to be at a place of the list, or that the list ends there now."""
        late = place < len(self.commands) and self.commands[place].t < self._session.done
        if place < self._applied or late:
            self._begin_anew()

    def _begin_anew(self) -> None:
        self._session, self._applied = Session(self.world), 0

    def next_command(self, t: int) -> int:
        """Give the instant of the first command after `t`, `NEVER` if there is none."""
        place = bisect_right(self.commands, t, key=attrgetter("t"))
        return self.commands[place].t if place < len(self.commands) else NEVER

    def session(self, t: int) -> Session:
        """Give the session, folded up to an instant at least."""
        session = self._session
        while self._applied < len(self.commands) and self.commands[self._applied].t <= t:
            command = self.commands[self._applied]
            session.advance(command.t)
            apply(session, command.t, command.entry)
            self._applied += 1
        session.advance(t)
        return session


class Generations:
    """The worlds of one log: the first from the scenario's epoch on, another from each refresh on."""

    def __init__(self, scenario: Scenario, log: CommandLog, pool: Pool) -> None:
        """Begin without having looked at the log."""
        self._scenario = scenario
        self._log = log
        self._pool = pool
        self._revision = -1
        self._known = 0
        self._begins: list[int] = []
        self._commands: list[list[Command]] = []
        self._kept: dict[int, Folded] = {}

    @property
    def begins(self) -> list[int]:
        """The instants at which worlds begin: the epoch, and each refresh."""
        self._fold()
        return self._begins

    def at(self, t: int) -> tuple[Folded, int]:
        """Give the generation at an instant, and when the next one begins; `NEVER` if none does."""
        self._fold()
        place = bisect_right(self._begins, t) - 1
        ends = self._begins[place + 1] if place + 1 < len(self._begins) else NEVER
        folded = self._kept.pop(place, None)
        if folded is None:
            folded = Folded(self._pool.world(place, self._begins[place]))
            folded.tell(self._commands[place])
        self._kept[place] = folded
        while len(self._kept) > WORLDS:
            del self._kept[next(iter(self._kept))]
        return folded, ends

    def _fold(self) -> None:
        """Give each generation its commands; a refresh begins another one, keyed by how many came before it."""
        if self._revision != self._log.revision:
            came = self._log.page(self._known, self._log.sequence - self._known)
            if self._revision < 0 or not all(map(self._add, came)):
                self._fold_all()
            self._revision = self._log.revision
        self._known = self._log.sequence

    def _add(self, command: Command) -> bool:
        """Count one more entry, at the cost of finding where it belongs. Gives whether the others stay as they are."""
        do = command.entry.get("do")
        if do in CONTROL:
            return do not in BACK
        generation = bisect_right(self._begins, command.t) - 1
        commands = self._commands[generation]
        place = bisect_right(commands, command.t, key=attrgetter("t"))
        if do != REFRESH:
            commands.insert(place, command)
        elif generation == len(self._begins) - 1:
            self._begins.append(command.t)
            self._commands.append(commands[place:])
            del commands[place:]
        else:
            return False
        if generation in self._kept:
            self._kept[generation].changed(place)
        return True

    def _fold_all(self) -> None:
        self._begins = [self._scenario.epoch]
        self._commands = [[]]
        told = [Command(0, self._scenario.epoch + story.at, story.entry) for story in self._scenario.stories]
        # What the scenario tells has been known before any command.
        for command in sorted([*told, *self._log.in_order()], key=attrgetter("t")):
            if command.entry.get("do") == REFRESH:
                self._begins.append(command.t)
                self._commands.append([])
            else:
                self._commands[-1].append(command)
        # A generation that began at another instant is another world; what was kept of it is made again when asked.
        for place, folded in list(self._kept.items()):
            if place >= len(self._begins) or self._begins[place] != folded.world.epoch:
                del self._kept[place]
            else:
                folded.tell(self._commands[place])
