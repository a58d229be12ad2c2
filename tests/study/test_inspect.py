"""`toolkit inspect`."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.bundle.making import END, EPOCH, make, rewrite, tracks
from tests.serving import toolkit
from tests.study.running import Ran, in_terminal, run
from toolkit.bundle.manifest import FILES
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.study import movers
from toolkit.study.lines import BAD, Column, Paper, plain, table
from toolkit.study.movers import find_movers
from toolkit.study.picture import _duration, picture
from toolkit.study.report import report_as_json, report_on
from toolkit.tracks.frames import Frames, Gap
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Track

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]

DEMO = Path(__file__).parents[2] / "snapshots" / "demo"
GAPS = [
    Gap("jobs", "no answer within 10 s", EPOCH + 20_000, EPOCH + 40_000, 2),
    Gap("nodes", "the connection broke", EPOCH + 20_000, EPOCH + 20_000, 1),
    Gap("jobs", "an array instead of an object", END, END, 1),
]
FRAMES = Frames([EPOCH, EPOCH + 20_000, EPOCH + 40_000, END], [4, 90, 8, 6], GAPS)
RECORDED: dict[str, Any] = {
    "kind": "recorded",
    "toolkit": "0.1.0",
    "address": "http://p-1:5678",
    "cluster": {"name": "p-\x1b[31m2", "teraslice_version": "v3.18.0"},
    "every_ms": 20_000,
    "ticks": {"late": 3, "missed": 1},
    "absent": ["assets"],
    "cut": ["executions"],
    "redacted": True,
    "redaction": {"credentials": 2, "pseudonyms": 1_700, "leaks": 1, "names": "kept"},
}


def recording(target: Path, **changed: Any) -> Path:
    """Write a small recording."""
    return write_bundle(target, tracks(), first=EPOCH, last=END, origin=RECORDED | changed, frames=FRAMES)


def drawn(path: Path, width: int = 100, *, ascii_only: bool = False) -> list[str]:
    """Draw a bundle."""
    report = report_on(path, read_bundle(path), 60)
    return [plain(line) for line in picture(report, Paper(width, ascii_only))]


def test_a_generated_bundle_is_told(run: Callable[..., Ran]) -> None:
    """What it was made from, when, what is in it, what moved, and how to serve it: all on stdout."""
    code, out, err = run("inspect", DEMO)
    lines = out.splitlines()

    assert (code, err) == (0, "")
    assert lines[0] == str(DEMO)
    for words in (
        "seed 7, 25 jobs, generator revision 2",
        "scenario    default",
        "2026-01-01T00:00:00.000Z to 2026-01-01T00:30:00.000Z, 30m",
        "format ",
        "bundle.json ",
    ):
        assert words in out
    (count,) = (line for line in lines if line.startswith("  executions "))
    assert count.split() == ["executions", "64", "59", "64"]
    (running,) = (line for line in lines if line.startswith("  running "))
    assert re.fullmatch(r"  running +[▁▂▃▄▅▆▇█ ]+ +9 +11 +13", running)
    assert lines[-1].split() == ["toolkit", "serve", "--replay", str(DEMO)]
    assert max(map(len, lines)) <= 100


def test_the_line_that_serves_it_serves_it(tmp_path: Path) -> None:
    """Whatever the directory is called."""
    path = make(tmp_path / "a b'c")
    command = report_on(path, read_bundle(path), 60).serve
    assert report_on(path, read_bundle(path), 60, allow_edited=True).serve == f"{command} --allow-edited"
    with toolkit(*shlex.split(command)[1:], "--port", "0") as process:
        assert process.url()


def test_a_recording_is_told(tmp_path: Path) -> None:
    """The cluster, the frames and their skew, each gap with its time and reason, what is lacking, what was redacted."""
    text = "\n".join(drawn(recording(tmp_path / "r")))

    for words in (
        "from http://p-1:5678",
        "name p-\\x1b[31m2, teraslice_version v3.18.0",
        "4 every 20s; 3 ticks late, 1 missed; skew 6 ms in the median, 90 ms at most",
        "jobs from 2026-01-01T00:00:20.000Z to 2026-01-01T00:00:40.000Z, 2 frames: no answer within 10 s",
        "nodes at 2026-01-01T00:00:20.000Z: the connection broke",
        "jobs at 2026-01-01T00:01:00.000Z: an array instead of an object",
        "the cluster does not have assets",
        "not reached executions: the cluster lets nobody read further",
        "errors      not recorded",
        "redacted: credentials dropped 2, texts replaced 1,700, leaks replaced 1, names of jobs kept",
        "a column is 20s",
    ):
        assert words in re.sub(r"\n {14}", " ", text)
    assert "\x1b" not in text
    assert not any(word in text for word in ("NOT REDACTED", "NOT SCANNED", "INSECURE", "resumed"))


def test_what_a_recording_went_through_is_told(tmp_path: Path) -> None:
    """That it was taken up again, by whom it may have been forged, and what nobody looked through: loudly, in red."""
    redaction = {"credentials": 0, "names": "pseudonyms", "odd_one": {"a": 1}, "scrubbed": True, "scanned": False}
    path = recording(tmp_path / "r", errors=True, resumed=2, insecure=True, redaction=redaction)
    report = report_on(path, read_bundle(path), 60)
    lines = picture(report, Paper(100, ascii=False))
    bad = " ".join(span.text for line in lines for span in line if span.style == BAD)
    text = re.sub(r"\n {14}", " ", "\n".join(map(plain, lines)))

    assert "1 missed; resumed 2 times; skew" in text
    assert "errors      recorded" in text
    assert "INSECURE: recorded with --insecure, nobody checked" in bad
    assert "NOT SCANNED: written with --no-scan" in bad
    assert "credentials dropped 0, names of jobs replaced, odd one a 1, scrubbed" in text
    origin = report_as_json(report)["origin"]
    assert {name: origin[name] for name in ("errors", "resumed", "insecure", "scanned")} == {
        "errors": True, "resumed": 2, "insecure": True, "scanned": False,
    }  # fmt: skip


def test_what_is_not_redacted_is_told_loudly(tmp_path: Path) -> None:
    """Also where the manifest does not say."""
    for number, said in enumerate((False, None, "yes")):
        assert any("NOT REDACTED" in line for line in drawn(recording(tmp_path / str(number), redacted=said)))


def test_odd_manifests_are_told_as_far_as_they_go(tmp_path: Path) -> None:
    """What is missing or of another type is no reason to fail."""
    odd = {"ticks": 5, "absent": None, "cut": {"jobs": "too old"}, "cluster": [], "every_ms": "5s", "redaction": 7}
    text = "\n".join(drawn(recording(tmp_path / "r", **odd)))
    assert "jobs: too old" in text
    assert "it said nothing of itself" in text

    empty = dict.fromkeys(tracks(), ())
    bare = write_bundle(tmp_path / "g", empty, first=EPOCH, last=EPOCH, origin={"kind": "generated"})
    text = "\n".join(drawn(bare))
    assert "seed unknown" in text
    assert "one instant: nothing moves" in text


def test_a_scenario_of_its_own_shows_what_it_sets(tmp_path: Path) -> None:
    """A named one shows its name, whatever its number of jobs."""
    own = tmp_path / "own.toml"
    own.write_text('event_every = "5m"\nfailures_share = 0.25\n')
    for name, words in (
        (str(own), ["event_every 5m", "failures_share 0.25"]),
        ("busy", ["scenario    busy", "3 jobs"]),
    ):
        path = tmp_path / Path(name).stem
        with toolkit("generate", "--scenario", name, "--jobs", "3", "--for", "1m", "-o", str(path)) as process:
            assert process.wait() == 0
        text = "\n".join(drawn(path))
        assert all(word in text for word in words), text


def test_movers_are_the_biggest(tmp_path: Path) -> None:
    """By what controllers counted while they were there; statuses, writes and nodes by how often they changed."""
    everything = tracks()
    executions = everything["executions"]
    executions[0].changes[0].set["_updated"] = "2026-01-01T00:00:30.000Z"
    everything["nodes"].append(
        Track("n2", everything["nodes"][0].doc | {"node_id": "n2", "hostname": "h2"}, spans=[(EPOCH + 5, END)])
    )
    path = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})
    report = report_on(path, read_bundle(path), 60)
    (work,) = report.movers.executions

    assert (work.id, work.name, work.processed, work.failed, work.seen_ms) == ("e1", "etl", 60, 20, 60_000)
    assert work.per_second == 1.0
    assert [(job.id, job.processed) for job in report.movers.jobs] == [("j1", 60)]
    assert [failing.failed_ever for failing in report.movers.failing] == [21]
    assert [(one.id, one.changes) for one in report.movers.restless] == [("e1", 1), ("e2", 1)]
    assert [(one.collection, one.id, one.name, one.changes) for one in report.written] == [
        ("executions", "e1", "etl", 1)
    ]
    assert [(one.id, one.changes) for one in report.movers.nodes] == [("n1", 2), ("n2", 2)]
    assert [(node.id, node.name, node.came, node.went) for node in report.nodes] == [("n2", "h2", EPOCH + 5, END)]
    assert [(one.before, one.after, one.times) for one in report.transitions] == [
        (None, "running", 1),
        ("running", "stopping", 1),
    ]
    assert report.movers.all_seen


def test_what_did_not_fail_is_not_among_what_failed_most(tmp_path: Path) -> None:
    """Failures from before the bundle began are none in it."""
    everything = tracks()
    for controller in everything["controllers"]:
        controller.doc = controller.doc | {"failed": 21}
        del controller.counters["failed"]
    path = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})
    assert not any("failed most" in line for line in drawn(path))


@pytest.mark.parametrize(
    ("ms", "words"),
    [(7, "7ms"), (999, "999ms"), (1_505, "1.5s"), (2_000, "2s"), (9_999, "10s"), (20_040, "20s"), (90_400, "1m30s")],
)
def test_durations_are_rounded_for_people(ms: int, words: str) -> None:
    """Nobody reads a millisecond of a minute."""
    assert _duration(ms) == words


def test_long_lists_are_counted(tmp_path: Path) -> None:
    """Nodes that came and went, and gaps: the first ones, and how many others; JSON has all."""
    everything = tracks()
    node = everything["nodes"][0].doc
    names = [f"n{number:02}" for number in range(20, 42)]
    everything["nodes"] = [
        Track(name, node | {"node_id": name}, spans=[(None, EPOCH + 7)] if name > "n30" else [(EPOCH + 5, None)])
        for name in names
    ]
    instants = [*(EPOCH + number for number in range(24)), END]
    gaps = [Gap("jobs", f"status {t}", t, t, 1) for t in instants]
    frames = Frames(instants, [1] * 25, gaps)
    path = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin=RECORDED, frames=frames)
    lines = drawn(path)

    assert "  and 12 others" in lines
    assert any(line.endswith("and 5 other gaps; --json has all") for line in lines)
    report = report_on(path, read_bundle(path), 60)
    assert [(node.came, node.went) for node in report.nodes] == 11 * [(EPOCH + 5, None)] + 11 * [(None, EPOCH + 7)]
    assert len(report_as_json(report)["origin"]["gaps"]) == 25


def test_deleted_records_are_counted_apart(tmp_path: Path) -> None:
    """They are in no list, and in no status."""
    everything = tracks()
    everything["executions"][0].changes = [Change(EPOCH + 1, set={"_deleted": True})]
    path = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})
    lines = drawn(path)

    (header,) = (line for line in lines if line.endswith(" deleted"))
    assert header.split() == ["ever", "start", "end", "deleted"]
    (count,) = (line for line in lines if line.startswith("  executions "))
    assert count.split() == ["executions", "2", "1", "1", "1"]


def test_an_empty_bundle_is_told_too(tmp_path: Path) -> None:
    """Nothing moved, and there is no part about it; a session's commands are told."""
    origin = {"kind": "generated", "commands": {"number": 3}}
    empty = dict.fromkeys(tracks(), ())
    lines = drawn(write_bundle(tmp_path / "b", empty, first=EPOCH, last=END, origin=origin))

    assert "Executions by status" not in lines
    assert any(line.endswith("with 3 commands that clients sent") for line in lines)


