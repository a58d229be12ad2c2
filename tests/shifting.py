"""What an answer is once everything in the cluster happens earlier or later: told from the answer alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from toolkit.answers.answer import Cluster, Request, answer
from toolkit.bundle.lines import line, parse_line
from toolkit.errors import UsageError
from toolkit.model.instants import format_instant, parse_instant
from toolkit.model.wire import loads, pretty
from toolkit.timeline.view import NEVER
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.outline import MemoryTracks
from toolkit.tracks.shift import Shifted, shifted_frames, shifted_orders
from toolkit.tracks.timeline import TrackTimeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.tracks.fold import Folded

_WIRE = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{3}Z")
DATES = {
    "job": ("_created", "_updated", "_deleted_on"),
    "execution": ("_created", "_updated", "_deleted_on"),
    "controller": ("started", "queuing_complete"),
    "error": ("_created", "_updated"),
    "asset": ("_created",),
}
"""The fields that hold dates; an execution's statistics have a controller's."""
KIND_OF = (
    (re.compile(r"(/v1)?/(jobs/[^/?]+/errors|ex/errors|ex/[^/?]+/errors)(\?.*)?"), "error"),
    (re.compile(r"(/v1)?/((jobs|ex)/[^/?]+/(controller|slicer)|cluster/(controllers|slicers))(\?.*)?"), "controller"),
    (re.compile(r"(/v1)?/(ex(/[^/?]+)?|jobs/[^/?]+/ex)(\?.*)?"), "execution"),
    (re.compile(r"(/v1)?/jobs(/[^/?]+)?(\?.*)?"), "job"),
    (re.compile(r"(/v1)?/assets(/[^?]*)?(\?.*)?"), "asset"),
)
"""What is answered to which target; to all others there are no dates."""
PAGES = (
    "/v1/ex?size=10000", "/v1/jobs?size=10000", "/v1/ex?deleted=true", "/v1/jobs?deleted=true",
    "/v1/ex?size=2&from=1", "/v1/cluster/controllers", "/cluster/state", "/cluster/stats", "/v1/assets", "/",
    "/v1/ex/errors", "/v1/ex/nope", "/v1/nope", "/txt/workers", "/txt/nodes", "/txt/jobs?deleted=true", "/txt/ex",
    "/txt/ex?deleted=true&size=10000&fields=name,_deleted_on,_slicer_stats.started", "/txt/controllers?fields=started",
    "/txt/assets", "/v1/ex?status=running,failed&size=100",
)  # fmt: skip
SORTED = (
    "/v1/ex?sort=_created:asc&size=50", "/v1/jobs?sort=_updated:asc", "/txt/jobs?sort=_created:desc",
    "/v1/ex?filter=_updated:%22{t}%22", "/v1/ex?filter=_created:[%22{t}%22%20TO%20*]&sort=_created:asc",
    "/v1/jobs?filter=_updated:%3C%22{t}%22&sort=_updated:desc", "/txt/ex?filter=_created:%3E%22{t}%22",
    "/v1/ex?filter=_created:%3Enow-1d", "/v1/assets?sort=_created:asc", "/v1/jobs?ex=_created,_slicer_stats",
)  # fmt: skip
"""Orders and filters by dates; `{t}` is a date."""


def moved_date(value: Any, ms: int) -> Any:
    """A date as Teraslice writes it, later; anything else as it is."""
    if not isinstance(value, str) or not _WIRE.fullmatch(value):
        return value
    try:
        t = parse_instant(value)
    except UsageError:  # the 30th of February
        return value
    return format_instant(t + ms)


def _moved(doc: Any, kind: str, ms: int) -> Any:
    if not isinstance(doc, dict):
        return doc
    after = {key: moved_date(value, ms) if key in DATES[kind] else value for key, value in doc.items()}
    if kind == "execution" and isinstance(after.get("_slicer_stats"), dict):
        after["_slicer_stats"] = _moved(after["_slicer_stats"], "controller", ms)
    if kind == "error" and isinstance(after.get("request"), str):
        after["request"] = _WIRE.sub(lambda found: moved_date(found[0], ms), after["request"])
    if kind == "job" and isinstance(after.get("ex"), dict):
        after["ex"] = _moved(after["ex"], "execution", ms)
    return after


def moved_body(target: str, body: bytes, ms: int) -> bytes:
    """An answer's body with every date later that the cluster wrote."""
    if target.startswith("/txt/"):
        return _WIRE.sub(lambda found: moved_date(found[0], ms), body.decode()).encode()
    kind = next((kind for pattern, kind in KIND_OF if pattern.fullmatch(target)), None)
    if kind is None:
        return body
    document: Any = loads(body)
    every = [_moved(doc, kind, ms) for doc in document] if isinstance(document, list) else None
    return pretty(_moved(document, kind, ms) if every is None else every)


