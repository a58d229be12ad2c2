"""Until when an answer stays: never beyond an instant at which anything may touch it, and the same for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.test_session import LISTS, everything, instants_of, plain
from tests.world.test_stories import session
from toolkit.model.instants import HOUR, MINUTE, SECOND
from toolkit.world.commands import MemoryLog
from toolkit.world.draws import Draws
from toolkit.world.scenario import Scenario
from toolkit.world.stories import TALES
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.timeline.view import Held, View

EPOCH = 1_767_225_600_000
Asked = tuple[str, tuple[Any, ...]]


def questions(view: View) -> list[Asked]:
    """Give everything that may be asked of a view, for a few of its records, and for one that there is not."""
    asked: list[Asked] = [(name, ()) for name in ("stats", "nodes", "controllers", "assets")]
    asked += [("controllers_text", ()), ("asset_operations", ()), *((name, (0, 50)) for name in LISTS)]
    executions = view.executions(0, 10_000).value
    ex_ids = [*(record.fields["ex_id"] for record in executions[:5]), "none"]
    asked += [(name, (ex_id,)) for ex_id in ex_ids for name in ("execution", "controller", "errors")]
    job_ids = [*(record.fields["job_id"] for record in view.jobs(0, 3).value), "none"]
    return asked + [(name, (job_id,)) for job_id in job_ids for name in ("job", "latest_execution", "living_of")]


def shown(view: View, asked: Asked) -> tuple[Any, int]:
    """Give what a view answers as it is compared, and until when it stays."""
    name, arguments = asked
    held: Held[Any] = getattr(view, name)(*arguments)
    return held.value if isinstance(held.value, (bytes, dict)) else plain(held), held.until


def check(scenario: Scenario, log: MemoryLog, instants: list[int], last: int) -> None:
    """Check what is held at some instants against timelines that have seen nothing else."""
    ahead, later = LiveTimeline(scenario, log), LiveTimeline(scenario, log)
    everything(ahead.at(last))
    for t in instants:
        fresh = LiveTimeline(scenario, log)
        places = Draws(t, "sampled")
        for number, asked in enumerate(questions(ahead.at(t))):
            value, until = shown(fresh.at(t), asked)
            assert until > t
            assert shown(ahead.at(t), asked) == (value, until), (asked, t - EPOCH)
            stays = min(until, last + 1) - 1
            for at in {stays, t + places.below(number, stays - t + 1)} if stays > t else ():
                assert shown(later.at(at), asked)[0] == value, (asked, t - EPOCH, at - EPOCH)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), jobs=st.sampled_from([0, 3, 25]))
def test_what_is_held_is_the_same_for_whoever_asks_and_stays(seed: int, jobs: int) -> None:
    """Whatever clients and stories do, an answer and its `until` are those of a timeline that saw nothing later."""
    scenario, log, _, told = session(seed, jobs)

    check(scenario, log, instants_of(seed, told)[-6:], told[-1] + HOUR)


@pytest.mark.parametrize("name", TALES)
def test_one_story_is_held_no_longer_than_it_takes_to_go_on(name: str) -> None:
    """What a story will touch later is not held beyond that, also where nobody has acted before."""
    for seed in range(2):
        scenario, log = Scenario(seed=seed, epoch=EPOCH, jobs=8), MemoryLog()
        log.append(EPOCH + 1, {"do": "story", "story": name})
        instants = [EPOCH + t for t in (1, 5 * SECOND, MINUTE, MINUTE + 10 * SECOND)]

        check(scenario, log, instants, EPOCH + 10 * MINUTE)
