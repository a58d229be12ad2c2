"""`toolkit validate`: everything that is wrong with a bundle, each with file, line and field."""

from __future__ import annotations

import contextlib
import hashlib
import json
import tempfile
from typing import TYPE_CHECKING, Any

import pytest
import typer
from hypothesis import given, settings

from tests.bundle.making import DATE, END, EPOCH, make, manifest, rewrite, tracks
from tests.bundle.test_fuzz import SPOILT, spoilt
from tests.serving import toolkit
from tests.study.running import in_terminal
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.cli.validate import validate
from toolkit.errors import BundleDamaged, BundleError, BundleNotFound, BundleTooNew
from toolkit.examine.survey import survey
from toolkit.tracks.placing import Explicit
from toolkit.tracks.track import Change, Track

if TYPE_CHECKING:
    from pathlib import Path


def found(bundle: Path, **flags: Any) -> list[tuple[str, str, int, str]]:
    """Give what is found: rule, file, line and field."""
    told = survey(bundle, 60_000, lambda _: None, **flags).found
    return [(one.rule, one.file, one.line, one.field) for one in told]


def digests(bundle: Path) -> None:
    """Make the digests right again."""
    files = {name: hashlib.sha256((bundle / name).read_bytes()).hexdigest() for name in json_of(bundle)["files"]}
    manifest(bundle, files=files)


def json_of(bundle: Path) -> Any:
    """Read the manifest."""
    return json.loads((bundle / "bundle.json").read_text())


def recorded(target: Path, executions: list[Track]) -> Path:
    """Write a recording of some executions, with a frame each second."""
    every = tracks() | {"executions": executions, "controllers": [], "errors": [], "nodes": []}
    return write_bundle(target, every, first=EPOCH, last=END, origin={"kind": "generated"})


def execution(**more: Any) -> dict[str, Any]:
    """Make an execution's document."""
    return tracks()["executions"][0].doc | more


def test_all_damage_is_told_not_only_the_first(tmp_path: Path) -> None:
    """Lines of several files, a digest, a count and an order, in one go."""
    bundle = make(tmp_path / "b", orders={"jobs": [Explicit(EPOCH, [("j1", "gone")], ["away"])]})
    rewrite(bundle, "executions.json", '"_status":"running"', '"_status":"dreaming"')
    rewrite(bundle, "executions.json", '"_updated":"' + DATE + '","_has', '"_updated":7,"_has')
    rewrite(bundle, "nodes.json", "[\n", "[\nnonsense,\n[],\n")
    rewrite(bundle, "cluster.json", "\n]", ",\n]")
    manifest(bundle, counts=json_of(bundle)["counts"] | {"assets": 3})
    seen = found(bundle)

    assert [one[:3] for one in seen if one[0] == "digest"] == [
        ("digest", name, 0) for name in ("executions.json", "nodes.json", "cluster.json")
    ]
    damage = [one[1:] for one in seen if one[0] == "damage"]
    assert ("executions.json", 2, "$.doc._updated") in damage or ("executions.json", 2, "$.doc._status") in damage
    assert ("nodes.json", 2, "") in damage
    assert ("nodes.json", 3, "$") in damage
    assert ("cluster.json", 3, "") in damage
    assert ("count", "bundle.json", 0, "$.counts.assets") in seen
    assert [one for one in seen if one[0] == "order"] == [
        ("order", "bundle.json", 0, f"$.orders.jobs[0].{field}") for field in ("placed", "freed")
    ]


def test_edited_files_are_judged_without_their_digests(tmp_path: Path) -> None:
    """With --allow-edited digests and counts do not matter, lines do."""
    bundle = make(tmp_path / "b", kind="recorded")
    rewrite(bundle, "jobs.json", '"name":"etl"', '"name":"other"')
    manifest(bundle, counts={})

    assert {one[0] for one in found(bundle)} == {"digest", "count"}
    assert found(bundle, allow_edited=True) == []


