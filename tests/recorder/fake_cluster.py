"""A small cluster on loopback that answers what a test tells it to."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.parse import parse_qsl, urlsplit

from toolkit.recorder.client import Limits
from toolkit.recorder.record import Surroundings

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

Query = dict[str, str]

QUICK = Limits(timeout_s=5, attempts=3, backoff_s=0.001, wait_s=0.01)
"""Patience for tests: enough for a busy machine, and no waiting between attempts."""


class Reply(NamedTuple):
    """One answer; `length` may promise more than there is, `hang` never answers."""

    status: int = 200
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = ()
    length: int | None = None
    hang: bool = False


Answer = Any
"""A `Reply`, or a value that is sent as JSON."""


def plain(jobs: list[Any] | None = None, executions: list[Any] | None = None) -> dict[str, Answer]:
    """Make the answers of a small cluster that has everything."""
    return {
        "/": {"name": "fake", "teraslice_version": "v3.18.0"},
        "/v1/cluster/state": {"n1": {"node_id": "n1", "hostname": "10.0.0.1", "state": "connected", "active": []}},
        "/v1/cluster/controllers": [],
        "/v1/cluster/stats": {"controllers": {"processed": 1}, "slicer": {"processed": 1}},
        "/v1/jobs": [{"job_id": "j1", "name": "one"}] if jobs is None else jobs,
        "/v1/ex": [{"ex_id": "x1", "job_id": "j1"}] if executions is None else executions,
        "/v1/assets": [],
    }


class Listener(ThreadingHTTPServer):
    """Listens on loopback; a client that goes away before it has its answer is nothing to talk about."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong on stderr, which tests read, unless the client only hung up."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class FakeCluster:
    """Serves a table of answers by path; an answer may be a function of the query. What is not there is a 404.

    Attributes:
        answers: The table; a test may change it between frames.
        asked: How often each path was asked for.
        seen: Every request: method, target and headers.
    """

    def __init__(self, answers: dict[str, Answer]) -> None:
        """Take the table; the server starts with `with`."""
        self.answers = answers
        self.asked: Counter[str] = Counter()
        self.seen: list[tuple[str, str, dict[str, str]]] = []
        self._free = threading.Event()
        self._server = Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        """Start."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and let go of the requests that hang."""
        self._free.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def reply(self, target: str) -> Reply:
        """Find the answer to a request."""
        parts = urlsplit(target)
        self.asked[parts.path] += 1
        answer = self.answers.get(parts.path, Reply(404, b'{"error": 404}'))
        if callable(answer):
            answer = answer(dict(parse_qsl(parts.query)))
        return answer if isinstance(answer, Reply) else Reply(body=json.dumps(answer).encode())

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        cluster = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                cluster.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
                reply = cluster.reply(self.path)
                if reply.hang:
                    cluster._free.wait()
                    return
                self.send_response(reply.status)
                for name, value in reply.headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
                self.end_headers()
                self.wfile.write(reply.body)

            do_POST = do_GET  # noqa: N815 - the base class names it

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


class StepClock:
    """A clock that moves when someone waits for it, so that no test sleeps."""

    def __init__(self, t: int = 1_700_000_000_000, on_step: Callable[[int], None] | None = None) -> None:
        """Start at an instant; `on_step` is told each instant that was waited for."""
        self.t = t
        self._on_step = on_step

    def now(self) -> int:
        """Give the instant."""
        return self.t

    def seconds_until(self, t: int) -> float | None:
        """Give the seconds until an instant."""
        return max(0, t - self.t) / 1000

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.t += round(seconds * 1000)
        if self._on_step:
            self._on_step(self.t)

    def around(self) -> Surroundings:
        """Make a recording's surroundings of it."""
        return Surroundings(clock=self, sleep=self.sleep)
