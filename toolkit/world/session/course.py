"""The life of an execution that a client started or acted on: a `Life`'s questions, answered from dated facts.

An execution of the generated world keeps its rules from before (`life`), one that a client starts shows what was
observed of real ones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Final

from toolkit.model.instants import SECOND
from toolkit.model.status import INITIAL
from toolkit.timeline.view import NEVER
from toolkit.tracks.track import line_at, line_next
from toolkit.world.history import instant_of
from toolkit.world.session.facts import Facts, start_of

if TYPE_CHECKING:
    from toolkit.tracks.track import Piece

QUEUED_AFTER: Final = 240
"""When a once job has all its slices queued, after it began. Source: observed."""
_IDLE_ENDS: Final = frozenset({"completed", "failed", "rejected"})


class Course(Facts):
    """One execution in a client's hands."""

    __slots__ = ()

    def counted(self, t: int) -> int:
        """Give the last instant not after `t` at which it was counting, or stopped to."""
        t = min(t, self.final)
        # An end that found it paused changes nothing.
        place = self.moves_until(t) - 1 if t < self.final else bisect_left(self.moves, t, key=instant_of) - 1
        return self._paused(place) if self.moves[place][1] == "paused" else t

    def expires(self, t: int) -> int:
        """Give when it has counted until `t`, `NEVER` if it does not: its records grow old only as it works."""
        if self.counted(t) == t:
            return t
        later = self.moves[self.moves_until(t) :]
        return next((at for at, status in later if status != "paused" and at < self.final), NEVER)

    def _paused(self, place: int) -> int:
        while place and self.moves[place - 1][1] == self.moves[place][1]:
            place -= 1
        return self.moves[place][0]

    def drained(self, t: int) -> int:
        """Give when the slices in flight are done of the pause it is in at `t`."""
        paused = self._paused(self.moves_until(t) - 1)
        return paused + self.pace.slice_ms if self.pace is not None else paused

    def held(self, t: int) -> int:
        """Count the slices that its workers hold at `t`: one each, as far as there are any."""
        total = self.total if self.recovered(t) else self.total or self.pending
        working = 0 if self.upsets.is_stuck(t) else self.working(t)
        return working if total is None else max(0, min(working, total - self.processed(t)))

    def active(self, t: int) -> int:
        """Count the workers that hold a slice at `t`."""
        end = self.final
        if t >= end and self.status(end) in _IDLE_ENDS:
            return 0
        t = min(t, end)
        status = self.moves[bisect_left(self.moves, t, key=instant_of) - 1][1] if t == end else self.status(t)
        if t < self.started or status in INITIAL:
            return 0
        if status == "paused":
            return self.held(t) if self.life is None and t < self.drained(t - (t == end)) else 0
        if self.life is None:
            return self.held(t)
        return 0 if self.upsets.is_stuck(t) else min(self.working(t), self.life.drawn_active(t))

    def queued(self, t: int) -> int:
        """Count the slices that wait at `t`, of an execution that a client started."""
        assert self.pace is not None
        t = min(t, self.final)
        if t < self.started or self.upsets.is_stuck(t):
            return 0
        # What is left to recover waits whatever the status is.
        total = self.total if self.recovered(t) else self.total or self.pending
        if total is not None:
            return max(0, total - self.processed(t) - self.active(t))
        return line_at(self.piece_at(self.queue, t), t) if self.pace.floods else self.active(t)

    def stats(self, t: int) -> dict[str, int]:
        """Give the slicer statistics at `t`, in wire order, without the dates."""
        if self.life is not None and t < self.since:
            return self.life.stats(t)
        until = min(t, self.final)
        processed = self.processed(until)
        running = t >= self.started
        active = self.active(t)
        joined = bisect_right(self.joined, until)
        level = self.upsets.level(self.counted(until)) if self.upsets.levels else None
        queued = self.queued(t) if self.life is None else active if level is None else level
        available = self.working(until) - active
        if self.life is not None and until < self.upsets.since:
            available = max(0, self.workers - joined)
        return {
            "workers_available": available,
            "workers_active": active,
            "workers_joined": joined,
            "workers_reconnected": bisect_right(self.returns, until) + self.upsets.back(until),
            "workers_disconnected": sum(bisect_right(gone, until) for gone in (self.losses, self.removed))
            + self.upsets.left(until),
            "job_duration": self._duration() if t >= self.final and running else 0,
            "failed": self.failed_of(processed),
            "subslices": processed * self.permille // 1000,
            "queued": queued,
            "slice_range_expansion": 0,
            "processed": processed,
            "slicers": 1 if running else 0,
            "subslice_by_key": 0,
        }

    def _duration(self) -> int:
        """Give for how many seconds it ran: rounded, as observed; a generated one that had ended keeps what it had."""
        ran = self.final - self.started
        ended = self.life is not None and self.life.final <= self.since
        return max(1, ran // SECOND if ended else (ran + SECOND // 2) // SECOND)

    def stats_until(self, t: int) -> int:
        """Give the first instant after `t` at which `stats` may be another."""
        if self.life is not None and t < self.since:
            return min(self.life.stats_until(t), self.since)
        later = [self.next_move(t)]
        if t >= self.final:
            return later[0]
        later += [self._bend(pieces, t) for pieces in (self.line, self.queue)]
        later += [at for at in self.edges() if at > t]
        if self.life is not None and t >= self.started:
            later.append(self.life.next_shift(t))
        if self.life is None and self.status(t) == "paused":
            later += [at for at in (self.drained(t),) if at > t]
        completes = self.queuing_complete(NEVER)
        later += [at for at in (completes,) if at is not None and at > t]
        return min(later)

    def edges(self) -> set[int]:
        """Give the instants at which its workers, or its processes, change."""
        shown = {t for process in self.processes for t in (process.shown, process.until)}
        known = {*self.joined, *self.removed, *self.losses, *self.returns, self.left, self.deleted}
        return shown | known | self.upsets.edges()

    def _bend(self, pieces: list[Piece], t: int) -> int:
        place = bisect_right(pieces, t, key=start_of)
        counted = line_next(pieces[max(0, place - 1)], t)
        return min(NEVER if counted is None else counted, pieces[place][0] if place < len(pieces) else NEVER)

    def queuing_complete(self, t: int) -> int | None:
        """Give when all slices were queued, `None` if they are not at `t`."""
        if self.life is not None:
            completed = self.first("completed")
            return self.started + (completed - self.started) * 9 // 10 if completed <= t else None
        once = self.pace is not None and self.pace.total is not None and self.pending is None
        at = min(self.started + QUEUED_AFTER, self.final) if once and self.started < NEVER else NEVER
        return at if at < NEVER and at <= t else None
