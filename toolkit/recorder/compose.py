"""From what a cluster showed to the frame that is stored: redacted, keyed and grouped into collections.

Pure. The only place where a record of a cluster passes from what was seen to what may be written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.model.wire import loads
from toolkit.tracks.fold import Frame, record_id

if TYPE_CHECKING:
    from toolkit.model.wire import Document
    from toolkit.recorder.frames import Seen
    from toolkit.recorder.redact import Redactor

_CLUSTER: Final = ("info", "stats")
_NAMELESS: Final = "no-id"


class Composer:
    """Makes the frames of one recording."""

    def __init__(self, redactor: Redactor | None) -> None:
        """Redact with a redactor, or not at all."""
        self._redactor = redactor
        self._cluster: dict[str, Document] = {}

    @property
    def info(self) -> Document:
        """What `/` answered last, redacted; empty if it never did."""
        return self._cluster.get("info", {})

    def frame(self, t: int, seen: Seen) -> Frame:
        """Make the frame of an instant."""
        collections: dict[str, list[tuple[str, Document]]] = {}
        for name, records in seen.records.items():
            if name in _CLUSTER:
                # A part of the cluster that is missing this time holds what it was, as every other collection does.
                self._cluster[name] = self._redacted(name, loads(records[0][1]))
            else:
                collections[name] = [self._keyed(name, key, loads(text)) for key, text in records]
        if self._cluster:
            collections["cluster"] = list(self._cluster.items())
        gaps = [f"{name}: {seen.gaps[name]}" for name in sorted(seen.gaps)]
        return Frame(t, seen.skew_ms, collections, gaps)

    def _keyed(self, name: str, key: str, record: Document) -> tuple[str, Document]:
        document = self._redacted(name, record)
        if name == "nodes":
            return (self._redactor.key(key) if self._redactor else key) or _NAMELESS, document
        return record_id(name, document), document

    def _redacted(self, kind: str, record: Document) -> Document:
        return self._redactor.document(kind, record) if self._redactor else record
