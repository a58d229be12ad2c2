"""What a test asks for, as the options of a server, and the faults that it asks for besides."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.clock import wall_now
from toolkit.errors import UsageError
from toolkit.faults.rule import document_of
from toolkit.faults_file import read_faults
from toolkit.model.instants import format_instant
from toolkit.server.opening import Options
from toolkit.testing.arguments import given
from toolkit.testing.clock import written

if TYPE_CHECKING:
    from collections.abc import Callable

_LIVE = ("scenario", "seed", "jobs", "log")
_REPLAY = ("rebase", "allow_edited")


class Wanted(NamedTuple):
    """What a test asks for, read.

    Attributes:
        options: How its world is opened.
        faults: Added to it then.
    """

    options: Options
    faults: list[Mapping[str, Any]]


def wanted_of(said: Mapping[str, Any], say: Callable[[str], None], now: int | None = None) -> Wanted:
    """Read what a test asks for.

    Args:
        said: What is asked for by the names of `toolkit.serve`; what is left out or `None` is as there.
        say: Told what a person should know.
        now: Where a rebased bundle's start goes if nothing says; the wall's time if `None`.

    Raises:
        UsageError: If a value is not what its name takes, a name goes with live clusters and another one with bundles,
            or there is no such set or file of faults.
    """
    asked = given("cannot serve a cluster", said)
    bundle, faults = asked.pop("bundle", None), asked.pop("faults", ())
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
        asked["scenario"] = os.fspath(asked["scenario"])
    if "log" in asked:
        asked["log"] = Path(asked["log"])
    asked.setdefault("frozen", "speed" not in asked)
    if isinstance(faults, str | os.PathLike):
        asked["faults"], faults = os.fspath(faults), ()
    options = Options(replay=None if bundle is None else Path(bundle), **asked)
    return Wanted(options, _faults([faults] if isinstance(faults, Mapping) else faults, say))


def _faults(listed: Sequence[Any], say: Callable[[str], None]) -> list[Mapping[str, Any]]:
    """Write out what a list of faults has by name."""
    return [
        fault
        for one in listed
        for fault in ([one] if isinstance(one, Mapping) else map(document_of, read_faults(os.fspath(one), say)))
    ]
