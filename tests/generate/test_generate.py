"""`toolkit generate`: the library call and the command."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.serving import toolkit
from toolkit.bundle.reader import read_bundle
from toolkit.errors import InstantError, TargetError
from toolkit.generate import REPORT_EVERY, generate
from toolkit.model.instants import DAY, HOUR, MINUTE
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = Scenario(seed=13)
EPOCH = SCENARIO.epoch


def test_progress_counts_every_record_once(tmp_path: Path) -> None:
    """Progress rises to the number of jobs and executions, and ends there."""
    seen: list[tuple[int, int]] = []
    scenario = Scenario(seed=1, jobs=900)
    path = generate(scenario, EPOCH, EPOCH, tmp_path / "x", progress=lambda done, total: seen.append((done, total)))
    counts = json.loads((path / "bundle.json").read_bytes())["counts"]
    total = counts["jobs"] + counts["executions"]

    assert seen == [(done, total) for done in [*range(REPORT_EVERY, total, REPORT_EVERY), total]]


@pytest.mark.parametrize(("first", "last"), [(-1, 0), (0, -1), (0, 3_653 * DAY)])
def test_a_stretch_outside_the_world_is_refused(tmp_path: Path, first: int, last: int) -> None:
    """Before the epoch, beyond ten years, and backwards there is nothing to write, and nothing is written."""
    with pytest.raises(InstantError, match="choose --from and --for in between"):
        generate(SCENARIO, EPOCH + first, EPOCH + last, tmp_path / "x")

    assert list(tmp_path.iterdir()) == []


def test_a_bundle_may_begin_later_in_a_worlds_life(tmp_path: Path) -> None:
    """With an epoch before its start a bundle holds the world as it is then, and both of its ends can be asked for."""
    timeline = read_bundle(generate(SCENARIO, EPOCH + 3 * HOUR, EPOCH + 4 * HOUR, tmp_path / "x")).timeline

    assert (timeline.first, timeline.last) == (EPOCH + 3 * HOUR, EPOCH + 4 * HOUR)
    assert timeline.at(timeline.last).execution_count() == timeline.at(timeline.first).execution_count() + 10


def test_a_bundle_is_replaced_only_with_force(tmp_path: Path) -> None:
    """A bundle that is there stays as it is, unless it is forced."""
    target = tmp_path / "x"
    generate(SCENARIO, EPOCH, EPOCH, target)
    with pytest.raises(TargetError, match="--force"):
        generate(SCENARIO, EPOCH, EPOCH + MINUTE, target)
    assert read_bundle(target).timeline.last == EPOCH

    generate(SCENARIO, EPOCH, EPOCH + MINUTE, target, force=True)
    assert read_bundle(target).timeline.last == EPOCH + MINUTE


def test_the_bare_command_makes_seed_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments: seed 1, an hour from 2026 on, into snapshots/seed-1, whose path is all of stdout."""
    monkeypatch.chdir(tmp_path)
    with toolkit("generate") as command:
        assert command.wait() == 0
        assert command.out.all() == ["snapshots/seed-1"]
    manifest = json.loads((tmp_path / "snapshots" / "seed-1" / "bundle.json").read_bytes())

    assert manifest["origin"]["scenario"]["seed"] == 1
    assert (manifest["from"], manifest["to"]) == ("2026-01-01T00:00:00.000Z", "2026-01-01T01:00:00.000Z")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--for", "5"], 2, "cannot read the duration '5'"),
        (["--from", "soon"], 2, "cannot read the date 'soon'"),
        (["--epoch", "2027-01-01"], 2, "choose --from and --for in between"),
        (["--jobs", "-1"], 2, "jobs is -1"),
        (["--jobs", "many"], 2, "--jobs"),
        (["--scenario", "none.toml"], 2, "cannot read the scenario none.toml"),
        (["--output", "file/below"], 1, "cannot write the bundle file/below"),
    ],
)
def test_bad_requests_get_one_line_and_the_right_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int, words: str
) -> None:
    """What cannot be done is one sentence on stderr, and nothing is written."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("")
    with toolkit("generate", *arguments) as command:
        assert command.wait() == code
        (line,) = command.err.all()
        assert command.out.all() == []

    assert re.match(r"error: .*", line)
    assert words in line
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_scenario_file_is_taken_and_flags_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters come from the file, the seed from the flag; the epoch of the file counts where no flag gives one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.toml").write_text('seed = 4\njobs = 3\nepoch = "2025-12-31"\nevent_every = "5m"\n')
    with toolkit("generate", "--scenario", "s.toml", "--seed", "5", "--for", "1m") as command:
        assert command.wait() == 0
        assert command.out.all() == ["snapshots/seed-5"]
    scenario = json.loads((tmp_path / "snapshots" / "seed-5" / "bundle.json").read_bytes())["origin"]["scenario"]

    assert (scenario["seed"], scenario["jobs"], scenario["event_every"]) == (5, 3, "5m")
    assert scenario["epoch"] == "2025-12-31T00:00:00.000Z"
