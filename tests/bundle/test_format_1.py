"""Bundles of format 1, as toolkits wrote them that nobody has any more: served as they are, and migrated."""

from __future__ import annotations

import errno
import hashlib
import itertools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.bundle.making import CONTROLLER, DATE, EPOCH, EXECUTION, JOB, content
from tests.bundle.schema import validate
from tests.study.running import run as run  # noqa: PLC0414 - a fixture
from toolkit.bundle.manifest import FILES
from toolkit.bundle.migrate import migrate
from toolkit.bundle.reader import read_bundle
from toolkit.errors import BundleDamaged, TargetError
from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.tracks.frames import Gap

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.study.running import Ran
    from toolkit.tracks.timeline import TrackTimeline

INSTANTS = [EPOCH, EPOCH + 1_000, EPOCH + 2_005, EPOCH + 3_000, EPOCH + 9_000]


def at(t: int) -> str:
    """An instant as a manifest has it."""
    return format_instant(t)


def job(name: str) -> dict[str, Any]:
    """A job's track that never changes."""
    return {"doc": {"name": "etl", "job_id": name, "_updated": DATE}, "id": name}


RECORDED: dict[str, Any] = {
    "format": "1.0",
    "origin": {"kind": "recorded", "url": "http://there"},
    "from": at(EPOCH),
    "to": at(INSTANTS[-1]),
    "frames": [
        {"t": at(INSTANTS[0]), "skew_ms": 12, "gaps": []},
        {"t": at(INSTANTS[1]), "gaps": ["nodes: answered 500", "assets"]},
        {"t": at(INSTANTS[2]), "skew_ms": 7, "gaps": ["nodes: answered 500"]},
        {"t": at(INSTANTS[3]), "skew_ms": 7, "gaps": ["nodes: took: too long"]},
        {"t": at(INSTANTS[4])},
    ],
    "orders": {
        "jobs": [
            {"t": at(INSTANTS[1]), "ids": ["j3", "j1", "j2"]},
            {"t": at(INSTANTS[2]), "ids": None},
            {"t": at(INSTANTS[3]), "ids": ["j2", "gone", "j1"]},
            {"t": at(INSTANTS[4]), "ids": ["gone", "j2", "j1"]},
        ]
    },
}
RECORDED_TRACKS: dict[str, list[dict[str, Any]]] = {
    "jobs": [job("j1"), job("j2") | {"spans": [[None, INSTANTS[4]]]}, job("j3")],
    "executions": [
        {
            "changes": [{"t": INSTANTS[2], "set": {"_status": "stopping", "n": 2}}],
            "doc": EXECUTION | {"n": 1, "operations": []},
            "id": "e1",
        }
    ],
}
GENERATED: dict[str, Any] = {
    "format": "1.3",
    "origin": {"kind": "generated", "seed": 5},
    "from": at(EPOCH),
    "to": at(EPOCH + 60_000),
}
GENERATED_TRACKS: dict[str, list[dict[str, Any]]] = {
    "jobs": [{"doc": JOB | {"operations": [{"_op": "noop"}]}, "id": "j1"}],
    "executions": [{"doc": EXECUTION, "id": "e1"}],
    "controllers": [{"counters": {"processed": {"pieces": [[EPOCH, 5, 3_600]]}}, "doc": CONTROLLER, "id": "e1"}],
}


def written(folder: Path, manifest: dict[str, Any], tracks: dict[str, list[dict[str, Any]]]) -> Path:
    """The files of a bundle."""
    folder.mkdir()
    files = {}
    for file, kind in FILES.items():
        lines = [dumps(track).decode() for track in tracks.get(kind.name, [])]
        text = "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[\n]\n"
        (folder / file).write_text(text)
        files[file] = hashlib.sha256(text.encode()).hexdigest()
    counts = {kind.name: len(tracks.get(kind.name, [])) for kind in FILES.values()}
    (folder / "bundle.json").write_text(json.dumps(manifest | {"counts": counts, "files": files}, indent=4) + "\n")
    return folder


def recorded(folder: Path, **changed: Any) -> Path:
    """A recording of format 1."""
    return written(folder, RECORDED | changed, RECORDED_TRACKS)


def answers(timeline: TrackTimeline, instants: list[int]) -> list[list[bytes]]:
    """What is answered at some instants, as it would be sent."""
    views = [timeline.at(t) for t in instants]
    return [
        [record.item for found in (view.jobs(0, 9), view.executions(0, 9), view.controllers()) for record in found[0]]
        for view in views
    ]


EVERY = sorted({t + later for t in INSTANTS for later in (-1, 0, 1) if EPOCH <= t + later <= INSTANTS[-1]})


def test_a_recording_is_answered_as_it_was_meant(tmp_path: Path) -> None:
    """Frames hold until the next one, an order until the next one, and ids that are null again are the sort."""
    timeline = read_bundle(recorded(tmp_path / "x")).timeline
    orders = {t: [record.fields["job_id"] for record in timeline.at(t).jobs(0, 9).value] for t in EVERY}
    assert [orders[t] for t in INSTANTS] == [
        ["j1", "j2", "j3"],
        ["j3", "j1", "j2"],
        ["j1", "j2", "j3"],
        ["j2", "j1", "j3"],
        ["j1", "j3"],
    ]
    assert all(orders[t - 1] == orders[before] for before, t in itertools.pairwise(INSTANTS))
    numbers = [timeline.at(t).executions(0, 1).value[0].fields["n"] for t in (*INSTANTS, INSTANTS[2] - 1)]
    assert numbers == [1, 1, 2, 2, 2, 1]


