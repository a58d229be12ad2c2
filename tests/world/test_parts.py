"""The parts of the world function: draws, ids, scenarios, columns, instants and statuses."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import InstantError, ScenarioError, UsageError
from toolkit.model import instants
from toolkit.model.status import STATUSES, TRANSITIONS, is_legal, is_terminal
from toolkit.timeline.order import merged_page
from toolkit.world import order
from toolkit.world.catalogue import ASSETS, TEMPLATES
from toolkit.world.commands import MemoryLog
from toolkit.world.draws import Draws, key_of, mix
from toolkit.world.ids import Ids
from toolkit.world.population import PER_JOB
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.world import World


def test_draws_are_what_they_always_were() -> None:
    """Draws are part of the generator: these numbers may only change with its revision."""
    assert key_of(7, "ex") == 3_731_673_444_991_351_368
    assert Draws(7, "ex", "duration").at(17) == 13_545_782_244_183_327_774
    assert mix(1) == 6_238_072_747_940_578_789


def test_a_key_keeps_its_parts_apart() -> None:
    """Neither joined names nor a number written as text make the same key."""
    assert len({key_of("a", "b"), key_of("ab"), key_of(1), key_of("1")}) == 4


@given(st.integers(0, 2**63), st.lists(st.integers(0, 2**40), min_size=1))
def test_an_array_of_draws_is_the_draws_one_by_one(seed: int, indices: list[int]) -> None:
    """Columns and single documents come from the same numbers."""
    draws, ids = Draws(seed, "x"), Ids(seed, "x")
    array = np.array(indices, dtype=np.uint64)

    assert [int(n) for n in draws.at(array)] == [draws.at(i) for i in indices]
    assert [int(n) for n in ids.rank(array)] == [ids.rank(i) for i in indices]


@given(st.integers(0, 2**63), st.integers(0, 2**60 - 1), st.integers(0, 2**60 - 1))
def test_ids_lead_back_and_sort_by_rank(seed: int, number: int, other: int) -> None:
    """An id gives its number back, and ids stand in the order of their ranks."""
    ids = Ids(seed, "job")

    assert ids.number_of(ids.id_of(number)) == number
    assert (ids.id_of(number) < ids.id_of(other)) == (ids.rank(number) < ids.rank(other))


@given(st.text(max_size=40))
def test_texts_that_are_no_ids_of_ours_are_unknown(text: str) -> None:
    """Anything else is no id."""
    assert Ids(1, "job").number_of(text) is None
    assert Ids(1, "job").number_of(Ids(2, "job").id_of(5)) is None


@pytest.mark.parametrize("jobs", [0, 1, 30, 500])
def test_a_world_built_from_columns_is_the_world_built_one_by_one(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The order of jobs and history does not depend on how it was computed."""
    small = World(Scenario(seed=4, jobs=jobs), 0, Scenario().epoch)
    rows = [list(map(int, column)) for s in (small.jobs, small.history) for column in (s.numbers, s.updated)]
    monkeypatch.setattr(order, "COLUMNS_FROM", 0)
    big = World(Scenario(seed=4, jobs=jobs), 0, Scenario().epoch)

    assert [list(map(int, column)) for s in (big.jobs, big.history) for column in (s.numbers, s.updated)] == rows


