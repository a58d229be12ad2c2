"""What a bundle says of a job's latest execution, one controller, the totals and the assets."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from toolkit.model.instants import format_instant
from toolkit.timeline.view import NEVER
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Counter, Span, Track

TOTALS = {"processed": 0, "failed": 0}


def timeline(**tracks: list[Track]) -> TrackTimeline:
    """A timeline over a hundred instants."""
    return TrackTimeline(tracks, 0, 100)


def execution(ex_id: str, job_id: Any, created: Any, *spans: Span, changes: list[Change] | None = None) -> Track:
    """An execution's track."""
    doc = {"ex_id": ex_id, "job_id": job_id, "_created": created}
    return Track(ex_id, doc, spans=list(spans), changes=changes or [])


def latest(of: TrackTimeline, job_id: str, t: int) -> tuple[Any, int]:
    """The id of a job's latest execution, and until when."""
    record, until = of.at(t).latest_execution(job_id)
    return record and record.fields["ex_id"], until


def test_the_latest_is_the_newest_that_exists() -> None:
    """The newest `_created` counts among those there are, and it holds until one comes or goes."""
    old, new = format_instant(10), format_instant(20)
    of = timeline(executions=[execution("a", "j", old), execution("b", "j", new, (30, 60)), execution("c", "k", new)])

    assert [latest(of, "j", t) for t in (0, 30, 60)] == [("a", 30), ("b", 60), ("a", NEVER)]
    assert latest(of, "k", 0) == ("c", NEVER)
    assert latest(of, "nope", 0) == (None, NEVER)


def test_equally_new_ones_and_odd_dates_have_an_order() -> None:
    """Of two that are equally new the lower id counts; no date at all is older than any."""
    of = timeline(executions=[execution("b", "j", "odd"), execution("a", "j", None), execution("c", None, None)])

    assert latest(of, "j", 0)[0] == "a"


def test_dates_before_1970_are_dates_too() -> None:
    """The newest of them counts, and no date at all is older still."""
    old, new = format_instant(-20), format_instant(-10)
    of = timeline(executions=[execution("a", "j", old), execution("b", "j", new), execution("c", "j", None)])

    assert latest(of, "j", 0)[0] == "b"


def test_jobs_whose_hashes_collide_are_told_apart() -> None:
    """An execution belongs to the job it names at the instant, whatever the index says."""
    assert crc32(b"plumless") == crc32(b"buckeroo")
    moves = [Change(50, set={"job_id": "other"})]
    of = timeline(executions=[execution("a", "plumless", None), execution("b", "moved", None, changes=moves)])

    assert latest(of, "buckeroo", 0) == (None, NEVER)
    assert latest(of, "plumless", 0) == ("a", NEVER)
    assert [latest(of, "moved", t)[0] for t in (0, 50)] == ["b", None]
    assert [latest(of, "other", t)[0] for t in (0, 50)] == [None, "b"]


def test_what_lives_of_a_job_is_what_is_not_terminal() -> None:
    """Every execution of the job whose status at the instant is not terminal, the newest or not; an odd one lives."""
    ends = [Change(50, set={"_status": "stopped"})]
    of = timeline(
        executions=[
            execution("a", "j", format_instant(10), changes=[Change(0, set={"_status": "running"}), *ends]),
            execution("b", "j", format_instant(20), (30, 60), changes=[Change(30, set={"_status": "completed"})]),
            execution("c", "k", None),
        ]
    )
    living = [of.at(t).living_of("j") for t in (0, 40, 50)]

    assert [[record.fields["ex_id"] for record in found] for found, _ in living] == [["a"], ["a"], []]
    assert [until for _, until in living] == [30, 50, 60]
    assert len(of.at(0).living_of("k").value) == 1


def test_controllers_are_found_by_execution() -> None:
    """A controller is there in its spans, and nowhere else."""
    of = timeline(controllers=[Track("e", {"ex_id": "e", "name": "n"}, spans=[(10, 20)])])
    found = [of.at(t).controller("e") for t in (0, 10, 20)]

    assert [record and record.fields["name"] for record, _ in found] == [None, "n", None]
    assert [until for _, until in found] == [10, 20, NEVER]


def test_totals_are_answered_under_both_names() -> None:
    """Totals kept once are answered twice; a recorded answer stays as it was; no totals are an empty object."""
    moving = Track("stats", TOTALS, counters={"processed": Counter(pieces=[(0, 0, 0), (5, 9, 0)])})
    recorded = {"controllers": {"processed": 1}, "slicer": {"processed": 2}}
    after = {"processed": 9, "failed": 0}

    assert timeline(cluster=[moving]).at(0).stats().value.fields == {"controllers": TOTALS, "slicer": TOTALS}
    assert timeline(cluster=[moving]).at(5).stats().value.fields == {"controllers": after, "slicer": after}
    assert timeline(cluster=[moving]).at(0).stats().until == 5
    assert timeline(cluster=[Track("stats", recorded)]).at(0).stats().value.fields == recorded
    assert timeline().at(0).stats().value.fields == {}


def test_assets_come_newest_first() -> None:
    """The list goes by `_created`, ties by id."""
    assets = [Track(i, {"id": i, "_created": format_instant(t)}) for i, t in (("a", 1), ("b", 2), ("c", 1))]

    assert [record.fields["id"] for record in timeline(assets=assets).at(0).assets().value] == ["b", "a", "c"]
