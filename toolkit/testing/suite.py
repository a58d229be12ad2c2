"""What one run of pytest, or one worker of it, knows of the bundles of its suite. Light: nothing else is imported."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Suite:
    """The bundles of a suite: which tests name them, which were served, which were recorded.

    Attributes:
        root: What names of bundles are relative to.
        whole: Whether every test of the suite was collected, and none was left out.
        recorded: What was recorded, in lines for a person.
    """

    def __init__(self, root: Path, *, whole: bool) -> None:
        """Begin without one."""
        self.root = root
        self.whole = whole
        self.recorded: list[str] = []
        self._used: set[str] = set()

    def path(self, bundle: str | Path) -> Path:
        """Give a bundle's directory."""
        return self.root / bundle

    def file(self, named: Any) -> Any:  # noqa: ANN401 - whatever a mark says
        """Give a file's path where a mark names one that is there; anything else, such as a set's name, as it is."""
        if not isinstance(named, str | os.PathLike):
            return named
        path = self.path(os.fspath(named))
        return path if path.is_file() else named

    def shown(self, path: Path) -> str:
        """Give a directory as a test would name it."""
        return str(path.relative_to(self.root)) if path.is_relative_to(self.root) else str(path)

    def name(self, bundle: object) -> None:
        """Note that a test names a bundle; what is no path is refused when the test is run."""
        if isinstance(bundle, str | os.PathLike):
            self._used.add(str(self.path(os.fspath(bundle)).resolve()))

    def told(self) -> dict[str, Any]:
        """Give what another process is told, as plain data."""
        served = sys.modules.get("toolkit.testing.served")
        bundles = map(str, served.BUNDLES) if served is not None else ()
        return {"used": sorted({*self._used, *bundles}), "recorded": self.recorded, "whole": self.whole}

    def take(self, told: dict[str, Any]) -> None:
        """Take in what a worker tells."""
        self._used.update(told["used"])
        self.recorded += told["recorded"]
        self.whole = self.whole and told["whole"]

    def unused(self, folders: Iterable[str]) -> list[str]:
        """Give the bundles below some folders that nobody used; none unless the whole suite was there."""
        if not self.whole:
            return []
        used = set(self.told()["used"])
        there = [found.parent for folder in folders for found in self.path(folder).rglob("bundle.json")]
        return sorted(self.shown(path) for path in there if str(path.resolve()) not in used)
