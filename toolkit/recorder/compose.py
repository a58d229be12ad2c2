"""From what a cluster showed to the frame that is stored: redacted, keyed and told by what changed.

Pure. The only place where a record of a cluster passes from what was seen to what may be written. A record whose text
is what it was in the frame before is not looked at again.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.model.wire import dumps_to_keep, loads
from toolkit.tracks.fold import record_id
from toolkit.tracks.steps import FrameStep, Step, Stepper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document
    from toolkit.recorder.frames import Seen
    from toolkit.recorder.redact import Redactor

_CLUSTER: Final = ("info", "stats")
_NAMELESS: Final = "no-id"
_DIGEST: Final = 16
_SAME: Final = Step({}, [], [])


class _Known(NamedTuple):
    """The digest of a record's text as it came, and the id it is stored under."""

    digest: bytes
    id: str


class Composer:
    """Makes the frames of one recording."""

    def __init__(self, redactor: Redactor | None, stepper: Stepper | None = None) -> None:
        """Redact with a redactor, or not at all; go on with a stepper that has seen frames."""
        self._redactor = redactor
        self._stepper = stepper or Stepper()
        self._known: dict[str, dict[tuple[str, int], _Known]] = {}
        self._learning = False

    def learn(self) -> None:
        """Take the pseudonyms of the frames before from the next frame: where a record is what it was, they fit it."""
        self._learning = True

    def frame(self, t: int, seen: Seen) -> FrameStep:
        """Make the frame of an instant."""
        if self._learning:
            self._learn(seen)
            self._learning = False
        steps = {
            name: _SAME if name in seen.same else self._stepper.take(t, name, self._collection(name, records))
            for name, records in seen.records.items()
            if name not in _CLUSTER
        }
        parts = {name: records for name, records in seen.records.items() if name in _CLUSTER}
        # A part of the cluster that is missing this time holds what it was, as every other collection does.
        fresh = {name: next(self._collection(name, records))[1] for name, records in parts.items()}
        if fresh:
            held: dict[str, bytes | None] = dict.fromkeys(self._stepper.order("cluster"))
            steps["cluster"] = self._stepper.take(t, "cluster", sorted((held | fresh).items()))
        return FrameStep(t, seen.skew_ms, {name: seen.gaps[name] for name in sorted(seen.gaps)}, steps)

    def _learn(self, seen: Seen) -> None:
        assert self._redactor is not None, "what is not redacted has no pseudonyms"
        stepper = self._stepper
        nodes = [text for name in stepper.order("nodes") if (text := stepper.text("nodes", name)) is not None]
        for name, records in seen.records.items():
            for key, text in records:
                assert text, "nothing is known yet"
                collection = "cluster" if name in _CLUSTER else name
                before = stepper.text(collection, key)
                # A node's key is a pseudonym itself: its other fields tell which one it was.
                for held in nodes if name == "nodes" else [before] if before is not None else []:
                    self._redactor.learn(name, loads(text), loads(held))

    def _collection(self, name: str, records: list[tuple[str, bytes]]) -> Iterator[tuple[str, bytes | None]]:
        """Give a collection's ids and texts, `None` for a text that is known."""
        before = self._known.get(name, {})
        after = self._known[name] = {}
        times: dict[str, int] = {}
        for key, text in records:
            place = key, times.get(key, 0)
            times[key] = place[1] + 1
            known = before.get(place)
            if not text:
                assert known is not None, "what is known was seen in the frame before"
                after[place] = known
                yield known.id, None
                continue
            digest = blake2b(text, digest_size=_DIGEST).digest()
            if known is not None and known.digest == digest and key:
                after[place] = known
                yield known.id, None
                continue
            document = self._redacted(name, loads(text))
            stored = self._id(name, key, document)
            after[place] = _Known(digest, stored)
            yield stored, dumps_to_keep(document)

    def _id(self, name: str, key: str, document: Document) -> str:
        if name in _CLUSTER:
            return name
        if name == "nodes":
            return (self._redactor.key(key) if self._redactor else key) or _NAMELESS
        return record_id(name, document)

    def _redacted(self, kind: str, record: Document) -> Document:
        return self._redactor.document(kind, record) if self._redactor else record
