"""`toolkit.serve`: a cluster for tests of any framework, or for a script."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.server.binding import refuse_port
from toolkit.testing.arguments import given
from toolkit.testing.asked import wanted_of
from toolkit.testing.house import House
from toolkit.testing.teraslice import Teraslice
from toolkit.testing.wording import in_arguments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    Fault = str | Path | Mapping[str, Any]

_LOG = logging.getLogger("toolkit.testing")


def serve(  # noqa: PLR0913 - the flags of `toolkit serve`, by their names
    *,
    scenario: str | Path | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    epoch: str | datetime | None = None,
    log: str | Path | None = None,
    bundle: str | Path | None = None,
    rebase: bool | None = None,
    allow_edited: bool | None = None,
    at: str | datetime | None = None,
    until: str | datetime | None = None,
    frozen: bool | None = None,
    speed: float | None = None,
    loop: bool | None = None,
    auto_advance: bool | None = None,
    faults: Fault | Sequence[Fault] | None = None,
    port: int | None = None,
) -> Teraslice:
    """Give a cluster that is the same in every run: `with toolkit.serve(seed=7) as cluster:`.

    It is live unless a bundle is named. `cluster.transport` answers in the process; `cluster.url` is a real server on
    this machine, started in a thread when it is first asked for. `async with` does as well. After its block it is
    closed, and refuses to be used. What is `None` is as if left out; a `datetime` without a zone is taken as UTC.

    Args:
        scenario: A name such as `busy`, or a file.
        seed: 1 unless the scenario says another one.
        jobs: As the scenario says if left out.
        epoch: 2026-01-01T00:00:00Z unless the scenario says another one. With `rebase` where the bundle's start goes.
        log: A command log to go on with.
        bundle: A bundle to replay.
        rebase: Whether the bundle's dates are shifted so that its start is now, or at `epoch`; no if left out.
        allow_edited: Whether the bundle may have been changed by hand; no if left out.
        at: Where the clock starts: a date, or an offset such as `+5m` from the start.
        until: Where it holds, or begins again.
        frozen: Whether it stands still; it does unless `speed` is given.
        speed: How fast it runs; 60 is a minute a second.
        loop: Whether it begins again after its end; no if left out.
        auto_advance: Whether a request that waits moves a frozen clock to its end; no if left out.
        faults: What goes wrong with requests: the name of a set such as `flaky`, a TOML file as for
            `toolkit serve --faults`, a fault as `Teraslice.fault` takes it, or a list of these. In the process nobody
            sleeps for a fault's delay: where a client's time-out is shorter, its error comes at once.
        port: Where the server listens, 1 to 65535; any free one if 0 or left out.

    Raises:
        ToolkitError: If it cannot be served; the text says why.
    """
    said = {**locals()}
    with in_arguments():
        there = given("cannot serve a cluster", said)
        where = there.pop("port", 0)
        refuse_port("127.0.0.1", where)
        wanted = wanted_of(there, _LOG.warning)
        house = House(wanted.options, port=where)
        cluster = Teraslice(house, house.base, lambda: Path(tempfile.mkdtemp(prefix="toolkit-")))
        try:
            cluster.add_faults(wanted.faults)
        except BaseException:
            cluster.close()
            raise
        return cluster
