"""The player puts the same requests in real time to a cluster at an address."""

from __future__ import annotations

import time

from tests.contract.transcripts.clusters import Cluster, empty, given, own
from tests.contract.transcripts.exchanges import load
from tests.contract.transcripts.player import Player
from tests.serving import live_cluster
from toolkit.clock import RunningClock
from toolkit.server.thread import ServerThread

SHORT = "04-unknown-ids"


def places(cluster: Cluster) -> list[tuple[int, list[str]]]:
    """Play a short file and give where it differs."""
    player = Player(cluster)
    player.begin()
    return [(result.exchange.n, [where for where, _ in result.found]) for result in player.play(load(SHORT))]


def test_a_given_cluster_is_asked_in_real_time() -> None:
    """With the recorded pauses, and with the same outcome as by a clock that is moved."""
    scenario, exchanges = empty(), load(SHORT)
    started = time.monotonic()
    with (
        ServerThread(live_cluster(scenario), RunningClock(scenario.epoch, scenario.last)) as server,
        given(server.url) as cluster,
    ):
        in_real_time = places(cluster)
    took = time.monotonic() - started
    with own() as cluster:
        moved = places(cluster)

    assert in_real_time == moved
    assert took * 1000 >= exchanges[-1].at - exchanges[0].at
