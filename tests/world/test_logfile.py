"""The command log on disk: what is there after a restart, a cut line, damage, a full disk, a kill."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from toolkit.answers.answer import Cluster
from toolkit.clock import FrozenClock
from toolkit.errors import CommandNotKept, LogDamaged, LogError
from toolkit.logfile import LogFile, read_log
from toolkit.model.instants import DAY
from toolkit.server.thread import ServerThread
from toolkit.world.commands import Command, MemoryLog
from toolkit.world.loglines import head_of, read_lines
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENARIO = Scenario(seed=7, jobs=3, living_share=0.25, event_chance=1)
T = SCENARIO.epoch
ENTRIES = (
    {"do": "refresh"},
    {"do": "post_job", "job_id": "x", "job": {"name": "käse\n\u2028", "size": 2.50, "big": 1e21}},
    {"do": "workers", "ex_id": "y", "add": 2.5},
)


class Warnings(list[str]):
    """What a log said."""

    def __call__(self, text: str) -> None:
        """Note a line."""
        self.append(text)


@pytest.fixture
def warnings() -> Warnings:
    """What the log of a test says."""
    return Warnings()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Write a log of three entries and let go of it."""
    made = LogFile.open(tmp_path / "world.log", Warnings())
    made.begin(SCENARIO)
    for place, entry in enumerate(ENTRIES):
        made.append(T + 5 * (2 - place), entry)
    made.close()
    return tmp_path / "world.log"


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Make the disk full once `room` bytes more are written; `room` is the list's one number, empty for no end."""
    room: list[int] = []
    real = os.pwrite

    def pwrite(fd: int, text: bytes, at: int) -> int:
        if not room:
            return real(fd, text, at)
        if not room[0]:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(fd, text[: room[0]], at)
        room[0] -= written
        return written

    monkeypatch.setattr(os, "pwrite", pwrite)
    return room


def reopened(path: Path, warnings: Warnings) -> LogFile:
    """Open a log as a restarted server does."""
    log = LogFile.open(path, warnings)
    log.close()
    return log


def test_a_log_is_lines_for_people(path: Path) -> None:
    """The first line is the resolved scenario, each further one an entry with its number and instant."""
    head, *entries = path.read_bytes().split(b"\n")[:-1]

    assert json.loads(head) == {
        "toolkit": "command log",
        "version": 1,
        "scenario": SCENARIO.to_table(),
        "generator_revision": 2,
    }
    assert [json.loads(line) for line in entries] == [
        {"sequence": place + 1, "t": T + 5 * (2 - place), "entry": entry} for place, entry in enumerate(ENTRIES)
    ]


def test_a_reopened_log_is_the_log_that_was_closed(path: Path, warnings: Warnings) -> None:
    """Scenario, entries, order and ids are those of a log in memory that was told the same; nothing is said."""
    log, memory = reopened(path, warnings), MemoryLog(7)
    for place, entry in enumerate(ENTRIES):
        memory.append(T + 5 * (2 - place), entry)
    scenario, read = read_log(path, warnings)

    assert log.scenario == scenario == SCENARIO
    for one in (log, read):
        assert repr(one.in_order()) == repr(memory.in_order())
        assert repr(one.page(0, 9)) == repr(memory.page(0, 9))
        assert (one.sequence, one.new_id("ex")) == (3, memory.new_id("ex"))
    assert warnings == []


def test_a_log_that_goes_on_is_one_log(path: Path, warnings: Warnings) -> None:
    """What is appended after a restart follows what was there; `begin` changes nothing then."""
    before = path.read_bytes()
    log = LogFile.open(path, warnings)
    log.begin(Scenario(seed=99))
    assert log.append(T, {"do": "refresh"}) == 4
    log.close()

    assert path.read_bytes().startswith(before)
    assert reopened(path, warnings).page(3, 1) == [Command(4, T, {"do": "refresh"})]


