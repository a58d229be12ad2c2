"""What a bundle answers at an instant, by path, so that it can be compared with what was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.answers.answer import Cluster, Request, answer
from toolkit.bundle.reader import read_bundle
from toolkit.model.wire import loads

if TYPE_CHECKING:
    from pathlib import Path


class Replayed:
    """A bundle, read back."""

    def __init__(self, path: Path) -> None:
        """Read it."""
        self.bundle = read_bundle(path)
        self.origin: dict[str, Any] = self.bundle.manifest.origin
        self._cluster = Cluster(self.bundle.timeline, None, "replay")

    @property
    def first(self) -> int:
        """The first instant."""
        return self.bundle.timeline.first

    def text(self, target: str, t: int | None = None) -> bytes:
        """Ask for a path at an instant, the first by default, and give the answer's body."""
        return answer(self._cluster, self.first if t is None else t, Request("GET", target)).body

    def ask(self, target: str, t: int | None = None) -> Any:
        """Ask for a path at an instant, the first by default."""
        return loads(self.text(target, t))
