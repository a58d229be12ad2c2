"""The controllers of a large world, as one text with gaps: the bytes that each document alone gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.world.test_session import EPOCH, instants_of, session
from toolkit.model.instants import DAY, HOUR, MINUTE, SECOND
from toolkit.model.wire import pretty
from toolkit.world import world
from toolkit.world.commands import MemoryLog
from toolkit.world.draws import Draws
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Iterable

    from toolkit.timeline.view import Timeline

REACHES = (20, 9 * SECOND, 2 * MINUTE, 7 * HOUR, 30 * DAY, 3_650 * DAY)


@pytest.fixture(autouse=True)
def panels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small worlds have panels too."""
    monkeypatch.setattr(world, "PANEL_FROM", 1)


def check(timeline: Timeline, instants: Iterable[int]) -> None:
    """Compare the text with the documents, and see that it stays as long as it says."""
    for t in instants:
        view = timeline.at(t)
        text, until = view.controllers_text()
        records, held = view.controllers()
        assert text == pretty([record.fields for record in records])
        assert t < until <= held
        if until <= timeline.last:
            assert timeline.at(until - 1).controllers_text().value == text


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([3, 25, 60]))
def test_every_instant_forth_and_back(seed: int, jobs: int) -> None:
    """The text is that of the documents at any instant, in any order of asking, whatever has turned in between."""
    scenario = Scenario(seed=seed, epoch=EPOCH, jobs=jobs, disconnecting_share=0.9)
    timeline = LiveTimeline(scenario, MemoryLog())
    draws = Draws(seed, "asked")
    check(timeline, (EPOCH + draws.below(i, REACHES[draws.below(100 + i, len(REACHES))]) for i in range(20)))


def test_every_turn_of_a_world() -> None:
    """Just before, at and just after each status, lost worker and returned worker the text is right."""
    timeline = LiveTimeline(Scenario(epoch=EPOCH, jobs=25, disconnecting_share=0.9), MemoryLog())
    folded, _ = timeline.session_at(EPOCH)
    lives = folded.world.lived(EPOCH, EPOCH + 2 * HOUR)
    turns = {t for life in lives for t in (*(at for at, _ in life.moves), *life.losses, *life.returns)}
    near = sorted(t for t in turns if EPOCH < t < EPOCH + 2 * HOUR)
    assert any(life.losses for life in lives)
    check(timeline, (t + by for t in near for by in (1, -1, 0)))


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32))
def test_what_clients_did_is_put_in(seed: int) -> None:
    """Executions in clients' hands stand among the others, in the order of the wire."""
    _, _, timeline, commands = session(seed, 12, steps=12)
    check(timeline, instants_of(seed, commands))


def test_a_panel_of_another_instant_is_undisturbed() -> None:
    """Rows are shared between the stretches of time, and turn for each of them alone."""
    timeline = LiveTimeline(Scenario(epoch=EPOCH, jobs=60, disconnecting_share=0.9), MemoryLog())
    ways = [EPOCH + MINUTE, EPOCH + 5 * HOUR, EPOCH + MINUTE + 3, EPOCH + 2 * HOUR, EPOCH + 5 * HOUR + 7]
    check(timeline, ways * 2)