@pytest.mark.parametrize("last", [0, 1, 2, 3])
def test_a_line_that_was_cut_off_is_dropped_wherever_the_cut_is(path: Path, last: int) -> None:
    """At every byte of the last line: one warning, the whole lines stay, and the next entry takes its place."""
    lines = path.read_bytes().splitlines(keepends=True)[: last + 1]
    whole, torn = b"".join(lines[:-1]), lines[-1]
    for cut in range(len(torn)):
        warnings = Warnings()
        path.write_bytes(whole + torn[:cut])
        log = LogFile.open(path, warnings)
        log.begin(SCENARIO)

        assert log.sequence == max(0, last - 1)
        assert len(warnings) == (1 if cut else 0)
        assert all(f"the last line of the command log {path} was cut off and is dropped" in text for text in warnings)
        if last:
            assert path.read_bytes() == whole
        log.append(T, {"do": "refresh"})
        log.close()
        assert reopened(path, Warnings()).sequence == max(1, last)


@pytest.mark.parametrize("end", [b"\n", b"", b"\x00" * 40])
def test_a_last_line_that_is_no_json_is_dropped(path: Path, warnings: Warnings, end: bytes) -> None:
    """A cut line with its newline, or blocks that never reached the disk, are a cut line too."""
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"sequence":4,"t":1767' + end)

    assert reopened(path, warnings).sequence == 3
    assert len(warnings) == 1
    assert path.read_bytes() == whole


def test_reading_a_log_of_a_running_server_changes_nothing(path: Path, warnings: Warnings) -> None:
    """Whoever only reads needs no lock, and cuts nothing off, though it leaves a cut line out."""
    server = LogFile.open(path, warnings)
    with path.open("ab") as file:
        file.write(b'{"sequence":4')
    before = path.read_bytes()

    assert read_log(path, warnings)[1].sequence == 3
    assert len(warnings) == 1
    assert path.read_bytes() == before
    server.close()


def changed(line: int, **members: Any) -> tuple[int, Any]:
    """Give a line with other members; `...` leaves one out."""
    if line == 0:
        value: dict[str, Any] = json.loads(head_of(SCENARIO))
    else:
        value = {"sequence": line, "t": T, "entry": {"do": "refresh"}}
    value |= members
    return line, {key: item for key, item in value.items() if item is not ...}


