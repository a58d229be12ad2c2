"""Servers of two processes, and connections of which it is known who has them."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.serving import PATIENCE, toolkit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.serving import Process

FROZEN = (
    "serve", "--live", "--port", "0", "--seed", "1", "--epoch", "2026-01-01T00:00:00Z", "--at", "+10m", "--frozen",
)  # fmt: skip
JSON = "Content-Type: application/json"
JOB = b'{"name": "x", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}'
_MOST_TRIES = 200


class Wire:
    """A connection on which bytes are sent as they are, and answers read as they came."""

    def __init__(self, url: str) -> None:
        """Connect."""
        host, _, port = url.removeprefix("http://").rpartition(":")
        self.sock = socket.create_connection((host, int(port)), timeout=PATIENCE)
        self._text = b""

    def send(self, method: str, target: str, *lines: str, body: bytes | None = None) -> None:
        """Send a request."""
        length = () if body is None else (f"Content-Length: {len(body)}",)
        head = "\r\n".join((f"{method} {target} HTTP/1.1", "Host: localhost", *lines, *length))
        self.sock.sendall(f"{head}\r\n\r\n".encode() + (body or b""))

    def answer(self, method: str = "GET") -> bytes:
        """Read one answer, all of it."""
        while b"\r\n\r\n" not in self._text:
            self._more()
        head = self._text.partition(b"\r\n\r\n")[0]
        lines = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line)
        size = 0 if method == "HEAD" else int(lines.get(b"content-length", b"0"))
        end = len(head) + 4 + size
        while len(self._text) < end:
            self._more()
        answer, self._text = self._text[:end], self._text[end:]
        return answer

    def ask(self, method: str, target: str, *lines: str, body: bytes | None = None) -> bytes:
        """Send a request and read its answer."""
        self.send(method, target, *lines, body=body)
        return self.answer(method)

    def _more(self) -> None:
        came = self.sock.recv(65_536)
        if not came:
            raise EOFError(self._text)
        self._text += came

    def holders(self, pids: list[int]) -> set[int]:
        """Tell which of some processes have the other end of this connection."""
        mine, theirs = self.sock.getsockname()[1], self.sock.getpeername()[1]
        rows = (line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:])
        inode = next(row[9] for row in rows if (row[1].endswith(f":{theirs:04X}") and row[2].endswith(f":{mine:04X}")))
        return {pid for pid in pids if f"socket:[{inode}]" in _files(pid)}


def _files(pid: int) -> set[str]:
    found = set()
    for path in Path(f"/proc/{pid}/fd").iterdir():
        # Some are closed meanwhile.
        with suppress(FileNotFoundError):
            found.add(str(path.readlink()))
    return found


def body_of(answer: bytes) -> Any:
    """Read the JSON of an answer."""
    return json.loads(answer.partition(b"\r\n\r\n")[2])


def workers_of(process: Process) -> list[int]:
    """Give the workers of a server."""
    pid = process.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()]


class Crewed:
    """A server of two processes.

    Attributes:
        process: The owner.
        url: Where they answer.
        owner: The owner's process.
        worker: The worker's.
    """

    def __init__(self, process: Process, stack: ExitStack) -> None:
        """Wait until it answers."""
        self.process = process
        self.url = process.url()
        self.owner = process.process.pid
        (self.worker,) = workers_of(process)
        self._stack = stack

    def control(self, path: str, body: bytes = b"{}", method: str = "POST") -> Any:
        """Use the control API over a connection of its own, and give what it says.

        Raises:
            AssertionError: If it refuses.
        """
        wire = self.wire()
        with wire.sock:
            said = wire.ask(method, f"/_toolkit/{path}", JSON, body=body)
        assert said.startswith(b"HTTP/1.1 2"), said
        return body_of(said)

    def wire(self) -> Wire:
        """Connect, to whichever process it is."""
        wire = Wire(self.url)
        self._stack.callback(wire.sock.close)
        return wire

    def who(self, wire: Wire) -> int:
        """Tell which process has a connection, once it is one of them alone."""
        for _ in range(_MOST_TRIES):
            holders = wire.holders([self.owner, self.worker])
            if len(holders) == 1:
                return holders.pop()
        message = "both processes have the connection"
        raise AssertionError(message)

    def to(self, pid: int) -> Wire:
        """Connect until it is to one of the processes, which has answered then."""
        for _ in range(_MOST_TRIES):
            wire = self.wire()
            wire.ask("GET", "/")
            if self.who(wire) == pid:
                return wire
        message = "no connection came to that process"
        raise AssertionError(message)

    def both(self) -> tuple[Wire, Wire]:
        """Connect to the owner, and to the worker."""
        return self.to(self.owner), self.to(self.worker)


@contextmanager
def crewed(*arguments: str) -> Iterator[Crewed]:
    """Run a server of two processes for as long as the block lasts; then it ends as it should, if it still runs."""
    with toolkit(*arguments, "--workers", "2") as process, ExitStack() as stack:
        yield Crewed(process, stack)
        if process.process.poll() is None:
            assert process.stop() == 0


@contextmanager
def alone(*arguments: str) -> Iterator[Wire]:
    """Run the same server in one process, and connect to it."""
    with toolkit(*arguments) as process:
        wire = Wire(process.url())
        with wire.sock:
            yield wire
