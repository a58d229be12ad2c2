"""Small bundles for tests: one of each kind of record, with everything a track can have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from toolkit.bundle.manifest import FILES
from toolkit.bundle.writer import write_bundle
from toolkit.model.instants import format_instant
from toolkit.model.wire import Literal
from toolkit.tracks.track import HOUR_MS, Change, Counter, Item, Track
from toolkit.world.totals import TOTALS

if TYPE_CHECKING:
    from pathlib import Path

EPOCH = 1_767_225_600_000
"""2026-01-01T00:00:00.000Z."""
END = EPOCH + 60_000
DATE = format_instant(EPOCH)

JOB = {
    "name": "etl",
    "lifecycle": "once",
    "workers": 2,
    "operations": [{"_op": "noop", "rate": Literal("1.0")}],
    "note": "käse",
    "job_id": "j1",
    "_context": "job",
    "_created": DATE,
    "_updated": DATE,
}
EXECUTION = {
    "name": "etl",
    "lifecycle": "once",
    "workers": 2,
    "operations": [{"_op": "noop"}],
    "slicers": 1,
    "job_id": "j1",
    "ex_id": "e1",
    "metadata": {},
    "_status": "running",
    "_context": "ex",
    "_created": DATE,
    "_updated": DATE,
    "_has_errors": False,
    "_slicer_stats": {},
    "_failureReason": "",
    "teraslice_version": "v3.18.0",
}
CONTROLLER = {
    "ex_id": "e1",
    "job_id": "j1",
    "name": "etl",
    **dict.fromkeys(
        [
            "workers_available", "workers_active", "workers_joined", "workers_reconnected", "workers_disconnected",
            "job_duration", "failed", "subslices", "queued", "slice_range_expansion", "processed", "slicers",
            "subslice_by_key",
        ],
        0,
    ),
    "started": DATE,
}  # fmt: skip
NODE = {
    "node_id": "n1",
    "hostname": "10.0.0.1",
    "pid": 7,
    "node_version": "v22",
    "teraslice_version": "3.18.0",
    "total": 8,
    "state": "connected",
    "available": 8,
    "active": [],
}
ERROR = {
    "slice_id": "s1",
    "slicer_id": 0,
    "slicer_order": 3,
    "request": "{}",
    "state": "error",
    "ex_id": "e1",
    "_created": DATE,
    "_updated": DATE,
    "error": "Error: \x1b odd",
}
INFO = {
    "arch": "x64",
    "clustering_type": "native",
    "name": "c",
    "node_version": "v22",
    "platform": "linux",
    "teraslice_version": "v3.18.0",
}


STATS = dict.fromkeys(TOTALS, 0)


def tracks() -> dict[str, list[Track]]:
    """One or two tracks of every kind."""
    worker = {"worker_id": 3, "assignment": "worker", "pid": 9, "ex_id": "e1", "job_id": "j1"}
    later = EXECUTION | {"ex_id": "e2"}
    return {
        "jobs": [Track("j1", JOB)],
        "executions": [
            Track("e1", EXECUTION, changes=[Change(EPOCH + 30_000, set={"_status": "stopping"})]),
            Track("e2", later, spans=[(EPOCH + 10_000, None)]),
        ],
        "controllers": [
            Track(
                "e1",
                CONTROLLER,
                counters={
                    "processed": Counter(pieces=[(EPOCH, 5, HOUR_MS // 1000)]),
                    "failed": Counter(of="processed", per=3),
                },
            )
        ],
        "nodes": [
            Track(
                "n1",
                NODE,
                lists={"active": [Item(worker, EPOCH + 1_000, EPOCH + 40_000), Item(worker | {"worker_id": 4})]},
                counts={"available": (8, "active")},
            )
        ],
        "errors": [Track("s1", ERROR, spans=[(EPOCH + 1, EPOCH + 2)])],
        "assets": [],
        "cluster": [Track("info", INFO), Track("stats", STATS)],
    }


def make(target: Path, kind: str = "generated", **more: Any) -> Path:
    """Write a small bundle."""
    return write_bundle(target, tracks(), first=EPOCH, last=END, origin={"kind": kind}, **more)


def rewrite(folder: Path, name: str, before: str, after: str) -> None:
    """Change a text in one of a bundle's files, as an editor would."""
    file = folder / name
    text = file.read_text(encoding="utf-8", errors="surrogateescape")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8", errors="surrogateescape")


def manifest(folder: Path, **changed: Any) -> None:
    """Change fields of a bundle's manifest; `None` removes one."""
    file = folder / "bundle.json"
    document = json.loads(file.read_text()) | changed
    file.write_text(json.dumps({key: value for key, value in document.items() if value is not None}))


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a bundle."""
    return {file.name: file.read_bytes() for file in sorted(folder.iterdir())}


NAMES = sorted([*FILES, "bundle.json"])
"""The names of a bundle's files."""
