"""Progress of a recording: when a line is due, what it says, and what a terminal shows of it."""

from __future__ import annotations

import io
import json
import re
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from tests.cli.screen import Screen, Terminal
from tests.recorder.fake_cluster import FakeCluster, Reply, plain
from toolkit.cli.progress import Json, Lines, Quiet, watcher_for
from toolkit.cli.progress_live import Display
from toolkit.cli.progress_text import Part, amount, frame_line, next_told, parts, ticks_done, watch
from toolkit.recorder.watching import Standing

if TYPE_CHECKING:
    from collections.abc import Iterator

FULL = Standing(151, 361, 1_050_000, 3, 2, 1208, 45_230_000, 312, 1)
ENDLESS = FULL._replace(of=None, left_ms=None)


def standing(frames: int, of: int | None = None, gaps: int = 0) -> Standing:
    """Make a standing."""
    return Standing(frames, of, None if of is None else (of - frames) * 1000, 0, 0, frames, frames, 0, gaps)


def due(standings: list[Standing], step_s: float) -> list[int]:
    """Give the frames that get a line when they come so many seconds apart."""
    told, lines = None, []
    for number, one in enumerate(standings):
        is_due, told = next_told(told, one, number * step_s)
        lines += [one.frames] if is_due else []
    return lines


def test_a_long_recording_has_a_line_for_each_tenth() -> None:
    """Of 1,201 frames a second apart, the first, the last and one for each minute and tenth get a line."""
    lines = due([standing(number, 1201) for number in range(1, 1202)], 1)

    assert (lines[0], lines[-1]) == (1, 1201)
    assert len(lines) < 35
    assert {121, 241, 361} <= {frame + offset for frame in lines for offset in (0, 1)}


def test_a_short_recording_has_few_lines() -> None:
    """Of frames that come quickly, only the first and the last get a line."""
    assert due([standing(number, 100) for number in range(1, 101)], 0.02) == [1, 100]
    assert due([standing(number) for number in range(1, 101)], 0.02) == [1]
    assert due([standing(number) for number in range(1, 131)], 1) == [1, 61, 121]


def test_gaps_have_a_line_when_they_begin_and_end() -> None:
    """The first frame with a gap gets a line, and the first whole one after it; those in between do not."""
    gaps = accumulate([0, 0, 2, 3, 3, 0, 0, 1, 0])

    assert due([standing(number, None, gap) for number, gap in enumerate(gaps, 1)], 1) == [1, 3, 6, 8, 9]


@given(gaps=st.lists(st.integers(0, 2), max_size=60), step_s=st.floats(0.01, 100), of=st.integers(1, 60) | st.none())
def test_lines_are_neither_many_nor_few(gaps: list[int], step_s: float, of: int | None) -> None:
    """Lines that nothing happened for are at least 10 s apart, and no two lines are further apart than a minute."""
    count = len(gaps) if of is None else min(of, len(gaps))
    standings = [standing(number, of, gap) for number, gap in enumerate(accumulate(gaps[:count]), 1)]
    lines = due(standings, step_s)

    assert lines[:1] == [1][: len(standings)]
    for before, after in pairwise(lines):
        changed = (gaps[after - 1] > 0) != (gaps[after - 2] > 0)
        assert changed or after == of or (after - before) * step_s >= 10 - 1e-6
        assert after - before == 1 or (after - before - 1) * step_s < 60 + 1e-6


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_949, "999.9 kB"), (999_950, "1.0 MB"), (45_230_000, "45.2 MB"),
     (3 * 10**15, "3,000.0 TB")],
)  # fmt: skip
def test_amounts(size: int, text: str) -> None:
    """Bytes are told in the unit that makes the number short."""
    assert amount(size) == text


@pytest.mark.parametrize(
    ("ms", "text"),
    [(-5, "0:00"), (0, "0:00"), (1, "0:01"), (59_999, "1:00"), (751_000, "12:31"), (3_723_000, "1:02:03")],
)
def test_times(ms: int, text: str) -> None:
    """Times are told as a stop-watch does."""
    assert watch(ms) == text


