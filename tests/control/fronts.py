"""A server's front without sockets, and how its control API is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.serving import live_cluster
from toolkit.clock import SetClock, Setting
from toolkit.server.front import Front
from toolkit.server.served import Settings
from toolkit.server.worlds import Worlds
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from toolkit.server.ready import Ready

SCENARIO = Scenario(seed=5, jobs=12)
EPOCH = SCENARIO.epoch
READS = ("/v1/ex?size=5", "/v1/cluster/controllers", "/v1/cluster/state", "/v1/jobs?size=3", "/txt/ex", "/v1/ex/none")


def front(*, auto_advance: bool = False, most_worlds: int = 256, frozen: bool = True) -> Front:
    """Make a live front whose clock stands at the epoch."""
    cluster = live_cluster(SCENARIO)
    setting = Setting(EPOCH, frozen=frozen)
    clock = SetClock(setting, first=cluster.timeline.first, last=cluster.timeline.last)
    settings = Settings(setting, auto_advance=auto_advance, most_worlds=most_worlds)
    return Front(cluster, clock, worlds=Worlds(cluster, clock, settings))


def ask(  # noqa: PLR0913, PLR0917 - the parts of a request
    server: Front, method: str, target: str, body: Any = None, world: str | None = None, at: str | None = None
) -> Ready:
    """Ask a front; a body is sent as JSON."""
    text = b"" if body is None else json.dumps(body).encode()
    kind = None if body is None else "application/json"
    return server.respond(method, target, None, None, at, text, kind, world)


def told(ready: Ready) -> Any:
    """Read an answer's JSON."""
    return json.loads(ready.body)


def line_of(ready: Ready, name: str) -> str:
    """Read a header of an answer."""
    return dict(ready.lines)[name.encode()].decode()


def picture(server: Front, world: str | None = None) -> list[tuple[int, bytes]]:
    """Ask for everything that shows a world at its instant."""
    return [(ready.status, ready.body) for ready in (ask(server, "GET", target, None, world) for target in READS)]
