from __future__ import annotations

import json
import tempfile
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given, settings

from tests.bundle.making import END, EPOCH, NAMES, content, make, tracks
from tests.tracks.strategies import contents, recordings
from toolkit.bundle import reader
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.writer import write_bundle
from toolkit.model.wire import dumps
from toolkit.tracks.fold import Frame, fold, steps_of
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Track

SCHEMA = json.loads((Path(reader.__file__).parent / "schema.json").read_text())


def everything(timeline: TrackTimeline, t: int) -> dict[str, list[bytes]]:
    """All that a timeline holds at an instant, as it would be sent."""
    return {name: [record.item for record in contents(timeline, name, t)] for name in KINDS}


def validate(folder: Path) -> None:
    """Check a bundle's files against the published schema."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    for name in NAMES:
        part = "manifest" if name == "bundle.json" else "tracks"
        validator.evolve(schema=SCHEMA["$defs"][part]).validate(json.loads((folder / name).read_bytes()))


@settings(deadline=None, max_examples=60)
@given(recordings())
def test_a_recording_survives_the_disk(frames: list[Frame]) -> None:
    """What is read back answers with the same bytes at every frame's instant as what was written."""
    folded = fold(steps_of(frames))
    first, last = frames[0].t, frames[-1].t
    tracks = {name: list(made) for name, made in folded.tracks.items()}
    expected = TrackTimeline(tracks, first, last, folded.orders, folded.frames.instants)
    with tempfile.TemporaryDirectory() as folder:
        path = write_bundle(
            Path(folder) / "x",
            tracks,
            first=first,
            last=last,
            origin={"kind": "recorded"},
            orders=folded.orders,
            frames=folded.frames,
        )
        bundle = read_bundle(path)
        validate(path)
    for frame in frames:
        assert everything(expected, frame.t) == everything(bundle.timeline, frame.t)
    assert folded.frames == bundle.frames


@pytest.mark.parametrize("kind", ["generated", "recorded"])
def test_a_bundle_answers_as_its_tracks(tmp_path: Path, kind: str) -> None:
    """Counters, lists, counts, changes and times of existence mean the same from disk as from memory."""
    bundle = read_bundle(make(tmp_path / "x", kind))
    expected = TrackTimeline(tracks(), EPOCH, END)
    for t in (EPOCH, EPOCH + 1, EPOCH + 999, EPOCH + 1_000, EPOCH + 30_000, EPOCH + 40_000, END):
        assert everything(expected, t) == everything(bundle.timeline, t)
    assert (bundle.timeline.first, bundle.timeline.last) == (EPOCH, END)


def test_a_bundle_is_exactly_its_files(tmp_path: Path) -> None:
    """A bundle has eight files, each one JSON, described by the schema in the package."""
    folder = make(tmp_path / "x")
    assert sorted(file.name for file in folder.iterdir()) == NAMES
    validate(folder)


def test_a_track_is_a_line(tmp_path: Path) -> None:
    """Every track is one line, sorted by id; its keys are sorted, its document's are in wire order."""
    lines = (make(tmp_path / "x") / "controllers.json").read_bytes().splitlines()
    document = dumps(tracks()["controllers"][0].doc)
    counters = b'{"failed":{"of":"processed","per":3,"times":1},"processed":{"pieces":[[1767225600000,5,3600]]}}'
    assert [b"[", b'{"counters":' + counters + b',"doc":' + document + b',"id":"e1"}', b"]"] == lines


def test_a_change_says_only_what_it_changes(tmp_path: Path) -> None:
    """A change is written with what it has: another document, fields removed, fields set."""
    changes = [Change(EPOCH, doc={"b": 1}), Change(EPOCH + 1, set={"a": 2}, unset=["b"])]
    job = Track("j", {}, changes=changes, spans=[(EPOCH, None)])
    path = write_bundle(tmp_path / "x", {"jobs": [job]}, first=EPOCH, last=END, origin={"kind": "recorded"})
    text = b'{"doc":{"b":1},"t":1767225600000},{"set":{"a":2},"t":1767225600001,"unset":["b"]}'
    envelope = b'{"changes":[' + text + b'],"doc":{},"id":"j","spans":[[1767225600000,null]]}'
    assert (path / "jobs.json").read_bytes() == b"[\n" + envelope + b"\n]\n"
    timeline = read_bundle(path).timeline
    assert [timeline.at(t).job("j").value.fields for t in (EPOCH, END)] == [{"b": 1}, {"a": 2}]


def test_an_empty_file_is_an_empty_list(tmp_path: Path) -> None:
    """A kind without records has a file all the same."""
    assert (make(tmp_path / "x") / "assets.json").read_bytes() == b"[\n]\n"


def test_the_same_tracks_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing but what is written decides the bytes."""
    assert content(make(tmp_path / "x")) == content(make(tmp_path / "y"))


def test_the_manifest_is_for_people(tmp_path: Path) -> None:
    """The manifest is indented, says what the bundle is in words and dates, and counts its records."""
    document = json.loads((make(tmp_path / "x") / "bundle.json").read_text())
    digests = document.pop("files")
    assert document == {
        "format": "2.0",
        "origin": {"kind": "generated"},
        "from": "2026-01-01T00:00:00.000Z",
        "to": "2026-01-01T00:01:00.000Z",
        "counts": {
            "jobs": 1, "executions": 2, "controllers": 1, "nodes": 1, "errors": 1, "assets": 0, "cluster": 2,
        },
    }  # fmt: skip
    assert [f"{name}.json" for name in KINDS] == list(digests)
    assert (tmp_path / "x" / "bundle.json").read_text().count("\n") > 20


def test_records_that_stand_still_stay_on_disk(tmp_path: Path) -> None:
    """A large file is read through its offsets; any record of it is found, by id and by place."""
    records = [Track(f"r{n:05}", {"job_id": f"r{n:05}", "n": n}) for n in range(3000)]
    path = write_bundle(tmp_path / "x", {"jobs": iter(records)}, first=EPOCH, last=EPOCH, origin={"kind": "recorded"})
    view = read_bundle(path).timeline.at(EPOCH)
    assert [record.fields["n"] for record in view.jobs(2990, 2).value] == [2990, 2991]
    found = view.job("r01234").value
    assert found is not None
    assert found.fields["n"] == 1234
