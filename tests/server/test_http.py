from __future__ import annotations

import logging
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from sanic.touchup import TouchUp

from tests.serving import live_cluster, live_server
from toolkit.answers.answer import Request, answer
from toolkit.clock import FrozenClock
from toolkit.server import front as front_module
from toolkit.server.app import MOST_BODY
from toolkit.server.reply import LONG
from toolkit.server.thread import ServerThread
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.server.app import App


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the default scenario, frozen at its epoch."""
    with live_server() as server:
        yield server.url


def exchange(url: str, text: bytes) -> bytes:
    """Send bytes and give what comes back until the server closes."""
    with socket.create_connection((httpx.URL(url).host, httpx.URL(url).port), timeout=30) as sock:
        sock.sendall(text)
        sock.shutdown(socket.SHUT_WR)
        parts = []
        while part := sock.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def ask(url: str, line: str, *headers: str) -> tuple[bytes, bytes]:
    """Send a request line as it is; gives head and body."""
    text = "\r\n".join([line, "Host: x", *headers, "Connection: close", "", ""])
    head, _, body = exchange(url, text.encode("latin-1")).partition(b"\r\n\r\n")
    return head, body


def test_headers_come_in_the_order_of_the_real_thing(url: str) -> None:
    """Names, letters and order as Teraslice's Express sends them, ours among them before Connection."""
    head, body = ask(url, "GET /v1/jobs HTTP/1.1")
    lines = head.decode().split("\r\n")
    assert lines[0] == "HTTP/1.1 200 OK"
    assert [line.partition(":")[0] for line in lines[1:]] == [
        "X-Powered-By", "Content-Type", "Content-Length", "ETag", "Date", "X-Toolkit-Instant", "X-Toolkit-Sequence",
        "Connection",
    ]  # fmt: skip
    assert f"Content-Length: {len(body)}" in lines
    assert lines[-1] == "Connection: close"


def test_an_open_connection_says_so(url: str) -> None:
    """A client that does not ask for the end hears how long the connection is kept."""
    response = httpx.get(f"{url}/v1/jobs")
    assert (response.headers["Connection"], response.headers["Keep-Alive"]) == ("keep-alive", "timeout=5")


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "//v1/jobs"),
        ("GET", "/v1//jobs"),
        ("GET", "//"),
        ("GET", "/v1/jobs?size=%zz&a[b]=c&&="),
        ("GET", "/v1/jobs/%E0%A4%A"),
        ("GET", "/v1/jobs/a%2Fb"),
        ("GET", "*"),
        ("GET", "nonsense"),
        ("GET", "http://other.example/v1/jobs"),
        ("GET", "http:"),
        ("BREW", "/v1/jobs"),
        ("DELETE", "/v1/jobs"),
        ("OPTIONS", "/v1/jobs"),
        ("POST", "/v1/jobs/x"),
    ],
)
def test_every_target_and_method_reaches_the_routes_as_sent(url: str, method: str, target: str) -> None:
    """No router of a web framework decides: the answer is the one of `answer` for the very bytes of the request."""
    cluster = live_cluster()
    wanted = answer(cluster, cluster.timeline.first, Request(method, target))
    head, body = ask(url, f"{method} {target} HTTP/1.1")
    assert head.split(b" ")[1].decode() == str(wanted.status)
    assert body == wanted.body


def test_head_has_the_length_and_no_body(url: str) -> None:
    """HEAD answers with the headers of GET; the connection is usable afterwards."""
    with httpx.Client(base_url=url) as client:
        full, head = client.get("/v1/ex"), client.head("/v1/ex")
        assert head.content == b""
        assert head.headers["Content-Length"] == str(len(full.content))
        assert client.get("/v1/ex").content == full.content


def test_304_over_http(url: str) -> None:
    """A conditional request gets 304 with no body, type or length; the connection is usable afterwards."""
    with httpx.Client(base_url=url) as client:
        full = client.get("/v1/jobs")
        response = client.get("/v1/jobs", headers={"If-None-Match": full.headers["ETag"]})
        assert (response.status_code, response.content) == (304, b"")
        assert not {"content-type", "content-length"} & set(response.headers)
        assert response.headers["ETag"] == full.headers["ETag"]
        assert client.get("/v1/jobs").content == full.content


def test_pipelined_requests_are_answered_in_order(url: str) -> None:
    """Two requests in one packet are two answers."""
    text = exchange(
        url, b"GET /v1/jobs/a HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert [part.split(b" ")[0] for part in text.split(b"HTTP/1.1 ")[1:]] == [b"404", b"200"]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (b"NONSENSE\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 20_000 + b"\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MOST_BODY + 1), 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nExpect: wonders\r\n\r\nx", 417),
    ],
)
def test_what_is_not_a_request_gets_an_error_in_json(url: str, text: bytes, status: int) -> None:
    """Malformed and oversized requests are answered with status and message, and nothing of ours inside."""
    head, _, body = exchange(url, text).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"\r\nContent-Type: application/json; charset=utf-8" in head
    assert b"\r\nX-Toolkit-Instant: " in head
    error = httpx.Response(200, content=body).json()
    assert error.keys() == {"error", "message"}
    assert error["error"] == status
    assert "sanic" not in body.decode().lower()


