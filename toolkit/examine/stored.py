"""Looks at a bundle: at each frame of a recording, at each dated instant of a generated one and in between."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.examine.examiner import Examiner, Look
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.track import dated

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.bundle.manifest import Manifest
    from toolkit.model.wire import Document
    from toolkit.tracks.frames import Frames
    from toolkit.tracks.shelf import Shelf
    from toolkit.tracks.timeline import TrackTimeline

MOST_LOOKS: Final = 2_000
"""How many instants of a generated bundle are looked at."""
MOST_RECORDS: Final = 20_000_000
"""How many records are looked at in all of a generated bundle, those that stand still at every instant too."""
_ALWAYS: Final = frozenset({"controllers", "nodes"})
"""Kinds whose documents a picture needs, so that those that stand still are looked at too."""
_CLUSTER: Final = frozenset({"info", "stats"})


class Stored(NamedTuple):
    """A bundle to look at.

    Attributes:
        manifest: What it says of itself.
        timeline: What it answers.
        frames: A recording's frames.
        broken: Kinds whose file has lines that cannot be read.
    """

    manifest: Manifest
    timeline: TrackTimeline
    frames: Frames
    broken: frozenset[str] = frozenset()


def examine_stored(
    stored: Stored,
    settle_ms: int,
    say: Callable[[str], None],
    done: Callable[[int, int], None] = lambda _done, _total: None,
) -> Examiner:
    """Judge a bundle.

    Args:
        stored: The bundle.
        settle_ms: For how long what may pass must last before it is told.
        say: Takes lines for the person who waits.
        done: Told how many instants are done, and how many there are.
    """
    examiner = Examiner(settle_ms)
    moving = _split(stored.timeline, examiner)
    generated = stored.manifest.generated
    partial = stored.broken | frozenset(stored.manifest.origin.get("cut", ()))
    whole: frozenset[str] = frozenset()
    wanted = dict.fromkeys(_wanted(stored, moving, say), whole) if generated else _frames(stored.frames)
    records = {name: _Records(stored.timeline.shelf(name), moving[name]) for name in KINDS}
    for number, (t, missing) in enumerate(wanted.items()):
        done(number, len(wanted))
        seen = {name: of_kind.at(t) for name, of_kind in records.items() if name not in missing}
        examiner.take(Look(t, seen, exact=generated, partial=partial))
    return examiner


def _split(timeline: TrackTimeline, examiner: Examiner) -> dict[str, list[int]]:
    """Show the examiner what stands still; give the positions of the rest by kind."""
    moving: dict[str, list[int]] = {}
    for name in KINDS:
        shelf = timeline.shelf(name)
        moving[name] = []
        for position in range(len(shelf)):
            if name in _ALWAYS or not shelf.stands_still(position):
                moving[name].append(position)
            else:
                examiner.still(name, shelf.id(position), shelf.track(position).doc)
    return moving


class _Records:
    """The records at some positions of a shelf, which are looked at in the order of time."""

    def __init__(self, shelf: Shelf, positions: list[int]) -> None:
        self._shelf = shelf
        self._positions = positions
        self._absent_until = [0] * len(positions)

    def at(self, t: int) -> Iterator[tuple[str, Document]]:
        shelf, absent_until = self._shelf, self._absent_until
        for place, position in enumerate(self._positions):
            if t < absent_until[place]:
                continue
            record, until = shelf.at(position, t)
            if record is None:
                absent_until[place] = until
            else:
                yield shelf.id(position), record.fields


def _frames(frames: Frames) -> dict[int, frozenset[str]]:
    """Give the frames' instants, each with the kinds it did not see: those are held from before, which says nothing."""
    found: dict[int, frozenset[str]] = dict.fromkeys(frames.instants, frozenset())
    for gap in frames.gaps:
        missing = {"cluster" if gap.source in _CLUSTER else gap.source}
        for place in range(bisect_left(frames.instants, gap.first), bisect_right(frames.instants, gap.last)):
            found[frames.instants[place]] |= missing
    return found


def _wanted(stored: Stored, moving: dict[str, list[int]], say: Callable[[str], None]) -> list[int]:
    """Give the ends, every instant at which anything is dated, and the middle of each two."""
    timeline = stored.timeline
    found = {timeline.first, timeline.last}
    for name, positions in moving.items():
        shelf = timeline.shelf(name)
        for position in positions:
            found.update(dated(shelf.track(position)))
    edges = sorted(t for t in found if timeline.first <= t <= timeline.last)
    instants = sorted({*edges, *((a + b) // 2 for a, b in pairwise(edges))})
    at_once = max(1, sum(len(timeline.shelf(name)) for name in KINDS))
    most = max(2, min(MOST_LOOKS, MOST_RECORDS // at_once))
    if len(instants) <= most:
        return instants
    say(f"the bundle has {len(instants):,} dated instants and middles: {most:,} of them, evenly spread, are looked at")
    return [instants[number * (len(instants) - 1) // (most - 1)] for number in range(most)]
