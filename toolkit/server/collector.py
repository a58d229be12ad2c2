"""The garbage collector of a process that serves: it looks seldom, since there is next to nothing to find."""

from __future__ import annotations

import gc
from typing import Final

_THRESHOLDS: Final = 5_000, 10, 100
"""What is young is looked at after 5,000 objects, everything after five million."""


def look_seldom() -> None:
    """Leave out what is there now, and look at the rest seldom; processes forked from this one do the same.

    Documents have no cycles, and to look through those of a few long pages takes longer than anybody should wait.
    What is looked at is copied in forked processes, too.
    """
    gc.set_threshold(*_THRESHOLDS)
    gc.freeze()
