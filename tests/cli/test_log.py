"""`--log FILE`: a world that goes on after its server ended, and the bundle of such a session."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serving import toolkit
from toolkit.clock import Setting, wall_now
from toolkit.logfile import LogFile
from toolkit.model.instants import DAY, HOUR, MINUTE, format_instant, parse_instant
from toolkit.server.source import start_again
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

LIVE = ("serve", "--live", "--port", "0")
EPOCH = "2026-03-01T00:00:00.000Z"
FIXED = ("--seed", "5", "--epoch", EPOCH, "--jobs", "4")
READS = ("/v1/jobs", "/v1/ex", "/v1/cluster/state", "/_toolkit/commands")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Serve for a moment with a log and one refresh at the epoch."""
    path = tmp_path / "world.log"
    with toolkit(*LIVE, *FIXED, "--log", str(path), "--frozen") as server:
        assert httpx.post(f"{server.url()}/v1/data/refresh").status_code == 200
        assert server.stop() == 0
    return path


def refused(*arguments: str) -> tuple[int, str]:
    """Run a command that ends by itself with one line; gives its exit code and that line."""
    with toolkit(*arguments) as process:
        code = process.wait()
        assert process.out.all() == []
        (line,) = process.err.all()
        return code, line


def test_a_restarted_server_goes_on_with_the_same_world(log: Path) -> None:
    """No flag but the log is needed: seed, epoch, jobs and commands come from it, and what is added is kept."""
    with toolkit(*LIVE, "--log", str(log), "--frozen") as server:
        url = server.url()
        before = {path: httpx.get(url + path).content for path in READS}
        assert httpx.get(url).headers["X-Toolkit-Instant"] == EPOCH
        server.stop(signal.SIGKILL)
        assert f"command log {log}: 1 commands; it is {EPOCH}" in server.err.all()
    with toolkit(*LIVE, *FIXED, "--log", str(log), "--frozen") as server:
        url = server.url()
        assert {path: httpx.get(url + path).content for path in READS} == before
        assert httpx.post(f"{url}/v1/data/refresh").headers["X-Toolkit-Sequence"] == "2"
        server.stop()
    assert len(log.read_bytes().splitlines()) == 3


def test_a_restarted_clock_shows_the_time_on_the_wall(tmp_path: Path) -> None:
    """A world that began now has gone on while no server ran, and its line has it again."""
    path = tmp_path / "a log"
    with toolkit(*LIVE, "--jobs", "4", "--log", str(path)) as server:
        url = server.url()
        first = httpx.post(f"{url}/v1/data/refresh").headers["X-Toolkit-Instant"]
        jobs = httpx.get(f"{url}/v1/jobs").content
        server.stop()
        again = next(line for line in server.err.all() if line.startswith("to have this run again: "))
    assert again.endswith(f"--log '{path}'")
    earliest = wall_now()
    with toolkit(*LIVE, "--log", str(path)) as server:
        answer = httpx.get(f"{server.url()}/v1/jobs")
        server.stop()
    instant = parse_instant(answer.headers["X-Toolkit-Instant"])
    assert max(earliest, parse_instant(first)) <= instant <= wall_now()
    assert answer.content == jobs


@pytest.mark.parametrize(
    ("epoch", "commands", "frozen", "start"),
    [
        (0, [], False, "wall"),
        (0, [5], False, "wall"),
        (0, [], True, 0),
        (0, [7, 5], True, 7),
        (HOUR, [], False, HOUR),
        (HOUR, [HOUR + 3], False, HOUR + 3),
        (0, [2 * MINUTE], False, 2 * MINUTE),
        (-11 * 366 * DAY, [], False, "last"),
    ],
)
def test_where_a_clock_starts_again(epoch: int, commands: list[int], frozen: bool, start: object) -> None:  # noqa: FBT001 - a column of the table
    """Never before the epoch or a command, never after the world; all numbers from a minute before the wall's time."""
    wall = Scenario().epoch + MINUTE
    log = MemoryLog()
    for t in commands:
        log.append(wall - MINUTE + t, {"do": "refresh"})
    timeline = LiveTimeline(Scenario(epoch=wall - MINUTE + epoch), log)
    wanted = {"wall": wall, "last": timeline.last}.get(
        str(start), wall - MINUTE + start if isinstance(start, int) else 0
    )

    flags = Setting(timeline.first, frozen=frozen)
    assert start_again(timeline, log, wall, flags, speed_given=False) == flags._replace(t=wanted)


