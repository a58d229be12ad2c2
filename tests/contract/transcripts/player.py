"""Plays the transcripts in their order against one cluster, and keeps what came of each exchange."""

from __future__ import annotations

import json
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.contract.transcripts.clusters import given, own
from tests.contract.transcripts.compare import Difference, differences, shown
from tests.contract.transcripts.exchanges import (
    FILES,
    Exchange,
    asset_zip,
    body_bytes,
    body_text,
    load,
    load_series,
)
from tests.contract.transcripts.ids import NEW, Ids
from toolkit.model.status import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.transcripts.clusters import Answer, Cluster

PAUSE = 300
"""A recorder that asked nothing for so many milliseconds was waiting for something."""
STEP = 500
"""Milliseconds after which something that was waited for is asked for again."""
GAP = 1_000
"""Milliseconds between two files."""
BLOCKING = 2_500
"""An answer that took longer was waiting for an execution to stop, whose controller is looked at every `POLL`."""
POLL = 3_000
SERIES_JOB = "1427636b-2574-488b-bdd0-e29462af3b75"
SERIES_EXECUTION = "4dc6fa97-d6ff-4fca-be65-551bf03aef72"
STANDARD = "1ba92f67e3b5594ce5e73ec5ddcaf8481ad89078"
"""Recorded ids of what was made between files."""
OCTETS = (("content-type", "application/octet-stream"),)


@cache
def made() -> frozenset[str]:
    """Give the recorded ids that are made while playing."""
    answers = [one.expected for name in FILES for one in load(name) if one.method == "POST"]
    found = {answer[key] for answer in answers for key in NEW if isinstance(answer, dict) and key in answer}
    return frozenset(found | {SERIES_JOB, SERIES_EXECUTION, STANDARD})


class Result(NamedTuple):
    """One exchange, what was answered here, in what that differs, and when it was answered by the cluster's clock."""

    exchange: Exchange
    answer: Answer
    found: list[Difference]
    at: int


