"""How old a recorded bundle is, and whether that is too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.bundle.reader import read_manifest
from toolkit.model.instants import format_duration, parse_duration, parse_instant

if TYPE_CHECKING:
    from pathlib import Path


class StaleBundle(UserWarning):
    """A recorded bundle is older than its test wants it."""


def stale(bundle: Path, shown: str, max_age: str, now: int) -> str | None:
    """Say that a recorded bundle is too old, `None` if it is not; what was generated does not grow old.

    Args:
        bundle: Its directory.
        shown: What it is called in the text.
        max_age: A duration such as `30d`, counted from when its last frame was taken by the clock of the machine that
            did; a bundle that does not say that is as old as the instant of that frame.
        now: The wall's time.

    Raises:
        BundleError: If it cannot be read.
        UsageError: If `max_age` is no duration.
    """
    manifest = read_manifest(bundle)
    recorded = manifest.origin.get("recorded", manifest.to)
    age = now - parse_instant(recorded if isinstance(recorded, str) else manifest.to)
    if manifest.generated or age <= parse_duration(max_age):
        return None
    return (
        f"the bundle {shown} is too old: it was recorded {format_duration(age // 60_000 * 60_000)} ago, max_age is "
        f"{max_age}; remove it and record it again with --teraslice-record=URL"
    )
