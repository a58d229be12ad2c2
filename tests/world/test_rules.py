"""Every rule of the generated world, over many seeds and instants."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.model.instants import DAY, HOUR, MINUTE, SECOND, is_wire_instant, parse_instant
from toolkit.model.status import INITIAL, TERMINAL, TRANSITIONS, is_terminal
from toolkit.world.commands import MemoryLog
from toolkit.world.population import HISTORY, LANE, PER_JOB, STARTED, number_of
from toolkit.world.scenario import LIFETIME, Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.world import World

if TYPE_CHECKING:
    from toolkit.timeline.view import View
    from toolkit.world.life import Life

EPOCH = 1_767_225_600_000
SEEDS = st.integers(0, 2**32)
INSTANTS = st.one_of(
    st.integers(EPOCH, EPOCH + 20 * SECOND),
    st.integers(EPOCH, EPOCH + HOUR),
    st.integers(EPOCH, EPOCH + 60 * DAY),
    st.integers(EPOCH, EPOCH + LIFETIME),
)
many = settings(max_examples=40, deadline=None)


def world_of(seed: int, **parameters: Any) -> World:
    """Make the first world of a scenario."""
    return World(Scenario(seed=seed, epoch=EPOCH, **parameters), 0, EPOCH)


def view_of(seed: int, t: int, **parameters: Any) -> View:
    """Look at a world at an instant."""
    return LiveTimeline(Scenario(seed=seed, epoch=EPOCH, **parameters), MemoryLog()).at(t)


def executions(view: View, most: int = 400) -> list[dict[str, Any]]:
    """Give the documents of the newest executions: all of them in a default world's first days."""
    return [record.fields for record in view.executions(0, most).value]


def lives(world: World, started: int = 40) -> list[Life]:
    """Give every life of a world: lanes, history and the first started ones."""
    numbers = [number_of(LANE, i) for i in range(world.population.living)]
    numbers += [int(n) for n in world.history.numbers]
    numbers += [number_of(STARTED, i) for i in range(started)]
    return [world.lives.life(number) for number in numbers]


@many
@given(seed=SEEDS, jobs=st.integers(0, 120))
def test_three_fifths_of_the_jobs_live_at_the_epoch(seed: int, jobs: int) -> None:
    """60 % of the jobs have a living execution at the epoch, each just one."""
    living = [e for e in executions(view_of(seed, EPOCH, jobs=jobs)) if not is_terminal(e["_status"])]

    assert abs(len(living) - 0.6 * jobs) <= 0.5
    assert len({e["job_id"] for e in living}) == len(living)


@settings(max_examples=5, deadline=None)
@given(seed=SEEDS, jobs=st.integers(10, 400), most=st.integers(0, 30), t=INSTANTS)
def test_never_more_live_than_max_living(seed: int, jobs: int, most: int, t: int) -> None:
    """`max_living` bounds the living executions at the epoch and at any later instant."""
    view = view_of(seed, t, jobs=jobs, max_living=most)

    assert len(view.controllers().value) <= most


@many
@given(seed=SEEDS, t=INSTANTS)
def test_no_job_ever_has_two_living_executions(seed: int, t: int) -> None:
    """At any instant of ten years every job has at most one execution that is not terminal."""
    world = world_of(seed)
    jobs = [life.job for life, _ in world.living(t)]

    assert len(set(jobs)) == len(jobs)


@many
@given(seed=SEEDS)
def test_history_is_none_to_three_terminal_executions_a_job_1_to_180_days_old(seed: int) -> None:
    """Every job has 0 to 3 historical executions, terminal, 1 to 180 days old, one after another."""
    world = world_of(seed, jobs=40)
    per_job: dict[int, list[Life]] = {}
    for number in world.history.numbers:
        life = world.lives.life(int(number))
        per_job.setdefault(life.job, []).append(life)

        assert is_terminal(life.moves[-1][1])
        assert DAY <= EPOCH - life.moves[-1][0] < EPOCH - life.created <= 180 * DAY
    for of_one in per_job.values():
        ordered = sorted(of_one, key=lambda life: life.created)

        assert len(of_one) <= 3
        assert all(a.ended < b.created for a, b in pairwise(ordered))