def test_controllers_that_are_never_there_move_nothing() -> None:
    """A track may be of another time than the bundle's."""
    away = Track("e1", tracks()["controllers"][0].doc, spans=[(END + 1, None)])
    assert find_movers(TrackTimeline({"controllers": [away]}, EPOCH, END)).executions == []


def test_large_bundles_cost_so_many_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not looked at is told."""
    timeline = read_bundle(make(tmp_path / "b")).timeline
    monkeypatch.setattr(movers, "MOST_LOOKS", 1)
    assert not find_movers(timeline).all_seen
    monkeypatch.undo()
    monkeypatch.setattr(movers, "MOST_CONTROLLERS", 0)
    found = find_movers(timeline)
    assert (found.executions, found.all_seen) == ([], False)
    assert any("not every controller" in line for line in drawn(tmp_path / "b"))


def test_json_has_everything(run: Callable[..., Ran], tmp_path: Path) -> None:
    """One object, the keys as documented; sizes are those of the files."""
    path = recording(tmp_path / "r")
    code, out, _ = run("inspect", path, "--json")
    made = json.loads(out)

    assert code == 0
    assert list(made) == [
        "bundle", "format", "from", "to", "duration_ms", "origin", "bytes", "counts", "statuses", "transitions",
        "movers", "nodes", "serve",
    ]  # fmt: skip
    assert made["duration_ms"] == 60_000
    assert made["bytes"]["all"] == sum((path / name).stat().st_size for name in ("bundle.json", *FILES))
    assert made["origin"]["kind"] == "recorded"
    assert made["origin"]["gaps"][0] == {
        "source": "jobs",
        "reason": "no answer within 10 s",
        "from": "2026-01-01T00:00:20.000Z",
        "to": "2026-01-01T00:00:40.000Z",
        "frames": 2,
    }
    assert made["counts"]["executions"] == {"ever": 2, "start": 1, "end": 2, "deleted": 0}
    assert made["statuses"]["columns"] == 4
    assert made["statuses"]["rows"][0] == {
        "status": "running", "first": 1, "last": 1, "highest": 2, "levels": [2, 2, 1, 1],
    }  # fmt: skip
    assert made["movers"]["executions_by_processed"][0]["per_second"] == 1.0
    assert json.loads(run("inspect", DEMO, "--json").out)["origin"]["scenario"] == "default"


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_the_picture_fits_its_width(tmp_path: Path, width: int) -> None:
    """Only what cannot be broken, a path or a command, may be longer; bars are never wider than 60."""
    for path in (DEMO, recording(tmp_path / "r")):
        for line in drawn(path, width):
            assert len(line) <= max(width, 46) or str(path) in line
            assert len(re.findall("[▁▂▃▄▅▆▇█]", line)) <= 60


def test_ascii_is_enough() -> None:
    """Where the output is no UTF-8, bars and arrows are letters."""
    lines = drawn(DEMO, ascii_only=True)
    assert all(line.isascii() for line in lines)
    assert any(re.fullmatch(r"  pending +#+ .*", line) for line in lines)

    with toolkit("inspect", str(DEMO), PYTHONIOENCODING="ascii", COLUMNS="100") as process:
        assert process.wait() == 0
        assert process.out.all()[2:] == lines[2:]


def test_a_terminal_gets_colours_and_its_own_width() -> None:
    """A file gets neither."""
    shown = in_terminal(70, "inspect", DEMO)
    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown)

    assert "\x1b[" in shown
    assert [line.rstrip() for line in bare.splitlines()] == drawn(DEMO, 70)


def test_a_reader_that_goes_away_ends_it() -> None:
    """As with `| head -1`: no word about it."""
    with subprocess.Popen(
        [sys.executable, "-m", "toolkit", "inspect", str(DEMO)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_what_cannot_be_inspected_is_one_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    """Nothing there, damaged, edited; the last can be looked at when asked for."""
    code, out, err = run("inspect", tmp_path / "no")
    assert (code, out) == (1, "")
    assert re.fullmatch(r"error: cannot read the bundle .*no: there is nothing; .*\n", err)

    path = make(tmp_path / "b")
    rewrite(path, "jobs.json", '"workers":2', '"workers":3')
    code, _, err = run("inspect", path)
    assert code == 1
    assert "--allow-edited" in err
    assert "--allow-edited" in run("inspect", path, "--allow-edited").out.splitlines()[-1]
    assert run("inspect").code == 2
    for command in ("inspect", "validate"):
        for url in ("http://me:hunter2@localhost:5678", "localhost:5678"):
            code, out, err = run(command, url)
            assert (code, out) == (2, "")
            assert err.startswith(f"error: cannot {command} a URL: it takes a bundle's directory; ")
            assert "toolkit check" in err
            assert "hunter2" not in err


def test_tables_cut_the_last_text_first() -> None:
    """Then the widest; numbers never."""
    rows = [["12,345", "a name that is long", "0123456789-0123456789"]]
    columns = [Column("n", number=True), Column("name"), Column("id")]

    assert plain(table(Paper(100), columns, rows)[1]) == "  12,345  a name that is long  0123456789-0123456789"
    assert plain(table(Paper(45), columns, rows)[1]) == "  12,345  a name that is long  0123456789-01…"
    assert plain(table(Paper(30), columns, rows)[1]) == "  12,345  a name t…  01234567…"
    assert plain(table(Paper(1, ascii=True), columns, rows)[1]) == "  12,345  a name...  012345..."


def test_changes_of_other_things_are_no_status_changes(tmp_path: Path) -> None:
    """A change of a field alone is a write at most."""
    everything = tracks()
    everything["executions"][0].changes = [Change(EPOCH + 1, set={"workers": 9})]
    path = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})
    report = report_on(path, read_bundle(path), 60)
    assert [one.before for one in report.transitions] == [None]
    assert report.written == []
