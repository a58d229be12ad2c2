"""How long one client waits that asks now and then, alone or while others ask for much."""

from __future__ import annotations

import http.client
import time
from statistics import quantiles
from urllib.parse import urlsplit

_PAUSE = 0.004
"""Between two requests: asking now and then is no load."""
_LEAST = 20


def waits(url: str, seconds: float) -> list[float]:
    """Ask for some seconds over one connection and give the milliseconds of each answer."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    waited: list[float] = []
    end = time.perf_counter() + seconds
    try:
        while time.perf_counter() < end or len(waited) < _LEAST:
            begun = time.perf_counter()
            connection.request("GET", target)
            answer = connection.getresponse()
            answer.read()
            waited.append((time.perf_counter() - begun) * 1000)
            if answer.status != http.HTTPStatus.OK:
                msg = f"{url} answered {answer.status}"
                raise RuntimeError(msg)
            time.sleep(_PAUSE)
    finally:
        connection.close()
    return waited


def p99(values: list[float]) -> float:
    """Give what 99 of 100 values are not above."""
    return quantiles(values, n=100, method="inclusive")[-1]
