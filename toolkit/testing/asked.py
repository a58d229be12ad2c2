"""What a test asks for, as the options of a server."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.clock import wall_now
from toolkit.errors import UsageError
from toolkit.model.instants import format_instant
from toolkit.server.opening import Options
from toolkit.testing.clock import written

if TYPE_CHECKING:
    from collections.abc import Mapping

_LIVE = ("scenario", "seed", "jobs", "log")
_REPLAY = ("rebase", "allow_edited")


def options_of(given: Mapping[str, Any], now: int | None = None) -> Options:
    """Give the options for what a test asks for.

    Args:
        given: What is asked for by the names of `toolkit.serve`; what is left out is as there.
        now: Where a rebased bundle's start goes if nothing says; the wall's time if `None`.

    Raises:
        UsageError: If a name goes with live clusters and another one with bundles.
    """
    asked = dict(given)
    bundle = asked.pop("bundle", None)
    wrong = [name for name in (_REPLAY if bundle is None else _LIVE) if asked.get(name)]
    if wrong:
        if bundle is None:
            msg = f"cannot serve a live cluster with {wrong[0]}: it belongs to bundle; name one, or leave it out"
        else:
            msg = f"cannot serve a bundle with {wrong[0]}: it belongs to live clusters; leave it or the bundle out"
        raise UsageError(msg)
    for name in ("at", "until", "epoch"):
        if isinstance(asked.get(name), datetime):
            asked[name] = written(asked[name])
    if asked.get("rebase") and "epoch" not in asked:
        asked["epoch"] = format_instant(wall_now() if now is None else now)
    if "scenario" in asked:
        asked["scenario"] = str(asked["scenario"])
    if "log" in asked:
        asked["log"] = Path(asked["log"])
    asked.setdefault("frozen", "speed" not in asked)
    return Options(replay=None if bundle is None else Path(bundle), **asked)