@pytest.mark.parametrize("columns_from", [0, 20_000])
def test_a_world_without_history_has_only_the_living(columns_from: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `history_most` 0 the list begins with the living executions and holds nothing else."""
    monkeypatch.setattr(order, "COLUMNS_FROM", columns_from)
    scenario = Scenario(seed=4, history_most=0)

    assert LiveTimeline(scenario, MemoryLog()).at(scenario.epoch).execution_count() == 15


def test_a_million_executions_start_and_serve() -> None:
    """A world of a million executions gives pages at both ends of its list and at far instants."""
    scenario = Scenario(seed=1, jobs=670_000)
    timeline = LiveTimeline(scenario, MemoryLog())
    view = timeline.at(scenario.epoch)

    assert view.execution_count() > 1_000_000
    assert len(view.controllers().value) == 1000
    assert [len(view.executions(start, 10).value) for start in (0, 5_000, 9_990)] == [10, 10, 10]
    assert len(timeline.at(scenario.last).executions(0, 100).value) == 100
    assert view.executions(view.execution_count() - 1, 5).value[0].fields["_status"] != "running"


def test_pages_of_two_sequences_are_pages_of_the_merged_one() -> None:
    """Whatever the split, a page is a slice of the sorted whole."""
    for split in range(9):
        keys = [(i, "") for i in range(8)]
        short, long = [k for k in keys if k[0] % 8 < split], [k for k in keys if k[0] % 8 >= split]
        for start in range(10):
            page = merged_page([(k, k) for k in short], len(long), long.__getitem__, long.__getitem__, start, 3)
            assert page == keys[start : start + 3]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"nope": 1}, "is not a parameter"),
        ({"jobs": "25"}, "a whole number"),
        ({"jobs": True}, "a whole number"),
        ({"jobs": -1}, "from 0 to"),
        ({"living_share": 1.5}, "from 0 to 1"),
        ({"living_share": "x"}, "a number"),
        ({"event_chance": 2}, "from 0 to 1"),
        ({"event_every": "3"}, "a duration"),
        ({"event_every": 180_000}, "a duration"),
        ({"event_every": "2m"}, "longer than a start-up"),
        ({"epoch": "yesterday"}, "a date"),
        ({"cluster_name": 3}, "a text"),
        ({"step_least": "5s"}, "must not be above step_most"),
        ({"young_share": 0.5, "recent_share": 0.5}, "must not be above 1 together"),
        ({"recent_under": "11s"}, "longest start-up"),
        ({"days_to": "160d"}, "history_to"),
        ({"history_from": "160d"}, "history_to"),
        ({"hours_from": "1h", "days_from": "1h"}, "above hours_from"),
        ({"hours_from": "61s", "step_most": "20s", "recent_under": "61s"}, "above the longest start-up"),
        ({"epoch": "0001-01-01"}, "must be from 0003-"),
    ],
)
def test_scenarios_that_cannot_be_are_refused(table: dict[str, Any], words: str) -> None:
    """A bad parameter is named, with its value and the rule, in one line."""
    with pytest.raises(ScenarioError, match=words) as caught:
        Scenario.from_table(table)

    assert next(iter(table)) in str(caught.value) or "share" in str(caught.value) or "history_to" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_scenario_is_its_table() -> None:
    """Written as a table and read again, a scenario is itself; given values win over the table's."""
    scenario = Scenario(seed=5, jobs=3, event_every=300_000, cluster_name="x")

    assert Scenario.from_table(scenario.to_table()) == scenario
    assert Scenario.from_table({"jobs": 3, "living_share": 1}, jobs=4) == Scenario(jobs=4, living_share=1)
    assert set(scenario.to_table()) == {field.name for field in fields(Scenario)} - {"stories"}


def test_the_log_is_folded_by_instant_then_sequence() -> None:
    """Entries count in the order of their instants, those of one instant in the order they came."""
    log = MemoryLog()
    for t in (5, 3, 5):
        log.append(t, {"do": "x"})

    assert [(c.t, c.sequence) for c in log.in_order()] == [(3, 2), (5, 1), (5, 3)]
    assert log.sequence == 3


def test_a_timeline_is_asked_within_its_bounds() -> None:
    """Both ends can be asked for; a millisecond beyond cannot."""
    timeline = LiveTimeline(Scenario(), MemoryLog())
    for t in (timeline.first - 1, timeline.last + 1):
        with pytest.raises(InstantError, match="ask for an instant in between"):
            timeline.at(t)

    assert timeline.at(timeline.first).job_count() == timeline.at(timeline.last).job_count() == 25


def test_statuses_have_one_table() -> None:
    """Every status has its row; only terminal ones lead nowhere; paths are checked from pending on."""
    assert set(TRANSITIONS) == set(STATUSES)
    assert {status for status in STATUSES if is_terminal(status)} == {
        "completed",
        "stopped",
        "rejected",
        "failed",
        "terminated",
    }
    assert is_legal(("pending", "scheduling", "initializing", "running", "stopping", "stopped"))
    assert not is_legal(("pending", "running"))
    assert not is_legal(("stopping", "running"))
    assert not is_legal(("running",))


@given(st.integers(instants.EARLIEST, instants.LATEST))
def test_instants_are_read_as_they_are_written(t: int) -> None:
    """Writing and reading an instant gives it back; the wire format is recognised."""
    assert instants.parse_instant(instants.format_instant(t)) == t
    assert instants.is_wire_instant(instants.format_instant(t))


@given(st.integers(0, 10**15))
def test_durations_are_read_as_they_are_written(ms: int) -> None:
    """Writing and reading a duration gives it back."""
    assert instants.parse_duration(instants.format_duration(ms)) == ms


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("500ms", 500),
        ("5s", 5_000),
        ("30m", 1_800_000),
        ("2h", 7_200_000),
        ("30d", 2_592_000_000),
        ("1h30m", 5_400_000),
    ],
)
def test_durations_of_every_unit(text: str, ms: int) -> None:
    """Each unit counts as it should."""
    assert instants.parse_duration(text) == ms