def test_every_number_of_historical_executions_occurs() -> None:
    """0, 1, 2 and 3 historical executions are each about as common."""
    counts = Counter(world_of(seed, jobs=100).population.count_of(job) for seed in range(10) for job in range(100))

    assert set(counts) == {0, 1, 2, 3}
    assert min(counts.values()) > 200


@many
@given(seed=SEEDS, t=INSTANTS)
def test_joins_hold(seed: int, t: int) -> None:
    """Executions take their job's fields, controllers their execution's."""
    view = view_of(seed, t)
    jobs = {r.fields["job_id"]: r.fields for r in view.jobs(0, 10_000).value}
    known = {e["ex_id"]: e for e in (r.fields for r in view.executions(0, 200).value)}
    for execution in known.values():
        job = jobs[execution["job_id"]]
        for name in ("name", "lifecycle", "workers", "operations"):
            assert execution[name] == job[name]
    for record in view.controllers().value:
        controller = record.fields
        held = view.execution(controller["ex_id"]).value
        assert held is not None
        execution = held.fields
        assert (controller["job_id"], controller["name"]) == (execution["job_id"], execution["name"])
        assert controller["workers_available"] + controller["workers_joined"] == execution["workers"]


@many
@given(seed=SEEDS, t=INSTANTS)
def test_processes_are_exactly_controllers_and_joined_workers(seed: int, t: int) -> None:
    """One controller per execution from initializing on and its joined workers, on nodes with room."""
    view = view_of(seed, t)
    found: Counter[tuple[str, str]] = Counter()
    for key, record in view.nodes().value:
        node = record.fields
        ids = [process["worker_id"] for process in node["active"]]
        assert key == node["node_id"]
        assert node["available"] == node["total"] - len(node["active"]) >= 0
        assert ids == sorted(set(ids))
        found.update((p["ex_id"], p["assignment"]) for p in node["active"] if "ex_id" in p)
    expected: Counter[tuple[str, str]] = Counter()
    for record in view.controllers().value:
        controller = record.fields
        held = view.execution(controller["ex_id"]).value
        assert held is not None
        if held.fields["_status"] not in {"pending", "scheduling"}:
            expected[controller["ex_id"], "execution_controller"] = 1
        if controller["workers_joined"]:
            expected[controller["ex_id"], "worker"] = controller["workers_joined"]

    assert found == expected


@many
@given(seed=SEEDS, before=INSTANTS, after=INSTANTS)
def test_a_worker_stays_on_its_node(seed: int, before: int, after: int) -> None:
    """A process that is there at two instants is on the same node with the same number and pid."""
    places: list[dict[tuple[str, str, int], tuple[str, int]]] = []
    for t in (before, after):
        nodes = view_of(seed, t).nodes().value
        places.append(
            {
                (p["ex_id"], key, p["worker_id"]): (p["assignment"], p["pid"])
                for key, r in nodes
                for p in r.fields["active"]
                if "ex_id" in p
            }
        )
    shared = places[0].keys() & places[1].keys()

    assert all(places[0][key] == places[1][key] for key in shared)


@many
@given(seed=SEEDS)
def test_ages_at_the_epoch_follow_the_shares(seed: int) -> None:
    """20 % are starting and under 10 s old, 15 % under 5 min, 20 % hours, the rest days to months."""
    world = world_of(seed, jobs=100)
    ages = [EPOCH - life.created for life, _ in world.living(EPOCH)]
    starting = [life for life, _ in world.living(EPOCH) if life.move_at(EPOCH)[1] in INITIAL]

    assert len([age for age in ages if age < 10 * SECOND]) == 12 == len(starting)
    assert all(EPOCH - life.created < min(10 * SECOND, life.started - life.created) for life in starting)
    assert len([age for age in ages if 10 * SECOND <= age < 5 * MINUTE]) == 9
    assert len([age for age in ages if HOUR <= age < DAY]) == 12
    assert len([age for age in ages if DAY <= age <= 120 * DAY]) == 27


