"""The live timeline: `world(scenario, commands, t)` behind the read interface."""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING

from toolkit.errors import InstantError
from toolkit.model.instants import format_instant, shown_instant
from toolkit.timeline.view import NEVER, Change
from toolkit.world.population import STARTED, number_of
from toolkit.world.session.apply import apply
from toolkit.world.session.session import Session
from toolkit.world.session.view import SessionView
from toolkit.world.view import WorldView
from toolkit.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.world.commands import Command, CommandLog
    from toolkit.world.life import Move
    from toolkit.world.scenario import Scenario

REFRESH = "refresh"
WORLDS = 8
"""How many worlds are kept ready; one that is looked at again later is made again."""


class Folded:
    """One generation: its world, the commands that clients gave it, and what was folded of them."""

    def __init__(self, world: World) -> None:
        """Begin without commands."""
        self.world = world
        self.commands: list[Command] = []
        self._session = Session(world)
        self._applied = 0

    def tell(self, commands: list[Command]) -> None:
        """Give all its commands, in their order; what was folded stays where the new ones come after it."""
        known = self.commands[: self._applied]
        late = len(commands) > self._applied and commands[self._applied].t < self._session.done
        if commands[: self._applied] != known or late:
            self._session, self._applied = Session(self.world), 0
        self.commands = commands

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


class LiveTimeline:
    """A scenario's life under a command log; implements `toolkit.timeline.view.Timeline`."""

    def __init__(self, scenario: Scenario, log: CommandLog) -> None:
        """Make the timeline; entries appended to the log later count as soon as they are there."""
        self.scenario = scenario
        self._log = log
        self._sequence = -1
        self._begins: list[int] = []
        self._commands: list[list[Command]] = []
        self._kept: dict[int, Folded] = {}

    @property
    def first(self) -> int:
        """The epoch."""
        return self.scenario.epoch

    @property
    def last(self) -> int:
        """Ten years later."""
        return self.scenario.last

    def _fold(self) -> None:
        """Give each generation its commands; a refresh begins another one, keyed by how many came before it."""
        if self._sequence == self._log.sequence:
            return
        self._sequence = self._log.sequence
        self._begins = [self.scenario.epoch]
        self._commands = [[]]
        for command in self._log.in_order():
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

    def _folded_at(self, t: int) -> tuple[Folded, int]:
        """Give the generation at an instant, and when the next one begins."""
        self._fold()
        place = bisect_right(self._begins, t) - 1
        ends = self._begins[place + 1] if place + 1 < len(self._begins) else NEVER
        folded = self._kept.pop(place, None)
        if folded is None:
            folded = Folded(World(self.scenario, place, self._begins[place]))
            folded.tell(self._commands[place])
        self._kept[place] = folded
        while len(self._kept) > WORLDS:
            del self._kept[next(iter(self._kept))]
        return folded, ends

    def session_at(self, t: int) -> tuple[Session, int]:
        """Give the session that an instant belongs to, folded up to it, and when the next one begins."""
        folded, ends = self._folded_at(t)
        return folded.session(t), ends

    @property
    def begins(self) -> list[int]:
        """The instants at which worlds begin: the epoch, and each refresh."""
        self._fold()
        return self._begins

    def at(self, t: int) -> WorldView:
        """Look at the cluster at an instant.

        Raises:
            InstantError: If `t` is outside the world.
        """
        if not self.first <= t <= self.last:
            msg = (
                f"cannot look at {shown_instant(t)}: the world is defined from {format_instant(self.first)} "
                f"to {format_instant(self.last)}; ask for an instant in between"
            )
            raise InstantError(msg)
        folded, ends = self._folded_at(t)
        ends = min(ends, folded.next_command(t))
        if not folded.commands or t < folded.commands[0].t:
            return WorldView(folded.world, t, ends)
        return SessionView(folded.session(t), t, ends)

    def next_change(self, after: int) -> int:
        """Give the instant of the next write or refresh after `after`, or of a command."""
        after = max(after, self.first)
        folded, ends = self._folded_at(after)
        ends = min(ends, folded.next_command(after), folded.world.next_write(after))
        return min(ends, folded.session(after).next_edge(after)) if folded.commands else ends

    def changes(self, after: int, until: int) -> Iterator[Change]:
        """Give the status changes later than `after` and not later than `until`; none across a refresh."""
        t = max(after, self.first)
        while (t := self.next_change(t)) <= until:
            folded, _ = self._folded_at(t)
            world, session = folded.world, folded.session(t)
            changed = [life for life, _ in session.base.living_between(t - 1, t - 1) if life.move_at(t)[0] == t]
            starts = world.lives.calendar.starts_by(t)
            if starts and world.lives.calendar.start_time(starts - 1) == t:
                changed.append(world.lives.life(number_of(STARTED, starts - 1)))
            rows = []
            for life in changed:
                if t > world.epoch and not session.is_unborn(life.number):
                    name = world.population.job(life.job).name
                    rows.append(_change(t, world.ex_ids.id_of(life.number), name, life.moves[: life.moves_until(t)]))
            for course in session.courses.values():
                # Of several moves at one instant only the last is ever seen.
                moves = [*course.moves[: course.moves_until(t - 1)], *course.moves[: course.moves_until(t)][-1:]]
                if moves and moves[-1][0] == t and (len(moves) == 1 or moves[-2][1] != moves[-1][1]):
                    rows.append(_change(t, course.ex_id, course.name, moves))
            yield from sorted(rows, key=lambda change: change.ex_id)


def _change(t: int, ex_id: str, name: str, moves: Sequence[Move]) -> Change:
    return Change(t, ex_id, name, moves[-2][1] if len(moves) > 1 else None, moves[-1][1])
