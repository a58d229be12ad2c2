"""`toolkit diff`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.bundle.making import DATE, END, EPOCH, make, rewrite, tracks
from tests.recorder.fake_cluster import FakeCluster, Reply, plain
from tests.serving import live_server
from tests.study.running import Ran, in_terminal, run
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.clock import FrozenClock
from toolkit.generate import generate
from toolkit.recorder.client import Limits
from toolkit.study.difference import Asked, Changed, Difference, Part, compare
from toolkit.study.fields import MISSING, FieldChange
from toolkit.study.lines import Paper
from toolkit.study.lines import plain as unstyled
from toolkit.study.live import read_clusters
from toolkit.study.sides import bundle_side, parse_side
from toolkit.study.told_difference import difference_lines
from toolkit.tracks.frames import Frames, Gap
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run"]

DEMO = Path(__file__).parents[2] / "snapshots" / "demo"
QUICK = Limits(timeout_s=5, attempts=1)


def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Write two bundles: the second has a job more, an execution less and a changed job."""
    a = make(tmp_path / "a")
    everything = tracks()
    job = everything["jobs"][0]
    everything["jobs"] = [
        type(job)("j1", job.doc | {"workers": 5}),
        type(job)("j2", job.doc | {"job_id": "j2", "name": "new\x1b[31m"}),
    ]
    del everything["executions"][1]
    return a, write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})


def test_a_difference_is_told(run: Callable[..., Ran], tmp_path: Path) -> None:
    """By collection with id and name, fields with before and after, counts; exit 1, all on stdout."""
    code, out, err = run("diff", *pair(tmp_path))
    lines = out.splitlines()

    assert (code, err) == (1, "")
    assert re.sub(r"\n {5}", " ", out).startswith(f"  A  {tmp_path}/a at 2026-01-01T00:01:00.000Z, generated\n  B  ")
    for line in (
        "  +  j2  new\\x1b[31m",
        "  ~  j1  etl",
        "      workers: 2 → 5",
        "  -  e2  etl",
        "They differ: 1 removed, 1 added, 1 changed.",
    ):
        assert line in lines
    assert re.search(r"^  jobs +1 +2 +0 +1 +1$", out, re.MULTILINE)
    assert "\x1b" not in out


def test_the_same_is_told_too(run: Callable[..., Ran]) -> None:
    """Exit 0; also where values moved that always do, which are counted."""
    code, out, err = run("diff", DEMO, DEMO)
    assert (code, err) == (0, "")
    assert out.endswith("\nNo difference.\n")

    code, out, _ = run("diff", f"{DEMO}@+10m", f"{DEMO}@+10m1s")
    assert code == 0
    assert re.search(r"controllers .* \d+ moving$", out, re.MULTILINE)
    assert re.search(r"^No difference, beside \d+ values that always move\.$", out, re.MULTILINE)
    assert run("diff", f"{DEMO}@+10m", f"{DEMO}@+10m1s", "--all").code == 1


def test_instants_of_one_bundle(run: Callable[..., Ran]) -> None:
    """As a date, from the start, from the end; the end by default."""
    for at, date in (
        ("@2026-01-01T00:05:00Z", "2026-01-01T00:05:00.000Z"),
        ("@+1m", "2026-01-01T00:01:00.000Z"),
        ("@-1m", "2026-01-01T00:29:00.000Z"),
        ("", "2026-01-01T00:30:00.000Z"),
    ):
        made = json.loads(run("diff", f"{DEMO}{at}", DEMO, "--json").out)
        assert made["a"] == {"what": str(DEMO), "kind": "generated", "t": date, "redacted": False}


def test_json_has_everything(run: Callable[..., Ran], tmp_path: Path) -> None:
    """One object with the documented keys; the summary leaves the records out, the limit counts them."""
    a, b = pair(tmp_path)
    code, out, _ = run("diff", a, b, "--json")
    made = json.loads(out)

    assert code == 1
    assert list(made) == ["a", "b", "differs", "collections", "not_compared", "hints"]
    assert made["differs"] is True
    jobs = made["collections"]["jobs"]
    assert jobs["records"] == {
        "added": [{"id": "j2", "name": "new\x1b[31m"}],
        "removed": [],
        "changed": [{"id": "j1", "name": "etl", "fields": [{"path": "workers", "before": 2, "after": 5}]}],
    }
    numbers = {key: value for key, value in jobs.items() if key != "records"}
    assert numbers == {
        "a": 1, "b": 2, "added": 1, "removed": 0, "changed": 1, "always_moving": 0, "ignored": 0, "pseudonyms": 0,
    }  # fmt: skip
    assert json.loads(run("diff", a, b, "--json", "--summary").out)["collections"]["jobs"] == numbers
    cut = json.loads(run("diff", a, b, "--json", "--limit", "0").out)["collections"]["jobs"]
    assert cut == numbers | {"records": {"added": [], "removed": [], "changed": []}}