@many
@given(seed=SEEDS)
def test_start_up_takes_three_steps_of_3_to_4_seconds(seed: int) -> None:
    """pending, scheduling and initializing last 3 to 4 s each."""
    for life in lives(world_of(seed)):
        steps = [(a[1], b[0] - a[0]) for a, b in pairwise(life.moves) if a[1] in INITIAL and b[1] != "rejected"]

        assert all(3 * SECOND <= length <= 4 * SECOND for _, length in steps)
        assert [name for name, _ in steps] in ([], list(INITIAL))


@many
@given(seed=SEEDS)
def test_recovering_failing_and_stopping_take_their_times(seed: int) -> None:
    """Recovering lasts 3 min, failing 2 min, stopping 60 s."""
    lasting = {
        "recovering": (3 * MINUTE, {"running"}),
        "failing": (2 * MINUTE, {"failed", "terminated"}),
        "stopping": (MINUTE, {"stopped"}),
    }
    for life in lives(world_of(seed, jobs=60)):
        for (begin, status), (end, following) in pairwise(life.moves):
            if status in lasting:
                assert (end - begin, following in lasting[status][1]) == (lasting[status][0], True)


@many
@given(seed=SEEDS)
def test_every_status_path_is_legal(seed: int) -> None:
    """Every history of statuses begins with pending and walks the one table of moves, at rising instants."""
    for life in lives(world_of(seed)):
        assert life.moves[0][1] == "pending"
        assert all(b in TRANSITIONS[a] for (_, a), (_, b) in pairwise(life.moves))
        assert all(a < b for (a, _), (b, _) in pairwise(life.moves))


@many
@given(seed=SEEDS, t=INSTANTS, later=st.integers(0, 400 * DAY))
def test_terminal_executions_never_change_again(seed: int, t: int, later: int) -> None:
    """A terminal execution's document, statistics included, is the same at every later instant."""
    timeline = LiveTimeline(Scenario(seed=seed, epoch=EPOCH), MemoryLog())
    after = timeline.at(min(t + later, timeline.last))
    for record in timeline.at(t).executions(0, 60).value:
        if record.fields["_status"] in TERMINAL:
            held = after.execution(record.fields["ex_id"]).value
            assert held is not None
            assert held.fields == record.fields


@many
@given(seed=SEEDS, t=INSTANTS)
def test_workers_follow_their_rules(seed: int, t: int) -> None:
    """Joined <= asked, active <= joined, available the rest, queued = active, disconnects under a quarter of joined."""
    for record in view_of(seed, t).controllers().value:
        c = record.fields
        asked = c["workers_available"] + c["workers_joined"]

        assert 0 <= c["workers_active"] <= c["workers_joined"] <= asked
        assert c["queued"] == c["workers_active"]
        assert 0 <= c["workers_reconnected"] <= c["workers_disconnected"]
        assert 4 * c["workers_disconnected"] < max(1, c["workers_joined"])


def test_shares_of_joined_and_active_workers() -> None:
    """About 95 % of the executions have all workers joined, and about 95 % of those running all of them active."""
    joined, active, some = Counter[bool](), Counter[bool](), Counter[bool]()
    for seed in range(60):
        view = view_of(seed, EPOCH + 30 * MINUTE, jobs=100)
        for record in view.controllers().value:
            c = record.fields
            held = view.execution(c["ex_id"]).value
            assert held is not None
            if held.fields["_status"] == "running":
                joined[c["workers_available"] == 0] += 1
                active[c["workers_active"] == c["workers_joined"]] += 1
                some[c["workers_disconnected"] > 0] += 1

    assert 0.93 < joined[True] / joined.total() < 0.98
    assert 0.93 < active[True] / active.total() < 0.98
    assert 0 < some[True] / some.total() < 0.08