def test_a_broken_rule_is_told_with_its_line(tmp_path: Path) -> None:
    """An execution that starts to run again is on a line, with a field and the instants."""
    changes = [Change(EPOCH + 10_000, set={"_status": "stopping"}), Change(EPOCH + 20_000, set={"_status": "running"})]
    tracked = [Track("e0", execution(ex_id="e0", _status="stopped")), Track("e1", execution(), changes=changes)]
    bundle = recorded(tmp_path / "b", tracked)
    (one,) = survey(bundle, 600_000, lambda _: None).found

    assert (one.rule, one.file, one.line, one.kind, one.id, one.field) == (
        "illegal-transition", "executions.json", 3, "executions", "e1", "_status",
    )  # fmt: skip
    assert one.seen == "went from stopping to running"
    assert one.first == "2026-01-01T00:00:20.000Z"
    assert one.text().startswith(
        "error: executions.json line 3: executions e1 _status went from stopping to running at"
    )


def test_joins_are_told_with_their_line(tmp_path: Path) -> None:
    """A controller of no execution and a record of no job; not while the other file cannot be read whole."""
    parts = tracks() | {"jobs": [], "executions": [], "nodes": [], "errors": []}
    bundle = write_bundle(tmp_path / "b", parts, first=EPOCH, last=END, origin={"kind": "generated"})
    assert found(bundle) == [("controller-of-no-execution", "controllers.json", 2, "ex_id")]

    rewrite(bundle, "executions.json", "[\n", "[\nnonsense\n")
    digests(bundle)
    assert found(bundle) == [("damage", "executions.json", 2, "")]


def test_lines_after_a_damaged_one_keep_their_number(tmp_path: Path) -> None:
    """What is left out does not shift what comes after it."""
    tracked = [Track(f"e{number}", execution(ex_id=f"e{number}", job_id="none")) for number in range(5)]
    bundle = recorded(tmp_path / "b", tracked)
    rewrite(bundle, "executions.json", '"id":"e1"', '"id":5')
    rewrite(bundle, "executions.json", '"id":"e3"', '"id":5')
    digests(bundle)
    told = survey(bundle, 1, lambda _: None).found

    assert [one.line for one in told if one.rule == "damage"] == [3, 5]
    assert [one.line for one in told if one.rule == "execution-of-no-job"] == [2, 4, 6]


