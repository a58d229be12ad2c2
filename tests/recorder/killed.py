"""A recording in a process of its own, which a test kills.

`python -m tests.recorder.killed record|again|resume|finish DIR`.
The cluster is in the same process and a step clock moves both, so that only the recording decides what is written.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.recorder.fake_cluster import QUICK, StepClock
from tests.recorder.recording import Told
from tests.recorder.series_server import Series, SeriesServer
from toolkit.recorder.address import parse_address
from toolkit.recorder.finish import finish, open_journal
from toolkit.recorder.plan import Plan, Resumption
from toolkit.recorder.record import record, resume

if TYPE_CHECKING:
    from toolkit.recorder.watching import Standing

START = 1_800_000_000_000
EVERY = 2_000
KEY = b"a key for the tests of a recording"


class Begun(Told):
    """Says on stdout when the first frame is done."""

    def frame(self, standing: Standing, told: str) -> None:
        """Say it once."""
        if self.standing is None:
            print("begun", flush=True)  # noqa: T201 - the test waits for it
        super().frame(standing, told)


def main(what: str, target: Path) -> None:
    """Do one of the four; `again` throws away what was not finished."""
    if what == "finish":
        print("begun", flush=True)  # noqa: T201 - as above
        with open_journal(target) as journal:
            finish(journal, target, force=False)
        return
    series = Series()
    with SeriesServer(series) as server:

        def move(t: int) -> None:
            server.t = series.first + t - START

        address, clock, watcher = parse_address(server.url), StepClock(START, move).around(), Begun(lambda _: None)
        if what == "resume":
            resume(Resumption(target, address, limits=QUICK, key=KEY), watcher, clock)
        else:
            length = series.last - series.first
            plan = Plan(address, target, EVERY, length, limits=QUICK, key=KEY, force=what == "again")
            record(plan, watcher, clock)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