@many
@given(seed=SEEDS, t=INSTANTS)
def test_paused_and_stopping_executions_stand_still(seed: int, t: int) -> None:
    """Paused: nobody active. Paused and stopping: counters as when it began, `_slicer_stats` from stopping on."""
    world = world_of(seed)
    for life, _ in world.living(t):
        since, status = life.move_at(t)
        stats = life.stats(t)
        if status == "paused":
            assert (stats["workers_active"], stats["processed"]) == (0, life.processed(since))
        if status == "stopping":
            number = life.moves_until(t)
            stored = world.execution_record(life.number, number).fields["_slicer_stats"]
            assert stats == life.stats(since)
            assert {name: stored[name] for name in stats} == stats


@many
@given(seed=SEEDS, data=st.data())
def test_counters_never_fall_and_are_derived_as_said(seed: int, data: st.DataObject) -> None:
    """Processed is a line; failed and subslices are derived from it; none ever falls."""
    life = data.draw(st.sampled_from(lives(world_of(seed))))
    instants = sorted(data.draw(st.lists(st.integers(life.created, life.created + 3 * DAY), min_size=2, max_size=20)))
    stats = [life.stats(t) for t in instants]
    for before, after in pairwise(stats):
        for name in ("processed", "failed", "subslices", "workers_disconnected", "workers_reconnected"):
            assert before[name] <= after[name]
    for one in stats:
        assert one["failed"] == one["processed"] * life.ppm // 1_000_000
        assert one["subslices"] == one["processed"] * life.permille // 1000
        assert life.ppm == 0 or 500 <= life.ppm <= 5000
        assert 1000 <= life.permille <= 1500


@many
@given(seed=SEEDS, data=st.data())
def test_processed_is_about_one_slice_per_10_s_and_worker(seed: int, data: st.DataObject) -> None:
    """A running execution finishes 360 slices an hour and worker, give or take a tenth."""
    life = data.draw(st.sampled_from(lives(world_of(seed))))

    assert abs(life.per_hour - 360 * life.joined) <= 36 * life.joined + 1


@many
@given(seed=SEEDS, t=INSTANTS)
def test_the_next_change_of_statistics_is_exact(seed: int, t: int) -> None:
    """Statistics are the same until the instant they say; a counter's own change happens exactly there."""
    for life, _ in world_of(seed).living(t):
        until = life.stats_until(t)

        assert until > t
        assert life.stats(until - 1) == life.stats(t)


def test_a_tenth_of_the_executions_has_failures() -> None:
    """About 90 % of the executions never have a failed slice."""
    fails = [life.ppm > 0 for seed in range(20) for life in lives(world_of(seed, jobs=100), 100)]

    assert 0.08 < sum(fails) / len(fails) < 0.12


@many
@given(seed=SEEDS, days=st.integers(0, 3000))
def test_every_three_minutes_one_event_half_starts_half_stops(seed: int, days: int) -> None:
    """Each place has one event; two neighbours of a pair are one start and one stop; the living number holds."""
    world = world_of(seed)
    calendar = world.lives.calendar
    base = EPOCH + days * DAY
    base -= (base - EPOCH) % (6 * MINUTE)
    for pair in range(5):
        begin = base + pair * 6 * MINUTE
        starts = [calendar.starts_by(begin + i * 3 * MINUTE) for i in range(3)]
        stops = [calendar.stops_by(begin + i * 3 * MINUTE) for i in range(3)]

        assert starts[2] - starts[0] == stops[2] - stops[0] == 1
        assert (starts[1] - starts[0]) + (stops[1] - stops[0]) == 1
        assert abs(starts[1] - stops[1]) <= 1


