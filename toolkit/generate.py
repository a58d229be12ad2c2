"""`toolkit generate`: a generated world over a stretch of time, written as a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from toolkit.bundle.collecting import collecting_later
from toolkit.bundle.manifest import PartMark
from toolkit.bundle.writer import write_bundle
from toolkit.errors import InstantError
from toolkit.model.instants import format_instant, shown_instant
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog, digest_of
from toolkit.world.part import WHOLE, Part
from toolkit.world.scenario import GENERATOR_REVISION
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.tracks.track import Track
    from toolkit.world.commands import CommandLog
    from toolkit.world.scenario import Scenario

REPORT_EVERY = 1_000

Progress = Callable[[int, int], None]
"""Called with records done and records in all."""


def generate(  # noqa: PLR0913 - what, from when, to when, where, and two ways
    scenario: Scenario,
    first: int,
    last: int,
    target: Path,
    log: CommandLog | None = None,
    *,
    part: Part = WHOLE,
    force: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write the bundle of a scenario, or of a session with it.

    Args:
        scenario: What to generate.
        first: The bundle's first instant, not before the epoch.
        last: Its last, both included.
        target: The bundle's directory.
        log: The session's commands; those later than `last` do not count.
        part: Which part of the bundle; `toolkit.bundle.merge` makes the whole of all of them.
        force: Replace a bundle that is there.
        progress: Told how far it is.

    Returns:
        The path of the bundle.

    Raises:
        InstantError: If the stretch is outside the world.
        TargetError: If the bundle cannot be written.
    """
    if not scenario.epoch <= first <= last <= scenario.last:
        msg = (
            f"cannot generate {shown_instant(first)} to {shown_instant(last)}: the world is defined from "
            f"{format_instant(scenario.epoch)} to {format_instant(scenario.last)}; choose --from and --for in between"
        )
        raise InstantError(msg)
    log = log if log is not None else MemoryLog(scenario.seed)
    commands = sorted((command for command in log.in_order() if command.t <= last), key=attrgetter("sequence"))
    bundled = Bundled(LiveTimeline(scenario, log), first, last, part)
    tracks: dict[str, Iterable[Track]] = dict(bundled.tracks())
    if progress is not None:
        counted = _Counted(bundled.record_count(), progress)
        tracks |= {name: counted.through(tracks[name]) for name in ("jobs", "executions")}
    origin: dict[str, Any] = {
        "kind": "generated",
        "generator_revision": GENERATOR_REVISION,
        "scenario": scenario.to_table(),
    }
    if commands:
        origin["commands"] = {"number": len(commands), "sha256": digest_of(commands)}
    mark = PartMark(part.number, part.of) if part.of > 1 else None
    with collecting_later():
        return write_bundle(target, tracks, first=first, last=last, origin=origin, part=mark, force=force)


class _Counted:
    """Tells how many tracks have gone by."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._done = 0
        self._total = total
        self._progress = progress

    def through(self, tracks: Iterable[Track]) -> Iterator[Track]:
        for track in tracks:
            self._done += 1
            if self._done % REPORT_EVERY == 0 or self._done == self._total:
                self._progress(self._done, self._total)
            yield track
