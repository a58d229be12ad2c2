"""A bundle that a test names is recorded once, when it is missing and the run says from where."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from toolkit.errors import RecordError
from toolkit.model.instants import parse_duration
from toolkit.recorder.address import parse_address
from toolkit.recorder.credentials import Named, open_access
from toolkit.recorder.plan import Plan
from toolkit.recorder.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from toolkit.recorder.watching import Standing

EVERY = "5s"
"""From one frame to the next, where there is more than one."""


class _Watcher:
    """Takes what should not be missed, and nothing of each frame."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say

    def frame(self, standing: Standing, told: str) -> None:
        """Let a frame pass."""


def is_there(bundle: Path) -> bool:
    """Tell whether there is a bundle: one appears whole or not at all."""
    return (bundle / "bundle.json").is_file()


def record_once(bundle: Path, url: str, lasts: str | None, every: str | None, say: Callable[[str], None]) -> bool:
    """Record a cluster, redacted, unless another process has just done it; gives whether this one did.

    Args:
        bundle: The bundle's directory.
        url: The cluster's address; credentials come from netrc, proxies from the environment.
        lasts: How long, such as `1m`; one frame if `None`.
        every: From one frame to the next.
        say: Told what a person should know.

    Raises:
        ToolkitError: If it cannot be recorded; the text says why.
    """
    address = parse_address(url)
    plan = Plan(
        address=address,
        access=open_access(address, Named(), os.environ, say),
        target=bundle,
        for_ms=0 if lasts is None else parse_duration(lasts),
        every_ms=parse_duration(every or EVERY),
    )
    with _alone(bundle.parent):
        if is_there(bundle):
            return False
        gaps = sum(record(plan, _Watcher(say)).tally.gaps.values())
        if gaps:
            # What is kept is kept for good: no test should rely on half a recording.
            shutil.rmtree(bundle)
            msg = (
                f"cannot record {url}: {gaps} lists could not be read meanwhile, and nothing was kept; "
                f"run this again, or record it as it is with toolkit record {url} --output {bundle}"
            )
            raise RecordError(msg)
    return True


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; it goes with the process, whatever becomes of it, and leaves nothing behind."""
    folder.mkdir(parents=True, exist_ok=True)
    fd = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)