DAMAGE = [
    (changed(0, toolkit="bundle"), "line 1 is not the first line of a command log"),
    ((0, []), "line 1 is not the first line of a command log"),
    (changed(0, version=2), "line 1 says version 2, this toolkit reads 1"),
    (changed(0, version=...), "line 1 says version None, this toolkit reads 1"),
    (changed(0, generator_revision=1), "line 1 says generator revision 1, this toolkit has 2: another world"),
    (changed(0, scenario=...), "line 1 has no scenario"),
    (changed(0, scenario={"jobs": -1}), r"line 1 has a scenario that cannot be \(.*jobs is -1"),
    (changed(0, scenario={"jobz": 1}), "did you mean jobs"),
    ((0, None), "line 1 is not the first line of a command log"),
    ((2, "{"), "line 3 is not JSON"),
    ((2, "[" * 100_000), "line 3 is not JSON"),
    ((2, "9" * 30 + "x"), "line 3 is not JSON"),
    ((2, ""), "line 3 is not JSON"),
    ((2, "\x00"), "line 3 is not JSON"),
    ((2, None), "line 3 is not an entry"),
    ((3, []), "line 4 is not an entry"),
    (changed(1, sequence=2), "line 2 has the sequence number 2 instead of 1"),
    (changed(3, sequence=4), "line 4 has the sequence number 4 instead of 3"),
    (changed(1, sequence=True), "line 2 has the sequence number True instead of 1"),
    (changed(1, sequence=1.0), "line 2 has the sequence number 1.0 instead of 1"),
    (changed(1, t=T - 1), f"line 2 has t {T - 1}, which is outside of the world"),
    (changed(1, t=SCENARIO.last + 1), "line 2 has t 20.*, which is outside of the world"),
    (changed(1, t="2026-01-01T00:00:00.000Z"), "line 2 has t '2026-01-01T00:00:00.000Z', which"),
    (changed(1, t=10**30), r"line 2 has t Literal\('10*'\), which"),
    (changed(1, t="x" * 999), r"line 2 has t '.{59}\.\.\., which"),
    (changed(2, t=...), "line 3 does not have exactly sequence, t and entry"),
    (changed(2, more=1), "line 3 does not have exactly sequence, t and entry"),
    (changed(2, entry=[]), "line 3 has an entry that does not say what to do"),
    (changed(2, entry={}), "line 3 has an entry that does not say what to do"),
    (changed(2, entry={"do": 3}), "line 3 has an entry that does not say what to do"),
    (changed(2, entry={"do": "stop"}), "line 3 says to do 'stop' without a proper ex_id"),
    (changed(2, entry={"do": "stop", "ex_id": 7}), "line 3 says to do 'stop' without a proper ex_id"),
    (changed(2, entry={"do": "workers", "ex_id": "e"}), "line 3 says to do 'workers' without a proper add or remove"),
    (changed(2, entry={"do": "story"}), "line 3 says to do 'story' without a proper story"),
    (changed(2, entry={"do": "story", "story": "flood"}), "line 3 says to do 'story' without a proper story"),
    (
        changed(2, entry={"do": "story", "story": "backlog", "for_ms": "5m"}),
        "line 3 says to do 'story' without a proper for_ms",
    ),
    (
        changed(2, entry={"do": "story", "story": "backlog", "count": 0}),
        "line 3 says to do 'story' without a proper count",
    ),
    (changed(2, entry={"do": "save_asset", "asset": {}}), "line 3 says to do 'save_asset' without a proper asset.id"),
    (
        changed(2, entry={"do": "post_job", "job_id": "j", "job": {}, "execution": {}}),
        "line 3 says to do 'post_job' without a proper execution",
    ),
    (changed(2, entry={"do": "drop_faults", "id": True}), "line 3 says to do 'drop_faults' without a proper id"),
    (
        changed(2, entry={"do": "add_fault", "fault": {}, "id": "1"}),
        "line 3 says to do 'add_fault' without a proper id",
    ),
    (changed(3, entry={"do": "fly"}), "line 4 says to do 'fly', unknown here: a newer toolkit wrote it"),
]


@pytest.mark.parametrize(("change", "words"), DAMAGE)
def test_damage_names_the_file_and_the_line(path: Path, warnings: Warnings, change: Any, words: str) -> None:
    """One clear sentence, nothing is changed, and the log is free for the next one to try."""
    place, value = change
    lines = path.read_bytes().splitlines()
    lines[place] = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    path.write_bytes(b"\n".join(lines) + b"\n")
    before = path.read_bytes()
    for attempt in (reopened, read_log, reopened):
        with pytest.raises(LogDamaged, match=words) as caught:
            attempt(path, warnings)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 600

    assert path.read_bytes() == before
    assert warnings == []


def test_the_end_of_the_world_is_within_it(path: Path, warnings: Warnings) -> None:
    """A command at the first or the last instant is one of the world's."""
    with path.open("ab") as file:
        for sequence, t in ((4, SCENARIO.epoch), (5, SCENARIO.last)):
            file.write(json.dumps({"sequence": sequence, "t": t, "entry": {"do": "refresh"}}).encode() + b"\n")

    assert reopened(path, warnings).sequence == 5


@pytest.mark.parametrize("content", ["hello", "hello\n", "{}\n", '{"toolkit":"other"}', "\n", '{"a":\n', "\x00\x00"])
def test_a_file_of_another_kind_is_left_alone(path: Path, warnings: Warnings, content: str) -> None:
    """However short, and whether or not its last line is whole, it is not ours to cut."""
    path.write_text(content)
    with pytest.raises(LogDamaged, match="line 1 is not the first line of a command log"):
        reopened(path, warnings)

    assert path.read_text() == content