@pytest.mark.parametrize(
    ("setting", "after", "flags", "wanted"),
    [
        (Setting(7, 1_000, frozen=True), [], Setting(0), Setting(7, 1_000, frozen=True)),
        (Setting(7, 1_000, frozen=True), [9], Setting(0), Setting(9, 1_000, frozen=True)),
        (Setting(7, 2_000), [], Setting(0), Setting(7 + 2 * MINUTE, 2_000)),
        (Setting(7, 2_000), [3 * MINUTE], Setting(0), Setting(3 * MINUTE, 2_000)),
        (Setting(7, 2_000), [], Setting(0, frozen=True), Setting(7 + 2 * MINUTE, 2_000, frozen=True)),
        (Setting(DAY * 4_000, 1_000), [], Setting(0), Setting(3_652 * DAY, 1_000)),
    ],
)
def test_a_clock_that_was_set_goes_on_as_it_was(
    setting: Setting, after: list[int], flags: Setting, wanted: Setting
) -> None:
    """A minute after the last setting: one that ran has run on, one that stood stands; not before a later command."""
    scenario, log = Scenario(), MemoryLog()
    for entry, t in (("refresh", DAY), ("clock", setting.t), *(("refresh", t) for t in after)):
        log.append(scenario.epoch + t, {"do": entry, "speed": setting.speed, "frozen": setting.frozen, "wall": 1_000})
    timeline = LiveTimeline(scenario, log)

    at = start_again(timeline, log, 1_000 + MINUTE, flags, speed_given=False)
    assert at == wanted._replace(t=scenario.epoch + wanted.t)
    assert start_again(timeline, log, 1_000, flags._replace(speed=5), speed_given=True).speed == 5


def test_at_says_where_a_restarted_clock_starts(log: Path) -> None:
    """Also before a command, which then is still to come."""
    with toolkit(*LIVE, *FIXED, "--log", str(log), "--at", "+1h", "--frozen") as server:
        url = server.url()
        assert httpx.post(f"{url}/v1/data/refresh").headers["X-Toolkit-Instant"] == "2026-03-01T01:00:00.000Z"
        server.stop()
    with toolkit(*LIVE, "--log", str(log), "--at", "+5m", "--frozen") as server:
        server.url()
        server.stop()
        said = server.err.all()
    assert f"command log {log}: 2 commands, 1 of them still to come; it is 2026-03-01T00:05:00.000Z" in said


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--seed", "6"), "--seed says 6, the log 5"),
        (("--jobs", "3"), "--jobs says 3, the log 4"),
        (("--epoch", "2026-03-02"), "--epoch says 2026-03-02T00:00:00.000Z, the log 2026-03-01T00:00:00.000Z"),
        (("--scenario", "busy", "--jobs", "4"), "--scenario busy says young_under 2s, the log 10s"),
        (("--scenario", "default"), "--scenario default says jobs 25, the log 4"),
        (("--scenario", "seeded.toml"), "--scenario seeded.toml says seed 9, the log 5"),
    ],
)
def test_flags_that_say_something_else_than_the_log_are_refused(
    log: Path, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], words: str
) -> None:
    """By both commands, with the flag and both values; exit code 2."""
    monkeypatch.chdir(log.parent)
    (log.parent / "seeded.toml").write_text("seed = 9\njobs = 4\n")
    before = log.read_bytes()
    for command in (LIVE, ("generate",)):
        code, line = refused(*command, "--log", str(log), *flags)
        assert (code, words in line) == (2, True), line
        assert line.startswith(f"error: cannot go on with the command log {log}: ")
    assert log.read_bytes() == before


