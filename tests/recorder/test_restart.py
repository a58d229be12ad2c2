"""A cluster that restarts while it is recorded."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.recorder.fake_cluster import FakeCluster, Listener, StepClock, plain
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed

if TYPE_CHECKING:
    from pathlib import Path


class Door:
    """A place at which a cluster listens while it is open."""

    def __init__(self, cluster: FakeCluster) -> None:
        """Open at some port, which stays the same."""
        self._cluster = cluster
        self.port = 0
        self.open()

    def open(self) -> None:
        """Listen."""
        self._server = Listener(("127.0.0.1", self.port), self._cluster._handler())
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        """Refuse connections."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def test_a_restart_makes_gaps_and_the_next_tick_tries_again(tmp_path: Path) -> None:
    """While connections are refused every list is a gap, told in fixed words; the frames after it are whole."""
    with FakeCluster(plain()) as cluster:
        door = Door(cluster)
        moves = iter([door.close, lambda: None, door.open, lambda: None])
        path = record(
            f"http://127.0.0.1:{door.port}",
            every_ms=1000,
            for_ms=4000,
            target=tmp_path / "b",
            redact=False,
            force=False,
            say=lambda _: None,
            around=StepClock(on_step=lambda t: next(moves)() if t > StepClock().t else None).around(),
        )
        door.close()
    gaps = Replayed(path).bundle.frames.gaps
    second, third = StepClock().t + 1000, StepClock().t + 2000

    assert len(gaps) == len(plain())
    assert {gap[1:] for gap in gaps} == {("cannot connect (connection refused)", second, third, 2)}
