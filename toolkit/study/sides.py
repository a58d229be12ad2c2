"""The two sides of a comparison: a bundle at an instant, or a live cluster now."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from toolkit.errors import InstantError, UsageError
from toolkit.model.instants import format_instant, parse_at
from toolkit.timeline.stats import both_names
from toolkit.tracks.kinds import KINDS, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from toolkit.bundle.reader import Bundle
    from toolkit.model.wire import Document
    from toolkit.tracks.timeline import TrackTimeline

CLUSTER = "cluster"


class Asked(NamedTuple):
    """A side as a person wrote it: a URL, or a bundle's directory with an instant or without."""

    text: str
    url: str
    path: Path
    at: str | None


@dataclass(frozen=True)
class Side:
    """One side.

    Attributes:
        text: As a person wrote it, without credentials.
        kind: `generated`, `recorded` or `live`.
        timeline: The records.
        t: The instant.
        redacted: Whether names in it are pseudonyms.
        names: What tells one set of pseudonyms from another; empty if there are none.
        unknown: By collection (or `info`, `stats`), why it cannot be told.
        notes: What is told, but not quite as it was at the instant, in sentences.
    """

    text: str
    kind: str
    timeline: TrackTimeline
    t: int
    redacted: bool = False
    names: str = ""
    unknown: Mapping[str, str] = field(default_factory=dict)
    notes: Sequence[str] = ()

    def records(self, name: str, *, with_deleted: bool) -> Iterator[tuple[str, Document]]:
        """Give a collection's records at the instant, sorted by id; one after the other, none of them kept.

        Args:
            name: The collection.
            with_deleted: Whether soft-deleted ones count, which the lists of a cluster leave out.
        """
        kind = KINDS[name]
        if name == CLUSTER:
            yield from self._cluster()
            return
        shelf = self.timeline.shelf(name)
        t = self.timeline.shown_at(self.t)
        for position in range(len(shelf)):
            record = shelf.at(position, t).value
            if record is not None and (with_deleted or not _is_deleted(kind, record.fields)):
                yield shelf.id(position), record.fields

    def _cluster(self) -> Iterator[tuple[str, Document]]:
        view = self.timeline.at(self.t)
        for name, record in (("info", view.info().value), ("stats", view.stats().value)):
            if record.fields and name not in self.unknown:
                yield name, both_names(record.fields) if name == "stats" else record.fields


def parse_side(text: str) -> Asked:
    """Read what is to be compared: `DIR`, `DIR@DATE`, `DIR@+OFFSET`, `DIR@-OFFSET` or a URL.

    A directory whose name has an `@` in it is taken as it is, if it is there.

    Raises:
        UsageError: If it is a URL with an instant.
    """
    if "://" in text:
        if _is_instant(text.rpartition("@")[2]):
            msg = (
                "cannot compare a URL at an instant: a cluster is read now; leave out the @ and what follows it, or "
                "give a bundle"
            )
            raise UsageError(msg)
        return Asked(text, text, Path(), None)
    path, at_sign, at = text.rpartition("@")
    if not at_sign or Path(text).exists():
        return Asked(text, "", Path(text), None)
    return Asked(text, "", Path(path), at)


def _is_instant(text: str) -> bool:
    try:
        parse_at(text, 0)
    except UsageError:
        return False
    return True


def bundle_side(asked: Asked, bundle: Bundle) -> Side:
    """Look at a bundle at the instant that was asked for, its last one by default.

    Raises:
        UsageError: If the instant is neither a date nor an offset.
        InstantError: If the bundle does not reach it.
    """
    timeline, origin = bundle.timeline, bundle.manifest.origin
    t = _instant(asked, timeline)
    text = str(asked.path)
    if bundle.manifest.generated:
        return Side(text, "generated", timeline, t)
    unknown = {str(name): "the recorded cluster does not have it" for name in origin.get("absent") or ()}
    if not bundle.manifest.counts.get("errors"):
        unknown["errors"] = "no error records were recorded"
    notes = []
    frame = timeline.shown_at(t)
    for gap in bundle.frames.gaps:
        if not gap.first <= frame <= gap.last:
            continue
        if _is_empty(timeline, gap.source, frame):
            unknown[gap.source] = gap.reason
        else:
            notes.append(f"could not read all of {gap.source} then ({gap.reason}): what it had is compared")
    redacted = origin.get("redacted") is True
    cluster = origin.get("cluster")
    called = cluster.get("name", "") if isinstance(cluster, dict) else ""
    return Side(
        text,
        "recorded",
        timeline,
        t,
        redacted=redacted,
        names=f"{origin.get('address', '')} {called} {_kept(origin)}" if redacted else "",
        unknown=unknown,
        notes=notes,
    )


def _kept(origin: Document) -> object:
    """Tell whether the names of jobs are pseudonyms, too."""
    redaction = origin.get("redaction")
    return redaction.get("names") if isinstance(redaction, dict) else None


def _instant(asked: Asked, timeline: TrackTimeline) -> int:
    if asked.at is None:
        return timeline.last
    try:
        t = parse_at(asked.at, timeline.last if asked.at.strip().startswith("-") else timeline.first)
    except UsageError as error:
        msg = f"{error}; without an instant, {asked.path} is compared at its end"
        raise UsageError(msg) from None
    if not timeline.first <= t <= timeline.last:
        msg = (
            f"cannot compare {asked.text}: {asked.path} goes from {format_instant(timeline.first)} to "
            f"{format_instant(timeline.last)}; give an instant in it, such as {asked.path}@+0s"
        )
        raise InstantError(msg)
    return t


def _is_empty(timeline: TrackTimeline, source: str, t: int) -> bool:
    """Tell whether nothing of a source was seen until an instant."""
    if source not in KINDS:
        return timeline.shelf(CLUSTER).find(source, t).value is None
    if source == "errors":
        return not len(timeline.shelf(source))
    return timeline.ordering(source).count(t) == 0


def _is_deleted(kind: Kind, doc: Document) -> bool:
    return kind.deletes and kind.is_deleted(tuple(doc.get(name) for name in kind.watched))