def targets(cluster: Cluster, t: int, most: int = 10) -> Iterator[str]:
    """Everything that can be asked at an instant: lists, and of some records all that is theirs."""
    view = cluster.timeline.at(t)
    yield from PAGES
    for record in [*view.executions(0, most).value, *view.deleted_executions(0, 2).value]:
        ex_id = record.fields.get("ex_id")
        yield from (f"/v1/ex/{ex_id}{of}" for of in ("", "/controller", "/errors?size=20"))
    for record in [*view.jobs(0, most).value, *view.deleted_jobs(0, 2).value]:
        job_id = record.fields.get("job_id")
        yield from (f"/v1/jobs/{job_id}{of}" for of in ("", "/ex", "/controller", "/errors"))


def check_moved(before: Cluster, after: Cluster, t: int, ms: int, asked: Iterator[str] | Sequence[str]) -> None:
    """Check that one cluster at an instant answers what another does, with its dates moved."""
    for target in asked:
        expected = answer(before, t, Request("GET", target.replace("{t}", format_instant(t))))
        got = answer(after, t + ms, Request("GET", target.replace("{t}", format_instant(t + ms))))

        assert got.status == expected.status, target
        assert got.body == moved_body(target, expected.body, ms), target
        assert got.until == (expected.until + ms if 0 < expected.until < NEVER else expected.until), target
        assert _untagged(got.headers) == _untagged(expected.headers), target


def _untagged(headers: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() != "etag"]


def instants_of(timeline: TrackTimeline, most: int = 6) -> list[int]:
    """Both ends, and the instants around some of the changes."""
    changes = [change.t for change in timeline.changes(timeline.first - 1, timeline.last)]
    near = {t + by for t in changes[:: max(1, len(changes) // most)] for by in (-1, 0)}
    return sorted({timeline.first, timeline.last} | {t for t in near if timeline.first <= t <= timeline.last})


def pair(made: Folded, first: int, last: int, ms: int) -> tuple[TrackTimeline, TrackTimeline]:
    """A timeline, and the one that is later; the tracks have been lines, so that no object is shared."""
    tracks, (instants, *_) = {name: list(rows) for name, rows in made.tracks.items()}, made.frames
    read = {name: [parse_line(line(track)) for track in rows] for name, rows in tracks.items()}
    moved = {name: Shifted(KINDS[name], MemoryTracks(KINDS[name], rows, instants), ms) for name, rows in read.items()}
    orders, frames = shifted_orders(made.orders, ms), shifted_frames(made.frames, ms)
    before = TrackTimeline(tracks, first, last, made.orders, instants)
    return before, TrackTimeline(moved, first + ms, last + ms, orders, frames.instants)


def same_changes(before: TrackTimeline, after: TrackTimeline, ms: int) -> None:
    """Check that the same statuses change, later."""
    expected = [change._replace(t=change.t + ms) for change in before.changes(before.first - 1, before.last)]

    assert list(after.changes(after.first - 1, after.last)) == expected