def test_nothing_is_made_before_a_log_begins(tmp_path: Path, warnings: Warnings) -> None:
    """A server that could not start leaves no log behind; an empty file becomes one."""
    log = reopened(tmp_path / "new.log", warnings)
    assert (log.scenario, log.sequence) == (None, 0)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty.log").touch()
    log = LogFile.open(tmp_path / "empty.log", warnings)
    log.begin(SCENARIO)
    log.close()

    assert read_log(tmp_path / "empty.log", warnings)[0] == SCENARIO
    assert warnings == []


def test_a_second_server_is_refused(path: Path, warnings: Warnings, tmp_path: Path) -> None:
    """Whoever comes later, also to a log that has only just been made, is told; after a close it is free."""
    first = LogFile.open(path, warnings)
    with pytest.raises(LogError, match="another server has it; stop that one, or choose another"):
        LogFile.open(path, warnings)
    first.close()
    reopened(path, warnings)
    one, two = (LogFile.open(tmp_path / "new.log", warnings) for _ in range(2))
    one.begin(SCENARIO)
    with pytest.raises(LogError, match="another server has it"):
        two.begin(SCENARIO)
    one.append(T, {"do": "refresh"})
    one.close()

    assert reopened(tmp_path / "new.log", warnings).sequence == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("none/x.log", "no such file or directory"),
        (".", "is a directory"),
        ("pipe", "not a file"),
        ("world.log/x", "not a directory"),
        ("x" * 300, "file name too long"),
    ],
)
def test_places_that_cannot_be_a_log_are_refused(path: Path, warnings: Warnings, name: str, words: str) -> None:
    """One sentence with the reason, and no wait for the other end of a pipe."""
    os.mkfifo(path.parent / "pipe")
    with pytest.raises(LogError, match=f"{words}; choose a file that can be read and written"):
        LogFile.open(path.parent / name, warnings).begin(SCENARIO)
    with pytest.raises(LogError, match=r"cannot use the command log .*; choose a file"):
        read_log(path.parent / name, warnings)


def test_an_empty_log_holds_no_session(tmp_path: Path, warnings: Warnings) -> None:
    """There is nothing to generate from."""
    (tmp_path / "x").touch()
    with pytest.raises(LogError, match="it is empty"):
        read_log(tmp_path / "x", warnings)


@pytest.mark.parametrize("room", [0, 1, 40, 60])
def test_a_full_disk_refuses_the_command_and_nothing_has_changed(
    path: Path, warnings: Warnings, full_disk: list[int], room: int
) -> None:
    """Memory, file and ids are as before, however much was written; with room again the next command is kept."""
    log = LogFile.open(path, warnings)
    before, wanted = path.read_bytes(), log.new_id("job")
    full_disk.append(room)
    for _ in range(2):
        with pytest.raises(CommandNotKept, match="no space left on device; nothing has changed"):
            log.append(T, {"do": "stop", "ex_id": "x" * 50, "force": False})
        assert path.read_bytes() == before
    assert (log.sequence, log.new_id("job")) == (3, wanted)
    assert len(warnings) == 2
    assert str(path) in warnings[0]
    full_disk.clear()
    assert log.append(T, {"do": "refresh"}) == 4
    log.close()

    assert reopened(path, warnings).sequence == 4


@pytest.mark.parametrize("cuts", ["the cut works", "the cut fails too"])
def test_what_cannot_be_synced_is_not_kept(
    path: Path, warnings: Warnings, monkeypatch: pytest.MonkeyPatch, cuts: str
) -> None:
    """A command that may not be on the disk did not happen; what is left of it goes before the next one."""
    log = LogFile.open(path, warnings)
    before, real_sync, real_cut = path.read_bytes(), os.fsync, os.ftruncate

    def fails(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fails)
    if cuts == "the cut fails too":
        monkeypatch.setattr(os, "ftruncate", fails)
    for _ in range(2):
        with pytest.raises(CommandNotKept, match="input/output error"):
            log.append(T, {"do": "stop", "ex_id": "x" * 50, "force": False})
    assert log.sequence == 3
    monkeypatch.setattr(os, "fsync", real_sync)
    monkeypatch.setattr(os, "ftruncate", real_cut)
    log.append(T, {"do": "refresh"})
    log.close()

    assert path.read_bytes().startswith(before)
    assert reopened(path, warnings).page(3, 9) == [Command(4, T, {"do": "refresh"})]


