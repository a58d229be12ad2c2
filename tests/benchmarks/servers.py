"""Servers as processes of their own: started by us, on a free port of loopback, ended by their id."""

from __future__ import annotations

import http.client
import re
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
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).parents[2]
TOOLKIT = str(Path(sysconfig.get_path("scripts")) / "toolkit")
PATIENCE = 120
"""Seconds after which we give up on a process."""
_URL = re.compile(r"(http://127\.0\.0\.1:\d+)\b")
_LOOK_EVERY = 0.001


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

    def get(self, path: str) -> Page:
        """Ask once.

        Raises:
            RuntimeError: If the answer is no 200.
        """
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status != http.HTTPStatus.OK:
            msg = f"{self.url}{path} answered {answer.status}"
            raise RuntimeError(msg)
        return Page(answer.getheaders(), body)

    def cpu_seconds(self) -> float:
        """Give the CPU time that its process tree has used."""
        return machine.cpu_seconds(self.pid)


@contextmanager
def server(command: Sequence[str], log: Path) -> Iterator[Server]:
    """Run a server for as long as the block lasts; inside it has said its URL.

    Args:
        command: What to run; it prints its URL once it answers.
        log: A file for what it prints.

    Raises:
        RuntimeError: If it ends, or says no URL.
    """
    with log.open("wb") as output:
        begun = time.perf_counter()
        process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        try:
            yield Server(process.pid, _url(process, log, begun), begun)
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _url(process: subprocess.Popen[bytes], log: Path, begun: float) -> str:
    while time.perf_counter() - begun < PATIENCE:
        ended = process.poll() is not None
        said = log.read_text("utf-8", "replace")
        if (found := _URL.search(said)) is not None:
            return found[1]
        if ended:
            break
        time.sleep(_LOOK_EVERY)
    msg = f"a server did not start, it said: {said.strip()[-2000:]}"
    raise RuntimeError(msg)


def toolkit(*arguments: str) -> list[str]:
    """Give the command of our own server on a free port."""
    return [TOOLKIT, "serve", *arguments, "--port", "0"]


def raw_sanic(path: str, page: Page, directory: Path) -> list[str]:
    """Give the command of a plain Sanic that sends a page as it is, for one path; the query does not matter."""
    kept = directory / "page"
    kept.write_bytes(page.body)
    lines = [f"{name}: {value}" for name, value in page.headers if name.lower() not in {"connection", "content-length"}]
    kept.with_suffix(".headers").write_text("\n".join(lines))
    return [sys.executable, "-m", "tests.benchmarks.raw_sanic", path.partition("?")[0], str(kept)]


def ts_topy() -> list[str]:
    """Give the command of ts-topy's mock server."""
    return [sys.executable, "-m", "tests.benchmarks.ts_topy_mock"]
