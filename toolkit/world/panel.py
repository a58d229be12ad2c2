"""The controllers of a world with many of them, as columns and as text with gaps: an answer costs what moves in it.

Between two writes the same executions have controllers, in the same order, and all but five of their numbers stand
still for minutes. Those five are computed for all at once, by the formulas of `Life`, and set into the text.
"""

from __future__ import annotations

from bisect import bisect_right
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.wire import number_texts, pretty_item
from toolkit.timeline.view import NEVER, Held
from toolkit.tracks.track import HOUR_MS
from toolkit.world.documents import controller_document
from toolkit.world.life import DRY, MILLION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.world.life import Life

PANEL_FROM: Final = 200
"""Controllers from which on numpy's columns are worth its import."""
MOVING: Final = ("workers_active", "failed", "subslices", "queued", "processed")
"""What moves while an execution runs; everything else changes at a turn (`Row`)."""
_WIDTH: Final = len(MOVING)
_MARKS: Final = [b'\n        "%b": ' % name.encode() for name in MOVING]
_KNOWN: Final = ("number", "started", "frozen", "per_hour", "ppm", "permille", "joined", "holds", "fully")
_COLUMNS: Final = (*_KNOWN, "dry")
_known = attrgetter(*_KNOWN)


class Row:
    """The text of one controller around what moves in it.

    It is another one from each turn on: a status, a worker that disconnects or comes back.

    Attributes:
        life: The execution.
        ids: Its id, its job's and its name.
        since: From when on the present text is right.
        until: Until when it is, that instant excluded.
        columns: What its numbers are computed from.
        pieces: The text before, between and after the values of `MOVING`.
    """

    __slots__ = ("_turns", "columns", "ids", "life", "pieces", "since", "until")

    def __init__(self, life: Life, *ids: str) -> None:
        """Begin without a text."""
        self.life = life
        self.ids = ids
        dry = life.frozen < NEVER and life.move_at(life.frozen)[1] in DRY
        self.columns = (*_known(life), int(dry))
        self._turns = sorted({t for t, _ in life.moves}.union(life.losses, life.returns))
        self.since = self.until = 0
        self.pieces: list[bytes] = []

    def turn_to(self, t: int) -> None:
        """Make the text that is right at an instant not before its creation."""
        if self.since <= t < self.until:
            return
        place = bisect_right(self._turns, t)
        self.since = self._turns[place - 1]
        self.until = self._turns[place] if place < len(self._turns) else NEVER
        rest = pretty_item(controller_document(self.life, t, *self.ids))
        self.pieces = []
        for mark in _MARKS:
            # A line's break is never inside a JSON text, and none of these values is the last of its object.
            before, _, rest = rest.partition(mark)
            self.pieces.append(before + mark)
            rest = rest[rest.index(b",") :]
        self.pieces.append(rest)


class Panel:
    """The controllers between two writes.

    Attributes:
        rows: One for each, in the order of the wire.
    """

    def __init__(self, rows: Sequence[Row]) -> None:
        """Gather the columns of rows, one at least."""
        import numpy as np  # noqa: PLC0415 - a small world starts without numpy

        self.rows = rows
        self._np = np
        self._draws = rows[0].life.actives
        columns = np.array([row.columns for row in rows], dtype=np.int64).T
        self._columns: dict[str, Any] = dict(zip(_COLUMNS, columns, strict=True))
        self._keys = self._columns["number"].astype(np.uint64)
        self._dry = self._columns["dry"] == 1
        self._since = np.zeros(len(rows), dtype=np.int64)
        self._until = np.zeros(len(rows), dtype=np.int64)
        # Rows are shared with other panels, which may turn them on; a list of pieces stays as it is.
        self._pieces: list[list[bytes]] = [[]] * len(rows)
        self._glue = [b""] * (_WIDTH * len(rows) + 1)

    def text(self, t: int) -> Held[bytes]:
        """Give all of them as a pretty array, at an instant between the two writes."""
        self._turn_to(t)
        values, until = self._values(t)
        parts = [b""] * (2 * len(self._glue) - 1)
        parts[::2] = self._glue
        parts[1::2] = number_texts(values)
        return Held(b"".join(parts), until)

    def items(self, t: int) -> Held[list[bytes]]:
        """Give each as it stands inside a pretty array, at an instant between the two writes."""
        self._turn_to(t)
        values, until = self._values(t)
        numbers = number_texts(values)
        items = []
        for place, pieces in enumerate(self._pieces):
            parts = [b""] * (2 * _WIDTH + 1)
            parts[::2] = pieces
            parts[1::2] = numbers[_WIDTH * place : _WIDTH * (place + 1)]
            items.append(b"".join(parts))
        return Held(items, until)

    def _turn_to(self, t: int) -> None:
        """Make right what has turned since the text was last asked for."""
        turned = self._np.flatnonzero((t < self._since) | (t >= self._until)).tolist()
        for place in turned:
            row = self.rows[place]
            row.turn_to(t)
            self._since[place], self._until[place] = row.since, row.until
            self._pieces[place] = row.pieces
        if turned:
            first, *inner, last = map(list, zip(*self._pieces, strict=True))
            joints = (end + b",\n    " + begin for end, begin in zip(last, first[1:], strict=False))
            self._glue[::_WIDTH] = [b"[\n    " + first[0], *joints, last[-1] + b"\n]"]
            for place, pieces in enumerate(inner, 1):
                self._glue[place::_WIDTH] = pieces

    def _values(self, t: int) -> tuple[Any, int]:
        """Compute what moves, row by row in the order of `MOVING`, and until when all of it stays."""
        np, columns = self._np, self._columns
        started, holds, joined, per_hour = (columns[name] for name in ("started", "holds", "joined", "per_hour"))
        runs = t >= started
        stands = t >= columns["frozen"]
        # How long it has run, until it was frozen at most.
        ran = np.where(runs, np.minimum(t, columns["frozen"]) - started, 0)
        processed = ran * per_hour // HOUR_MS
        shift = ran // holds
        drawn = self._draws.two(self._keys, shift.astype(np.uint64))
        all_active = (drawn % np.uint64(1000) < columns["fully"].astype(np.uint64)) | (joined == 1)
        idle = 1 + ((drawn >> np.uint64(10)) % np.maximum(1, joined // 5).astype(np.uint64)).astype(np.int64)
        active = np.where(all_active, joined, joined - idle)
        active[~runs | (stands & self._dry)] = 0
        failed = processed * columns["ppm"] // MILLION
        subslices = processed * columns["permille"] // 1000
        counts = runs & ~stands
        # Ceilings, by negated floors.
        counted = started - (-(processed + 1) * HOUR_MS // np.maximum(1, per_hour))
        later = (
            self._until,
            np.where(counts, started + (shift + 1) * holds, NEVER),
            np.where(counts & (per_hour > 0), counted, NEVER),
        )
        until = min(int(instants.min()) for instants in later)
        return np.stack([active, failed, subslices, active, processed], axis=1).ravel(), until
