"""Redacting a recording that is a bundle already: every frame of it goes through redaction and the leak gate anew."""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import httpx

from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import cannot, check_target, nearest_folder, write_bundle
from toolkit.errors import UsageError
from toolkit.model.wire import dumps_to_keep
from toolkit.recorder.compose import Composer
from toolkit.recorder.frames import Seen
from toolkit.recorder.leaks import refuse_leaks
from toolkit.recorder.spool import Spool
from toolkit.tracks.fold import fold
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.bundle.reader import Bundle
    from toolkit.recorder.redact import Redactor, Report
    from toolkit.timeline.view import Record
    from toolkit.tracks.steps import FrameStep
    from toolkit.tracks.timeline import TrackTimeline

_ALL = 2**62


class Scrubbed(NamedTuple):
    """A bundle that was redacted anew, and what was done."""

    path: Path
    report: Report


def scrub(  # noqa: PLR0913 - the flags of the command
    source: Path, target: Path, redactor: Redactor, *, keep_names: bool, force: bool, done: Callable[[int, int], None]
) -> Scrubbed:
    """Redact a recording; in place if the target is the source, the old one is kept until the new one is there.

    Args:
        source: The bundle.
        target: Where the redacted one goes.
        redactor: Redacts.
        keep_names: Whether the redactor keeps the names of jobs.
        force: Whether a bundle that is there already is replaced.
        done: Told how many frames are done, and how many there are.

    Raises:
        UsageError: If it is no recording.
        BundleError: If it cannot be read.
        LeakFound: If something that looks like a secret is left.
        TargetError: If the target is taken or cannot be written.
    """
    bundle = read_bundle(source)
    if bundle.manifest.generated or not bundle.frames.instants:
        msg = f"cannot scrub {source}: it was generated and holds nothing of a real cluster; scrub recordings"
        raise UsageError(msg)
    # It takes a while, so that it is better said at once.
    check_target(target, force=force)
    try:
        with (
            tempfile.TemporaryDirectory(prefix=".toolkit-scrub-", dir=nearest_folder(target.absolute())) as folder,
            Spool(Path(folder)) as rows,
        ):
            folded = fold(_steps(bundle, Composer(redactor), done), rows)
            path = write_bundle(
                target,
                folded.tracks,
                first=bundle.timeline.first,
                last=bundle.timeline.last,
                origin=_origin(bundle, redactor, keep_names=keep_names),
                orders=folded.orders,
                frames=bundle.frames,
                force=force,
                look=lambda made: refuse_leaks(made, target, ()),
            )
    except (sqlite3.Error, OSError) as error:
        raise cannot(target, error) from error
    return Scrubbed(path, redactor.report)


def _steps(bundle: Bundle, composer: Composer, done: Callable[[int, int], None]) -> Iterator[FrameStep]:
    texts = _Texts()
    instants = bundle.frames.instants
    for number, (t, skew_ms) in enumerate(zip(instants, bundle.frames.skews, strict=True), 1):
        seen = Seen(t, skew_ms, dict(_records(bundle.timeline, texts, t)), {}, frozenset(), {})
        yield composer.frame(t, seen)
        done(number, len(instants))


def _records(timeline: TrackTimeline, texts: _Texts, t: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Give what a frame showed, by source; errors by execution, as they are read."""
    for name in KINDS:
        shelf = timeline.shelf(name)
        if name == "errors":
            orders = [timeline.errors_of(ex_id) for ex_id in timeline.erring()]
            pages = [order.page(t, 0, _ALL) for order in orders if order is not None]
        else:
            ordering = timeline.ordering(name)
            pages = [ordering.page(t, 0, _ALL), ordering.deleted_page(t, 0, _ALL)]
        found = [entry for page in pages for entry in shelf.all_at(page, t).value]
        shown = {place: (shelf.id(place), texts.of(name, place, record)) for place, record in found}
        if name == "cluster":
            yield from ((key, [(key, text)]) for key, text in shown.values() if key in {"info", "stats"})
        else:
            yield name, list(shown.values())


class _Texts:
    """Records' texts, made once as long as the record is the same one."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, int], tuple[Record, bytes]] = {}

    def of(self, name: str, place: int, record: Record) -> bytes:
        known = self._texts.get((name, place))
        if known is None or known[0] is not record:
            known = self._texts[name, place] = record, dumps_to_keep(record.fields)
        return known[1]


def _origin(bundle: Bundle, redactor: Redactor, *, keep_names: bool) -> dict[str, Any]:
    origin = dict(bundle.manifest.origin)
    if isinstance(origin.get("address"), str):
        origin["address"] = redactor.address(httpx.URL(origin["address"]))
    if isinstance(origin.get("cluster"), dict):
        origin["cluster"] = redactor.document("info", origin["cluster"])
    before = origin.get("redaction")
    gone = isinstance(before, dict) and before.get("names") == "pseudonyms"
    names = "kept" if keep_names and not gone else "pseudonyms"
    done = {**redactor.report._asdict(), "names": names, "scrubbed": True}
    return origin | {"redacted": True, "redaction": done}
