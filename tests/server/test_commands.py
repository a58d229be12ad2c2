"""Commands over HTTP: bodies, waiting answers, clients and servers that do not wait for them."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.answers.commanding import JOB, STOPS_IN, Commanded, T
from tests.serving import FastClock
from toolkit.clock import FrozenClock
from toolkit.model.instants import parse_instant
from toolkit.server.app import MOST_BODY
from toolkit.server.front import Front
from toolkit.server.ready import Ready
from toolkit.server.running import GRACE
from toolkit.server.thread import ServerThread

MEGABYTES_60 = 60_000_000


def running() -> Commanded:
    """Make a cluster with one execution that runs."""
    return Commanded().add("e", "running")


def raw(url: str, *lines: str, body: bytes = b"") -> tuple[int, bytes]:
    """Send a request as it is; gives status and body."""
    text = "\r\n".join([*lines, "Host: x", "Connection: close", "", ""]).encode() + body
    with socket.create_connection((httpx.URL(url).host, httpx.URL(url).port), timeout=30) as sock:
        sock.sendall(text)
        parts = []
        while part := sock.recv(65_536):
            parts.append(part)
    head, _, rest = b"".join(parts).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]), rest


def test_an_answer_that_was_waited_for_says_when_it_was_made() -> None:
    """Front passes the instants on, and the answer's own is the last one that it was given."""
    commanded = running()
    front = Front(commanded.cluster, FrozenClock(T))
    begun = front.begin("POST", "/v1/ex/e/_stop", None, None)
    assert not isinstance(begun, Ready)
    steps = begun.steps
    asked = [steps.send(None), steps.send(T + 3001), steps.send(T + 6000)]
    with pytest.raises(StopIteration) as end:
        steps.send(T + 9004)
    lines = dict(end.value.value.lines)

    assert asked == [T + 3000, T + 6000, T + 9000]
    assert parse_instant(lines[b"X-Toolkit-Instant"].decode()) == T + 9004
    assert lines[b"X-Toolkit-Sequence"] == b"1"
    assert json.loads(end.value.value.body) == {"status": "stopped"}


def test_who_does_not_wait_is_answered_at_the_instant_of_the_request() -> None:
    """In process and on a clock that stands still, with the status there is."""
    front = Front(running().cluster, FrozenClock(T))
    ready = front.respond("POST", "/v1/ex/e/_stop", None, None)

    assert json.loads(ready.body) == {"status": "stopping"}
    assert parse_instant(dict(ready.lines)[b"X-Toolkit-Instant"].decode()) == T


def test_a_write_is_answered_by_its_body_and_by_nothing_kept() -> None:
    """The same method and target again, with another body, is another answer."""
    commanded = running()
    front = Front(commanded.cluster, FrozenClock(T))
    bodies = (b"{", b"", json.dumps(JOB).encode(), b"{")
    sent = [front.respond("POST", "/v1/jobs", None, None, None, body, "application/json") for body in bodies]

    assert [ready.status for ready in sent] == [400, 400, 200, 400]
    assert sent[0].body == sent[3].body != sent[1].body


def test_a_command_at_another_instant_is_refused() -> None:
    """`X-Toolkit-At` is for reads."""
    commanded = running()
    with ServerThread(commanded.cluster, FrozenClock(T)) as server:
        response = httpx.post(f"{server.url}/v1/ex/e/_stop", headers={"X-Toolkit-At": "+1s"})

    assert (response.status_code, commanded.entries) == (400, [])


def test_a_blocking_stop_follows_the_clock_and_holds_nobody_up() -> None:
    """It answers once the clock is past the end, at a multiple of three seconds; others are answered meanwhile."""
    commanded = running()
    with ServerThread(commanded.cluster, FastClock(T, 10)) as server, ThreadPoolExecutor() as pool:
        stopping = pool.submit(httpx.post, f"{server.url}/v1/ex/e/_stop", timeout=30)
        statuses = set()
        while not stopping.done():
            statuses.add(httpx.get(f"{server.url}/v1/ex/e").json()["_status"])
        response = stopping.result()
        at = parse_instant(response.headers["X-Toolkit-Instant"]) - commanded.log.in_order()[0].t

    assert (response.status_code, response.json()) == (200, {"status": "stopped"})
    assert {"stopping"} <= statuses <= {"running", "stopping", "stopped"}
    assert at >= 9000 > STOPS_IN


