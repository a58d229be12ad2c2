"""Whatever a scenario may say, its world keeps the rules, and live and replay agree."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from toolkit.answers.answer import Cluster, Request, answer
from toolkit.bundle.reader import read_bundle
from toolkit.errors import ScenarioError
from toolkit.generate import generate
from toolkit.model.instants import DAY, HOUR, MINUTE
from toolkit.model.status import TRANSITIONS, is_terminal
from toolkit.world.commands import MemoryLog
from toolkit.world.parameters import PAIRED, PARAMETERS
from toolkit.world.population import LANE, STARTED, number_of
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline
from toolkit.world.world import World

if TYPE_CHECKING:
    from pathlib import Path


SMALL = {"jobs": 60, "max_living": 60, "node_slots": 60, "nodes_least": 60}
RANGES = {
    name: (each.low, min(each.high, SMALL.get(name, each.high)))
    for name, each in PARAMETERS.items()
    if each.unit in {"count", "duration"}
}
SHARES = [name for name, each in PARAMETERS.items() if each.unit == "share"]
CHOICES = {"hostnames": ["distinct", "loopback"], "assets": ["standard", "none"], "node_version": ["v24.0.0"]}
EPOCH = Scenario().epoch


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Draw a scenario with a few parameters anywhere in their ranges, mostly at the ends."""
    values: dict[str, Any] = {"jobs": draw(st.integers(0, 60)), "node_slots": draw(st.integers(3, 40))}
    for name in draw(st.sets(st.sampled_from(sorted(RANGES)), max_size=6)):
        low, high = RANGES[name]
        values[name] = draw(st.one_of(st.sampled_from([low, high]), st.integers(low, high)))
    for name in draw(st.sets(st.sampled_from(SHARES), max_size=4)):
        values[name] = draw(st.sampled_from([0, 0.001, 0.3, 0.499, 0.5, 0.501, 1]))
    for name in draw(st.sets(st.sampled_from(sorted(CHOICES)), max_size=2)):
        values[name] = draw(st.sampled_from(CHOICES[name]))
    for low_name, high_name in PAIRED:
        low, high = (values.get(name, getattr(Scenario, name, None)) for name in (low_name, high_name))
        if isinstance(low, int) and isinstance(high, int) and low > high:
            values[low_name], values[high_name] = high, low
    try:
        return Scenario(epoch=draw(st.sampled_from([EPOCH, -3 * HOUR])), **values)
    except ScenarioError:
        return Scenario(seed=draw(st.integers(0, 99)), jobs=values["jobs"], node_slots=values["node_slots"])


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(), offset=st.sampled_from([0, 1, 179_999, 180_000, HOUR, 3 * DAY, 900 * DAY]))
def test_any_accepted_scenario_keeps_the_rules(scenario: Scenario, offset: int) -> None:
    """Moves are legal and rise, nobody lives twice, the bound on the living holds, no node is over-full."""
    keeps_the_rules(scenario, scenario.epoch + offset)


def keeps_the_rules(scenario: Scenario, t: int) -> None:
    """Check a scenario's world, and at an instant the living and the nodes."""
    world = World(scenario, 0, scenario.epoch)
    numbers = [number_of(LANE, i) for i in range(world.population.living)]
    numbers += [int(number) for number in world.history.numbers]
    numbers += [number_of(STARTED, i) for i in range(min(20, world.lives.calendar.starts_by(scenario.last)))]
    for number in numbers:
        moves = world.lives.life(number).moves
        assert moves[0][1] == "pending"
        assert all(a < b and following in TRANSITIONS[status] for (a, status), (b, following) in pairwise(moves))
    living = [life for life, _ in world.living(t)]
    assert len({life.job for life in living}) == len(living) <= max(scenario.max_living, 0)
    assert all(life.created <= t and not is_terminal(life.move_at(t)[1]) for life in living)
    for life in living:
        assert life.stats(life.stats_until(t) - 1) == life.stats(t)
    for _, record in LiveTimeline(scenario, MemoryLog()).at(t).nodes().value:
        ids = [process["worker_id"] for process in record.fields["active"]]
        assert record.fields["available"] >= 0
        assert len(set(ids)) == len(ids)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(), offset=st.sampled_from([0, 180_000, 3 * DAY]), inside=st.integers(0, 20 * MINUTE))
def test_any_accepted_scenario_commutes_through_the_disk(
    tmp_path_factory: pytest.TempPathFactory, scenario: Scenario, offset: int, inside: int
) -> None:
    """A bundle of any scenario can be written and read, and replays as live answers."""
    first = scenario.epoch + offset
    path: Path = tmp_path_factory.mktemp("b") / "b"
    generate(scenario, first, first + 20 * MINUTE, path)
    live = Cluster(LiveTimeline(scenario, MemoryLog()), None, "live")
    replay = Cluster(read_bundle(path).timeline, None, "live")
    failing = next(
        (r.fields["ex_id"] for r in live.timeline.at(first).executions(0, 300).value if r.fields["_has_errors"]), "x"
    )
    for t in (first, first + inside, first + 20 * MINUTE):
        for target in ("/v1/ex", "/v1/jobs", "/v1/cluster/state", "/v1/cluster/controllers", f"/ex/{failing}/errors"):
            assert answer(live, t, Request("GET", target))[:3] == answer(replay, t, Request("GET", target))[:3]


def test_a_thousand_nodes_stand_in_the_order_of_their_ids() -> None:
    """However many nodes there are, their ids sort as they are listed, and their addresses are addresses."""
    view = LiveTimeline(Scenario(node_slots=3, jobs=250), MemoryLog()).at(EPOCH)
    nodes = view.nodes().value
    names = [key for key, _ in nodes]

    assert len(names) > 1000
    assert names == sorted(names)
    assert all(int(part) < 256 for _, record in nodes for part in record.fields["hostname"].split("."))


@pytest.mark.parametrize("commanded", [False, True])
def test_a_scenario_may_keep_no_error_records(tmp_path: Path, *, commanded: bool) -> None:
    """With `errors_newest` 0 executions fail and have no records, live and in a bundle, in clients' hands too."""
    scenario = Scenario(errors_newest=0, failures_share=1, failed_least_ppm=500_000, failed_most_ppm=1_000_000)
    log = MemoryLog(scenario.seed)
    running = LiveTimeline(scenario, log).at(EPOCH).controllers().value
    for controller in running if commanded else []:
        log.append(EPOCH + HOUR - 1, {"do": "pause", "ex_id": controller.fields["ex_id"]})
    timeline = read_bundle(generate(scenario, EPOCH, EPOCH + HOUR, tmp_path / "b", log)).timeline
    failing = [r.fields["ex_id"] for r in timeline.at(EPOCH + HOUR).controllers().value if r.fields["failed"]]

    assert failing
    for view in (timeline.at(EPOCH + HOUR), LiveTimeline(scenario, log).at(EPOCH + HOUR)):
        assert [view.errors(ex_id).value for ex_id in failing] == [[]] * len(failing)
