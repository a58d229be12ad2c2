"""The live timeline: `world(scenario, commands, t)` behind the read interface."""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain
from operator import attrgetter
from typing import TYPE_CHECKING

from toolkit.errors import InstantError
from toolkit.model.instants import format_instant, shown_instant
from toolkit.timeline.events import refreshed, windows
from toolkit.timeline.view import NEVER, Change
from toolkit.world.commands import BACK, CONTROL, Command
from toolkit.world.events import NODELESS, events, node_events
from toolkit.world.population import STARTED, number_of
from toolkit.world.session.apply import apply
from toolkit.world.session.session import Session
from toolkit.world.session.view import SessionView
from toolkit.world.view import WorldView
from toolkit.world.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document
    from toolkit.timeline.view import Event
    from toolkit.world.commands import CommandLog
    from toolkit.world.history import History
    from toolkit.world.scenario import Scenario
    from toolkit.world.session.session import Told

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


class LiveTimeline:
    """A scenario's life under a command log; implements `toolkit.timeline.view.Timeline`."""

    def __init__(self, scenario: Scenario, log: CommandLog, pool: Pool | None = None) -> None:
        """Make the timeline; entries appended to the log later count as soon as they are there."""
        self.scenario = scenario
        self._pool = pool or Pool(scenario)
        self._log = log
        self._revision = -1
        self._known = 0
        self._begins: list[int] = []
        self._commands: list[list[Command]] = []
        self._kept: dict[int, Folded] = {}

    def another(self, log: CommandLog) -> LiveTimeline:
        """Give the same scenario under another log; what nobody has touched is shared."""
        return LiveTimeline(self.scenario, log, self._pool)

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
        self._begins = [self.scenario.epoch]
        self._commands = [[]]
        told = [Command(0, self.scenario.epoch + story.at, story.entry) for story in self.scenario.stories]
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

    def _folded_at(self, t: int) -> tuple[Folded, int]:
        """Give the generation at an instant, and when the next one begins."""
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

    def session_at(self, t: int) -> tuple[Session, int]:
        """Give the session that an instant belongs to, folded up to it, and when the next one begins."""
        folded, ends = self._folded_at(t)
        return folded.session(t), ends

    def told_if(self, t: int, entry: Document) -> Told:
        """Say what a story would touch that began at `t`, after all that is known of that instant; it is not told."""
        folded, _ = self._folded_at(t)
        trial = Folded(folded.world)
        trial.tell([*(command for command in folded.commands if command.t <= t), Command(0, t, entry)])
        return trial.session(t).told[-1][1]

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
                    rows += _change(t, world.ex_ids.id_of(life.number), name, life)
            for course in session.courses.values():
                rows += _change(t, course.ex_id, course.name, course)
            yield from sorted(rows, key=lambda change: change.ex_id)

    def events(self, after: int, until: int) -> Iterator[Event]:
        """Give the events later than `after` and not later than `until`, in order, at the cost of those taken."""
        return chain.from_iterable(windows(self, after, until))

    def happened(self, after: int, until: int) -> Iterator[Event]:
        """Give the events of a short stretch, one world after the other."""
        while after < until:
            folded, ends = self._folded_at(after + 1)
            end = min(until, ends - 1)
            looked = after
            if folded.world.epoch == after + 1:
                looked = after + 1
                if self._had_jobs(after):
                    after = looked
                    yield refreshed(after)
                else:
                    yield from node_events(self.at(after), self.at(looked))
            session = folded.session(end)
            yield from events(session, after, end)
            if not NODELESS.issuperset(command.entry.get("do") for command in folded.commands):
                while (looked := session.next_edge(looked)) <= end:
                    yield from node_events(self.at(looked - 1), self.at(looked))
            after = end

    def _had_jobs(self, t: int) -> bool:
        view = self.at(t)
        return bool(view.job_count() or view.deleted_jobs(0, 1).value)


def _change(t: int, ex_id: str, name: str, history: History) -> list[Change]:
    """Give what an execution's status has become at `t`, none if it is what it was a moment before."""
    seen, now = history.moves_until(t - 1), history.moves_until(t)
    before = history.moves[seen - 1][1] if seen else None
    after = history.moves[now - 1][1] if now else None
    return [Change(t, ex_id, name, before, after)] if after is not None and after != before else []
