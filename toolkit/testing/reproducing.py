"""The one line that serves a test's world again, as it is now."""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit.model.instants import format_instant, parse_instant
from toolkit.server.opening import again_of, standing

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.server.served import ServedWorld
    from toolkit.testing.house import Held

_SET: frozenset[str] = frozenset({"clock", "checkpoint", "reset", "restore"})
"""What needs no log: the line says where the clock is."""
_LONGEST = 100
_DIGITS = 8


def line_of(held: Held, logs: Callable[[], Path]) -> str:
    """Write the line; where commands were given, their log is written first.

    Args:
        held: The world.
        logs: Gives the folder for the log.
    """
    world = held.world
    options = standing(held.options, format_instant(world.clock.now()))
    rebased = parse_instant(options.epoch) if options.rebase and options.epoch is not None else None
    text = world.log_text()
    if text is not None and options.log is None and _is_needed(world):
        path = logs() / f"{_file_name(world.name)}.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text)
        options = replace(options, log=shown(path))
    if options.replay is not None:
        options = replace(options, replay=shown(options.replay))
    return again_of(options, held.scenario, rebased)


def shown(path: Path) -> Path:
    """Give a path as a person at the terminal would write it: relative, if it is below the current directory."""
    try:
        return Path(os.path.realpath(path)).relative_to(Path.cwd().resolve())
    except ValueError:
        return path


def _is_needed(world: ServedWorld) -> bool:
    return any(command.entry["do"] not in _SET for command in world.log.in_force())


def _file_name(name: str | None) -> str:
    """Name a file after a world, and after no other one: what cannot be in a file's name is in the digest."""
    if name is None:
        return "world"
    digest = hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:_DIGITS]
    return f"{re.sub(r'[^A-Za-z0-9.-]+', '_', name).strip('_.')[-_LONGEST:]}-{digest}".lstrip("-.")
