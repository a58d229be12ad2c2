"""Tracks that stand still, told many at a time: what is answered does not depend on how they were told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tracks.strategies import EPOCH, contents
from toolkit.model.instants import format_instant
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.outline import MemoryTracks, Outline, Run, Standing
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Track

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document

END = EPOCH + 10


class ManyTracks(MemoryTracks):
    """Tracks in memory whose outlines come in columns wherever they stand still."""

    def runs(self) -> Iterator[Run]:
        """Give as many at a time as there are in a row."""
        held: list[Outline] = []
        for one in self.outlines():
            if not one.changing:
                held.append(one)
                continue
            yield from _standing(held)
            held = []
            yield one
        yield from _standing(held)


def _standing(held: list[Outline]) -> Iterator[Standing]:
    if held:
        rows = [one.steps[0][1] for one in held]
        standing = Standing([one.id for one in held], tuple(list(column) for column in zip(*rows, strict=True)))
        assert list(standing.outlines()) == held
        yield standing


DATES = st.sampled_from([format_instant(EPOCH), format_instant(EPOCH + 1), "yesterday", None])
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "_updated": DATES,
    "_created": DATES,
    "started": DATES,
    "name": st.sampled_from(["a", "b", None, 3]),
    "job_id": st.sampled_from(["j1", "j2", None]),
    "ex_id": st.sampled_from(["e1", "e2", None, 7]),
    "_deleted": st.sampled_from([True, False, "true", None]),
    "_status": st.sampled_from(["running", "stopped", None]),
}


@st.composite
def tracks(draw: st.DrawFn) -> dict[str, list[Track]]:
    """Up to eight tracks of each kind, most of which stand still; their ids ascend."""
    found = {}
    for name, kind in KINDS.items():
        found[name] = []
        for number in range(draw(st.integers(0, 8))):
            record_id = f"{name}-{number}"
            doc: Document = draw(st.fixed_dictionaries({}, optional=VALUES))
            if kind.id_field:
                doc[kind.id_field] = record_id
            changes = [Change(EPOCH + 5, set={"name": "c"})] if draw(st.integers(0, 4)) == 0 else []
            found[name].append(Track(record_id, doc, changes=changes))
    return found


@settings(deadline=None, max_examples=200)
@given(tracks())
def test_many_at_a_time_are_answered_as_one_by_one(given_tracks: dict[str, list[Track]]) -> None:
    """Lists, deleted ones, jobs' executions and executions' errors are the same."""
    many = {name: ManyTracks(KINDS[name], some) for name, some in given_tracks.items()}
    told, plain = (TrackTimeline(each, EPOCH, END) for each in (many, given_tracks))
    assert told.erring() == plain.erring()
    for t in (EPOCH, END):
        for name in KINDS:
            expected, got = ([record.fields for record in contents(timeline, name, t)] for timeline in (plain, told))
            assert got == expected, name
        views = plain.at(t), told.at(t)
        for ask in (
            lambda view: view.deleted_jobs(0, 100),
            lambda view: view.deleted_executions(0, 100),
            lambda view: view.living_of("j1"),
            lambda view: view.latest_execution("j2"),
        ):
            expected_held, got_held = map(ask, views)
            assert _said(got_held) == _said(expected_held)
    assert list(told.changes(EPOCH - 1, END)) == list(plain.changes(EPOCH - 1, END))
    assert list(told.events(EPOCH - 1, END)) == list(plain.events(EPOCH - 1, END))


def _said(held: Any) -> object:
    value, until = held
    records = value if isinstance(value, list) else [value]
    return [None if record is None else record.fields for record in records], until
