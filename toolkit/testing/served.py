"""Which bundles this process served: a test suite lists the others as those that nobody uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

BUNDLES: Final[set[Path]] = set()
"""Their directories, resolved; grows only."""
