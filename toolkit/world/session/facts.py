"""What is known of an execution that a client started or acted on: statuses, workers and counters, with dates.

Facts later than the instant of a command are plans, which the command may throw away; facts before it never change.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from itertools import takewhile
from operator import itemgetter
from typing import TYPE_CHECKING

from toolkit.model.status import TERMINAL, is_deleted
from toolkit.timeline.view import NEVER
from toolkit.tracks.track import line_at
from toolkit.world.history import COUNTED, FINAL, History, Move
from toolkit.world.life import MILLION
from toolkit.world.session.pace import MOST_QUEUED, QUEUED_PER_HOUR, Pace
from toolkit.world.session.upsets import Upsets

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.tracks.track import Piece
    from toolkit.world.life import Life
    from toolkit.world.session.slots import Process


class Facts(History):
    """The facts of one execution in a client's hands.

    Attributes:
        number: Its number (`population.number_of`).
        ex_id: Its id.
        job_id: Its job's.
        name: Its job's name when it was created.
        workers: Workers asked for.
        template: Its document as it was created, or as it was when a client first acted on it.
        life: What it was until then; `None` for one that a client started.
        since: From when on it is in a client's hands.
        pace: How it works, for one that a client started.
        moves: Its statuses with their instants; the same status twice is a write of the record.
        line: The pieces of `processed`.
        queue: The pieces of `queued`, where its slicer fills the queue.
        joined: Instants at which a worker joined, one entry a worker.
        removed: Instants at which one was taken away.
        losses: Instants at which one disconnected by itself.
        returns: Instants at which one came back.
        written: Instants at which statistics were written into the record.
        left: When its controller disconnects from the master.
        deleted: When it was deleted together with its job.
        doomed: Whether it was stopped by force.
        processes: What it holds on the nodes.
        recovers: The execution it recovers.
        pending: Slices to recover before it runs.
        rest: Slices that it cuts itself after that, where they have an end.
        then: What it becomes when they are recovered.
        upsets: What stories have done to it.
    """

    __slots__ = (
        "deleted", "doomed", "ex_id", "job_id", "joined", "left", "life", "line", "losses", "moves", "name", "number",
        "pace", "pending", "processes", "queue", "recovers", "removed", "rest", "returns", "since", "template", "then",
        "upsets", "workers", "written",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - what an execution is
        self,
        *,
        number: int,
        ex_id: str,
        job_id: str,
        name: str,
        workers: int,
        template: Document,
        since: int,
        life: Life | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Begin a course; one with a `life` takes over what it was by `since`, and its own plans after."""
        self.number = number
        self.ex_id = ex_id
        self.job_id = job_id
        self.name = name
        self.workers = workers
        self.template = template
        self.life = life
        self.since = since
        self.pace = pace
        self.moves: list[Move] = [(since, "pending")]
        self.line: list[Piece] = [(since, 0, 0)]
        self.queue: list[Piece] = [(since, 0, 0)]
        self.joined: list[int] = []
        self.removed: list[int] = []
        self.losses: list[int] = []
        self.returns: list[int] = []
        self.written: list[int] = []
        self.left = NEVER
        self.deleted = NEVER
        self.doomed = False
        self.processes: list[Process] = []
        self.recovers: str | None = None
        self.pending: int | None = None
        self.rest = 0
        self.then = ""
        self.upsets = Upsets()
        if life is not None:
            self._take_over(life, since)

    def _take_over(self, life: Life, since: int) -> None:
        # Whoever takes an execution in hand keeps it: a lifecycle event that would stop it later passes it by.
        stops = next((t for t, status in life.moves if status == "stopping" and t > since), NEVER)
        self.moves = [move for move in life.moves if move[0] < stops]
        frozen = self.first("paused", "stopping", *TERMINAL)
        self.line = [(life.created, 0, 0)]
        if life.started < NEVER:
            self.line.append(life.piece)
            self.joined = [life.started] * life.joined
        if frozen < NEVER:
            self.line.append((frozen, life.processed(frozen), 0))
        self.losses = [t for t in life.losses if t <= min(since, frozen)]
        self.returns = [t for t in life.returns if t <= min(since, frozen)]
        self.written = [t for t, status in self.moves if status in COUNTED]
        self.left = self.ended

    @property
    def final(self) -> int:
        """As in `History`; nothing else comes after such a status, so it is looked for from the end."""
        return self._since_last(FINAL)

    @property
    def ended(self) -> int:
        """As in `History`; looked for from the end."""
        return self._since_last(tuple(TERMINAL))

    def _since_last(self, statuses: tuple[str, ...]) -> int:
        last = takewhile(lambda move: move[1] in statuses, reversed(self.moves))
        return min((t for t, _ in last), default=NEVER)

    def status(self, t: int) -> str:
        """Give its status at an instant not before its creation."""
        return self.move_at(t)[1]

    @property
    def connects(self) -> int:
        """From when on it has a controller: at once, or when it is connected, for one that a client started."""
        return self.created if self.life is not None else self.started

    def connected(self, t: int) -> bool:
        """Tell whether it has a controller at `t`."""
        return self.connects <= t < self.left

    @property
    def last_push(self) -> int:
        """When its controller sends what it counted for the last time."""
        return min(self.left, self.ended) if self.started < NEVER else self.ended

    def is_lost(self, t: int) -> bool:
        """Tell whether its controller is lost at `t`."""
        return self.upsets.lost <= t

    def is_deleted(self, t: int) -> bool:
        """Tell whether it counts as deleted at `t`: with its job, or because it was posted so."""
        return self.deleted <= t or is_deleted(self.template.get("_deleted"))

    def updated(self, t: int) -> int:
        """Give the instant of the last write of its record not later than `t`."""
        return self.deleted if self.deleted <= t else self.move_at(t)[0]

    def processed(self, t: int) -> int:
        """Count the slices finished by `t`; never falls."""
        return line_at(self.piece_at(self.line, t), t)

    @staticmethod
    def piece_at(pieces: list[Piece], t: int) -> Piece:
        """Give the piece that counts at an instant."""
        return pieces[max(0, bisect_right(pieces, t, key=start_of) - 1)]

    @property
    def ppm(self) -> int:
        """Failed slices per million processed."""
        if self.life is not None:
            return self.life.ppm
        return MILLION if self.pace is not None and self.pace.missing is not None else 0

    @property
    def permille(self) -> int:
        """Subslices per thousand processed."""
        return self.life.permille if self.life is not None else 0

    @property
    def total(self) -> int | None:
        """How many slices it has in all; `None` for endless ones."""
        if self.pending is None or self.pace is None:
            return None if self.pace is None else self.pace.total
        if self.then == "completed":
            return self.pending
        return None if self.pace.total is None else self.pending + self.rest

    def recovered(self, t: int) -> bool:
        """Tell whether what it recovers is done by `t`."""
        return self.pending is None or self.processed(t) >= self.pending

    def fills(self, t: int) -> bool:
        """Tell whether its slicer fills the queue at `t`: not before all is recovered, nor if that was all."""
        return self.total is None and self.recovered(t) and self.status(t) != "recovering"

    @property
    def fails_ever(self) -> bool:
        """Whether any of its slices may fail."""
        return bool(self.ppm) or self.upsets.broke is not None

    def failed(self, t: int) -> int:
        """Count the slices failed by `t`."""
        return self.failed_of(self.processed(t))

    def failed_of(self, processed: int) -> int:
        """Count the slices that have failed when so many are processed."""
        broke = self.upsets.broke
        if broke is not None and processed > broke[0]:
            return broke[1] + processed - broke[0]
        return processed * self.ppm // MILLION

    def working(self, t: int) -> int:
        """Count the workers that are connected at `t`: joined, and not taken away; none that stories keep away."""
        there = bisect_right(self.joined, t) - bisect_right(self.removed, t)
        if t < self.upsets.since:
            return there
        away = bisect_right(self.losses, t) - bisect_right(self.returns, t)
        return max(0, there - away - self.upsets.left(t) + self.upsets.back(t))

    def reached(self, processed: int) -> int:
        """Give the instant at which so many slices are processed, `NEVER` if they never are."""
        place = bisect_left(self.line, processed, key=itemgetter(1))
        later = self.line[place][0] if place < len(self.line) else NEVER
        start, value, per_hour = self.line[place - 1]
        if not place or not per_hour:
            return later
        return min(later, start - (-(processed - value) * 3_600_000 // per_hour))

    def fails(self, nth: int) -> int:
        """Give when the `nth` slice fails, `NEVER` if it does not."""
        return self.failure_time(nth)[0]

    def failure_time(self, nth: int) -> tuple[int, int]:
        """Give the instant at which the `nth` slice failed (from 1) and how many were processed then."""
        broke = self.upsets.broke
        late = broke is not None and nth > broke[1]
        processed = broke[0] + nth - broke[1] if broke is not None and late else -(-nth * MILLION // self.ppm)
        return self.reached(processed), processed

    def cut(self, t: int) -> None:
        """Throw away every status planned for after `t`."""
        del self.moves[self.moves_until(t) :]
        self.written = [at for at in self.written if at <= t]
        self.left = self.left if self.left <= t else NEVER

    def bend(self, t: int, per_hour: int, *, fills: bool = False) -> None:
        """Let it process so many slices an hour from `t` on; what was planned for later is thrown away.

        Args:
            t: The instant.
            per_hour: The slices.
            fills: Whether its slicer goes on filling the queue.
        """
        _bent(self.line, t, self.processed(t), per_hour)
        if self.pace is not None and self.pace.floods and self.pace.total is None:
            queued = 0 if self.upsets.is_stuck(t) else line_at(self.piece_at(self.queue, t), t)
            grows = QUEUED_PER_HOUR if fills and queued < MOST_QUEUED else 0
            _bent(self.queue, t, queued, grows)
            if grows:
                full = t - (-(MOST_QUEUED - queued) * 3_600_000 // grows)
                self.queue.append((full, MOST_QUEUED, 0))

    def move(self, t: int, status: str) -> None:
        """Let it take a status at an instant not before its last move."""
        assert self.moves[-1][0] <= t
        self.moves.append((t, status))

    def write(self, t: int) -> None:
        """Let its record be written with the status it has; what is planned stays planned."""
        self.moves.insert(self.moves_until(t), (t, self.status(t)))

    def remove_worker(self, t: int) -> None:
        """Note that a worker is gone from `t` on."""
        self.upsets.away = [stretch for stretch in self.upsets.away if stretch[0] <= t]
        # One that was disconnected already does not disconnect once more.
        if self.upsets.since == NEVER or self.working(max(t, self.upsets.since)):
            insort(self.removed, t)
        else:
            self.upsets.strand(t)


def _bent(pieces: list[Piece], t: int, value: int, per_hour: int) -> None:
    del pieces[bisect_left(pieces, t, key=start_of) :]
    pieces.append((t, value, per_hour))


def start_of(piece: Piece) -> int:
    """Give from when on a piece counts."""
    return piece[0]
