"""A recording's frames, as a person asks about them: how many, how long each took, and what was missing when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.bundle.reader import Bundle


@dataclass(frozen=True)
class Gap:
    """A stretch of frames without a source.

    Attributes:
        source: What is missing.
        reason: Why, in the recorder's words.
        first: The instant of the first of these frames.
        last: The instant of the last.
        frames: How many there are.
    """

    source: str
    reason: str
    first: int
    last: int
    frames: int


@dataclass(frozen=True)
class Frames:
    """A recording's frames; none if the bundle was generated.

    Attributes:
        instants: When, ascending.
        skews: How long each took from its first answer to its last, in milliseconds.
        gaps: By the instant of their beginning, then by source.
    """

    instants: list[int]
    skews: list[int]
    gaps: list[Gap]


def frames_of(bundle: Bundle) -> Frames:
    """Read a bundle's frames; neighbouring frames that lack the same for the same reason make one gap."""
    open_gaps: dict[tuple[str, str], Gap] = {}
    gaps: list[Gap] = []
    for mark in bundle.frames:
        now: dict[tuple[str, str], Gap] = {}
        for text in mark.gaps:
            source, _, reason = text.partition(": ")
            before = open_gaps.pop((source, reason), None)
            first, count = (before.first, before.frames) if before else (mark.t, 0)
            now[source, reason] = Gap(source, reason, first, mark.t, count + 1)
        gaps += open_gaps.values()
        open_gaps = now
    gaps += open_gaps.values()
    gaps.sort(key=lambda gap: (gap.first, gap.source, gap.reason))
    return Frames([mark.t for mark in bundle.frames], [mark.skew_ms for mark in bundle.frames], gaps)