@many
@given(seed=SEEDS, number=st.integers(0, 800_000))
def test_events_take_effect_at_their_instant(seed: int, number: int) -> None:
    """The k-th start is of a job with none living, the k-th stop takes a running execution; both computed alone."""
    world = world_of(seed)
    calendar = world.lives.calendar
    start, stop = calendar.start_time(number), calendar.stop_time(number)
    started = world.lives.life(number_of(STARTED, number))
    stopped = world.lives.life(world.lives.at_place(number))

    assert (calendar.starts_by(start - 1), calendar.starts_by(start)) == (number, number + 1)
    assert (calendar.stops_by(stop - 1), calendar.stops_by(stop)) == (number, number + 1)
    assert started.moves[0] == (start, "pending")
    assert started.job not in {life.job for life, _ in world.living(start - 1)}
    assert (stopped.move_at(stop - 1)[1], stopped.move_at(stop)) == ("running", (stop, "stopping"))


@settings(max_examples=30, deadline=None)
@given(
    seed=SEEDS,
    chance=st.sampled_from([0.0, 0.1, 0.5, 0.9]),
    share=st.sampled_from([0.0, 0.3, 0.5, 0.7, 1.0]),
    jobs=st.integers(1, 30),
)
def test_chance_and_share_of_events(seed: int, chance: float, share: float, jobs: int) -> None:
    """`event_chance` thins events out; `start_share` lets the cluster grow or drain, within its jobs."""
    world = world_of(seed, event_chance=chance, start_share=share, jobs=jobs)
    calendar = world.lives.calendar
    events = 2_000
    t = EPOCH + events * 3 * MINUTE
    happened = calendar.starts_by(t) + calendar.stops_by(t)

    assert abs(happened - chance * events) <= 2
    for at in (EPOCH, EPOCH + 100 * MINUTE, t):
        living = world.living(at)
        assert len({life.job for life, _ in living}) == len(living) <= jobs
        assert all(not is_terminal(life.move_at(at)[1]) for life, _ in living)
    growth = calendar.starts_by(t) - calendar.stops_by(t)
    assert (growth > 1) <= (share > 0.5)
    assert (growth < -1) <= (share < 0.5)


@many
@given(seed=SEEDS, t=INSTANTS)
def test_only_events_and_own_endings_end_what_runs(seed: int, t: int) -> None:
    """Running and paused stay so for hours and days; only once jobs complete."""
    world = world_of(seed)
    for life, place in world.living(t):
        statuses = [status for _, status in life.moves]
        if "completed" in statuses:
            assert world.population.job(life.job).lifecycle == "once"
        if place is not None:
            assert statuses[-2:] == ["stopping", "stopped"]
            assert life.moves[-2][0] == world.lives.calendar.stop_time(place)
        if life.move_at(t)[1] == "paused":
            assert life.ended > EPOCH + LIFETIME


@many
@given(seed=SEEDS, t=INSTANTS)
def test_shapes(seed: int, t: int) -> None:
    """Ids are UUIDs v4 with dashes, dates are UTC with milliseconds, lifecycles and operations are Teraslice's."""
    view = view_of(seed, t)
    uuid = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
    for execution in executions(view):
        assert all(re.fullmatch(uuid, execution[name]) for name in ("ex_id", "job_id"))
        assert all(is_wire_instant(execution[name]) for name in ("_created", "_updated"))
        assert execution["_created"] <= execution["_updated"]
        assert execution["lifecycle"] in {"once", "persistent"}
        assert len(execution["operations"]) >= 2
        assert all("_op" in operation and "_encoding" in operation for operation in execution["operations"])
        assert ("slicer_port" in execution) == (execution["_status"] not in {"pending", "scheduling", "rejected"})
    for record in view.controllers().value:
        assert is_wire_instant(record.fields["started"])


