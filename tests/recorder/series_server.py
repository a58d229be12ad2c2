"""Plays the time series of a real cluster (`tests/data/series.jsonl`) at a time of its own, which a test moves."""

from __future__ import annotations

import json
from bisect import bisect_right
from pathlib import Path
from typing import Any

from tests.recorder.fake_cluster import FakeCluster

SERIES = Path(__file__).parent.parent / "data" / "series.jsonl"
INFO = {
    "arch": "x64",
    "clustering_type": "native",
    "name": "real",
    "node_version": "v22.23.3",
    "platform": "linux",
    "teraslice_version": "v3.18.0",
}
PATHS = ("/v1/cluster/state", "/v1/cluster/controllers", "/v1/cluster/stats", "/v1/jobs", "/v1/ex")


class Series:
    """What the cluster answered, by path and time."""

    def __init__(self) -> None:
        """Read the file."""
        self._polls: dict[str, list[tuple[int, Any]]] = {path: [] for path in PATHS}
        bodies: dict[int, Any] = {}
        for line in SERIES.read_text().splitlines():
            exchange = json.loads(line)
            path, response = exchange["request"]["path"], exchange["response"]
            if exchange["kind"] == "poll" and path in self._polls:
                body = response["body"] if "body" in response else bodies[response["same_as"]]
                bodies[exchange["n"]] = body
                self._polls[path].append((round(exchange["t"] * 1000), body))

    @property
    def first(self) -> int:
        """The first time at which every path has an answer, in milliseconds since the start."""
        return max(polls[0][0] for polls in self._polls.values())

    @property
    def last(self) -> int:
        """The time of the last answer."""
        return max(polls[-1][0] for polls in self._polls.values())

    def at(self, path: str, t: int) -> Any:
        """Give what a path answered last, at a time."""
        polls = self._polls[path]
        return polls[bisect_right(polls, t, key=lambda poll: poll[0]) - 1][1]


class SeriesServer(FakeCluster):
    """Answers the list endpoints as the cluster did at `t`; sizes are ignored: the series has two records at most.

    Attributes:
        t: Milliseconds since the start of the series; a test moves it.
    """

    def __init__(self, series: Series) -> None:
        """Stand at the series' start."""
        self.t = series.first
        super().__init__(
            {"/": INFO} | {path: lambda _, path=path: series.at(path, self.t) for path in PATHS},
        )
