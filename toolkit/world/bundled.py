"""A scenario's life under a command log as tracks: each generation's, one after the other."""

from __future__ import annotations

from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING

from toolkit.timeline.view import NEVER
from toolkit.tracks.track import Change, Counter, Piece, Span, Track
from toolkit.world.export import Export
from toolkit.world.part import WHOLE, Part
from toolkit.world.session.tracks import SessionExport

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.world.timeline import LiveTimeline


class Bundled:
    """The tracks of a live timeline over `[first, last]`, both ends included; each collection sorted by id."""

    def __init__(self, timeline: LiveTimeline, first: int, last: int, part: Part = WHOLE) -> None:
        """Choose the stretch, which lies inside of the timeline's life, and which part of the records."""
        self._part = part
        self._exports: list[Export] = []
        begins = timeline.begins
        for place, epoch in enumerate(begins):
            ends = begins[place + 1] if place + 1 < len(begins) else NEVER
            a, b = max(first, epoch), min(last, ends - 1)
            if a > b:
                continue
            until = ends if ends <= last else NEVER
            session, _ = timeline.session_at(b)
            if session.courses or session.jobs or session.assets.times or session.outages:
                self._exports.append(SessionExport(session, a, b, until=until, begin=first, part=part))
            else:
                self._exports.append(Export(session.world, a, b, until=until, begin=first, part=part))

    def record_count(self) -> int:
        """Count the jobs and executions, for progress."""
        return sum(export.record_count() for export in self._exports)

    def tracks(self) -> dict[str, Iterator[Track]]:
        """Give every collection's tracks, made one by one as they are asked for."""
        every = [export.tracks() for export in self._exports]
        return {name: self._joined([tracks[name] for tracks in every]) for name in every[0]}

    def _joined(self, rows: list[Iterator[Track]]) -> Iterator[Track]:
        if len(rows) == 1 and self._part == WHOLE:
            return rows[0]
        if len(rows) == 1:
            return (track for track in rows[0] if self._part.holds(track.id))
        joined = groupby(merge(*rows, key=_id), key=_id)
        return (_one_after_the_other(list(same)) for record_id, same in joined if self._part.holds(record_id))


def _id(track: Track) -> str:
    return track.id


def _one_after_the_other(tracks: Iterable[Track]) -> Track:
    """Make one track of several of one id that exist at different times."""
    first, *others = every = sorted(tracks, key=_since)
    if not others:
        return first
    changes, lists, spans = list(first.changes), dict(first.lists), list(first.spans)
    for track in others:
        changes += [Change(t=_since(track), doc=track.doc), *track.changes]
        lists = {field: items + track.lists[field] for field, items in lists.items()}
        spans = _adjoining([*spans, *track.spans])
    counted = dict.fromkeys(field for track in every for field in track.counters)
    return Track(
        id=first.id,
        doc=first.doc,
        changes=changes,
        counters={field: Counter(pieces=[p for track in every for p in _pieces(track, field)]) for field in counted},
        lists=lists,
        counts=first.counts,
        spans=spans,
    )


def _since(track: Track) -> int:
    return (track.spans[0][0] or 0) if track.spans else 0


def _pieces(track: Track, field: str) -> list[Piece]:
    counter = track.counters.get(field)
    return counter.pieces if counter is not None else [(_since(track), track.doc[field], 0)]


def _adjoining(spans: list[Span]) -> list[Span]:
    """Make one span of two where the second begins as the first ends; nothing is left of one that has no bounds."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1][1] == span[0]:
            joined[-1] = joined[-1][0], span[1]
        else:
            joined.append(span)
    return [] if joined == [(None, None)] else joined
