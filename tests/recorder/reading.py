"""Reads an answer's body as a recording does, and gives what it says."""

from __future__ import annotations

from typing import Any

from toolkit.model.wire import loads
from toolkit.recorder.bodies import cut_list, cut_object


def read_json(body: bytes) -> Any:
    """Read a body that is a record or an array of records.

    Raises:
        Fault: If it is neither.
    """
    if body[:1] == b"[":
        cut_list(body)
    else:
        cut_object(body)
    return loads(body)
