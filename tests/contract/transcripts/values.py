"""Which values of an answer the requests determine, and which only have a type.

Everything is determined that is not named here.
"""

from __future__ import annotations

import re
from typing import Any

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NODE_VERSION = re.compile(r"v\d+\.\d+\.\d+")
_WHOLE = re.compile(r"\d+")
ANY_NUMBER = frozenset({"pid", "worker_id", "slicer_port", "job_duration", "workers_available", "workers_active"})
"""Numbers of that day. Workers are available or active by turns of milliseconds: their sum is compared instead."""
COUNTERS = frozenset({"processed", "queued", "subslices", "failed", "slice_range_expansion"})
"""Grow with time: it is compared whether they have begun to."""
ANY_TEXT = frozenset({"hostname", "slicer_hostname", "request"})
"""The addresses of a machine; the random slices of `test-reader`."""
VOLATILE = ANY_NUMBER | COUNTERS | ANY_TEXT


def scalar(key: str, expected: Any, got: Any, *, exact: bool) -> bool:
    """Tell whether a value agrees with the recorded one, whose ids are translated.

    Args:
        key: The member, or the column.
        expected: Recorded.
        got: From the cluster.
        exact: Whether counters are determined too, as in an execution that has ended by itself.
    """
    if isinstance(expected, bool) or isinstance(got, bool) or expected is None or got is None:
        return expected is got
    if isinstance(expected, int | float) and isinstance(got, int | float):
        return _number(key, expected, got, exact=exact)
    if isinstance(expected, str) and isinstance(got, str):
        return _text(key, expected, got)
    return type(expected) is type(got)


def cell(column: str, expected: str, got: str) -> bool:
    """Tell whether a table's cell agrees with the recorded one, whose ids are translated."""
    key = column.rpartition(".")[2]
    if _WHOLE.fullmatch(expected) and _WHOLE.fullmatch(got):
        return _number(key, int(expected), int(got), exact=False)
    return _text(key, expected, got)


def _number(key: str, expected: float, got: float, *, exact: bool) -> bool:
    if key in ANY_NUMBER and not (exact and key.startswith("workers_")):
        return True
    if key in COUNTERS and not exact:
        return (expected > 0) == (got > 0)
    return expected == got


def _text(key: str, expected: str, got: str) -> bool:
    if key in ANY_TEXT:
        return True
    if key == "node_version" and _NODE_VERSION.fullmatch(expected):
        return bool(_NODE_VERSION.fullmatch(got))
    if DATE.fullmatch(expected):
        return bool(DATE.fullmatch(got))
    return expected == got