def test_a_server_with_a_full_disk_goes_on(path: Path, warnings: Warnings, full_disk: list[int]) -> None:
    """The command gets a 500 in Teraslice's shape, reads give the bytes they gave, and with room it is kept."""
    log = LogFile.open(path, warnings)
    with ServerThread(Cluster(LiveTimeline(SCENARIO, log), log, "live"), FrozenClock(T + DAY)) as server:
        before = {read: httpx.get(server.url + read).content for read in ("/v1/jobs", "/_toolkit/commands")}
        full_disk.append(30)
        refused = httpx.post(f"{server.url}/v1/data/refresh")

        assert (refused.status_code, refused.json()["error"]) == (500, 500)
        assert refused.json()["message"].startswith("cannot keep the command: no space left on device")
        assert str(path) not in refused.text
        assert {read: httpx.get(server.url + read).content for read in before} == before
        full_disk.clear()
        assert httpx.post(f"{server.url}/v1/data/refresh").headers["X-Toolkit-Sequence"] == "4"
        assert httpx.get(f"{server.url}/v1/jobs").content != before["/v1/jobs"]
    log.close()

    assert reopened(path, warnings).sequence == 4


def test_a_log_that_cannot_begin_is_an_error(tmp_path: Path, warnings: Warnings, full_disk: list[int]) -> None:
    """Half a first line does not stay, and the next attempt makes the log."""
    full_disk.append(20)
    log = LogFile.open(tmp_path / "x.log", warnings)
    with pytest.raises(LogError, match="no space left on device"):
        log.begin(SCENARIO)
    log.close()
    assert (tmp_path / "x.log").read_bytes() == b""
    full_disk.clear()
    log = LogFile.open(tmp_path / "x.log", warnings)
    log.begin(SCENARIO)
    log.close()

    assert reopened(tmp_path / "x.log", warnings).scenario == SCENARIO


WRITER = """
import sys
from pathlib import Path
from toolkit.logfile import LogFile
from toolkit.world.scenario import Scenario
log = LogFile.open(Path(sys.argv[1]), print)
log.begin(Scenario(seed=7))
while True:
    sequence = log.append(log.scenario.epoch, {"do": "stop", "ex_id": "x" * 5000, "force": False})
    print(sequence, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 30])
def test_a_killed_server_leaves_every_entry_that_it_answered_for(tmp_path: Path, after: int) -> None:
    """After kill -9 at any moment the log holds what was appended, in order, and at most one entry more."""
    path, known = tmp_path / "x.log", 0
    for _ in range(2):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            said = [line for _, line in zip(range(after), writer.stdout, strict=False)]
            writer.kill()
            said += writer.stdout.readlines()
        answered = max(int(line) for line in said if line.strip().isdigit())
        log = reopened(path, Warnings())

        assert known < answered <= log.sequence <= answered + 1
        assert [command.sequence for command in log.in_order()] == list(range(1, log.sequence + 1))
        known = log.sequence


def test_what_is_appended_is_synced_before_it_counts(
    path: Path, warnings: Warnings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each entry is synced once, whole, before its number is given."""
    log = LogFile.open(path, warnings)
    synced: list[bytes] = []
    real = os.fsync

    def fsync(fd: int) -> None:
        synced.append(path.read_bytes())
        assert log.sequence == 3
        real(fd)

    monkeypatch.setattr(os, "fsync", fsync)
    log.append(T + DAY, {"do": "refresh"})
    log.close()

    assert synced == [path.read_bytes()]


def test_lines_are_read_without_a_disk() -> None:
    """What is whole, and how long it is, can be told from the bytes."""
    text = head_of(SCENARIO) + b'\n{"sequence":1,"t":%d,"entry":{"do":"refresh"}}\n' % T
    lines = read_lines(text + b"{", "x")

    assert (lines.scenario, lines.size, lines.torn) == (SCENARIO, len(text), True)
    assert lines.commands == [Command(1, T, {"do": "refresh"})]
