"""Damage in what only recordings have: deltas, pointers, frames, gaps and placings."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.bundle.making import END, EPOCH, make, manifest, rewrite
from tests.bundle.test_damage import refused
from toolkit.bundle.reader import read_bundle
from toolkit.tracks.frames import Frames, Gap

if TYPE_CHECKING:
    from pathlib import Path

INSTANTS = range(EPOCH, END + 1, 1_000)
FRAMES = Frames(INSTANTS, [5] * 61, [Gap("jobs", "500", EPOCH, EPOCH + 1_000, 2)])
PIECES = '{"pieces":[[1767225600000,5,3600]]}'


def recorded(target: Path, counter: dict[str, Any] | None = None, kind: str = "recorded") -> Path:
    """A bundle with frames, `processed` of its controller counting as given."""
    folder = make(target, kind, frames=FRAMES)
    if counter is not None:
        rewrite(folder, "controllers.json", PIECES, json.dumps(counter))
    return folder


def deltas(text: str = "1*60", since: int = EPOCH, value: object = 5) -> dict[str, Any]:
    """A counter of deltas."""
    return {"deltas": text, "since": since, "value": value}


DAMAGED: list[tuple[dict[str, Any], str]] = [
    (deltas("x"), r"processed\.deltas: 'x' is not a number, or a number and how often, such as 10\*3"),
    (deltas("1  2"), r"processed\.deltas: '' is not a number, .*"),
    (deltas("1*61"), r"processed\.deltas: are for more than the 60 frames after them"),
    (deltas("0*9999999999 0*9999999999"), r"processed\.deltas: are for more than the 60 frames after them"),
    (deltas("1", since=END), r"processed\.deltas: are for more than the 0 frames after them"),
    (deltas(since=EPOCH + 1), r"processed\.since: is not the instant of a frame"),
    (deltas(since=END + 1), r"processed\.since: is not the instant of a frame"),
    ({"deltas": "1"}, r"processed\.since: is not the instant of a frame"),
    (deltas(value="soon"), r"processed\.value: 'soon' is not a date such as 2026-01-01T00:00:00\.000Z"),
    (deltas(value="2026-02-30T00:00:00.000Z"), r"processed\.value: '2026-02-30T00:00:00\.000Z' is not a date .*"),
    (deltas(value="2026-01-01T24:00:00.000Z"), r"processed\.value: .* is not a date .*"),
    (deltas(value="x" * 9999), r"processed\.value: 'x{40}' is not a date .*"),
    (deltas("9223372036854775803"), r"processed\.deltas: lead to a value beyond -9223372036854775808 to .*"),
    (deltas("-9223372036854775807*2 9223372036854775807*2"), r"processed\.deltas: lead to a value beyond .*"),
    (deltas("1", value="9999-12-31T23:59:59.999Z"), r"processed\.deltas: lead to a value beyond -62135596800000 to .*"),
    (deltas("-1 1", value="0001-01-01T00:00:00.000Z"), r"processed\.deltas: lead to a value beyond .*"),
    (deltas("-6"), r"failed: is made of 'processed', which is not always a number of at least 0"),
    (deltas(value="2026-01-01T00:00:00.000Z"), r"failed: is made of 'processed', which is not always a number .*"),
    (deltas() | {"pieces": [[0, 1, 1]]}, r"processed: must have either pieces, or deltas, or the field .*"),
    (deltas() | {"of": "slicers"}, r"processed: must have either pieces, or deltas, or the field .*"),
    ({"deltas": 5}, r"\.deltas: expected str, got int"),
    (deltas(value=2**63), r"\.value: .*"),
    (deltas(value=1.5), r"\.value: .*"),
    (deltas(since="x"), r"\.since: expected int, got str"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("counter", "message"), DAMAGED)
def test_damaged_deltas_are_named(tmp_path: Path, counter: dict[str, Any], message: str) -> None:
    """Deltas that cannot be are refused in one line that names the field."""
    found = refused(recorded(tmp_path / "x", counter), allow_edited=True)
    assert re.fullmatch(r"controllers\.json line 2 \$\.counters(\[\.\.\.\]|\.)" + message, found)


@pytest.mark.parametrize(
    ("counter", "expected"),
    [
        (deltas(), [5, 6, 6, 65]),
        (deltas("-5 2*3"), [5, 0, 0, 6]),
        (deltas("", value=7), [7, 7, 7, 7]),
        (deltas("9223372036854775802"), [5, 2**63 - 1, 2**63 - 1, 2**63 - 1]),
    ],
)
def test_deltas_are_answered(tmp_path: Path, counter: dict[str, Any], expected: list[int]) -> None:
    """Deltas count from frame to frame, in between nothing moves, and at the end they stand."""
    timeline = read_bundle(recorded(tmp_path / "x", counter), allow_edited=True).timeline
    records = [timeline.at(t).controllers().value[0] for t in (EPOCH, EPOCH + 1_000, EPOCH + 1_999, END)]
    assert [record.fields["processed"] for record in records] == expected
    assert [record.fields["failed"] for record in records] == [value // 3 for value in expected]


def test_only_recordings_have_deltas(tmp_path: Path) -> None:
    """In a bundle without frames, or a generated one, nothing counts by frames."""
    message = "controllers.json line 2 $.counters.processed.since: is not the instant of a frame"
    plain = make(tmp_path / "plain", "recorded")
    rewrite(plain, "controllers.json", PIECES, json.dumps(deltas()))
    assert refused(plain, allow_edited=True) == message
    assert refused(recorded(tmp_path / "made", deltas(), "generated"), allow_edited=True) == message


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("/gone/x", r"\['/gone/x'\]: has no place in the document"),
        ("/processed", r"\['/processed'\]: names 'processed' another way"),
        ("/", r"\['/'\]: has no place in the document"),
        ("/name/~2", r"\['/name/~2'\]: names '/name/~02' another way"),
    ],
)
def test_pointers_have_one_form(tmp_path: Path, name: str, message: str) -> None:
    """A pointer to nothing, or one that names a field in another way than it is written, is refused."""
    folder = recorded(tmp_path / "x")
    rewrite(folder, "controllers.json", '"counters":{', f'"counters":{{"{name}":{json.dumps(deltas())},')
    found = refused(folder, allow_edited=True)
    assert re.fullmatch(r"controllers\.json line 2 \$\.counters" + message, found)


@pytest.mark.parametrize("name", ["/name/x", "/slicers/a/b", "/name/"])
def test_pointers_that_find_nothing_change_nothing(tmp_path: Path, name: str) -> None:
    """A pointer into a value that has no such key leaves the document as it is."""
    folder = recorded(tmp_path / "x")
    before = [read_bundle(folder).timeline.at(t).controllers().value[0].text for t in INSTANTS]
    rewrite(folder, "controllers.json", '"counters":{', f'"counters":{{"{name}":{json.dumps(deltas())},')
    timeline = read_bundle(folder, allow_edited=True).timeline
    assert [timeline.at(t).controllers().value[0].text for t in INSTANTS] == before


GAP = {"source": "jobs", "reason": "500", "from": "2026-01-01T00:00:00.000Z", "to": "2026-01-01T00:00:01Z", "frames": 2}
AT = "2026-01-01T00:00:05.000Z"

MANIFESTS: list[tuple[dict[str, Any], str]] = [
    ({"frames": {"steps_ms": 5, "skews_ms": ""}}, r"\$\.frames\.steps_ms: expected str, got int"),
    ({"frames": {"steps_ms": ""}}, r"\$\.frames: .*missing required field skews_ms"),
    (
        {"frames": {"steps_ms": "1000*60", "skews_ms": "9223372036854775808*61"}},
        r"\$\.frames\.skews_ms: does not have a number of at least 0 for each of the 61 frames",
    ),
    ({"frames": {"steps_ms": "1000*60", "skews_ms": "five"}}, r"\$\.frames\.skews_ms: 'five' is not a number, .*"),
    ({"gaps": 5}, r"\$\.gaps: expected array, got int"),
    ({"gaps": [{}]}, r"\$\.gaps\[0\]: .*missing required field source"),
    ({"gaps": [GAP | {"to": "x"}]}, r"\$\.gaps\[0\]\.to: 'x' is not a date .*"),
    ({"gaps": [GAP, GAP | {"from": "x"}]}, r"\$\.gaps\[1\]\.from: 'x' is not a date .*"),
    ({"gaps": [GAP | {"frames": "x"}]}, r"\$\.gaps\[0\]\.frames: expected int, got str"),
    ({"orders": {"jobs": [{}]}}, r"\$\.orders\[\.\.\.\]\[0\]: .*missing required field t"),
    ({"orders": {"jobs": [{"t": "x"}]}}, r"\$\.orders\.jobs\[0\]\.t: 'x' is not a date .*"),
    ({"orders": {"jobs": [{"t": AT, "freed": 5}]}}, r"\$\.orders\[\.\.\.\]\[0\]\.freed: expected array, got int"),
    ({"orders": {"jobs": [{"t": AT, "freed": [5]}]}}, r"\$\.orders\[\.\.\.\]\[0\]\.freed\[0\]: expected str, got int"),
    ({"orders": {"jobs": [{"t": AT, "placed": [["a"]]}]}}, r"\$\.orders\[\.\.\.\]\[0\]\.placed\[0\]: .*length 2.*"),
    ({"orders": {"jobs": [{"t": AT, "placed": [["a", 5]]}]}}, r"\$\.orders.*placed\[0\]\[1\]: expected str . null, .*"),
]


@pytest.mark.parametrize(("changed", "message"), MANIFESTS)
def test_damaged_frames_gaps_and_orders_are_named(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    """A manifest whose frames, gaps or orders cannot be is refused in one line that names the field."""
    folder = recorded(tmp_path / "x")
    manifest(folder, **changed)
    assert re.fullmatch(r"bundle\.json " + message, refused(folder, allow_edited=True))


@pytest.mark.parametrize(
    "placed",
    [
        [["e1", "e2"], ["e2", "e1"]],
        [["e1", "e1"]],
        [["gone", "e1"], ["e2", "gone"], ["away", "gone"]],
        [["e1", "gone"], ["gone", "away"], ["away", "gone"]],
        [["e1", None], ["e2", None], ["e1", "e2"]],
    ],
)
def test_hostile_placings_are_answered(tmp_path: Path, placed: list[list[str | None]]) -> None:
    """Records that come after each other, themselves or nothing at all are all there, once."""
    folder = recorded(tmp_path / "x")
    marks = [{"t": AT, "placed": placed}, {"t": "2026-01-01T00:00:50Z", "placed": [], "freed": ["e1", "never", "e1"]}]
    manifest(folder, orders={"executions": marks, "errors": marks, "nodes": marks})
    timeline = read_bundle(folder, allow_edited=True).timeline
    for t in INSTANTS:
        there = sorted(record.fields["ex_id"] for record in timeline.at(t).executions(0, 9).value)
        assert there == ["e1", "e2"][: 1 + (t >= EPOCH + 10_000)]
        assert len(timeline.at(t).nodes().value) == 1


def test_what_is_written_of_frames_is_read(tmp_path: Path) -> None:
    """Instants, skews and gaps are read as they were written."""
    bundle = read_bundle(recorded(tmp_path / "x"))
    assert list(bundle.frames.instants) == list(INSTANTS)
    assert (list(bundle.frames.skews), bundle.frames.gaps) == (FRAMES.skews, FRAMES.gaps)
