"""The fields that always move, by collection: two looks at a living cluster differ in them, whatever happened.

Source: observed on a real cluster, where executions that simply ran had these changed from poll to poll.
"""

from __future__ import annotations

from typing import Final

from toolkit.study.fields import Path, Pattern

_TABLE: Final = {
    "jobs": ("_updated",),
    "executions": ("_updated", "_slicer_stats"),
    "controllers": (
        "workers_available", "workers_active", "workers_joined", "workers_reconnected", "workers_disconnected",
        "job_duration", "failed", "subslices", "queued", "slice_range_expansion", "processed", "subslice_by_key",
    ),
    "nodes": ("available", "active"),
    "cluster": ("controllers", "slicer"),
}  # fmt: skip

MOVING: Final = tuple(Pattern(name, (field,)) for name, fields in _TABLE.items() for field in fields)
"""When a record was last written; controllers' counters and worker counts; what a node has free and what runs on it;
the cluster's totals, under both their names."""


def always_moves(collection: str, path: Path) -> bool:
    """Tell whether a field is one that always moves."""
    return any(pattern.matches(collection, path) for pattern in MOVING)
