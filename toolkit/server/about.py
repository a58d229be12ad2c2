"""What a world says of itself: what is served, by which versions, and the line that serves it again."""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from toolkit import __version__
from toolkit.model.instants import format_instant
from toolkit.world.scenario import GENERATOR_REVISION
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.server.served import ServedWorld, Settings

INSTANT: Final = "@INSTANT"
"""What stands for an instant in a command."""
_OF_CLOCKS: Final = frozenset({"clock", "restore"})


def about_of(world: ServedWorld, settings: Settings) -> Document:
    """Say what a world is; `scenario`, `seed` and `epoch` of a live one, `bundle` of a replay."""
    timeline = world.cluster.timeline
    scenario = timeline.scenario if isinstance(timeline, LiveTimeline) else None
    return {
        "mode": world.cluster.mode,
        "scenario": None if scenario is None else scenario.to_table(),
        "seed": None if scenario is None else scenario.seed,
        "epoch": None if scenario is None else format_instant(scenario.epoch),
        "bundle": settings.bundle,
        "versions": {
            "toolkit": __version__,
            "generator_revision": str(GENERATOR_REVISION),
            "python": platform.python_version(),
            "sanic": version("sanic"),
        },
        "reproduce": _reproduce(world, settings),
    }


def _reproduce(world: ServedWorld, settings: Settings) -> str:
    log, below = world.cluster.log, "" if world.name is None else f"/_toolkit/worlds/{quote(world.name, safe='')}"
    if settings.keeps_log and world.name is None:
        return settings.again
    at = format_instant(world.clock.now())
    if log is not None and (log.revision or world.faults.changed):
        # What clients did is not in the flags: a log that holds it is to be had as well.
        line = f"toolkit serve --live --log world.log --frozen --at {at}{settings.more}"
        return f"{line}  # world.log: what GET {below}/_toolkit/log answers"
    was_set = any(command.entry["do"] in _OF_CLOCKS for command in world.log.in_force())
    line = settings.again_at.replace(INSTANT, at) if was_set else settings.again
    if world.faults.changed:
        line += f"  # then POST {below}/_toolkit/faults with the faults that GET {below}/_toolkit/faults lists"
    return line
