"""Servers as processes of their own: started by us, on a free port of loopback, ended by their id."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.benchmarks import machine

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

ROOT = Path(__file__).parents[2]
TOOLKIT = str(Path(sysconfig.get_path("scripts")) / "toolkit")
PATIENCE = 60
"""Seconds after which we give up on a process or an answer."""
_URL = re.compile(r"(http://127\.0\.0\.1:\d+)\b")
_LOOK_EVERY = 0.001
_KNOCK_EVERY = 0.05
_GRACE = 10


@dataclass(frozen=True, slots=True)
class Page:
    """An answer as it came."""

    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers.

    Attributes:
        pid: Its process.
        url: Where it answers.
        begun: When its process was started, by `time.perf_counter`.
    """

    pid: int
    url: str
    begun: float

    def get(self, path: str, headers: Mapping[str, str] | None = None, patience: float = PATIENCE) -> Page:
        """Ask once.

        Raises:
            RuntimeError: If the answer is no 200.
            TimeoutError: If it has not come after so many seconds.
        """
        status, page = self.ask("GET", path, headers, patience=patience)
        if status != http.HTTPStatus.OK:
            msg = f"{self.url}{path} answered {status}"
            raise RuntimeError(msg)
        return page

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        patience: float = PATIENCE,
    ) -> tuple[int, Page]:
        """Ask once, whatever the answer is."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=patience)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, Page(answer.getheaders(), answer.read())
        finally:
            connection.close()

    def cpu_seconds(self) -> float:
        """Give the CPU time that its process tree has used."""
        return machine.cpu_seconds(self.pid)


@contextmanager
def server(command: Sequence[str], log: Path, url: str = "", path: str = "/") -> Iterator[Server]:
    """Run a server for as long as the block lasts; inside it answers.

    Args:
        command: What to run.
        log: A file for what it prints.
        url: Where it answers, if it does not print its URL once it does.
        path: What it answers there.

    Raises:
        RuntimeError: If it ends, or says no URL, or does not answer.
    """
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        with ended(process):
            found = Server(process.pid, url or _url(process, log, begun), begun)
            if url:
                _knock(process, found, path, log)
            yield found


@contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process, and every process it has started, when the block ends, however it ends."""
    try:
        yield
    finally:
        family = machine.tree(process.pid)[1:]
        process.terminate()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    """Give a port of loopback that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


def _url(process: subprocess.Popen[bytes], log: Path, begun: float) -> str:
    while time.perf_counter() - begun < PATIENCE:
        over = process.poll() is not None
        said = log.read_text("utf-8", "replace")
        if (found := _URL.search(said)) is not None:
            return found[1]
        if over:
            break
        time.sleep(_LOOK_EVERY)
    msg = f"a server did not start, it said: {said.strip()[-2000:]}"
    raise RuntimeError(msg)


def _knock(process: subprocess.Popen[bytes], server: Server, path: str, log: Path) -> None:
    while process.poll() is None and time.perf_counter() - server.begun < PATIENCE:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if server.ask("GET", path)[0] == http.HTTPStatus.OK:
                return
        time.sleep(_KNOCK_EVERY)
    msg = f"a server did not answer, it said: {log.read_text('utf-8', 'replace').strip()[-2000:]}"
    raise RuntimeError(msg)


def toolkit(*arguments: str) -> list[str]:
    """Give the command of our own server on a free port."""
    return [TOOLKIT, "serve", *arguments, "--port", "0"]


def raw_sanic(path: str, page: Page, directory: Path, *, encode: bool = False) -> list[str]:
    """Give the command of a plain Sanic that sends a page, for one path; the query does not matter.

    Args:
        path: For what path.
        page: What it sends.
        directory: Where the page is kept for it.
        encode: Make the bytes from the documents at each request, instead of sending stored ones.
    """
    kept = directory / "page"
    kept.write_bytes(page.body)
    dropped = {"connection", "content-length"}
    lines = [f"{name}: {value}" for name, value in page.headers if name.lower() not in dropped]
    kept.with_suffix(".headers").write_text("\n".join(lines))
    how = ["encode"] if encode else []
    return [sys.executable, "-m", "tests.benchmarks.raw_sanic", path.partition("?")[0], str(kept), *how]


def ts_topy(executions: int = 0) -> list[str]:
    """Give the command of ts-topy's mock server: of its default size, or with about so many executions."""
    return [sys.executable, "-m", "tests.benchmarks.ts_topy_mock", str(executions)]
