"""Load: many requests for one address over a few kept-open connections. By wrk where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.servers import ROOT, ended

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 16
WRK = shutil.which("wrk")
NAME = "wrk" if WRK is not None else "a pure-Python fallback (wrk is not installed)"
_SCRIPT = Path(__file__).with_name("instants.lua")
_PATIENCE = 30
_MANY = 1_000_000
"""More requests than are sent while somebody else is looked at."""


@dataclass(frozen=True, slots=True)
class Load:
    """How many requests were answered in how many seconds."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


class Header:
    """A header line that each request has; `{}` in it is a number that grows, and never comes twice."""

    def __init__(self, line: str = "", step: int = 0) -> None:
        """Start at the first step."""
        self.line = line
        self.step = step
        self.next = step

    def spent(self, requests: int) -> None:
        """Go beyond what so many answered requests have used: others were under way, or fell to a closed connection."""
        self.next += 2 * (requests + 2 * CONNECTIONS) * self.step


def press(url: str, seconds: float, header: Header | None = None, connections: int = CONNECTIONS) -> Load:
    """Send requests for some seconds.

    Raises:
        RuntimeError: If one of them failed, or none was answered.
    """
    header = header or Header()
    command, environment = _command(url, seconds, header, connections)
    done = subprocess.run(
        command,
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=seconds + _PATIENCE,
        check=False,
    )
    if done.returncode:
        msg = f"the load generator failed on {url}: {done.stderr.strip()[-500:]}"
        raise RuntimeError(msg)
    load = _read(done.stdout, url)
    header.spent(load.requests)
    return load


@contextmanager
def pressing(url: str, header: Header, connections: int) -> Iterator[None]:
    """Send requests for as long as the block lasts; what becomes of them, and how many there are, is not looked at."""
    command, environment = _command(url, 3600, header, connections)
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    with ended(process):
        yield
    header.spent(_MANY)


def _command(url: str, seconds: float, header: Header, connections: int) -> tuple[list[str], dict[str, str]]:
    first, step = str(header.next), str(header.step)
    if WRK is None:
        module = [sys.executable, "-m", "tests.benchmarks.fallback"]
        return [*module, url, str(seconds), str(connections), header.line, first, step], dict(os.environ)
    command = [WRK, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
    if header.step:
        more = {"HEADER": header.line, "FIRST": first, "STEP": step}
        return [*command, "-s", str(_SCRIPT), url], os.environ | more
    return [*command, *(["-H", header.line] if header.line else []), url], dict(os.environ)


def _read(said: str, url: str) -> Load:
    if WRK is None:
        answered, took = said.split()
        load = Load(int(answered), float(took))
    else:
        found = re.search(r"(\d+) requests in ", said)
        rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
        # wrk says such lines only if there is something to say.
        if found is None or rate is None or "Non-2xx" in said or re.search(r"(connect|write|timeout) [1-9]", said):
            msg = f"wrk failed on {url}: {said}"
            raise RuntimeError(msg)
        load = Load(int(found[1]), int(found[1]) / (float(rate[1]) or 1))
    if not load.requests:
        msg = f"{url} answered nothing"
        raise RuntimeError(msg)
    return load