def test_a_stop_on_a_clock_that_stands_still_answers_at_once() -> None:
    """With the status that it has."""
    with ServerThread(running().cluster, FrozenClock(T)) as server:
        assert httpx.post(f"{server.url}/v1/ex/e/_stop").json() == {"status": "stopping"}


def test_a_client_that_goes_away_ends_its_wait_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is said, nothing goes on, and the command stays."""
    commanded = running()
    with caplog.at_level(logging.WARNING):
        with ServerThread(commanded.cluster, FastClock(T, 1)) as server:
            with pytest.raises(httpx.ReadTimeout):
                httpx.post(f"{server.url}/v1/ex/e/_stop", timeout=0.3)
            assert httpx.get(f"{server.url}/v1/ex/e").json()["_status"] == "stopping"
            assert httpx.post(f"{server.url}/v1/ex/e/_stop?blocking=false").json() == {"status": "stopping"}
            began = time.monotonic()
        took = time.monotonic() - began

    # A server that still had a request to answer would wait for it.
    assert took < GRACE
    assert len(commanded.entries) == 1
    assert caplog.records == []


def test_a_server_that_stops_ends_the_waits_quietly(caplog: pytest.LogCaptureFixture) -> None:
    """Within its grace, without a word; the client sees its connection close."""
    commanded, before = running(), set(threading.enumerate())
    with caplog.at_level(logging.WARNING), ThreadPoolExecutor() as pool:
        with ServerThread(commanded.cluster, FastClock(T, 1)) as server:
            stopping = pool.submit(httpx.post, f"{server.url}/v1/ex/e/_stop", timeout=30)
            while not commanded.entries:
                time.sleep(0.01)
            began = time.monotonic()
        took = time.monotonic() - began
        with pytest.raises(httpx.HTTPError):
            stopping.result(30)

    assert took < 6
    assert caplog.records == []
    assert not any(thread.name == "toolkit" for thread in set(threading.enumerate()) - before)


@pytest.mark.parametrize(
    ("lines", "body", "status", "words"),
    [
        # Express looks at a body only where there is one by its headers; an empty one counts.
        (("Content-Type: application/json",), b"", 500, "api is not available"),
        (("Content-Type: application/json", "Content-Length: 0"), b"", 400, "No job was posted"),
        (("Content-Type: application/json", "Transfer-Encoding: chunked"), b"0\r\n\r\n", 400, "No job was posted"),
        (("Content-Type: application/json", "Transfer-Encoding: chunked"), b"1\r\n{\r\n0\r\n\r\n", 400, "malformed"),
        (("Content-Type:   application/json \t", "Content-Length: 2"), b"{}", 400, "No job was posted"),
        (("content-type: application/json", "Content-Length: 1"), b"{", 400, "malformed"),
        (("Content-Type: Application/json", "Content-Length: 1"), b"{", 500, "api is not available"),
        (("Content-Length: 2",), b"{}", 500, "api is not available"),
    ],
)
def test_bodies_are_what_the_headers_say(lines: tuple[str, ...], body: bytes, status: int, words: str) -> None:
    """Content type and framing as sent decide."""
    with ServerThread(Commanded().cluster, FrozenClock(T)) as server:
        got, text = raw(server.url, "POST /v1/jobs HTTP/1.1", *lines, body=body)

    assert got == status
    assert words in text.decode()


def test_large_assets_are_taken_and_larger_ones_refused_in_words() -> None:
    """60 MB are read; what is more than the limit is a 413 that says what is too large."""
    with ServerThread(Commanded().cluster, FrozenClock(T)) as server, httpx.Client(base_url=server.url) as client:
        taken = client.post("/v1/assets", content=bytes(MEGABYTES_60), timeout=60)
        assert (taken.status_code, "not recognized as zip" in taken.text) == (500, True)
        assert client.get("/v1/jobs/idle").status_code == 200
        status, text = raw(server.url, "POST /v1/assets HTTP/1.1", f"Content-Length: {MOST_BODY + 1}")

    assert status == 413
    assert "64 MB" in text.decode()


def test_a_json_body_over_100_kb_is_none() -> None:
    """The observed 500, over HTTP too."""
    with ServerThread(Commanded().cluster, FrozenClock(T)) as server:
        response = httpx.post(f"{server.url}/v1/jobs?start=false", json={**JOB, "big": "x" * 120_000})

    assert (response.status_code, response.content) == (500, b'{"error":"api is not available"}')
