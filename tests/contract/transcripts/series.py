"""The time series of one execution, played, and what can be read off its polls, recorded and here."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.contract.transcripts.clusters import given, own
from tests.contract.transcripts.exchanges import load_series
from tests.contract.transcripts.player import Player

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.transcripts.player import Result

STEP = 2_000
"""Milliseconds between two polls of the same thing."""
LAG = 5_500
"""How far a cluster's state may be behind: nodes tell it each 5 s, and half a second after a change."""
SPREAD = {"running": 3_500}
"""Between the two series that were recorded (observed, section "states and times"), and as much as a second else."""
PUSHES = 15_000
"""Controllers push their statistics so often on this cluster."""


class Poll(NamedTuple):
    """What was answered when: milliseconds since the start, the status, the body."""

    t: int
    status: int
    body: Any


class Series(NamedTuple):
    """A life: the polls by kind, and what came of the commands."""

    polls: dict[str, list[Poll]]
    acts: list[Result]

    def statuses(self) -> list[tuple[str, int]]:
        """Give each status and when it was first seen; `scheduling` lasts 0.2 s and is mostly missed."""
        seen: list[tuple[str, int]] = []
        for poll in self.polls["execution"]:
            status = poll.body.get("_status", "missing")
            if status != "scheduling" and (not seen or seen[-1][0] != status):
                seen.append((status, poll.t))
        return seen

    def controllers(self) -> list[tuple[int, dict[str, Any]]]:
        """Give the execution controller's entries."""
        return [(poll.t, entry) for poll in self.polls["controllers"] for entry in poll.body]

    def stats(self) -> list[tuple[int, dict[str, int]]]:
        """Give the cluster's totals, each time they had changed."""
        seen: list[tuple[int, dict[str, int]]] = []
        for poll in self.polls["stats"]:
            if not seen or seen[-1][1] != poll.body["controllers"]:
                seen.append((poll.t, poll.body["controllers"]))
        return seen


def _kind(target: str) -> str:
    path = target.partition("?")[0].removeprefix("/v1/")
    kinds = {"jobs": "jobs", "ex": "executions"} | {
        f"cluster/{name}": name for name in ("state", "controllers", "stats")
    }
    return kinds.get(path) or ("controller" if path.endswith("/controller") else "execution")


def _series(results: list[Result], poll: Callable[[Result], Poll], kinds: list[str]) -> Series:
    polls: dict[str, list[Poll]] = {}
    acts = []
    for kind, result in zip(kinds, results, strict=True):
        if kind == "act":
            acts.append(result)
        else:
            polls.setdefault(_kind(result.exchange.target), []).append(poll(result))
    return Series(polls, acts)


@cache
def lives(url: str | None) -> tuple[Series, Series]:
    """Give the recorded life and the one here, on a server of ours or on the cluster at an address."""
    entries = load_series()
    first = entries[0][2].at
    with given(url) if url else own() as cluster:
        # A poll that differs is what is looked for, nothing to wait out.
        cluster.patience = 0
        player = Player(cluster)
        player.begin()
        start = cluster.clock.now()
        results = player.play([exchange for _, _, exchange in entries])
    kinds = [kind for kind, _, _ in entries]

    def recorded(result: Result) -> Poll:
        exchange = result.exchange
        return Poll(exchange.at + exchange.elapsed - first, exchange.status, exchange.expected)

    def here(result: Result) -> Poll:
        return Poll(result.at - start, result.answer.status, json.loads(result.answer.body))

    return _series(results, recorded, kinds), _series(results, here, kinds)


def free_slots(state: dict[str, Any]) -> int:
    """Count the free slots of all nodes."""
    return sum(node["available"] for node in state.values())


def processes(assignment: str) -> Callable[[dict[str, Any]], int]:
    """Give what counts the processes of a kind on all nodes."""
    return lambda state: sum(one["assignment"] == assignment for node in state.values() for one in node["active"])


def apart(one: list[Poll], other: list[Poll], measure: Callable[[Any], int]) -> list[str]:
    """Give the polls of one side at which a measure is beyond what the other side has about then.

    Between two polls a number passes what lies between its values.
    """
    found = []
    for poll in one:
        about = {measure(there.body) for there in other if abs(there.t - poll.t) <= LAG + STEP}
        if not min(about) <= measure(poll.body) <= max(about):
            found.append(f"at {poll.t} ms: {measure(poll.body)}, on the other side {sorted(about)}")
    return found
