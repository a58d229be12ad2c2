"""`toolkit scenario`, and `--scenario` with a name or a file."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.serving import toolkit
from toolkit.errors import ScenarioError
from toolkit.scenarios import Wanted, _toml, read_scenario, shown_scenario
from toolkit.world.named import NAMED
from toolkit.world.parameters import PARAMETERS
from toolkit.world.scenario import Scenario
from toolkit.world.stories import TALES

if TYPE_CHECKING:
    from pathlib import Path


def output(*arguments: str) -> list[str]:
    """Run a command that succeeds; gives its stdout."""
    with toolkit(*arguments) as process:
        assert process.wait() == 0
        assert process.err.all() == []
        return process.out.all()


def quiet(text: str) -> None:
    """Take no talk."""
    raise AssertionError(text)


def test_list_gives_each_name_with_a_line() -> None:
    """As many lines as names, each beginning with one."""
    lines = output("scenario", "list")

    assert [line.split()[0] for line in lines] == list(NAMED) == ["default", "empty", "busy", *TALES]
    assert all(NAMED[line.split()[0]].about in line for line in lines)


def test_the_bare_command_shows_its_help() -> None:
    """As the toolkit itself does."""
    assert output("scenario") == output("scenario", "--help")


@pytest.mark.parametrize("name", NAMED)
def test_what_is_shown_can_be_given_back(name: str, tmp_path: Path) -> None:
    """Shown, edited or not, and read again, a scenario is itself; seed and epoch stay open if it leaves them open."""
    path = tmp_path / "mine.toml"
    path.write_text("\n".join(output("scenario", "show", name)))
    table = tomllib.loads(path.read_text())
    once = shown_scenario(str(path), quiet)

    assert set(table) - {"stories"} == set(PARAMETERS) - {"seed", "epoch"}
    assert table.get("stories") == NAMED[name].table.get("stories")
    for wanted in (Wanted(name), Wanted(str(path))):
        made = wanted.resolve(quiet, seed=5, epoch=Scenario().epoch)
        assert made == Scenario.from_table(NAMED[name].table, seed=5)
    assert once.splitlines()[2:] == shown_scenario(name, quiet).splitlines()[2:]
    path.write_text(path.read_text().replace("# seed = 1 ", "seed = 77"))
    assert Wanted(str(path)).resolve(quiet, seed=5, epoch=1).seed == 77


def test_a_file_is_shown_whole(tmp_path: Path) -> None:
    """What it sets is there with its own values, everything else with the defaults, each with what it means."""
    path = tmp_path / "mine.toml"
    path.write_text('seed = 4\nepoch = 2026-03-01T00:00:00Z\nevent_every = "300s"\ncluster_name = "a \\"b\\"\\u007f"\n')
    text = shown_scenario(str(path), quiet)
    table = tomllib.loads(text)

    assert set(table) == set(PARAMETERS)
    assert Scenario.from_table(table) == Scenario.from_table(tomllib.loads(path.read_text()))
    assert (table["event_every"], table["epoch"]) == ("5m", "2026-03-01T00:00:00.000Z")
    assert all(f"# {each.about}" in text for each in PARAMETERS.values())


@given(st.text() | st.integers(-(2**63), 2**63 - 1) | st.floats(0, 1))
def test_any_value_is_toml(value: object) -> None:
    """Texts with any character, and numbers however small, come back."""
    assert tomllib.loads(f"x = {_toml(value)}")["x"] == value


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "bsy"), "cannot read the scenario bsy: No such file or directory; give a file that is there, or one"),
        (("show", "."), "Is a directory"),
        (("show", "bad.toml"), "jobs is -1"),
        (("show",), "NAME|FILE.toml"),
        (("shwo",), "shwo"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
) -> None:
    """Exit code 2, nothing on stdout."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.toml").write_text("jobs = -1")
    with toolkit("scenario", *arguments) as process:
        assert process.wait() == 2
        (line,) = process.err.all()
        assert process.out.all() == []
    assert line.startswith("error: ")
    assert words in line


def test_a_name_wins_over_a_file_that_is_called_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is said, with what to write for the file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "busy").write_text("jobs = 1")
    said: list[str] = []

    assert read_scenario("busy", said.append) == NAMED["busy"].table
    assert said == ["note: busy is the scenario of that name; for the file write ./busy"]
    assert read_scenario("./busy", quiet) == {"jobs": 1}


def test_a_file_that_is_nested_too_deep_is_refused(tmp_path: Path) -> None:
    """One sentence, not a traceback."""
    path = tmp_path / "deep.toml"
    path.write_text("x = " + "[" * 100_000)
    with pytest.raises(ScenarioError, match="cannot read the scenario"):
        read_scenario(str(path), quiet)


def test_serve_takes_a_name_and_flags_win() -> None:
    """The name is in what is said and in the line that gives the run again."""
    with toolkit("serve", "--live", "--port", "0", "--scenario", "empty", "--jobs", "2", "--frozen") as process:
        url = process.url()
        assert len(httpx.get(f"{url}/v1/jobs").json()) == 2
        assert httpx.get(url).json()["name"] == "real"
        process.stop()
        said = process.err.all()
    assert said[0].startswith("live: scenario empty, seed ")
    assert "--jobs 2 --scenario empty" in said[1]


def test_generate_takes_a_name(tmp_path: Path) -> None:
    """The bundle says the whole scenario."""
    (target,) = output("generate", "--scenario", "empty", "--for", "1m", "--output", str(tmp_path / "b"))
    made = json.loads((tmp_path / "b" / "bundle.json").read_bytes())["origin"]["scenario"]

    assert target == str(tmp_path / "b")
    assert Scenario.from_table(made) == Scenario.from_table(NAMED["empty"].table)
