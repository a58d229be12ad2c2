"""Reading all of a bundle past its damage: every finding of every file, and of the rules, with file and line."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path
from typing import TYPE_CHECKING, Final

from toolkit.bundle.manifest import FILES, NAME, Manifest, Reach, reach
from toolkit.bundle.reader import FileTracks, read_manifest
from toolkit.bundle.typed import line_check
from toolkit.bundle.words import damaged
from toolkit.errors import BundleDamaged, BundleError
from toolkit.examine.stored import Stored, examine_stored
from toolkit.examine.telling import Outcome, Told, told_of
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.outline import MemoryTracks
from toolkit.tracks.timeline import TrackTimeline

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.tracks.outline import TrackSource

MOST_KEPT: Final = 10_000
"""How many damaged lines of a bundle are told; the rest are counted."""
_FILE_OF: Final = {kind.name: name for name, kind in FILES.items()}


def survey(
    path: Path,
    settle_ms: int,
    say: Callable[[str], None],
    done: Callable[[int, int], None] = lambda _done, _total: None,
    *,
    allow_edited: bool = False,
) -> Outcome:
    """Find all that is wrong with a bundle.

    Args:
        path: Its directory.
        settle_ms: For how long what may pass must last before it is told.
        say: Takes lines for the person who waits.
        done: Told how many instants are done, and how many there are.
        allow_edited: Whether files may differ from what the manifest says of them.

    Raises:
        BundleNotFound: If there is no bundle at that path.
        BundleTooNew: If its format is not known.
        BundleError: If it cannot be read.
    """
    try:
        return _Survey(path, allow_edited=allow_edited).run(settle_ms, say, done)
    except OSError as error:
        what = f" {Path(str(error.filename)).name}" if error.filename else ""
        reason = (error.strerror or str(error)).lower()
        msg = f"cannot read the bundle {path}:{what} {reason}; check the path and its permissions"
        raise BundleError(msg) from None


class _Survey:
    def __init__(self, path: Path, *, allow_edited: bool) -> None:
        self._path = path
        self._allow_edited = allow_edited
        self._found: list[Told] = []
        self._more = 0
        self._broken: set[str] = set()
        self._files: dict[str, FileTracks] = {}

    def run(self, settle_ms: int, say: Callable[[str], None], done: Callable[[int, int], None]) -> Outcome:
        try:
            manifest = read_manifest(self._path)
            dates = self._reach(manifest)
        except BundleDamaged as error:
            if not error.where:
                raise
            self._damage(error)
            return Outcome(0, 0, self._found)
        sources = {kind.name: self._source(name, manifest, dates) for name, kind in FILES.items()}
        timeline = TrackTimeline(sources, dates.first, dates.last, dates.orders, dates.frames.instants)
        self._check_counts(manifest, timeline)
        self._check_orders(dates, timeline)
        stored = Stored(manifest, timeline, dates.frames, frozenset(self._broken))
        examiner = examine_stored(stored, settle_ms, say, done)
        judged = [self._placed(told, timeline) for told in told_of(examiner.findings)]
        found = sorted([*self._found, *judged], key=lambda told: told.severity)
        return Outcome(examiner.looks, examiner.records, found, (self._more, 0))

    def _reach(self, manifest: Manifest) -> Reach:
        try:
            return reach(manifest)
        except BundleDamaged as error:
            raise damaged(self._path, NAME, error) from None

    def _source(self, name: str, manifest: Manifest, dates: Reach) -> TrackSource:
        """Open a file; nothing is in one that cannot be opened."""
        kind = FILES[name]
        check = line_check(kind, dates.first, dates.last, dates.frames.instants, generated=manifest.generated)
        try:
            source = FileTracks(self._path, name, check, self._damage)
        except BundleDamaged as error:
            self._damage(error)
            return MemoryTracks(kind, [])
        if not self._allow_edited and source.digest() != manifest.files[name]:
            self._tell(Told("error", "digest", "does not match its digest in bundle.json", file=name))
        self._files[kind.name] = source
        return source

    def _damage(self, error: BundleDamaged) -> None:
        file, _, line = error.where.partition(" line ")
        field, _, what = error.why.partition(": ")
        if file in FILES:
            self._broken.add(FILES[file].name)
        if not field.startswith("$") or not what:
            field, what = "", error.why
        self._tell(Told("error", "damage", what, file=file, line=int(line or 0), field=field))

    def _tell(self, told: Told) -> None:
        if len(self._found) < MOST_KEPT:
            self._found.append(told)
        else:
            self._more += 1

    def _check_counts(self, manifest: Manifest, timeline: TrackTimeline) -> None:
        for name in KINDS:
            found, said = len(timeline.shelf(name)), manifest.counts.get(name)
            if found != said and name not in self._broken and not self._allow_edited:
                seen = f"is {said}, but {_FILE_OF[name]} has {found} records"
                self._tell(Told("error", "count", seen, file=NAME, field=f"$.counts.{name}"))

    def _check_orders(self, dates: Reach, timeline: TrackTimeline) -> None:
        for name, orders in dates.orders.items():
            shelf = timeline.shelf(name)
            known = {shelf.id(position) for position in range(len(shelf))}
            if name in self._broken:
                continue
            for place, mark in enumerate(orders):
                placed = {record_id for pair in mark.placed for record_id in pair if record_id is not None}
                for field, named in (("placed", placed), ("freed", set(mark.freed))):
                    for record_id in sorted(named - known):
                        seen = f"names {record_id!a}, which {_FILE_OF[name]} does not have"
                        self._tell(Told("error", "order", seen, file=NAME, field=f"$.orders.{name}[{place}].{field}"))

    def _placed(self, told: Told, timeline: TrackTimeline) -> Told:
        """Say on which line a finding's record is."""
        shelf = timeline.shelf(told.kind)
        position = bisect_left(range(len(shelf)), told.id, key=shelf.id)
        told.file = _FILE_OF[told.kind]
        if told.kind in self._files and position < len(shelf) and shelf.id(position) == told.id:
            told.line = self._files[told.kind].line(position)
        return told