@pytest.mark.parametrize(
    ("text", "t"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01 00:00:00.5", 500),
        ("+4m3s", 243_000 + 7),
        ("-5ms", 2),
    ],
)
def test_dates_and_offsets(text: str, t: int) -> None:
    """A date without a zone is UTC; an offset counts from its base."""
    assert instants.parse_at(text, 7) == t


@pytest.mark.parametrize(
    "text",
    [
        "",
        "5",
        "5 s",
        "s",
        "-5s",
        "1y",
        "nan",
        "tomorrow",
        "2026-13-01",
        "1970-01-01T00:00:00.0001Z",
        "0001-01-01T00:00+14:00",
    ],
)
def test_texts_that_are_neither_are_refused(text: str) -> None:
    """What is no duration and no date is refused with an example."""
    with pytest.raises(UsageError, match="write it like"):
        instants.parse_duration(text)
    with pytest.raises(UsageError, match=r"write it like|whole milliseconds"):
        instants.parse_instant(text)


def test_offsets_stay_within_the_calendar() -> None:
    """An offset beyond the years that can be written is refused."""
    with pytest.raises(UsageError, match="beyond the years"):
        instants.parse_at("+999999999999999d", 0)


def test_history_numbers_leave_room_for_three_a_job() -> None:
    """A historical execution's number tells its job and its place."""
    world = World(Scenario(), 0, Scenario().epoch)

    assert {int(n) // PER_JOB % PER_JOB for n in world.history.numbers} <= {0, 1, 2}


def test_a_mistyped_parameter_gets_a_hint() -> None:
    """The nearest parameter is named; where none is near, how to begin."""
    with pytest.raises(ScenarioError, match="did you mean jobs"):
        Scenario.from_table({"jobz": 3})
    with pytest.raises(ScenarioError, match="such as jobs and event_every"):
        Scenario.from_table({"qqqq": 3})


def test_nothing_generated_is_deleted_and_every_asset_says_its_operations() -> None:
    """The lists of the deleted are empty; what a template's jobs use is built in or in one of their assets."""
    timeline = LiveTimeline(Scenario(jobs=5), MemoryLog())
    view = timeline.at(timeline.first)
    assert view.deleted_jobs(0, 10).value == view.deleted_executions(0, 10).value == []
    operations = view.asset_operations().value
    assert set(operations) == {record.fields["id"] for record in view.assets().value}
    for template in TEMPLATES:
        known = {"test-reader", "delay", "noop", "collect"}
        known.update(name for asset in template.assets for name in operations[ASSETS[asset].id])
        assert {operation["_op"] for operation in template.operations} <= known
