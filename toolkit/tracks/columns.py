"""A number as it was seen frame by frame becomes a counter: pieces of lines, or runs of deltas where it is noisy.

Either gives back every value that was seen, exactly; the shorter one is taken.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import accumulate, chain, pairwise
from operator import mul
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.errors import UsageError
from toolkit.model.instants import format_instant, is_wire_instant, parse_instant
from toolkit.timeline.view import NEVER, Held
from toolkit.tracks.runs import read_runs, write_runs
from toolkit.tracks.track import HOUR_MS, Counter, Piece

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.tracks.runs import Run, Runs

_PIECE: Final = 24
"""About how many bytes a piece takes: an instant, a value, a slope."""


class Point(NamedTuple):
    """A number from a frame on."""

    frame: int
    value: int


def number_of(value: object) -> int | None:
    """Give a value as a number that may move: a whole one, or a date as Teraslice writes it; `None` if it is none."""
    if type(value) is int:
        return value
    if not isinstance(value, str) or not is_wire_instant(value):
        return None
    try:
        return parse_instant(value)
    except UsageError:  # the 30th of February
        return None


def fit(points: Sequence[Point], last: int, instants: Sequence[int], *, dates: bool = False) -> Counter:
    """Make the counter that gives back a number at every frame.

    Args:
        points: Where it is another one, by frame, ascending; at least one.
        last: The last frame at which it counts.
        instants: The frames' instants.
        dates: Whether the numbers are dates.
    """
    first = points[0]
    deltas = write_runs(_runs(points))
    pieces = None if dates else _pieces(points, last, instants, len(deltas) // _PIECE)
    if pieces is not None:
        return Counter(pieces=pieces)
    value = format_instant(first.value) if dates else first.value
    return Counter(deltas=deltas, since=instants[first.frame], value=value)


def _runs(points: Sequence[Point]) -> Iterator[Run]:
    for before, point in pairwise(points):
        if point.frame - before.frame > 1:
            yield 0, point.frame - before.frame - 1
        yield point.value - before.value, 1


def _pieces(points: Sequence[Point], last: int, instants: Sequence[int], most: int) -> list[Piece] | None:
    """Give lines through all that was seen, `None` if it falls, is below 0, or takes more than `most` pieces and one.

    Each line is as long as there is one of a whole slope that fits. It begins at the last value that the one before
    fits, so that the counter falls at no instant in between either.
    """
    if points[0].value < 0 or any(after.value < before.value for before, after in pairwise(points)):
        return None
    pieces: list[Piece] = []
    start = before = (instants[points[0].frame], points[0].value)
    low, high = 0, NEVER
    for seen in _observed(points, last, instants):
        least, steepest = _slopes(start, seen)
        if max(low, least) > min(high, steepest):
            if start != before:
                pieces.append((*start, low))
                start = before
                least, steepest = _slopes(start, seen)
            if least > steepest:
                # Within an hour there is always a whole slope, beyond it not: a step does.
                pieces.append((*start, 0))
                start, least, steepest = seen, 0, NEVER
            if len(pieces) > most:
                return None
            low, high = 0, NEVER
        low, high, before = max(low, least), min(high, steepest), seen
    return [*pieces, (*start, low)]


def _observed(points: Sequence[Point], last: int, instants: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Give what lines must go through: each value at its first frame and at its last."""
    ends = [point.frame - 1 for point in points[1:]] + [last]
    seen = chain.from_iterable(
        ((point.frame, point.value), (end, point.value)) for point, end in zip(points, ends, strict=True)
    )
    before = points[0].frame
    for frame, value in seen:
        if frame > before:
            yield instants[frame], value
            before = frame


def _slopes(start: tuple[int, int], seen: tuple[int, int]) -> tuple[int, int]:
    """Give the lowest and the highest slope, an hour, of a line from a start through a value."""
    dt, dv = seen[0] - start[0], seen[1] - start[1]
    return -(-dv * HOUR_MS // dt), -(-(dv + 1) * HOUR_MS // dt) - 1


class Deltas:
    """A number of runs of deltas, ready to be asked for any instant.

    Attributes:
        values: The number where each run begins, and at the end of the last.
        dates: Whether they are dates.
    """

    __slots__ = ("_frames", "_instants", "dates", "values")

    def __init__(self, counter: Counter, instants: Sequence[int], runs: Runs | None = None) -> None:
        """Add up the deltas; a run of the same one counts from its first frame to its last.

        Args:
            counter: One that has deltas.
            instants: The frames' instants.
            runs: Its deltas, if they have been read already.
        """
        first = bisect_left(instants, counter.since)
        self.dates = isinstance(counter.value, str)
        start = parse_instant(counter.value) if isinstance(counter.value, str) else counter.value
        runs = read_runs(counter.deltas or "") if runs is None else runs
        self._instants = instants
        self._frames = list(accumulate(runs.counts, initial=first))
        self.values = list(accumulate(map(mul, runs.values, runs.counts), initial=start))

    def at(self, t: int) -> Held[int | str]:
        """Give the value at an instant, and the first later instant at which it is another one."""
        value, moves = self.look(bisect_right(self._instants, t) - 1)
        return Held(value, self._instants[moves] if moves < len(self._instants) else NEVER)

    def look(self, frame: int) -> tuple[int | str, int]:
        """Give the value at a frame, -1 before the first, and the number of the next one with another value.

        The number may be that of a frame after the last.
        """
        frames, values = self._frames, self.values
        place = bisect_right(frames, frame)
        if not place:
            value, moves = values[0], frames[0] + 1
        elif place == len(frames):
            value, moves = values[-1], len(self._instants)
        else:
            value, after = values[place - 1], values[place]
            if value == after:
                moves = frames[place] + 1
            else:
                start, moves = frames[place - 1], frame + 1
                if frame > start:
                    value += (after - value) // (frames[place] - start) * (frame - start)
        return (format_instant(value) if self.dates else value), moves

    def steps(self) -> Iterator[tuple[int, int | str]]:
        """Give every instant at which it becomes another value, and that value."""
        for value, after, (start, end) in zip(self.values, self.values[1:], pairwise(self._frames), strict=False):
            step = (after - value) // (end - start)
            for done in range(1, end - start + 1) if step else ():
                moved = value + step * done
                yield self._instants[start + done], format_instant(moved) if self.dates else moved