def test_a_recordings_frames_are_known(tmp_path: Path) -> None:
    """Instants, skews and gaps of format 1 are what they are now; one reason in frames in a row is one gap."""
    frames = read_bundle(recorded(tmp_path / "x")).frames
    assert list(frames.instants) == INSTANTS
    assert list(frames.skews) == [12, 0, 7, 7, 0]
    assert frames.gaps == [
        Gap("assets", "", INSTANTS[1], INSTANTS[1], 1),
        Gap("nodes", "answered 500", INSTANTS[1], INSTANTS[2], 2),
        Gap("nodes", "took: too long", INSTANTS[3], INSTANTS[3], 1),
    ]


def test_a_generated_bundle_is_answered_as_it_was_meant(tmp_path: Path) -> None:
    """Without frames counters move from instant to instant."""
    timeline = read_bundle(written(tmp_path / "x", GENERATED, GENERATED_TRACKS)).timeline
    counts = [timeline.at(EPOCH + t).controllers().value[0].fields["processed"] for t in (0, 999, 1_000, 60_000)]
    assert counts == [5, 5, 6, 65]


def test_a_recording_without_frames_is_read(tmp_path: Path) -> None:
    """A manifest that says nothing of frames, or has an empty list of them, is one without."""
    assert list(read_bundle(recorded(tmp_path / "x", frames=[])).frames.instants) == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"frames": 5}, r"\$\.frames: expected array, got int"),
        ({"frames": [{"t": "x"}]}, r"\$\.frames\[0\]\.t: 'x' is not a date"),
        ({"frames": [{"t": at(EPOCH + 9)}, {"t": at(EPOCH)}]}, r"\$\.frames\[1\]\.t: is not later than"),
        ({"frames": [{"t": at(EPOCH), "skew_ms": -1}]}, r"\$\.frames\.steps_ms: does not lead from"),
        ({"orders": {"jobs": [{"t": at(EPOCH)}]}}, r"\$\.orders.*: .*missing required field ids"),
        ({"orders": {"jobs": [{"t": "x", "ids": []}]}}, r"\$\.orders\.jobs\[0\]\.t: 'x' is not a date"),
        ({"orders": {"cats": []}}, r"\$\.orders: knows no collection 'cats'"),
    ],
)
def test_damage_is_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    """A damaged manifest of format 1 is refused in one line as well."""
    with pytest.raises(BundleDamaged, match=rf"^cannot read the bundle .*: bundle\.json {message}[^\n]*$"):
        read_bundle(recorded(tmp_path / "x", **changed))


@pytest.mark.parametrize("kind", ["recorded", "generated"])
def test_a_migrated_bundle_answers_the_same(tmp_path: Path, kind: str) -> None:
    """Migrated, a bundle has the present format and the same bytes for every request; twice does nothing more."""
    folder = tmp_path / "x"
    if kind == "recorded":
        recorded(folder)
        instants = EVERY
    else:
        written(folder, GENERATED, GENERATED_TRACKS)
        instants = [EPOCH, EPOCH + 999, EPOCH + 1_000, EPOCH + 60_000]
    old = read_bundle(folder)
    before = content(folder)

    assert migrate(folder) == (old.manifest.format, "2.0")

    after = content(folder)
    new = read_bundle(folder)
    assert answers(old.timeline, instants) == answers(new.timeline, instants)
    assert (old.frames, old.manifest.origin) == (new.frames, new.manifest.origin)
    assert {name for name in before if before[name] != after[name]} == {"bundle.json"}
    assert before.keys() == after.keys()
    validate(folder)
    assert migrate(folder) == ("2.0", "2.0")
    assert content(folder) == after


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
@pytest.mark.parametrize("what", ["open", "fsync", "replace"])
def test_a_disk_that_refuses_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, number: int
) -> None:
    """On a full or a read-only disk a bundle stays what it was, whole, and the error is one line."""
    folder = recorded(tmp_path / "x")
    before = content(folder)

    def refuse(*_args: object, **_more: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os if what == "fsync" else Path, what, refuse)
    if what == "open":
        monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(TargetError) as error:
        migrate(folder)
    monkeypatch.undo()
    reason = os.strerror(number).lower()
    assert str(error.value) == f"cannot write the bundle {folder}: {reason}; make room or choose another place"
    assert content(folder) == before


def test_an_interrupted_migration_leaves_the_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever stops a migration, the bundle is what it was and nothing else is left in it."""
    folder = recorded(tmp_path / "x")
    before = content(folder)

    def stop(_fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        migrate(folder)
    assert content(folder) == before


def test_nothing_outside_is_written(tmp_path: Path) -> None:
    """What a killed run left is replaced; a link in its place is not followed."""
    folder = recorded(tmp_path / "x")
    (tmp_path / "precious").write_text("precious")
    (folder / ".toolkit-bundle.json").symlink_to(tmp_path / "precious")
    migrate(folder)
    assert (tmp_path / "precious").read_text() == "precious"
    assert not (folder / ".toolkit-bundle.json").is_symlink()
    assert read_bundle(folder).manifest.format == "2.0"


def test_a_damaged_bundle_is_not_migrated(tmp_path: Path) -> None:
    """A bundle that cannot be read is refused, and left as it is."""
    folder = recorded(tmp_path / "x")
    (folder / "jobs.json").write_text("[\n]\n")
    before = content(folder)
    with pytest.raises(BundleDamaged, match=r"jobs\.json does not match its digest"):
        migrate(folder)
    assert content(folder) == before


def test_the_command_says_what_it_did(tmp_path: Path, run: Callable[..., Ran]) -> None:
    """`toolkit migrate` names both formats, and says when there is nothing to do."""
    folder = recorded(tmp_path / "x")
    assert run("migrate", folder) == (0, f"{folder}\n", "format 1.0 became 2.0\n")
    assert run("migrate", folder) == (0, f"{folder}\n", "it has format 2.0 already\n")