@pytest.mark.parametrize(
    ("name", "text", "where"),
    [
        ("jobs.json", b"", ("jobs.json", 1)),
        ("jobs.json", b"\xef\xbb\xbf[\n]\n", ("jobs.json", 1)),
        ("jobs.json", b"[\n" + b"[" * 100_000 + b"\n]\n", ("jobs.json", 2)),
        ("jobs.json", b'[\n{"id":"j1","doc":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}\n]\n", ("jobs.json", 2)),
        ("jobs.json", b'[\n{"id":"\\u001b[31m","doc":{"job_id":"x"}}\n]\n', ("jobs.json", 2)),
        ("jobs.json", b"[\n\xff\xfe\n]\n", ("jobs.json", 2)),
        ("jobs.json", b"[\n{}\n]\n{}", ("jobs.json", 2)),
        ("bundle.json", b"[]", ("bundle.json", 0)),
        ("bundle.json", b"[" * 100_000, ("bundle.json", 0)),
    ],
)
def test_hostile_files_are_findings(tmp_path: Path, name: str, text: bytes, where: tuple[str, int]) -> None:
    """Nothing that a file holds is more than a finding on one printable line."""
    bundle = make(tmp_path / "b", kind="recorded")
    (bundle / name).write_bytes(text)
    outcome = survey(bundle, 60_000, lambda _: None)
    damage = [one for one in outcome.found if one.rule == "damage"]

    assert (damage[0].file, damage[0].line) == where
    assert all(line.isprintable() for line in outcome.lines(100))


@settings(max_examples=150)
@given(*SPOILT)
def test_damage_is_never_a_traceback(kind: str, name: str, place: int, length: int, piece: bytes) -> None:
    """Whatever bytes are put anywhere into a bundle: where the reader refuses it, there are errors, elsewhere none."""
    with tempfile.TemporaryDirectory() as folder:
        path = spoilt(folder, kind, name, place, length, piece)
        refused = False
        try:
            read_bundle(path)
        except BundleError:
            refused = True
        with contextlib.suppress(BundleTooNew):
            outcome = survey(path, 600_000, lambda _: None)
            damage = [one for one in outcome.found if one.rule in {"damage", "digest", "count"}]
            assert bool(damage) is refused
            assert all(line.isprintable() for line in outcome.lines(100))


def test_a_missing_file_and_a_link_out_are_findings(tmp_path: Path) -> None:
    """So are two files at once that cannot be opened."""
    bundle = make(tmp_path / "b", kind="recorded")
    (bundle / "jobs.json").unlink()
    (tmp_path / "assets.json").write_text("[\n]\n")
    (bundle / "assets.json").unlink()
    (bundle / "assets.json").symlink_to(tmp_path / "assets.json")

    assert found(bundle) == [("damage", "jobs.json", 0, ""), ("damage", "assets.json", 0, "")]


def test_dates_of_the_manifest_are_findings(tmp_path: Path) -> None:
    """A bundle that ends before it begins."""
    bundle = make(tmp_path / "b", kind="recorded")
    manifest(bundle, to="2025-01-01T00:00:00.000Z")

    assert found(bundle) == [("damage", "bundle.json", 0, "$.from")]


def test_what_is_no_bundle_is_an_error(tmp_path: Path) -> None:
    """There is nothing, or what another toolkit wrote."""
    with pytest.raises(BundleNotFound):
        survey(tmp_path / "none", 0, lambda _: None)
    (tmp_path / "file").write_text("{}")
    with pytest.raises(BundleDamaged, match="it is a file"):
        survey(tmp_path / "file", 0, lambda _: None)
    bundle = make(tmp_path / "b")
    manifest(bundle, format="99.0")
    with pytest.raises(BundleTooNew):
        survey(bundle, 0, lambda _: None)


def test_findings_are_lines_up_to_a_limit_and_the_exit_code_is_1(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last line counts all of them."""
    bundle = make(tmp_path / "b", kind="recorded")
    lines = b",\n".join(b"nonsense" for _ in range(20))
    (bundle / "jobs.json").write_bytes(b"[\n" + lines + b"\n]\n")
    with pytest.raises(typer.Exit) as ended:
        validate(bundle, limit=3)
    out = capsys.readouterr().out.splitlines()

    assert ended.value.exit_code == 1
    assert out[1].startswith("error: jobs.json line 2: is not a track in JSON")
    assert out[3] == "and 18 more; --limit shows more of them"
    assert out[4].endswith("21 errors, 0 warnings")
    assert len(out) == 5


def test_of_very_many_damaged_lines_the_first_are_told_and_the_rest_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that a file of nothing but damage fills no memory; what depends on the file is not told as well."""
    monkeypatch.setattr("toolkit.examine.survey.MOST_KEPT", 4)
    bundle = make(tmp_path / "b", kind="recorded", orders={"jobs": [Explicit(EPOCH, [("gone", None)], [])]})
    (bundle / "jobs.json").write_bytes(b"[\n" + b",\n".join([b"nonsense"] * 20) + b"\n]\n")
    outcome = survey(bundle, 0, lambda _: None)

    assert [one.rule for one in outcome.found if one.severity == "error"][:4] == ["digest", *["damage"] * 3]
    assert outcome.more == (17, 0)
    assert list(outcome.lines(2))[2].startswith("and ")


def test_the_command_line_says_it_by_its_exit_code(tmp_path: Path) -> None:
    """0 without errors, 1 with, 2 if asked wrongly; findings on stdout, talk on stderr."""
    bundle = make(tmp_path / "b", kind="recorded")
    for arguments, code, lines in (
        (("validate", str(bundle)), 0, 1),
        (("check", str(bundle), "--json"), 0, 8),
        (("check", str(bundle), "--for", "1s"), 2, 0),
        (("validate", str(bundle), "--settle", "soon"), 2, 0),
        (("validate", str(tmp_path / "none")), 1, 0),
    ):
        with toolkit(*arguments) as process:
            assert process.wait() == code
            assert len(process.out.all()) == lines
            assert len(process.err.all()) == (lines == 0)


@pytest.mark.parametrize(("command", "doing"), [("validate", "validating"), ("check", "checking")])
def test_who_waits_at_a_terminal_sees_how_far_it_is(tmp_path: Path, command: str, doing: str) -> None:
    """The line is gone in the end."""
    shown = in_terminal(100, command, make(tmp_path / "x"))

    assert f"{doing} {tmp_path}/x: 0 %" in shown
    assert "errors, " in shown.rpartition("\x1b[K")[2]
