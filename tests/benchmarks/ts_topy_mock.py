"""ts-topy's mock server as `ts-topy mock-server` runs it, but on a free port and without an access log.

Its size is drawn at each start, from about 16 to 69 executions; this seed gives 36, the middle.

Usage: python -m tests.benchmarks.ts_topy_mock [EXECUTIONS]. With a number its own generator is run again and again,
until there are so many.
"""

from __future__ import annotations

import random  # noqa: TID251 - what the mock server draws from
import sys
from typing import Any

import uvicorn
from ts_topy import mock_server  # type: ignore[import-untyped]  # ts-topy has no types

_LISTS = ("_jobs", "_execution_contexts", "_controllers")
_TABLES = ("_execution_metadata", "_execution_states")
"""The module's variables that are its database."""


def enlarge(executions: int) -> None:
    """Fill the mock server with so many executions at least, and keep it from filling itself at its start."""
    lists: dict[str, list[Any]] = {name: [] for name in _LISTS}
    tables: dict[str, dict[str, Any]] = {name: {} for name in _TABLES}
    while len(lists["_execution_contexts"]) < executions:
        mock_server.initialize_data()
        for name, records in lists.items():
            records.extend(getattr(mock_server, name))
        for name, table in tables.items():
            table.update(getattr(mock_server, name))
    for name, made in {**lists, **tables}.items():
        setattr(mock_server, name, made)
    mock_server.initialize_data = lambda: None


if __name__ == "__main__":
    random.seed(1)
    if wanted := int(sys.argv[1]) if sys.argv[1:] else 0:
        enlarge(wanted)
    uvicorn.run(mock_server.app, host="127.0.0.1", port=0, access_log=False)