def test_a_line_tells_everything() -> None:
    """A line has the frame, what it holds, the time left and the counts; what is bad is marked."""
    assert frame_line(FULL, "7 jobs") == (
        "frame 153 of 361: 7 jobs; "
        "17:30 left, 1,208 requests, 45.2 MB, 312 changes, 1 gap, 3 ticks late, 2 ticks missed"
    )
    assert frame_line(standing(1), "7 jobs") == "frame 1: 7 jobs; 1 request, 1 B, 0 changes, no gaps"
    assert [part.text for part in parts(FULL) if part.bad] == ["1 gap", "3 ticks late", "2 ticks missed"]
    assert Part("no gaps") in parts(standing(1))
    assert ticks_done(FULL) == 153


def test_a_log(capsys: pytest.CaptureFixture[str]) -> None:
    """A log has lines on stderr as they are due, and the result on stdout."""
    times = iter([0.0, 1.0, 70.0])
    with Lines(now=lambda: next(times)) as log:
        for number in (1, 2, 3):
            log.frame(standing(number), "a")
        log.say("b")
    log.done(Path("c"))
    out, err = capsys.readouterr()

    assert out == "c\n"
    assert [line.partition(":")[0] for line in err.splitlines()] == ["frame 1", "frame 3", "b"]


def test_a_single_frame_has_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The only frame of a recording is told by the last line."""
    Lines().frame(standing(1, 1), "a")

    assert capsys.readouterr() == ("", "")


def test_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    """Quiet is quiet but for the result."""
    with Quiet() as quiet:
        quiet.frame(standing(1), "a")
        quiet.say("b")
    quiet.done(Path("c"))

    assert capsys.readouterr() == ("c\n", "")


def test_a_program(capsys: pytest.CaptureFixture[str]) -> None:
    """A program reads objects on stdout; lines for people are elsewhere."""
    with Json() as program:
        program.frame(FULL, 'a "b"')
        program.say("c")
    program.done(Path("d"))
    Json().done(Path("e"))
    out, err = capsys.readouterr()

    assert [json.loads(line) for line in out.splitlines()] == [
        {**FULL._asdict(), "told": 'a "b"'},
        {"bundle": "d", **FULL._asdict()},
        {"bundle": "e"},
    ]
    assert err == "c\n"


@pytest.mark.parametrize(
    ("tty", "term", "kind"),
    [(True, "xterm", Display), (True, "dumb", Lines), (True, "unknown", Lines), (True, "", Lines), (True, None, Lines),
     (False, "xterm", Lines)],
)  # fmt: skip
def test_who_watches(monkeypatch: pytest.MonkeyPatch, tty: bool, term: str | None, kind: type) -> None:  # noqa: FBT001 - a case
    """A display is for a terminal that can rewrite lines; what was asked for wins."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: tty, raising=False)
    if term is None:
        monkeypatch.delenv("TERM", raising=False)
    else:
        monkeypatch.setenv("TERM", term)

    assert type(watcher_for(quiet=False, as_json=False, shown="")) is kind
    assert type(watcher_for(quiet=True, as_json=False, shown="")) is Quiet
    assert type(watcher_for(quiet=False, as_json=True, shown="")) is Json


def drawn(width: int, now: Standing | None, *, passed_s: float = 0.0, **options: bool) -> list[str]:
    """Draw a display once; gives its lines, none wider than the terminal."""
    times = [100.0]
    file = io.StringIO()
    console = Console(file=file, width=width, height=24, force_terminal=True, **options)  # type: ignore[arg-type]
    display = Display("https://teraslice.example", console, now=lambda: times[0], auto=False)
    if now is not None:
        display.frame(now, "not shown")
    times[0] += passed_s
    console.print(display.drawn())
    plain_text = re.sub(r"\x1b\[[0-9;]*m", "", file.getvalue())
    lines = [line.rstrip() for line in plain_text.splitlines()]
    assert all(len(line) <= width - 3 for line in lines)
    return lines


def test_a_display() -> None:
    """A display has the cluster, a bar, the time that is left by now, and the counts."""
    assert drawn(100, FULL, passed_s=3.5) == [
        "recording https://teraslice.example",
        "━━━━━━━━━━━━━━━━╸━━━━━━━━━━━━━━━━━━━━━━━ 42 %  17:27 left",
        "frame 153 of 361, 1,208 requests, 45.2 MB, 312 changes, 1 gap, 3 ticks late, 2 ticks missed",
    ]
    assert drawn(100, None, passed_s=3)[1:] == ["waiting for the first frame, 0:03"]
    assert drawn(100, ENDLESS, passed_s=65)[1] == "1:05 passed, until Ctrl-C"
    assert drawn(100, FULL._replace(frames=359, left_ms=0))[1].endswith("100 %  making the bundle")


