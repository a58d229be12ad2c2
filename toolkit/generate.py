"""`toolkit generate`: a generated world over a stretch of time, written as a bundle."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from toolkit.bundle.writer import write_bundle
from toolkit.errors import InstantError, ToolkitError
from toolkit.model.instants import format_instant, shown_instant
from toolkit.world.commands import digest_of
from toolkit.world.export import Export
from toolkit.world.scenario import GENERATOR_REVISION
from toolkit.world.world import World

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.tracks.track import Track
    from toolkit.world.commands import Command, CommandLog
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
        force: Replace a bundle that is there.
        progress: Told how far it is.

    Returns:
        The path of the bundle.

    Raises:
        InstantError: If the stretch is outside the world.
        ToolkitError: If there are commands.
        TargetError: If the bundle cannot be written.
    """
    if not scenario.epoch <= first <= last <= scenario.last:
        msg = (
            f"cannot generate {shown_instant(first)} to {shown_instant(last)}: the world is defined from "
            f"{format_instant(scenario.epoch)} to {format_instant(scenario.last)}; choose --from and --for in between"
        )
        raise InstantError(msg)
    commands = [command for command in log.page(0, log.sequence) if command.t <= last] if log is not None else []
    made, count = _export(scenario, commands, first, last)
    tracks: dict[str, Iterable[Track]] = dict(made)
    if progress is not None:
        counted = _Counted(count, progress)
        tracks |= {name: counted.through(tracks[name]) for name in ("jobs", "executions")}
    origin: dict[str, Any] = {
        "kind": "generated",
        "generator_revision": GENERATOR_REVISION,
        "scenario": scenario.to_table(),
    }
    if commands:
        origin["commands"] = {"number": len(commands), "sha256": digest_of(commands)}
    return write_bundle(target, tracks, first=first, last=last, origin=origin, force=force)


def _export(
    scenario: Scenario, commands: list[Command], first: int, last: int
) -> tuple[dict[str, Iterator[Track]], int]:
    """Give the tracks of a session, and how many jobs and executions they are."""
    if commands:
        msg = f"cannot generate a session with commands: there are {len(commands)}; choose a shorter --for"
        raise ToolkitError(msg)
    export = Export(World(scenario, 0, scenario.epoch), first, last)
    return export.tracks(), export.record_count()


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
