"""The live timeline: `world(scenario, commands, t)` behind the read interface."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from toolkit.errors import InstantError
from toolkit.model.instants import format_instant, shown_instant
from toolkit.timeline.events import refreshed, windows
from toolkit.timeline.view import Change
from toolkit.world.commands import Command
from toolkit.world.events import NODELESS, events, node_events
from toolkit.world.generations import Folded, Generations, Pool
from toolkit.world.population import STARTED, number_of
from toolkit.world.session.view import SessionView
from toolkit.world.view import WorldView

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document
    from toolkit.timeline.view import Event
    from toolkit.world.commands import CommandLog
    from toolkit.world.history import History
    from toolkit.world.scenario import Scenario
    from toolkit.world.session.session import Session, Told


class LiveTimeline:
    """A scenario's life under a command log; implements `toolkit.timeline.view.Timeline`."""

    def __init__(self, scenario: Scenario, log: CommandLog, pool: Pool | None = None) -> None:
        """Make the timeline; entries appended to the log later count as soon as they are there."""
        self.scenario = scenario
        self._pool = pool or Pool(scenario)
        self._generations = Generations(scenario, log, self._pool)

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

    def session_at(self, t: int) -> tuple[Session, int]:
        """Give the session that an instant belongs to, folded up to it, and when the next one begins."""
        folded, ends = self._generations.at(t)
        return folded.session(t), ends

    def told_if(self, t: int, entry: Document) -> Told:
        """Say what a story would touch that began at `t`, after all that is known of that instant; it is not told."""
        folded, _ = self._generations.at(t)
        trial = Folded(folded.world)
        trial.tell([*(command for command in folded.commands if command.t <= t), Command(0, t, entry)])
        return trial.session(t).told[-1][1]

    @property
    def begins(self) -> list[int]:
        """The instants at which worlds begin: the epoch, and each refresh."""
        return self._generations.begins

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
        folded, ends = self._generations.at(t)
        ends = min(ends, folded.next_command(t))
        if not folded.commands or t < folded.commands[0].t:
            return WorldView(folded.world, t, ends)
        return SessionView(folded.session(t), t, ends)

    def next_change(self, after: int) -> int:
        """Give the instant of the next write or refresh after `after`, or of a command."""
        after = max(after, self.first)
        folded, ends = self._generations.at(after)
        ends = min(ends, folded.next_command(after), folded.world.next_write(after))
        return min(ends, folded.session(after).next_edge(after)) if folded.commands else ends

    def changes(self, after: int, until: int) -> Iterator[Change]:
        """Give the status changes later than `after` and not later than `until`; none across a refresh."""
        t = max(after, self.first)
        while (t := self.next_change(t)) <= until:
            folded, _ = self._generations.at(t)
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
            folded, ends = self._generations.at(after + 1)
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
