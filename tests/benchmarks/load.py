"""Load: many requests for one address over a few kept-open connections. By wrk where it is installed."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from dataclasses import dataclass

from tests.benchmarks import fallback

CONNECTIONS = 16
WRK = shutil.which("wrk")
NAME = "wrk" if WRK is not None else "a pure-Python fallback"


@dataclass(frozen=True, slots=True)
class Load:
    """How many requests were answered in how many seconds."""

    requests: int
    seconds: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds


def press(url: str, seconds: float) -> Load:
    """Send requests for some seconds, over `CONNECTIONS` connections.

    Raises:
        RuntimeError: If one of them failed, or none was answered.
    """
    load = _wrk(WRK, url, seconds) if WRK is not None else Load(*asyncio.run(fallback.press(url, seconds, CONNECTIONS)))
    if not load.requests:
        msg = f"{url} answered nothing in {seconds} s"
        raise RuntimeError(msg)
    return load


def _wrk(wrk: str, url: str, seconds: float) -> Load:
    done = subprocess.run(
        [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "10s", url],
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=True,
    )
    found = re.search(r"(\d+) requests in ", done.stdout)
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    # wrk says such lines only if there is something to say.
    if found is None or rate is None or "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        msg = f"wrk failed on {url}: {done.stdout}"
        raise RuntimeError(msg)
    requests = int(found[1])
    return Load(requests, requests / float(rate[1]) if requests else seconds)
