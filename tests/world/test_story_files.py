"""Stories in scenario files: read once, refused in a sentence, written as they were, and known in bundles and logs."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from tests.world.test_session import everything
from toolkit.bundle.reader import read_bundle
from toolkit.errors import ScenarioError, UsageError
from toolkit.generate import generate
from toolkit.logfile import LogFile
from toolkit.model.instants import MINUTE
from toolkit.scenarios import Wanted, shown_scenario
from toolkit.study.origin import Generated, origin_of
from toolkit.world.commands import MemoryLog
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario
from toolkit.world.stories import TALES
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

TWO = """
[[stories]]
story = "workers-drop"
at = "2m"
for = "90s"
share = 0.25

[[stories]]
story = "node-loss"
at = "0s"
node = "ts-worker-02"
"""


def quiet(text: str) -> None:
    """Take no talk."""


def test_stories_are_parameters_of_a_scenario() -> None:
    """Read, compared, hashed and written as they were; a scenario without any does not mention them."""
    table = tomllib.loads(TWO)
    scenario = Scenario.from_table(table)

    assert [(story.name, story.at) for story in scenario.stories] == [("workers-drop", 2 * MINUTE), ("node-loss", 0)]
    assert scenario.stories[0].entry == {"do": "story", "story": "workers-drop", "for_ms": 90_000, "permille": 250}
    assert scenario.to_table()["stories"] == [table["stories"][0], table["stories"][1] | {"at": "0ms"}]
    assert Scenario.from_table(scenario.to_table()) == scenario != Scenario()
    assert hash(scenario) == hash(Scenario.from_table(table))
    assert "stories" not in Scenario().to_table()


def test_a_file_with_stories_is_shown_with_them(tmp_path: Path) -> None:
    """Each below a line that says what it does; given back it is the same scenario."""
    path = tmp_path / "mine.toml"
    path.write_text(TWO)
    shown = shown_scenario(str(path), quiet)

    assert Scenario.from_table(tomllib.loads(shown)) == Scenario.from_table(tomllib.loads(TWO))
    assert all(f"# {TALES[name].about}\n[[stories]]\n" in shown for name in ("workers-drop", "node-loss"))


@pytest.mark.parametrize(
    ("stories", "words"),
    [
        ("node-loss", "stories is 'node-loss', it must be tables, each below a line [[stories]]"),
        (["node-loss"], "in stories, stories is 'node-loss', it must be tables with story and at"),
        ([{"at": "1m"}], "in stories, story is None, it must be one of node-loss"),
        ([{"story": "node-loss"}], "in stories, at is None, it must be a duration from the epoch on"),
        ([{"story": "node-loss", "at": "-1m"}], "in stories, at is '-1m', it must be"),
        ([{"story": "node-loss", "at": "400d"}], "in stories, at is '400d', it must be"),
        ([{"story": "node-loss", "at": "1m", "for": "0s"}], "in stories, for is '0s', it must be a duration from 1s"),
        ([{"story": "node-loss", "at": "1m", "share": 1}], "in stories, share is 1, it is not known of node-loss"),
    ],
)
def test_what_cannot_be_told_is_refused(stories: Any, words: str) -> None:
    """One sentence that names the field."""
    with pytest.raises(ScenarioError, match=r"^cannot use the scenario: ") as refused:
        Scenario.from_table({"stories": stories})

    assert words in str(refused.value)


@pytest.mark.parametrize("name", TALES)
def test_a_story_commutes_through_the_disk(name: str, tmp_path: Path) -> None:
    """Its bundle replays what live shows, and says which scenario it is of."""
    scenario = Scenario.from_table(NAMED[name].table, seed=6)
    first = scenario.epoch
    bundle = read_bundle(generate(scenario, first, first + 9 * MINUTE, tmp_path / "b"))
    live = LiveTimeline(scenario, MemoryLog())

    for t in (first + MINUTE - 1, first + MINUTE, first + 2 * MINUTE + 7, first + 5 * MINUTE, first + 9 * MINUTE):
        assert everything(bundle.timeline.at(t)) == everything(live.at(t)), t - first
    origin = origin_of(bundle)
    assert isinstance(origin, Generated)
    assert origin.scenario == name


def test_a_log_keeps_its_stories(tmp_path: Path) -> None:
    """The scenario's are in its first line, told ones are entries; another scenario's name is refused."""
    scenario = Scenario.from_table(NAMED["backlog"].table, seed=6)
    log = LogFile.open(tmp_path / "log", quiet)
    log.begin(scenario)
    log.append(scenario.epoch, {"do": "story", "story": "node-loss", "for_ms": 60_000})
    before = everything(LiveTimeline(scenario, log).at(scenario.epoch + 2 * MINUTE))
    log.close()
    again = LogFile.open(tmp_path / "log", quiet)

    assert again.scenario == scenario
    assert everything(LiveTimeline(again.scenario, again).at(scenario.epoch + 2 * MINUTE)) == before
    for other in ("default", "node-loss"):
        with pytest.raises(UsageError, match=f"--scenario {other} says stories .*, the log "):
            Wanted(other).refuse_others(scenario, tmp_path / "log", quiet)
    with pytest.raises(UsageError, match=r"--scenario backlog says stories .*, the log none"):
        Wanted("backlog").refuse_others(Scenario(seed=6), tmp_path / "log", quiet)
    Wanted("backlog").refuse_others(scenario, tmp_path / "log", quiet)
    again.close()
