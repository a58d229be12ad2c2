"""Each rule finds what breaks it, and nothing else does; what the generator makes breaks none."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.examine import breaking
from tests.examine.breaking import Breaker
from tests.examine.worlds import documents_at, judge, timeline_of
from tests.world.test_any_scenario import scenarios
from toolkit.examine.rules import RULES
from toolkit.model.instants import HOUR, MINUTE, SECOND
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from tests.examine.breaking import History
    from toolkit.world.scenario import Scenario as AnyScenario

NAMES = [rule.name for rule in RULES]
FAILING = {"jobs": 12, "errors_newest": 5, "failures_share": 1, "failed_least_ppm": 200_000, "failed_most_ppm": 300_000}


def history_of(scenario: AnyScenario, first: int, length: int, every: int) -> History:
    """Look at a scenario's bundle."""
    timeline = timeline_of(scenario, first, first + length)
    return [(t, documents_at(timeline, t)) for t in range(first, first + length + 1, every)]


@pytest.fixture(scope="module")
def histories() -> list[History]:
    """Two minutes of some worlds in which nearly every execution has failed slices."""
    worlds = [Scenario(seed=seed, **FAILING) for seed in range(3)]
    return [history_of(world, world.epoch + 5 * MINUTE, 2 * MINUTE, 20 * SECOND) for world in worlds]


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_value_is_found_by_exactly_its_rule(histories: list[History], name: str) -> None:
    """One value of a sane history is changed so that it breaks one rule: that rule tells it, and no other does."""
    tried = 0

    @settings(max_examples=15, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def found(data: st.DataObject) -> None:
        nonlocal tried
        history = deepcopy(histories[data.draw(st.integers(0, len(histories) - 1))])
        getattr(breaking, name.replace("-", "_"))(Breaker(data.draw, history))
        findings = judge(history)
        assert {one.rule for one in findings} == {name}
        tried += 1

    found()
    assert tried


def test_every_rule_says_what_it_is_about() -> None:
    """Names are unique slugs, every rule has one way of judging, and warnings settle, but for what nothing undoes."""
    assert len(set(NAMES)) == len(NAMES)
    for rule in RULES:
        assert rule.name.replace("-", "").isalpha()
        assert rule.about
        assert sum(test is not None for test in (rule.record, rule.step, rule.picture)) == 1
        assert rule.settles or rule.severity == "error" or rule.step is not None or rule.name == "unknown-status"


@pytest.mark.parametrize("exact", [True, False])
def test_a_world_of_the_generator_breaks_no_rule(histories: list[History], exact: bool) -> None:  # noqa: FBT001 - a parameter
    """Nothing is found in it, however strictly it is looked at."""
    for history in histories:
        assert judge(history, exact=exact) == []


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(scenario=scenarios(), offset=st.sampled_from([0, 180_000, 71 * HOUR]))
def test_no_world_of_the_generator_breaks_a_rule(scenario: AnyScenario, offset: int) -> None:
    """Whatever a scenario says, not even a warning is found in ten minutes of it."""
    assert judge(history_of(scenario, scenario.epoch + offset, 10 * MINUTE, 30 * SECOND)) == []
