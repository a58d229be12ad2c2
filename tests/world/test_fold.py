"""The fold of a log: one more entry costs what it changes, and how the log came to be decides nothing."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.commanding import KINDS, STORIES, Client
from tests.world.test_session import everything
from toolkit.model.instants import MINUTE, SECOND
from toolkit.world.commands import Command, MemoryLog
from toolkit.world.draws import Draws
from toolkit.world.scenario import Scenario
from toolkit.world.session import session as folding
from toolkit.world.stories import Story
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.world.session.session import Session

EPOCH = 1_767_225_600_000
STORY = Story.from_table({"story": "node-loss", "at": "2m"})


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    steps=st.lists(
        st.sampled_from([0, 0, 1, 700, 40_000, MINUTE, -1, -900, -50_000, -3 * MINUTE]), min_size=1, max_size=20
    ),
    stories=st.sampled_from([(), (STORY,)]),
)
def test_entries_in_any_order_of_time_are_folded_as_the_whole_log(
    seed: int, steps: list[int], stories: tuple[Story, ...]
) -> None:
    """Entries that come late, refreshes before others, resets and restores: what is seen is what a new reader sees."""
    scenario = Scenario(seed=seed, epoch=EPOCH, jobs=3, node_slots=8, stories=stories)
    log = MemoryLog(seed)
    timeline = LiveTimeline(scenario, log)
    client, t, draws = Client(timeline, log, seed), EPOCH, Draws(seed, "control")
    for place, step in enumerate(steps):
        t = max(EPOCH, t + step)
        client.act(t, (*KINDS, *STORIES, "refresh", "refresh"))
        mark = log.checkpoints().get("a")
        control: list[dict[str, Any]] = [
            {"do": "clock", "speed": 1000, "frozen": True, "wall": 0},
            {"do": "checkpoint", "name": "a", "speed": 1000, "frozen": True},
            {"do": "reset"} if mark is None else {"do": "restore", "name": "a", "to": mark.sequence},
        ]
        if draws.below(2 * place, 2):
            log.append(t, control[draws.below(2 * place + 1, 3)])
        fresh = LiveTimeline(scenario, log)

        assert timeline.begins == fresh.begins
        for at in {t, max(EPOCH, t - 1), t + MINUTE}:
            assert everything(timeline.at(at)) == everything(fresh.at(at)), at - EPOCH


def running(timeline: LiveTimeline) -> list[str]:
    """Give what runs at the epoch."""
    executions = timeline.at(EPOCH).executions(0, 100).value
    return [str(record.fields["ex_id"]) for record in executions if record.fields["_status"] == "running"]


def test_one_more_entry_does_not_go_through_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries that come last, refreshes too, are put at the end; the log is not asked for all of its entries again."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH), log)
    (ex_id, *_) = running(timeline)

    def in_order() -> list[Command]:
        pytest.fail("the whole log was asked for")

    monkeypatch.setattr(log, "in_order", in_order)
    for place in range(30):
        entry = {"do": "refresh"} if place % 10 == 9 else {"do": "pause", "ex_id": ex_id}
        log.append(EPOCH + place, entry)
        log.append(EPOCH + place, {"do": "clock", "speed": 1000, "frozen": True, "wall": 0})

        assert timeline.begins == [EPOCH, *(EPOCH + at for at in range(place + 1) if at % 10 == 9)]


def test_what_is_noted_of_an_execution_does_not_grow_with_what_it_has_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hundredth pause of an execution notes as many instants as the second."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH), log)
    (ex_id, *_) = running(timeline)
    for place in range(200):
        log.append(EPOCH + SECOND * place, {"do": ("pause", "resume")[place % 2], "ex_id": ex_id})
    noted: list[int] = []

    class Counted(folding.Edges):
        def note(self, key: str, since: int, instants: list[int]) -> None:
            noted.append(len(instants))
            super().note(key, since, instants)

    monkeypatch.setattr(folding, "Edges", Counted)
    session: Session = LiveTimeline(timeline.scenario, log).session_at(EPOCH + 10 * MINUTE)[0]

    assert len(session.courses[ex_id].moves) >= 200
    assert max(noted[4:]) <= max(noted[:4])


def test_commands_are_sorted_by_instant_then_by_place_in_the_log() -> None:
    """Whatever order they come in, each world is told its own commands in that order."""
    log = MemoryLog()
    timeline = LiveTimeline(Scenario(epoch=EPOCH, stories=(STORY,)), log)
    for t in (5, 3, 3, 9, 5, 1, 5 * MINUTE, 2 * MINUTE):
        log.append(EPOCH + t, {"do": "delete_asset", "asset_id": str(t)})
        commands = timeline._generations.at(EPOCH)[0].commands

        assert [command for command in commands if command.sequence] == sorted(
            log.page(0, 99), key=attrgetter("t", "sequence")
        )
    assert [command.sequence for command in commands if command.t == EPOCH + 2 * MINUTE] == [0, 8]