@many
@given(seed=SEEDS, t=INSTANTS)
def test_one_controller_for_each_execution_that_is_not_terminal(seed: int, t: int) -> None:
    """One for each living execution, `started` always there, counters 0 before it runs, in the wire's order."""
    view = view_of(seed, t)
    controllers = [record.fields for record in view.controllers().value]
    for c in controllers:
        held = view.execution(c["ex_id"]).value
        assert held is not None
        assert not is_terminal(held.fields["_status"])
        if held.fields["_status"] in INITIAL:
            assert c["started"] == held.fields["_created"]
            assert c["processed"] == c["failed"] == c["subslices"] == c["queued"] == c["workers_joined"] == 0
    if t < EPOCH + DAY:
        living = {e["ex_id"] for e in executions(view) if not is_terminal(e["_status"])}
        assert {c["ex_id"] for c in controllers} == living
    order = [(c["name"], c["started"]) for c in controllers]
    assert order == sorted(order, reverse=True)


@many
@given(seed=SEEDS, t=INSTANTS)
def test_slicer_stats_are_empty_while_an_execution_simply_runs(seed: int, t: int) -> None:
    """`_slicer_stats` is `{}` in init statuses, running, recovering and paused, filled from failing or stopping on."""
    empty = {*INITIAL, "running", "recovering", "paused", "rejected"}
    for execution in executions(view_of(seed, t)):
        assert (execution["_slicer_stats"] == {}) == (execution["_status"] in empty)
        assert execution["_has_errors"] == (execution["_status"] in {"failing", "failed", "terminated"})


@many
@given(seed=SEEDS, t=INSTANTS)
def test_error_records_are_the_newest_thousand_of_the_last_day(seed: int, t: int) -> None:
    """As many records as failed slices of its last 24 h, at most 1,000, newest first, at the line's instants."""
    world = world_of(seed, jobs=60)
    view = view_of(seed, t, jobs=60)
    for life in [life for life in lives(world, 0) if life.ppm][:8]:
        until = min(t, life.frozen)
        records = [record.fields for record in view.errors(world.ex_ids.id_of(life.number)).value]
        expected = min(1000, life.failed(until) - life.failed(max(life.created, until - DAY)))

        assert len(records) == expected
        stamps = [parse_instant(record["_updated"]) for record in records]
        assert stamps == sorted(stamps, reverse=True)
        if records:
            assert life.failed(stamps[0]) == life.failed(until)
            assert life.failed(stamps[0] - 1) == life.failed(until) - 1
            assert len({record["slice_id"] for record in records}) == len(records)
            assert all(until - DAY < stamp <= until for stamp in stamps)


@many
@given(seed=SEEDS, t=INSTANTS)
def test_lists_are_newest_updated_first_with_ties_by_id(seed: int, t: int) -> None:
    """Pages concatenate to the whole; the whole is sorted by `_updated` descending, then id."""
    view = view_of(seed, min(t, EPOCH + 2 * DAY))
    whole = executions(view, 10_000)
    keys = [(-parse_instant(e["_updated"]), e["ex_id"]) for e in whole]
    pages = [r.fields for start in range(0, len(whole) + 7, 7) for r in view.executions(start, 7).value]

    assert keys == sorted(keys)
    assert len(whole) == min(10_000, view.execution_count())
    assert pages == whole


@pytest.mark.parametrize("t", [EPOCH, EPOCH + HOUR, EPOCH + 5 * DAY])
def test_every_id_of_a_world_leads_to_its_record_and_no_other_does(t: int) -> None:
    """Records are found by their own id; an id of the other kind, of another seed or of the future is unknown."""
    view, other = view_of(4, t), view_of(5, t)
    for record in view.executions(0, 50).value:
        held = view.execution(record.fields["ex_id"]).value
        assert held is not None
        assert held.fields == record.fields
        assert view.job(record.fields["ex_id"]).value is None
        assert other.execution(record.fields["ex_id"]).value is None
    assert world_of(4).lives.exists(number_of(HISTORY, PER_JOB * 25), t) is False
    future = world_of(4).ex_ids.id_of(number_of(STARTED, 800_000))
    assert view.execution(future).value is None
