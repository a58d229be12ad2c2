"""Executions by status over time, against counting every instant."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.study.worlds import generated, recorded
from toolkit.study.census import take_census
from toolkit.study.lines import Paper
from toolkit.study.statuses import UNKNOWN
from toolkit.tracks.kinds import KINDS
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from toolkit.tracks.timeline import TrackTimeline


def counted(timeline: TrackTimeline, t: int) -> Counter[str]:
    """Count the list of executions at an instant."""
    found = [record.fields.get("_status") for record in timeline.at(t).executions(0, 10_000).value]
    return Counter(status if isinstance(status, str) else UNKNOWN for status in found)


@given(recorded(), st.data())
def test_rows_are_what_counting_every_instant_gives(timeline: TrackTimeline, data: st.DataObject) -> None:
    """First, last, highest, and the highest of each stretch, whatever the records do."""
    instants = range(timeline.first, timeline.last + 1)
    starts = sorted(data.draw(st.sets(st.sampled_from(instants))) | {timeline.first})
    rows = take_census(timeline).statuses.rows(starts)
    by_instant = {t: counted(timeline, t) for t in instants}

    assert {row.status for row in rows} == set().union(*by_instant.values())
    for row in rows:
        numbers = [by_instant[t][row.status] for t in instants]
        assert (row.first, row.last, row.highest) == (numbers[0], numbers[-1], max(numbers))
        ends = [*starts[1:], timeline.last + 1]
        assert row.levels == [
            max(by_instant[t][row.status] for t in range(start, end)) for start, end in zip(starts, ends, strict=True)
        ]


@given(recorded())
def test_counts_are_those_of_the_lists(timeline: TrackTimeline) -> None:
    """At the start and the end as many records as the lists have; ever as many as there are."""
    census = take_census(timeline)

    assert list(census.counts) == list(KINDS)
    for name, count in census.counts.items():
        assert count.ever == len(timeline.shelf(name))
        if name != "errors":
            assert count.start == timeline.ordering(name).count(timeline.first)
            assert count.end == timeline.ordering(name).count(timeline.last)
            assert count.deleted == len(timeline.ordering(name).deleted_page(timeline.last, 0, 100).value)


@pytest.mark.parametrize("name", ["default", "busy"])
def test_a_generated_world_is_counted_alike(name: str) -> None:
    """At every tenth of a bundle's time the level is at least what the list says, and exact where nothing moves."""
    scenario = Scenario.from_table(NAMED[name].table, seed=3)
    timeline = generated(scenario, 120_000)
    starts = [timeline.first + place * 12_000 for place in range(10)]
    rows = {row.status: row for row in take_census(timeline).statuses.rows(starts)}
    for place, start in enumerate(starts):
        for status, count in counted(timeline, start).items():
            assert rows[status].levels[place] >= count
    assert {status: row.first for status, row in rows.items() if row.first} == counted(timeline, timeline.first)
    assert {status: row.last for status, row in rows.items() if row.last} == counted(timeline, timeline.last)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.booleans())
def test_a_bar_never_hides_a_number(levels: list[int], ascii_only: bool) -> None:  # noqa: FBT001 - drawn
    """Only 0 is empty, only the highest is full, and a higher number is never a lower bar."""
    paper = Paper(100, ascii=ascii_only)
    highest = max(levels) or 1
    bar = paper.bar(levels, highest)
    marks = paper.bar([0, *range(1, 9)], 8)

    assert len(bar) == len(levels)
    assert bar.isascii() or not ascii_only
    for level, mark in zip(levels, bar, strict=True):
        assert (mark == " ") == (level == 0)
        assert (mark == marks[-1]) == (level == highest)
    heights = [marks.index(mark) for _, mark in sorted(zip(levels, bar, strict=True))]
    assert heights == sorted(heights)
