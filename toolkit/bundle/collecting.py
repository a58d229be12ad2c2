"""Garbage collection while a bundle is read or written: it has nothing to find, and takes longer the more there is."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def collecting_later() -> Iterator[None]:
    """Put garbage collection off: tracks, lines and documents are in no cycles."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