class Player:
    """Puts recorded requests to a cluster, with its own ids in them.

    Attributes:
        ids: What the recorded ids are here.
        trouble: What went wrong between files, in words.
    """

    def __init__(self, cluster: Cluster, ids: Ids | None = None) -> None:
        """Play against a cluster; one on which nothing was played if no ids are given."""
        self.cluster = cluster
        self.ids = ids or Ids(made())
        self.trouble: list[str] = []
        self._made: dict[str, list[str]] = {"job_id": [], "ex_id": []}

    def begin(self) -> None:
        """Look around: which node is which, and what is there that nothing in the recording stands for."""
        nodes = self._read("/v1/cluster/state")
        named = list(nodes) if isinstance(nodes, dict) else []
        masters = [name for name in named if "cluster_master" in json.dumps(nodes[name])]
        others = [name for name in named if name not in masters]
        for recorded, here in (("ts-master", masters), ("ts-worker-1", others)):
            if here:
                self.ids.bind(recorded, here[0])
        lists = ("jobs", "jobs?deleted=true", "ex", "ex?deleted=true", "assets")
        for name in () if self.cluster.ours else lists:
            found = self._read(f"/v1/{name}{'&' if '?' in name else '?'}size=10000")
            keys = ("job_id", "ex_id", "id")
            self.ids.strays.update(str(one[key]) for one in found for key in keys if key in one)

    def play(self, exchanges: list[Exchange]) -> list[Result]:
        """Play exchanges with the pauses between them that the recording has.

        What is late makes all that follows later.
        """
        start, first, ended, results = self.cluster.clock.now(), exchanges[0].at, exchanges[0].at, []
        for exchange in exchanges:
            start = max(start, self.cluster.clock.now() - (exchange.at - first))
            self.cluster.clock.wait_until(start + exchange.at - first)
            results.append(self._ask(exchange, patient=exchange.at - ended > PAUSE))
            ended = exchange.at + exchange.elapsed
        return results

    def _ask(self, exchange: Exchange, *, patient: bool) -> Result:
        end = self.cluster.clock.now() + (self.cluster.patience if patient else 0)
        while True:
            answer = self._put(exchange)
            found = differences(exchange, answer, self.ids)
            refused = answer.status >= 400 > exchange.status
            late = exchange.method == "GET" or refused
            if not found or not late or self.cluster.clock.now() >= end:
                found += self._slowness(exchange, answer)
                return Result(exchange, answer, found, self.cluster.clock.now())
            self.cluster.clock.wait_until(self.cluster.clock.now() + STEP)

    def _slowness(self, exchange: Exchange, answer: Answer) -> list[Difference]:
        blocking = exchange.path.endswith("/_stop") and exchange.elapsed > BLOCKING
        if not blocking or not self.cluster.ours or abs(answer.took - exchange.elapsed) <= POLL:
            return []
        return [Difference("took", f"{answer.took} ms, recorded {exchange.elapsed}")]

    def _put(self, exchange: Exchange) -> Answer:
        text = body_text(exchange.sent)
        body = body_bytes(exchange.sent) if text is None else self.ids.translate(text).encode()
        answer = self.cluster.ask(exchange.method, self.ids.translate(exchange.target), exchange.headers, body)
        if exchange.method == "POST":
            self._learn(exchange.expected, answer)
        return answer

    def _learn(self, expected: Any, answer: Answer) -> None:
        made = _json(answer)
        self.ids.learn(expected, made)
        for key, known in self._made.items():
            if isinstance(made, dict) and isinstance(made.get(key), str) and made[key] not in known:
                known.append(made[key])

    def _read(self, target: str) -> Any:
        return _json(self.cluster.ask("GET", target))

    def _do(self, method: str, target: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Any:
        answer = self.cluster.ask(method, target, headers, body)
        if answer.status >= 400:
            self.trouble.append(f"{method} {target}: {answer.status} {shown(' '.join(answer.body.decode().split()))}")
        return _json(answer)

    def delete_jobs(self) -> None:
        """Delete the jobs that were made, the newest first."""
        for job_id in reversed(self._made["job_id"]):
            self._do("DELETE", f"/v1/jobs/{job_id}")
            self.pause(50)

    def stop_all(self) -> None:
        """Stop what was made and still lives."""
        for ex_id in self._made["ex_id"]:
            record = self._read(f"/v1/ex/{ex_id}")
            if isinstance(record, dict) and record.get("_status") not in TERMINAL:
                self._do("POST", f"/v1/ex/{ex_id}/_stop")

    def upload_standard(self) -> None:
        """Upload the stand-in asset `standard` 9.9.9."""
        made = self._do("POST", "/v1/assets?blocking=true", OCTETS, asset_zip({"name": "standard", "version": "9.9.9"}))
        self.ids.learn({"asset_id": STANDARD}, made)

    def run_series(self) -> None:
        """Let a job live and stop as in the series; it stands for the one that had run before the file `08`."""
        acts = [exchange for kind, _, exchange in load_series() if kind == "act"]
        ids, here = self.ids, Ids()
        self.ids = here
        self.trouble += [
            f"{one.exchange.n}: {where}: {what}"
            for one in self.play(acts)
            for where, what in one.found
            if where != "header names"  # this file has the more important ones only
        ]
        self.ids = ids
        for recorded, key in ((SERIES_JOB, "job_id"), (SERIES_EXECUTION, "ex_id")):
            self.ids.bind(recorded, here.translate(acts[0].expected[key]))
        self.pause(15_000)

    def pause(self, milliseconds: int) -> None:
        """Ask nothing for a while."""
        self.cluster.clock.wait_until(self.cluster.clock.now() + milliseconds)


BEFORE: dict[str, tuple[Callable[[Player], None], ...]] = {
    "03": (Player.delete_jobs,),
    "08": (Player.run_series,),
    "10": (Player.stop_all,),
    "11": (Player.stop_all, Player.upload_standard),
    "13": (Player.stop_all, Player.upload_standard),
}
"""What happened between files but was not recorded."""
RESTARTED = "13"
"""Before this file the cluster was restarted."""


class Played(NamedTuple):
    """What came of playing: the results by file, what went wrong between files, and whether the cluster was ours."""

    results: dict[str, list[Result]]
    trouble: list[str]
    ours: bool


@cache
def played(url: str | None) -> Played:
    """Play every file, once: against a server of ours, or against the cluster at an address."""
    results: dict[str, list[Result]] = {}
    trouble: list[str] = []
    with ExitStack() as stack:
        player = Player(stack.enter_context(given(url) if url else own()))
        player.begin()
        for name in FILES:
            if name.startswith(RESTARTED) and url is None:
                player = Player(stack.enter_context(own()))
                player.begin()
            for step in BEFORE.get(name[:2], ()):
                step(player)
            player.pause(GAP)
            results[name] = player.play(load(name))
            trouble += [f"before {name}: {words}" for words in player.trouble]
            player.trouble.clear()
        player.stop_all()
    return Played(results, trouble, url is None)


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except ValueError:
        return None
