"""`toolkit.serve`: a cluster for tests of any framework, or for a script."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from toolkit.testing.asked import options_of
from toolkit.testing.house import House
from toolkit.testing.teraslice import Teraslice

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime


def serve(  # noqa: PLR0913 - the flags of `toolkit serve`, by their names
    *,
    scenario: str | Path | None = None,
    seed: int | None = None,
    jobs: int | None = None,
    epoch: str | datetime | None = None,
    log: str | Path | None = None,
    bundle: str | Path | None = None,
    rebase: bool = False,
    allow_edited: bool = False,
    at: str | datetime | None = None,
    until: str | datetime | None = None,
    frozen: bool | None = None,
    speed: float | None = None,
    loop: bool = False,
    auto_advance: bool = False,
    faults: Sequence[Mapping[str, Any]] = (),
    port: int = 0,
) -> Teraslice:
    """Give a cluster that is the same in every run: `with toolkit.serve(seed=7) as cluster:`.

    It is live unless a bundle is named. `cluster.transport` answers in the process; `cluster.url` is a real server on
    this machine, started in a thread when it is first asked for. `async with` does as well.

    Args:
        scenario: A name such as `busy`, or a file.
        seed: 1 unless the scenario says another one.
        jobs: As the scenario says if left out.
        epoch: 2026-01-01T00:00:00Z unless the scenario says another one. With `rebase` where the bundle's start goes.
        log: A command log to go on with.
        bundle: A bundle to replay.
        rebase: Whether the bundle's dates are shifted so that its start is now, or at `epoch`.
        allow_edited: Whether the bundle may have been changed by hand.
        at: Where the clock starts: a date, or an offset such as `+5m` from the start.
        until: Where it holds, or begins again.
        frozen: Whether it stands still; it does unless `speed` is given.
        speed: How fast it runs; 60 is a minute a second.
        loop: Whether it begins again after its end.
        auto_advance: Whether a request that waits moves a frozen clock to its end.
        faults: What goes wrong with requests, as `Teraslice.fault` takes it.
        port: Where the server listens; 0 is any free port.

    Raises:
        ToolkitError: If it cannot be served; the text says why.
    """
    given = {**locals()}
    del given["port"], given["faults"]
    house = House(options_of({name: value for name, value in given.items() if value is not None}), port=port)
    cluster = Teraslice(house, house.base, lambda: Path(tempfile.mkdtemp(prefix="toolkit-")))
    try:
        for fault in faults:
            cluster.fault(**fault)
    except BaseException:
        cluster.close()
        raise
    return cluster
