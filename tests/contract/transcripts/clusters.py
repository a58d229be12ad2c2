"""Whom the requests are put to: our own server by a clock that the player moves, or any cluster in real time."""

from __future__ import annotations

import http.client
import time
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, NamedTuple, Protocol
from urllib.parse import urlsplit

from tests.serving import live_cluster
from toolkit.server.thread import ServerThread
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT = 120
"""Seconds after which an answer is not waited for; the longest recorded one took 30."""
KEPT = 3
"""Seconds after which an idle connection is not used again: Teraslice closes it after 5."""
UNCOMPARED = frozenset({"date", "connection", "keep-alive"})


class Answer(NamedTuple):
    """What a cluster answered; `took` is milliseconds by its clock, headers are without the connection's."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    took: int

    def header(self, name: str) -> str:
        """Give a header, empty if there is none of that name."""
        return next((value for key, value in self.headers if key.lower() == name), "")


class PlayClock(Protocol):
    """The clock by which requests are put."""

    def now(self) -> int:
        """Give the instant, in milliseconds since the Unix epoch."""

    def wait_until(self, t: int) -> None:
        """Return once it is `t`; at once if it is past."""


class WallClock:
    """Real time."""

    def now(self) -> int:
        """Give the instant."""
        return time.monotonic_ns() // 1_000_000

    def wait_until(self, t: int) -> None:
        """Sleep."""
        time.sleep(max(0, t - self.now()) / 1000)


class MovedClock:
    """A server's clock that waits for nobody: whoever waits moves it."""

    def __init__(self, t: int) -> None:
        """Stand at `t`."""
        self._t = t

    def now(self) -> int:
        """Give the instant."""
        return self._t

    def wait_until(self, t: int) -> None:
        """Move to `t`."""
        self._t = max(self._t, t)

    def seconds_until(self, t: int) -> float:
        """Move to `t` for a server that waits for it."""
        self.wait_until(t)
        return 0.0


class Cluster:
    """A cluster at an address.

    Attributes:
        ours: Whether it is our own server, freshly started and by a clock of its own.
        patience: Milliseconds by which something that the recorder waited for may come later than recorded.
    """

    def __init__(self, url: str, clock: PlayClock, *, ours: bool) -> None:
        """Say where, and by which clock."""
        self.clock = clock
        self.ours = ours
        # Observed, section "states and times": start-up 3 to 6 s on a quiet machine, 10 to 22 s on a busy one.
        self.patience = 4_000 if ours else 25_000
        address = urlsplit(url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.netloc, timeout=TIMEOUT)
        self._root = address.path.rstrip("/")
        self._last = time.monotonic()

    def ask(self, method: str, target: str, headers: tuple[tuple[str, str], ...] = (), body: bytes = b"") -> Answer:
        """Put a request, byte for byte as given."""
        if time.monotonic() - self._last > KEPT:
            self._connection.close()
        before = self.clock.now()
        self._connection.request(method, self._root + target, body or None, dict(headers))
        response = self._connection.getresponse()
        got = response.read()
        self._last = time.monotonic()
        kept = tuple(
            (name, value)
            for name, value in response.getheaders()
            if name.lower() not in UNCOMPARED and not name.lower().startswith("x-toolkit-")
        )
        return Answer(response.status, kept, got, self.clock.now() - before)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def empty() -> Scenario:
    """Give the scenario of a fresh cluster."""
    return Scenario.from_table(NAMED["empty"].table)


@contextmanager
def own() -> Iterator[Cluster]:
    """Start a server of ours with nothing on it, for as long as the block lasts."""
    scenario = empty()
    clock = MovedClock(scenario.epoch)
    with ServerThread(live_cluster(scenario), clock) as server:
        cluster = Cluster(server.url, clock, ours=True)
        with closing(cluster):
            yield cluster


@contextmanager
def given(url: str) -> Iterator[Cluster]:
    """Ask the cluster at an address, in real time."""
    with closing(Cluster(url, WallClock(), ours=False)) as cluster:
        yield cluster