def test_less_is_told_when_asked(run: Callable[..., Ran], tmp_path: Path) -> None:
    """The summary has counts only, the limit counts the rest, ignored fields do not count."""
    a, b = pair(tmp_path)
    out = run("diff", a, b, "--summary").out
    assert "j2" not in out
    assert "They differ: 1 removed, 1 added, 1 changed" in out
    assert "\n  1 added\n" in run("diff", a, b, "--limit", "0").out

    code, out, _ = run("diff", f"{a}@+29s", f"{a}@+31s", "--ignore", "_status", "--ignore", "nodes:active")
    assert code == 0
    assert "1 ignored" in out


def test_long_values_begin_where_they_differ() -> None:
    """Cut to the width; a value's rest is used by the other; many fields are counted."""
    long = "execution 12345678-1234-1234-1234-123456789012: "
    changes = [
        FieldChange(("_failureReason",), f"{long}caused by one", f"{long}caused by another"),
        FieldChange(("short",), 1, "x" * 300),
        *(FieldChange((f"f{number}",), MISSING, number) for number in range(30)),
    ]
    part = Part(changed=1, told_changed=[Changed("e1", "", changes)])
    one = bundle_side(parse_side(str(DEMO)), read_bundle(DEMO))
    for ascii_only in (False, True):
        lines = difference_lines(one, one, Difference({"executions": part}, {}, []), Paper(70, ascii_only))
        text = [unstyled(line) for line in lines]
        assert max(map(len, text)) <= 70
        (reason,) = (line for line in text if "_failureReason" in line)
        assert "one" in reason
        assert "another" in reason
        assert "      and 12 other fields" in text
        assert "  ~  e1" in text
    assert any(line.endswith("xxx...") for line in text)


@pytest.mark.parametrize("mode", ["all", "redacted"])
def test_a_recording_and_the_cluster_it_is_of(run: Callable[..., Ran], tmp_path: Path, mode: str) -> None:
    """Nothing differs while the cluster stands still, whatever is redacted; generated, recorded and live agree."""
    scenario = Scenario(seed=4)
    bundle = generate(scenario, scenario.epoch, scenario.epoch + 60_000, tmp_path / "g")
    with live_server(scenario, FrozenClock(scenario.epoch + 30_000)) as server:
        path = tmp_path / "r"
        flags = [] if mode == "redacted" else ["--no-redact"]
        assert run("record", server.url, "-o", path, *flags).code == 0
        code, out, err = run("diff", path, server.url)
        assert code == 0, out
        assert ("is redacted" in err) == (mode == "redacted")
        assert "error records of a live cluster are not read" in out or "no error records were recorded" in out
        code, out, _ = run("diff", f"{bundle}@+30s", server.url)
        assert code == 0, out
        assert run("diff", server.url, server.url).code == 0
        code, out, _ = run("diff", f"{bundle}@+0s", server.url)
        assert code == 1
        code, out, _ = run("diff", path, server.url, "--all", "--summary")
        assert code == (mode == "redacted")


def test_a_cluster_that_lacks_something_is_compared_without_it(run: Callable[..., Ran], tmp_path: Path) -> None:
    """What failed, with its reason in fixed words; what it never had."""
    answers = plain()
    del answers["/v1/assets"]
    with FakeCluster(answers) as cluster:
        everything = tracks() | {"executions": [], "controllers": [], "jobs": [], "cluster": [], "nodes": []}
        bundle = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})
        code, out, err = run("diff", bundle, cluster.url, "--json")
        made = json.loads(out)
        assert code == 1
        assert made["not_compared"]["assets"] == "B: the cluster does not have it"
        assert [one["id"] for one in made["collections"]["jobs"]["records"]["added"]] == ["j1"]
        assert not err

        cluster.answers["/v1/cluster/controllers"] = Reply(status=400)
        cluster.answers["/v1/cluster/slicers"] = Reply(status=400)
        (side,) = read_clusters([cluster.url], limits=QUICK)
        assert side.unknown["controllers"]
        found = compare(side, side, Asked())
        assert "controllers" not in found.parts


GAPS = [
    Gap("jobs", "status 500", EPOCH, EPOCH, 1),
    Gap("info", "status 500", EPOCH, EPOCH, 1),
    Gap("errors", "status 500", EPOCH, EPOCH, 1),
    Gap("jobs", "no answer within 10 s", EPOCH + 10_000, EPOCH + 10_000, 1),
    Gap("jobs", "status 503", END, END, 1),
    Gap("stats", "status 502", END, END, 1),
]
FRAMES = Frames([EPOCH, EPOCH + 10_000, EPOCH + 20_000, END], [0] * 4, GAPS)


