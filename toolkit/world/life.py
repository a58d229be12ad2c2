"""One execution's life: when it takes which status, how many workers it has and what its counters say at an instant.

Only `processed` is a line; what depends on it is derived. Nothing here knows other executions.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from toolkit.model.status import TERMINAL
from toolkit.timeline.view import NEVER
from toolkit.tracks.track import HOUR_MS, line_at, line_next
from toolkit.world.history import BEGUN, FINAL, History, Move

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.world.draws import Draws

MILLION: Final = 1_000_000
DRY: Final = frozenset({"paused", "completed", "failed", "rejected"})
"""With these statuses no worker holds a slice."""
_TURNS: Final = {
    "started": BEGUN,
    "frozen": ("paused", "stopping", *TERMINAL),
    "final": FINAL,
    "ended": TERMINAL,
}


@dataclass(frozen=True, slots=True)
class Life(History):
    """One execution.

    Attributes:
        number: Its number (`population.number_of`).
        job: Its job's number.
        lane: Where its processes stand (`placement`), `None` for one that ended before the epoch.
        moves: Its statuses with the instant each begins, the first at its creation.
        per_hour: Slices an hour while it runs.
        ppm: Failed slices per million processed.
        permille: Subslices per thousand processed.
        workers: Workers asked for.
        joined: Workers that joined when it began to run.
        holds: How long a number of active workers holds, in milliseconds.
        fully: Per mille of such times in which all joined workers are active.
        losses: Instants at which a worker disconnects.
        returns: Instants at which one reconnects.
        actives: Draws of the active workers.
        started: As in `History`.
        frozen: When its counters stop for good or for as long as it is paused.
        final: As in `History`.
        ended: As in `History`.
    """

    number: int
    job: int
    lane: int | None
    moves: tuple[Move, ...]
    per_hour: int
    ppm: int
    permille: int
    workers: int
    joined: int
    holds: int
    fully: int
    losses: tuple[int, ...]
    returns: tuple[int, ...]
    actives: Draws = field(repr=False)
    started: int = field(init=False, repr=False, compare=False)
    frozen: int = field(init=False, repr=False, compare=False)
    final: int = field(init=False, repr=False, compare=False)
    ended: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Look its turns up once: they are asked for with every counter."""
        for name, statuses in _TURNS.items():
            object.__setattr__(self, name, self.first(*statuses))

    @property
    def piece(self) -> tuple[int, int, int]:
        """The line of `processed` while it runs."""
        return self.started, 0, self.per_hour

    def processed(self, t: int) -> int:
        """Count the slices finished by `t`; never falls."""
        started = self.started
        return line_at((started, 0, self.per_hour), min(t, self.frozen)) if t >= started else 0

    def failed(self, t: int) -> int:
        """Count the slices failed by `t`."""
        return self.processed(t) * self.ppm // MILLION

    def active(self, t: int) -> int:
        """Give the workers that hold a slice at `t`; none before it runs, while paused, or after it ran dry."""
        if not self.started <= t:
            return 0
        frozen = self.frozen
        if t >= frozen:
            if self.move_at(frozen)[1] in DRY:
                return 0
            t = frozen
        return self.drawn_active(t)

    def drawn_active(self, t: int) -> int:
        """Give how many of the joined workers would hold a slice at `t`, if it runs then."""
        drawn: int = self.actives.two(self.number, (t - self.started) // self.holds)
        if drawn % 1000 < self.fully or self.joined == 1:
            return self.joined
        return self.joined - 1 - (drawn >> 10) % max(1, self.joined // 5)

    def stats(self, t: int) -> dict[str, int]:
        """Give the slicer statistics at `t`, in wire order, without the dates."""
        processed = self.processed(t)
        running = t >= self.started
        until = min(t, self.frozen)
        active = self.active(t)
        joined = self.joined if running else 0
        return {
            "workers_available": self.workers - joined,
            "workers_active": active,
            "workers_joined": joined,
            "workers_reconnected": bisect_right(self.returns, until),
            "workers_disconnected": bisect_right(self.losses, until),
            "job_duration": max(1, (self.final - self.started) // 1000) if t >= self.final and running else 0,
            "failed": processed * self.ppm // MILLION,
            "subslices": processed * self.permille // 1000,
            "queued": active,
            "slice_range_expansion": 0,
            "processed": processed,
            "slicers": 1 if running else 0,
            "subslice_by_key": 0,
        }

    def stats_until(self, t: int) -> int:
        """Give the first instant after `t` at which `stats` may be another."""
        if t < self.started or t >= self.final:
            return self.next_move(t)
        if t >= self.frozen:
            return self.next_move(t)
        counted = line_next(self.piece, t)
        shifted = self.next_shift(t)
        later = (at for at in self.losses + self.returns if at > t)
        return min(NEVER if counted is None else counted, shifted, self.next_move(t), *later)

    def next_shift(self, t: int) -> int:
        """Give the first instant after `t` at which another number of workers may hold a slice; it runs at `t`."""
        return self.started + ((t - self.started) // self.holds + 1) * self.holds

    def shifts(self, after: int, until: int) -> Iterator[int]:
        """Give the instants in `(after, until]` at which `drawn_active` becomes another number."""
        started = self.started
        first = max(0, (after - started) // self.holds)
        places = range(started + first * self.holds, until + 1, self.holds)
        drawn = [self.drawn_active(t) for t in places]
        return (t for t, now, before in zip(places[1:], drawn[1:], drawn, strict=False) if now != before)

    def queuing_complete(self, t: int) -> int | None:
        """Give when all slices were queued, `None` if that is not known at `t`."""
        completed = self.first("completed")
        return self.started + (completed - self.started) * 9 // 10 if completed <= t else None

    @property
    def connects(self) -> int:
        """From when on it has a controller: at once."""
        return self.created

    def connected(self, t: int) -> bool:
        """Tell whether it has a controller at `t`."""
        return self.created <= t < self.ended

    @property
    def last_push(self) -> int:
        """When its controller sends what it counted for the last time."""
        return self.ended

    def failure_time(self, nth: int) -> tuple[int, int]:
        """Give the instant at which the `nth` slice failed (from 1) and how many were processed then.

        Only for executions with failures; the counter's line is inverted.
        """
        processed = -(-nth * MILLION // self.ppm)
        return self.started - (-processed * HOUR_MS // self.per_hour), processed