def test_a_narrow_display() -> None:
    """On a narrow terminal the bar is shorter, and lines end between two counts."""
    lines = drawn(40, FULL)

    assert lines[0] == "recording https://teraslice.example"
    assert lines[1].endswith("42 %  17:30 left")
    assert lines[2:] == [
        "frame 153 of 361, 1,208 requests,",
        "45.2 MB, 312 changes, 1 gap,",
        "3 ticks late, 2 ticks missed",
    ]
    for width in range(30, 60):
        drawn(width, FULL)
        drawn(width, ENDLESS)


def test_a_display_without_colours_is_the_same() -> None:
    """Without colours nothing is lost."""
    assert drawn(100, FULL, no_color=True)[2] == drawn(100, FULL)[2]


@pytest.fixture
def cluster() -> Iterator[FakeCluster]:
    """A cluster whose jobs are missing now and then."""
    asked = iter(range(1_000_000))

    def jobs(_: object) -> object:
        return Reply(500) if next(asked) % 3 == 2 else [{"job_id": "j1"}]

    with FakeCluster(plain() | {"/v1/jobs": jobs}) as cluster:
        yield cluster


def record(cluster: FakeCluster, width: int, *arguments: str, **environment: str) -> Terminal:
    """Record at a terminal."""
    return Terminal(width, "record", cluster.url, "--retries", "0", *arguments, **environment)


@pytest.mark.parametrize("width", [100, 40])
def test_ctrl_c_at_a_terminal(cluster: FakeCluster, tmp_path: Path, width: int) -> None:
    """While it runs a display is drawn; after a typed Ctrl-C nothing of it is left, only lines that stay."""
    terminal = record(cluster, width, "--every", "50ms", "-o", str(tmp_path / "b"))
    terminal.until(b"frame 3")
    midway = Screen(width)
    midway.feed(terminal.written)
    terminal.type(b"\x03")
    code, screen = terminal.end()
    text = "".join(screen.lines)

    assert any(line.startswith("recording http://127.0.0.1") for line in midway.lines)
    assert code == 0
    assert text.startswith("interrupted: making the bundle of what was recorded")
    assert "recorded " in text
    assert text.endswith(str(tmp_path / "b"))
    assert "passed, until" not in text
    assert "^C" not in text
    assert (screen.hidden, screen.at_start) == (False, True)


def test_a_recording_at_a_terminal_ends_with_its_summary(cluster: FakeCluster, tmp_path: Path) -> None:
    """At the end the display is gone, and the summary and the path are what is left."""
    code, screen = record(cluster, 200, "--every", "50ms", "--for", "200ms", "-o", str(tmp_path / "b")).end()

    assert code == 0
    assert screen.lines[0].startswith("recorded ")
    assert screen.lines[1:] == [str(tmp_path / "b")]
    assert screen.colours
    assert not screen.hidden


def test_an_error_at_a_terminal_stands_alone(tmp_path: Path) -> None:
    """An error comes on a line of its own, and nothing half-drawn stays."""
    with FakeCluster({}) as cluster:
        code, screen = record(cluster, 300, "-o", str(tmp_path / "b")).end()

    assert code == 1
    assert len(screen.lines) == 1
    assert screen.lines[0].startswith(f"error: cannot record {cluster.url}: ")
    assert not screen.hidden


def test_no_color_at_a_terminal(cluster: FakeCluster, tmp_path: Path) -> None:
    """With NO_COLOR the display has no colours."""
    arguments = ("--every", "50ms", "--for", "200ms", "-o", str(tmp_path / "b"))
    code, screen = record(cluster, 100, *arguments, NO_COLOR="1").end()

    assert (code, screen.colours) == (0, False)


def test_a_dumb_terminal_gets_lines(cluster: FakeCluster, tmp_path: Path) -> None:
    """A terminal that cannot rewrite lines gets a log without any control sequence."""
    terminal = record(cluster, 300, "--every", "50ms", "--for", "200ms", "-o", str(tmp_path / "b"), TERM="dumb")
    code, screen = terminal.end()

    assert code == 0
    assert b"\x1b" not in terminal.written
    assert screen.lines[0].startswith("frame 1 of 5: ")