def test_gaps_of_a_recording_count_at_their_instant(tmp_path: Path) -> None:
    """What was never seen is not compared; what was seen before is, and it is said."""
    everything = tracks()
    everything["jobs"][0].spans = [(EPOCH + 20_000, None)]
    everything["cluster"][0].spans = [(EPOCH + 10_000, None)]
    origin: dict[str, Any] = {"kind": "recorded", "absent": ["assets"], "redacted": True, "cluster": None}
    path = write_bundle(tmp_path / "r", everything, first=EPOCH, last=END, origin=origin, frames=FRAMES)
    bundle = read_bundle(path)

    def at(offset: str) -> tuple[dict[str, str], list[str]]:
        side = bundle_side(parse_side(f"{path}@{offset}"), bundle)
        return dict(side.unknown), list(side.notes)

    absent = {"assets": "the recorded cluster does not have it"}
    errors = "could not read all of errors then (status 500): what it had is compared"
    assert at("+0s") == (absent | {"jobs": "status 500", "info": "status 500"}, [errors])
    assert at("+15s") == (absent | {"jobs": "no answer within 10 s"}, [])
    assert at("+20s") == (absent, [])
    assert at("-0s") == (absent, [
        "could not read all of jobs then (status 503): what it had is compared",
        "could not read all of stats then (status 502): what it had is compared",
    ])  # fmt: skip


def test_a_directory_with_an_at_sign_in_its_name(run: Callable[..., Ran], tmp_path: Path) -> None:
    """It is taken as it is, and may have an instant too."""
    path = make(tmp_path / "me@home")
    assert run("diff", path, f"{path}@{DATE}").code == 1
    assert run("diff", path, path).code == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{tmp}/no", "{demo}"], "cannot read the bundle {tmp}/no: there is nothing; "),
        (["{demo}@+31m", "{demo}"], "cannot compare {demo}@+31m: {demo} goes from 2026-01-01T00:00:00.000Z to "),
        (["{demo}", "{demo}@-31m"], "give an instant in it, such as {demo}@+0s"),
        (["{demo}@noon", "{demo}"], "cannot read the date 'noon': "),
        (["{demo}@", "{demo}"], "without an instant, {demo} is compared at its end"),
        (["http://127.0.0.1:1", "{demo}"], "cannot compare http://127.0.0.1:1: "),
        (["http://me:hunter2@127.0.0.1:1", "{demo}"], "127.0.0.1:1"),
        (["ftp://x", "{demo}"], "it is no http or https address; "),
        (["{demo}", "{demo}", "--ignore", "a..b"], "cannot ignore 'a..b': it is no field's name; "),
        (["{demo}", "{demo}", "--limit", "-1"], "Invalid value for '--limit'"),
        (
            ["http://me:hunter2@127.0.0.1:1@+5m", "{demo}"],
            "cannot compare a URL at an instant: a cluster is read now; ",
        ),
        (["{demo}", "http://x@2026-01-01T00:00:00Z"], "cannot compare a URL at an instant: "),
        (["{demo}"], "Missing argument 'B'"),
        (["{demo}", "x" * 300 + "@+5m"], "cannot compare them: "),
    ],
)
def test_what_cannot_be_compared_is_one_line_and_exit_2(
    run: Callable[..., Ran], tmp_path: Path, arguments: list[str], words: str
) -> None:
    """As with diff(1), 1 says that they differ and nothing else."""
    code, out, err = run("diff", *(text.format(tmp=tmp_path, demo=DEMO) for text in arguments))
    (line,) = err.splitlines()

    assert (code, out) == (2, "")
    assert line.startswith("error: ")
    assert words.format(tmp=tmp_path, demo=DEMO) in line
    assert "hunter2" not in line


def test_nothing_of_others_gets_at_a_terminal_in_json(run: Callable[..., Ran], tmp_path: Path) -> None:
    """What is not printable is escaped, and is the same when it is read."""
    name = "a\u009b\u202e\x7f\U000e0001é"
    a, everything = make(tmp_path / "a"), tracks()
    job = everything["jobs"][0]
    everything["jobs"] = [type(job)("j1", job.doc | {"name": name})]
    b = write_bundle(tmp_path / "b", everything, first=EPOCH, last=END, origin={"kind": "generated"})
    for command in (["diff", a, b], ["inspect", b], ["check", b], ["validate", b]):
        out = run(*command, "--json").out
        assert all(letter == "\n" or letter.isprintable() for letter in out)
    changed = json.loads(run("diff", a, b, "--json").out)["collections"]["jobs"]["records"]["changed"]
    assert [field["after"] for field in changed[0]["fields"]] == [name]


def test_edited_bundles_are_compared_when_asked(run: Callable[..., Ran], tmp_path: Path) -> None:
    """And refused otherwise, with the flag named."""
    path = make(tmp_path / "b")
    before = make(tmp_path / "a")
    rewrite(path, "jobs.json", '"workers":2', '"workers":3')
    code, _, err = run("diff", before, path)
    assert code == 2
    assert "--allow-edited" in err
    code, out, _ = run("diff", before, path, "--allow-edited")
    assert code == 1
    assert "workers: 2 → 3" in out


def test_a_terminal_gets_colours(tmp_path: Path) -> None:
    """Added ones green, removed ones red."""
    shown = in_terminal(80, "diff", *pair(tmp_path))
    assert "\x1b[32m  +  j2" in shown
    assert "\x1b[31m  -  e2" in shown