def test_our_own_failure_is_a_plain_500(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """An exception inside is logged, and the client hears neither its text nor its type."""

    def fail(*_: object) -> None:
        message = "a secret"
        raise RuntimeError(message)

    monkeypatch.setattr(front_module, "begin", fail)
    with caplog.at_level(logging.ERROR), live_server() as server:
        response = httpx.get(f"{server.url}/v1/jobs")
    assert response.status_code == 500
    assert response.json()["error"] == 500
    assert "secret" not in response.text
    assert "RuntimeError" not in response.text
    assert "a secret" in caplog.text


def test_a_body_is_read_and_the_connection_stays_usable(url: str) -> None:
    """A POST with a body to a route that has no use for it is answered as usual."""
    with httpx.Client(base_url=url) as client:
        assert client.post("/v1/cluster/state", content=b"x" * 100_000).status_code == 405
        assert client.get("/v1/cluster/state").status_code == 200


def test_several_servers_live_in_one_process() -> None:
    """Each has its own cluster, and one that stops leaves the others alone."""
    servers = [live_server(Scenario(seed=seed)) for seed in (1, 2, 3)]
    for server in servers:
        server.start()
    bodies = {httpx.get(f"{server.url}/v1/jobs").content for server in servers}
    servers[0].stop()
    rest = {httpx.get(f"{server.url}/v1/jobs").content for server in servers[1:]}
    for server in servers:
        server.stop()
    assert len(bodies) == 3
    assert rest < bodies


def test_a_stopped_server_frees_its_port() -> None:
    """The port can be had again at once, and a client that was connected is told so."""
    cluster = live_cluster()
    clock = FrozenClock(cluster.timeline.first)
    with ServerThread(cluster, clock) as server, httpx.Client(base_url=server.url) as client:
        client.get("/")
        port = httpx.URL(server.url).port
        server.stop()
        with pytest.raises(httpx.ConnectError):
            httpx.get(server.url)
        with ServerThread(cluster, clock, port=port or 0) as again:
            assert client.get("/").status_code == 200
            assert again.url == server.url


def test_what_keeps_a_server_from_starting_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception in the thread comes out of `start`."""

    def fail(*_: object) -> None:
        message = "no app today"
        raise RuntimeError(message)

    monkeypatch.setattr("toolkit.server.thread.create_app", fail)
    server = live_server()
    with pytest.raises(RuntimeError, match="no app today"):
        server.start()


def test_a_start_that_another_thread_disturbed_is_made_good(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where compiling fails because another thread compiles as well, the server starts all the same."""
    run, calls = TouchUp.run, []

    def disturbed(app: App) -> None:
        calls.append(app)
        if len(calls) == 1:
            msg = "AST constructor recursion depth mismatch"
            raise SystemError(msg)
        run(app)

    monkeypatch.setattr(TouchUp, "run", disturbed)
    with live_server() as server:
        assert httpx.get(f"{server.url}/v1/jobs").status_code == 200
    assert len(calls) == 2


def test_long_bodies_come_whole_whoever_asks_meanwhile() -> None:
    """Several long pages at once, short ones in between, on one connection or many: each is as made at once."""
    cluster = live_cluster(Scenario(jobs=1_200))
    t = cluster.timeline.first
    targets = [f"/v1/ex?size=1000&from={start}" for start in range(4)]
    whole = {target: answer(cluster, t, Request("GET", target)).body for target in targets}
    assert min(map(len, whole.values())) > LONG
    with ServerThread(cluster, FrozenClock(t)) as server, ThreadPoolExecutor(4) as pool:
        with httpx.Client(base_url=server.url, timeout=60) as client:
            assert dict(zip(targets, pool.map(lambda one: client.get(one).content, targets), strict=True)) == whole
            for target in targets:
                assert client.get(target).content == whole[target]
                assert client.head(target).headers["Content-Length"] == str(len(whole[target]))
                assert len(client.get("/v1/ex?size=1").json()) == 1
        # Someone goes away in the middle: nobody else sees anything of it.
        with socket.create_connection((httpx.URL(server.url).host, httpx.URL(server.url).port), timeout=30) as sock:
            sock.sendall(f"GET {targets[0]} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            assert sock.recv(10).startswith(b"HTTP/1.1")
        assert httpx.get(server.url + targets[1], timeout=60).content == whole[targets[1]]
