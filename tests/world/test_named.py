"""The named scenarios: worlds that keep the rules, and are what their names promise."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest

from tests.contract.test_square import interesting, same_at, square
from tests.serving import live_cluster
from tests.world.test_any_scenario import keeps_the_rules
from toolkit.answers.answer import Request, answer
from toolkit.model.instants import DAY, HOUR, MINUTE, SECOND
from toolkit.world.named import NAMED
from toolkit.world.parameters import PARAMETERS
from toolkit.world.scenario import Scenario

EPOCH = Scenario().epoch


def named(name: str, **given: Any) -> Scenario:
    """Give a scenario by its name."""
    return Scenario.from_table(NAMED[name].table, **given)


def body(scenario: Scenario, path: str, t: int = EPOCH) -> Any:
    """Ask the live cluster of a scenario."""
    return json.loads(answer(live_cluster(scenario), t, Request("GET", path)).body)


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("seed", range(3))
def test_every_named_scenario_keeps_the_rules(name: str, seed: int) -> None:
    """Near its epoch, hours and years later."""
    scenario = named(name, seed=seed)
    for offset in (0, 1, 3_999, 4_000, 59 * MINUTE, 30 * HOUR, 3_000 * DAY):
        keeps_the_rules(scenario, scenario.epoch + offset)


@pytest.mark.parametrize(("name", "length"), [("default", 4 * MINUTE), ("empty", HOUR), ("busy", 9 * SECOND)])
def test_every_named_scenario_commutes(name: str, length: int) -> None:
    """Live and replay agree before, at and after every change of a stretch."""
    first = EPOCH + 100_000
    live, replay = square(named(name, seed=11), first, first + length)
    for t in interesting(live, first, first + length):
        same_at(live, replay, t)


def test_named_scenarios_leave_seed_and_epoch_to_the_run() -> None:
    """A name says what a world is like, not which one."""
    assert not any({"seed", "epoch"} & set(each.table) for each in NAMED.values())
    assert named("default") == Scenario()


def test_empty_is_the_cluster_of_the_observations() -> None:
    """Two nodes of eight slots, two held by the master, the names and versions observed, and nothing else."""
    scenario = named("empty")
    state = body(scenario, "/v1/cluster/state")
    assert {key: (node["hostname"], node["total"], node["available"]) for key, node in state.items()} == {
        "ts-master": ("127.0.0.1", 8, 6),
        "ts-worker-1": ("127.0.0.1", 8, 8),
    }
    assert [process["assignment"] for process in state["ts-master"]["active"]] == ["cluster_master", "assets_service"]
    assert all(len(str(node["pid"])) == 5 and node["node_version"] == "v22.23.3" for node in state.values())
    assert body(scenario, "/") == {
        "arch": "x64",
        "clustering_type": "native",
        "name": "real",
        "node_version": "v22.23.3",
        "platform": "linux",
        "teraslice_version": "v3.18.0",
    }
    for path in ("/v1/jobs", "/v1/ex", "/v1/assets", "/v1/cluster/controllers"):
        assert body(scenario, path, EPOCH + DAY) == []
    assert set(body(scenario, "/v1/cluster/stats")["controllers"].values()) == {0}
    assert scenario.analytics_every == 15 * SECOND


def test_busy_shows_something_every_few_seconds() -> None:
    """At any time of its life no five seconds pass without a change of status."""
    timeline = live_cluster(named("busy", seed=2)).timeline
    for offset in (0, HOUR, 900 * DAY):
        first = EPOCH + offset
        changes = [change.t for change in timeline.changes(first, first + 2 * MINUTE)]
        moments = [first, *changes, first + 2 * MINUTE]
        assert max(later - earlier for earlier, later in pairwise(moments)) <= 5 * SECOND


@pytest.mark.parametrize(("jobs", "last"), [(0, "ts-worker-1"), (20, "ts-worker-8"), (25, "ts-worker-10")])
def test_node_ids_have_as_many_digits_as_they_need(jobs: int, last: str) -> None:
    """Up to ten nodes one digit is enough; the ids still stand in their order."""
    nodes = list(body(Scenario(seed=1, jobs=jobs), "/v1/cluster/state"))

    assert (nodes[0], nodes[-1]) == ("ts-master", last)
    assert nodes == sorted(nodes)
    assert {len(node) for node in nodes[1:]} == {len(last)}


def test_nodes_can_be_more_than_are_needed() -> None:
    """`nodes_least` counts where the executions need fewer, also for a single one."""
    assert len(body(Scenario(jobs=0, nodes_least=5), "/v1/cluster/state")) == 5
    assert len(body(Scenario(jobs=0, nodes_least=1), "/v1/cluster/state")) == 1


def test_a_world_without_assets_has_its_jobs() -> None:
    """As if the assets had been deleted since: the jobs and their executions are there."""
    assert body(Scenario(assets="none"), "/v1/assets") == []
    assert body(Scenario(assets="none"), "/v1/jobs") == body(Scenario(), "/v1/jobs")


def test_every_parameter_is_described() -> None:
    """Each field of a scenario has its meaning, in the order of the fields."""
    assert list(PARAMETERS) == list(Scenario().to_table())
    assert all(each.about for each in PARAMETERS.values())
