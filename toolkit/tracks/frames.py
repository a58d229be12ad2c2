"""A recording's frames: when the cluster was asked, how long that took, and what is missing.

Between two frames a recording stays what the earlier one saw, so an instant of it is the frame it belongs to.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple

from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Gap(NamedTuple):
    """Something that frames in a row lack.

    Attributes:
        source: What: a list of the cluster, such as `executions`.
        reason: Why, in words that hold nothing of the cluster's.
        first: The first frame's instant.
        last: The last one's.
        frames: How many frames.
    """

    source: str
    reason: str
    first: int
    last: int
    frames: int


class Frames(NamedTuple):
    """All frames of a recording, none for a generated bundle.

    Attributes:
        instants: Milliseconds since 1970, ascending.
        skews: By frame, milliseconds from the first answer to the last.
        gaps: What is missing, by the first frame that lacks it.
    """

    instants: Sequence[int] = ()
    skews: Sequence[int] = ()
    gaps: Sequence[Gap] = ()


class FrameBook:
    """Frames as they are noted one by one, at 16 bytes each."""

    def __init__(self) -> None:
        """Start empty."""
        self._instants = array("q")
        self._skews = array("q")
        self._gaps: list[Gap] = []
        self._open: dict[tuple[str, str], int] = {}

    def note(self, t: int, skew_ms: int, gaps: Mapping[str, str]) -> None:
        """Note a frame; a gap goes on while the same source is missing for the same reason.

        Raises:
            ValueError: If its instant is not later than the one before.
        """
        if self._instants and t <= self._instants[-1]:
            msg = f"frames must come in the order of their instants: {t} after {self._instants[-1]}"
            raise ValueError(msg)
        self._instants.append(t)
        self._skews.append(skew_ms)
        going = {key: place for key, place in self._open.items() if gaps.get(key[0]) == key[1]}
        for key in sorted(gaps.items()):
            place = going.setdefault(key, len(self._gaps))
            if place == len(self._gaps):
                self._gaps.append(Gap(*key, t, t, 1))
            else:
                self._gaps[place] = self._gaps[place]._replace(last=t, frames=self._gaps[place].frames + 1)
        self._open = going

    @property
    def frames(self) -> Frames:
        """What was noted until now."""
        return Frames(self._instants, self._skews, self._gaps)


def frame_of(instants: Sequence[int], t: int) -> int:
    """Give the number of the frame that an instant belongs to; the first one before there is any."""
    return max(0, bisect_right(instants, t) - 1)


def shown_until(instants: Sequence[int], until: int) -> int:
    """Give until when a recording shows what its tracks hold until an instant: the next frame not before it."""
    place = bisect_left(instants, until)
    return instants[place] if place < len(instants) else NEVER