def test_flags_that_agree_are_fine(log: Path, tmp_path: Path) -> None:
    """The whole line of the first run, and a scenario that says the same, are taken."""
    path = tmp_path / "same.toml"
    path.write_text('seed = 5\njobs = 4\nstopping_for = "60s"\n')
    for flags in ((*FIXED,), ("--scenario", "default", "--jobs", "4"), ("--scenario", str(path))):
        with toolkit(*LIVE, "--log", str(log), *flags) as server:
            server.url()
            assert server.stop() == 0


def test_a_second_server_is_told(log: Path) -> None:
    """It ends with exit code 1; the first one goes on."""
    with toolkit(*LIVE, "--log", str(log)) as first:
        url = first.url()
        code, line = refused(*LIVE, "--log", str(log))
        assert (code, line.rpartition(": ")[2]) == (1, "another server has it; stop that one, or choose another")
        assert httpx.get(url).status_code == 200
        first.stop()


def test_a_damaged_log_is_not_served(log: Path) -> None:
    """One sentence with file and line, exit code 1, from both commands; a cut line is only a warning."""
    with log.open("ab") as file:
        file.write(b'{"sequence":2')
    whole = log.read_bytes()
    with toolkit(*LIVE, "--log", str(log)) as server:
        assert httpx.get(server.url()).headers["X-Toolkit-Sequence"] == "1"
        server.stop()
        assert sum("was cut off and is dropped" in line for line in server.err.all()) == 1
    assert whole.startswith(log.read_bytes())
    log.write_bytes(log.read_bytes().replace(b'"sequence":1', b'"sequence":3'))
    for command in (LIVE, ("generate",)):
        code, line = refused(*command, "--log", str(log))
        assert code == 1
        assert f"{log}: line 2 has the sequence number 3 instead of 1" in line


def test_a_run_that_cannot_start_leaves_no_log(tmp_path: Path) -> None:
    """What was asked wrongly makes no world."""
    for flags in (("--at", "soon"), ("--at=-5m",), ("--jobs", "-1")):
        assert refused(*LIVE, "--log", str(tmp_path / "x.log"), *flags)[0] == 2
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def quiet_log(tmp_path: Path) -> Path:
    """Make a log without entries."""
    log = LogFile.open(tmp_path / "quiet.log", print)
    log.begin(Scenario(seed=5, jobs=4, epoch=parse_instant(EPOCH)))
    log.close()
    return tmp_path / "quiet.log"


def test_a_session_without_commands_is_its_scenarios_bundle(quiet_log: Path, tmp_path: Path) -> None:
    """Byte for byte, from the epoch for an hour if nothing else is said; the log stays as it was."""
    before = quiet_log.read_bytes()
    for target, flags in (("a", ("--log", str(quiet_log))), ("b", (*FIXED, "--from", EPOCH))):
        with toolkit("generate", *flags, "--output", str(tmp_path / target)) as command:
            assert command.wait() == 0
    manifest = json.loads((tmp_path / "a" / "bundle.json").read_bytes())

    assert (manifest["from"], manifest["to"]) == (EPOCH, format_instant(parse_instant(EPOCH) + HOUR))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()
    assert quiet_log.read_bytes() == before


def test_commands_later_than_the_bundle_do_not_count(log: Path, tmp_path: Path) -> None:
    """A stretch that ends before a command is the same bundle as without it."""
    whole = log.read_bytes().replace(b'"t":1772323200000', b'"t":1772326800001')
    assert whole != log.read_bytes()
    log.write_bytes(whole)
    with toolkit("generate", "--log", str(log), "--output", str(tmp_path / "a")) as command:
        assert command.wait() == 0
    assert "commands" not in json.loads((tmp_path / "a" / "bundle.json").read_bytes())["origin"]
