"""Sets of faults that have a name."""

from __future__ import annotations

from typing import Any, Final, NamedTuple


class Named(NamedTuple):
    """A set of faults.

    Attributes:
        about: One line.
        tables: The faults as a file has them.
    """

    about: str
    tables: tuple[dict[str, Any], ...]


NAMED: Final[dict[str, Named]] = {
    "flaky": Named(
        "one request in ten fails: 503 with Retry-After, a reset connection, or half a body",
        (
            {"rate": 0.06, "status": 503, "retry_after": 1},
            {"rate": 0.025, "answer": "reset"},
            {"rate": 0.015, "answer": "truncated"},
        ),
    ),
    "slow": Named(
        "answers take 150 ms in the middle and 3 s at the 99th percentile, and one body in fifty drips for 5 s",
        ({"delay": {"median": "150ms", "p99": "3s"}}, {"rate": 0.02, "drip": {"lasts": "5s"}}),
    ),
    "broken": Named(
        "half of the answers are of no use: 500, 502, no body, half a body, no JSON, or a reset connection",
        (
            {"rate": 0.1, "status": 500},
            {"rate": 0.1, "status": 502},
            {"rate": 0.1, "answer": "empty"},
            {"rate": 0.1, "answer": "truncated"},
            {"rate": 0.1, "answer": "invalid_json"},
            {"rate": 0.1, "answer": "reset"},
        ),
    ),
    "hanging": Named(
        "one answer in twenty never comes, until the client gives up",
        ({"rate": 0.05, "answer": "hang"},),
    ),
    "stale": Named(
        "one read in three is answered as of 30 s ago, as by a cache between",
        ({"rate": 0.333333, "stale": "30s"},),
    ),
}
"""By name, as `toolkit serve --faults NAME` takes them."""
