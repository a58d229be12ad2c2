"""The cluster's totals, the latest execution of a job and the controller of an execution, against their definitions."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.errors import ScenarioError
from toolkit.model.instants import DAY, HOUR, MINUTE, parse_instant
from toolkit.model.status import is_terminal
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.totals import TOTALS, next_push, pushes, totals
from toolkit.world.world import World

SEEDS = st.integers(0, 10_000)
OFFSETS = st.integers(0, 3 * DAY)
SCENARIO = Scenario(seed=4)


def world_of(seed: int, **parameters: float) -> World:
    """The first world of a scenario."""
    scenario = Scenario.from_table({"disconnecting_share": 1.0, "failures_share": 0.5}, seed=seed, **parameters)
    return World(scenario, 0, scenario.epoch)


def simulated(world: World, t: int) -> list[int]:
    """Add up every push since the totals were zero, one by one, as controllers and their master do."""
    every, renewed = world.scenario.analytics_every, world.scenario.totals_from_zero_every
    begin = t - (t - world.epoch) % renewed
    sums = dict.fromkeys(TOTALS, 0)
    for life, _ in world.living_between(begin, t):
        instants = list(range(life.started + every, min(life.ended, t + 1), every))[-(renewed // every + 2) :]
        instants += [life.ended] if life.ended <= t else []
        before = dict.fromkeys(TOTALS, 0)
        length = 0
        for at in instants:
            now = life.stats(at) | ({"job_duration": 0} if at < life.ended else {})
            if at > begin:
                for name in TOTALS:
                    sums[name] += now[name] - (length if name == "queued" else before[name])
                length = now["queued"]
            before = now
    return list(sums.values())


@settings(max_examples=60, deadline=None)
@given(SEEDS, OFFSETS)
def test_totals_are_the_sum_of_all_pushes(seed: int, offset: int) -> None:
    """At any instant the totals are what adding up every increment gives."""
    world = world_of(seed)

    assert list(totals(world, world.epoch + offset, world.lived)) == simulated(world, world.epoch + offset)


@settings(max_examples=40, deadline=None)
@given(SEEDS, OFFSETS, st.integers(0, 2 * HOUR))
def test_pushes_are_the_totals_at_every_instant(seed: int, offset: int, length: int) -> None:
    """The listed instants ascend, each has the totals of its instant, and nothing changes in between."""
    world = world_of(seed, totals_from_zero_every=HOUR)
    first = world.epoch + offset
    listed = list(pushes(world, first, first + length, world.lived))

    assert listed[0][0] == first
    for (t, values), (later, _) in pairwise([*listed, (first + length + 1, ())]):
        assert values == totals(world, t, world.lived) == totals(world, later - 1, world.lived)
        assert t < later


@settings(max_examples=40, deadline=None)
@given(SEEDS, OFFSETS)
def test_totals_hold_until_the_next_push(seed: int, offset: int) -> None:
    """What is said to be the next push is later, and nothing changes before it."""
    world = world_of(seed)
    t = world.epoch + offset
    until = next_push(world, t, world.lived)

    assert until > t
    assert totals(world, until - 1, world.lived) == totals(world, t, world.lived)


@settings(max_examples=30, deadline=None)
@given(SEEDS, st.integers(0, DAY - HOUR), st.integers(0, HOUR - 1))
def test_counts_never_fall_until_they_begin_again(seed: int, offset: int, later: int) -> None:
    """All totals but the length of queues grow; they are zero at the epoch and whenever they begin again."""
    world = world_of(seed)
    t = world.epoch + offset
    before, after = (dict(zip(TOTALS, totals(world, at, world.lived), strict=True)) for at in (t, t + later))

    assert all(before[name] <= after[name] for name in TOTALS if name != "queued")
    assert after["workers_reconnected"] <= after["workers_disconnected"]
    assert not any(totals(world, world.epoch, world.lived) + totals(world, world.epoch + DAY, world.lived))


def test_totals_cost_the_same_after_ten_years() -> None:
    """How many executions are looked at depends on how long totals count, not on the world's age."""
    world = world_of(1)
    counted = [len(world.living_between(t - DAY, t)) for t in (world.epoch + DAY, world.scenario.last)]

    assert max(counted) <= DAY // world.scenario.event_every + world.scenario.jobs


def test_analytics_parameters_are_checked() -> None:
    """A time between pushes of nothing is refused by name."""
    with pytest.raises(ScenarioError, match="analytics_every"):
        Scenario(analytics_every=0)


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.sampled_from([1, 2, 5, 25]), st.integers(0, 2 * DAY), st.sampled_from([0.5, 0.9, 0.1]))
def test_the_latest_execution_of_a_job_has_the_newest_creation(seed: int, jobs: int, offset: int, share: float) -> None:
    """For every job, what is found at once is what looking through all executions finds; so is what lives of it."""
    scenario = Scenario(seed=seed, jobs=jobs, start_share=share)
    view = LiveTimeline(scenario, MemoryLog()).at(scenario.epoch + offset)
    newest: dict[str, tuple[int, str]] = {}
    living: dict[str, list[str]] = {}
    for record in view.executions(0, 10_000).value:
        created = parse_instant(record.fields["_created"])
        entry = created, record.fields["ex_id"]
        newest[record.fields["job_id"]] = max(entry, newest.get(record.fields["job_id"], entry))
        if not is_terminal(record.fields["_status"]):
            living.setdefault(record.fields["job_id"], []).append(record.fields["ex_id"])
    for record in view.jobs(0, jobs).value:
        job_id = record.fields["job_id"]
        found = view.latest_execution(job_id).value
        assert (found and found.fields["ex_id"]) == newest.get(job_id, (0, None))[1]
        assert [each.fields["ex_id"] for each in view.living_of(job_id).value] == living.get(job_id, [])
    assert view.latest_execution("nope").value is None


@settings(max_examples=40, deadline=None)
@given(SEEDS, st.integers(0, 2 * DAY))
def test_an_execution_has_a_controller_while_it_is_listed(seed: int, offset: int) -> None:
    """The controllers of the list, and no others, are found one by one, with the same content."""
    scenario = Scenario(seed=seed)
    view = LiveTimeline(scenario, MemoryLog()).at(scenario.epoch + offset)
    listed = {record.fields["ex_id"]: record.fields for record in view.controllers().value}
    for record in view.executions(0, 10_000).value:
        ex_id = record.fields["ex_id"]
        found = view.controller(ex_id).value
        assert (found and found.fields) == listed.get(ex_id)
    assert view.controller("nope").value is None


def test_assets_are_older_than_what_uses_them() -> None:
    """Every asset of an execution is listed, newest first, and was there before any job."""
    view = LiveTimeline(SCENARIO, MemoryLog()).at(SCENARIO.epoch + MINUTE)
    assets = [record.fields for record in view.assets().value]
    created = [asset["_created"] for asset in assets]
    used = {asset for record in view.executions(0, 10_000).value for asset in record.fields["assets"]}

    assert created == sorted(created, reverse=True)
    assert used <= {asset["id"] for asset in assets}
    assert max(created) < min(record.fields["_created"] for record in view.jobs(0, 10_000).value)
