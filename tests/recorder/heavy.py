"""A recording in a process of its own, that says on stdout how much memory it took.

`python -m tests.recorder.heavy record URL|- FRAMES DIR` and `python -m tests.recorder.heavy finish DIR`; with `-` the
cluster is in the process and costs next to nothing. `record` ends before the bundle is made, so that `finish` makes it.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from tests.recorder.fake_cluster import StepClock
from tests.recorder.recording import record
from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.recorder import client
from toolkit.recorder import record as recording
from toolkit.recorder.finish import finish, open_journal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from toolkit.model.wire import Document

START = StepClock().t
EVERY = 5_000


class Stopped(BaseException):
    """The bundle is not to be made here."""


def moving(frame: int) -> dict[str, object]:
    """Make a small cluster in which something of everything is another thing in every frame."""
    now = format_instant(START + frame * EVERY)
    nodes = {
        f"10.0.0.{node}": {
            "node_id": f"10.0.0.{node}",
            "hostname": f"10.0.0.{node}",
            "state": "connected",
            "available": frame % 7,
            "active": [{"worker_id": f"w{frame // 50}", "pod_name": f"w{frame // 50}", "ex_id": f"x{frame // 100}"}],
        }
        for node in range(5)
    }
    executions = [
        {
            "ex_id": f"17bb809a-4a6f-465a-9ee6-{number:012d}",
            "name": f"acme-{number}",
            "_status": "running",
            "note": f"seen by worker {frame} of acme-{number}",
            "_updated": now,
        }
        for number in range(frame // 100, frame // 100 + 10)
    ]
    controllers = [{"ex_id": one["ex_id"], "processed": frame * 37 * (1 + frame % 3)} for one in executions]
    return {
        "/": {"name": "acme", "teraslice_version": "v3.18.0"},
        "/v1/cluster/state": nodes,
        "/v1/cluster/controllers": controllers,
        "/v1/cluster/stats": {"controllers": {"processed": frame * 37}, "slicer": {"processed": frame * 37}},
        "/v1/jobs": [{"job_id": "j1", "name": f"acme-{frame}", "_updated": now}],
        "/v1/ex": executions,
        "/v1/assets": [],
    }


class Once(httpx.AsyncByteStream):
    """A body as the network gives it."""

    def __init__(self, body: bytes) -> None:
        """Give it whole."""
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give it."""
        yield self._body


def in_process(clock: StepClock) -> Callable[..., httpx.AsyncBaseTransport]:
    """Answer in the place of the network."""

    def answer(request: httpx.Request) -> httpx.Response:
        body: Document | object = moving((clock.t - START) // EVERY).get(request.url.path)
        return httpx.Response(404) if body is None else httpx.Response(200, stream=Once(dumps(body)))

    return lambda *_: httpx.MockTransport(answer)


def most() -> int:
    """Give the most memory that this process took, in bytes."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Not `ru_maxrss`: on Linux that is at least what the process that started this one had.
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


def main(what: str, *arguments: str) -> None:
    """Do one of the two, and say the most memory that it took, in bytes."""
    if what == "finish":
        target = Path(arguments[0])
        with open_journal(target) as journal:
            finish(journal, target, force=False)
    else:
        url, frames, target = arguments[0], int(arguments[1]), Path(arguments[2])
        clock = StepClock()
        if url == "-":
            url = "http://cluster.invalid"
            client.guarded_transport = in_process(clock)

        def stop(*_: object, **__: object) -> None:
            raise Stopped

        recording.finish = stop  # type: ignore[assignment]
        with contextlib.suppress(Stopped):
            record(url, target=target, every_ms=EVERY, for_ms=(frames - 1) * EVERY, around=clock.around())
    print(most())  # noqa: T201 - the test reads it


if __name__ == "__main__":
    main(*sys.argv[1:])
