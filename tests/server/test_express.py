"""Requests that come again with the same bytes: whatever is saved on the way, the client sees nothing of it."""

from __future__ import annotations

import re
import socket
import time
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sanic.http.constants import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from tests.serving import FastClock, live_cluster, live_server
from toolkit.clock import FrozenClock, Setting
from toolkit.errors import BundleDamaged
from toolkit.model.instants import format_instant
from toolkit.server import express, running
from toolkit.server.express import Express, ExpressProtocol
from toolkit.server.front import Front
from toolkit.server.thread import ServerThread
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SMALL = Scenario(seed=3, jobs=4, max_living=3)
GAP = 0.002
"""Seconds between two pieces that a client sends: long enough that they mostly come one by one."""


def ask(target: str, *lines: str, method: str = "GET", body: bytes = b"", version: str = "1.1") -> bytes:
    """A request as it is sent."""
    head = "\r\n".join((f"{method} {target} HTTP/{version}", "Host: localhost", *lines))
    return head.encode() + b"\r\n\r\n" + body


PAGE = ask("/v1/ex?size=3")
_JSON = "Content-Type: application/json"
CLOSE = ask("/v1/jobs?size=1", "Connection: close")


@contextmanager
def connected(server: ServerThread) -> Iterator[socket.socket]:
    """A connection to a server."""
    _, _, place = server.url.partition("//")
    host, _, port = place.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield sock


def said(server: ServerThread, pieces: Sequence[bytes]) -> bytes:
    """All that a server says to pieces sent one after the other, the last of which ends the connection."""
    with connected(server) as sock:
        for piece in pieces:
            sock.sendall(piece)
            time.sleep(GAP)
        return everything(sock)


def asked(sock: socket.socket, request: bytes) -> bytes:
    """Send a request, and give its answer once it is there."""
    sock.sendall(request)
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        got += sock.recv(1)
    size = re.search(rb"Content-Length: (\d+)", got)
    left = int(size[1]) if size is not None else 0
    while left:
        part = sock.recv(left)
        assert part
        got, left = got + part, left - len(part)
    return got


def everything(sock: socket.socket) -> bytes:
    """What comes until the connection ends."""
    parts = []
    while part := sock.recv(2**20):
        parts.append(part)
    return b"".join(parts)


class Counted:
    """Counts the answers that took the short way."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        """Begin."""
        self.answers: list[bytes] = []
        answer = Express.answer

        def counted(lane: Express, known: Any) -> bytes | None:
            sent = answer(lane, known)
            if sent is not None:
                self.answers.append(sent)
            return sent

        patch.setattr(Express, "answer", counted)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Count."""
    return Counted(monkeypatch)


@contextmanager
def both() -> Iterator[tuple[ServerThread, ServerThread]]:
    """A server as it is, and one of the same world whose connections are Sanic's own."""
    with live_server(SMALL) as ours, pytest.MonkeyPatch.context() as patch:
        patch.setattr(running, "ExpressProtocol", HttpProtocol)
        with live_server(SMALL) as plain:
            yield ours, plain


READS = [
    PAGE,
    ask("/v1/ex?size=3", "Connection: keep-alive", "Accept: */*"),
    ask("/v1/jobs"),
    ask("/v1/ex/00000000-0000-4000-8000-000000000000"),
    ask("/v1/cluster/controllers", "If-None-Match: *"),
    ask("/v1/cluster/state", "X-Toolkit-At: +5m"),
    ask("/v1/cluster/state", "X-Toolkit-At: nonsense"),
    ask("/txt/ex"),
    ask("/nothing"),
    ask("/"),
    ask("/v1/ex?size=x"),
]


@pytest.mark.parametrize("request_", READS)
def test_the_second_answer_is_the_first(request_: bytes, counted: Counted) -> None:
    """What takes the short way is byte for byte what Sanic sends, head included."""
    with both() as (ours, plain), connected(plain) as long, connected(ours) as short, connected(ours) as other:
        first = asked(long, request_)
        assert [asked(sock, request_) for sock in (short, short, short, other)] == [first] * 4
    # What is made in steps is known from the second time on, when it is there already.
    assert counted.answers == [first] * (2 if b"/txt/" in request_ else 3)


LONG_HEAD = ask("/v1/ex", f"X-More: {'x' * express.LONGEST_KNOWN}")
OTHERS = [
    ask("/v1/ex", method="HEAD"),
    ask("/v1/jobs", "Content-Length: 2", method="POST", body=b"{}"),
    ask("/v1/ex", "Content-Length: 0"),
    ask("/v1/ex", "Content-Length: 3", body=b"abc"),
    ask("/v1/ex", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"),
    ask("/v1/ex", "X-Toolkit-World: other"),
    ask("/v1/ex", "Connection: keep-alive", "Connection: keep-alive"),
    ask("/v1/ex", "X-Toolkit-At: +1m", "X-Toolkit-At: +2m"),
    ask("/_toolkit/clock"),
    ask("/_Toolkit/requests"),
    LONG_HEAD,
]


@pytest.mark.parametrize("request_", OTHERS, ids=range(len(OTHERS)))
def test_whatever_is_odd_goes_the_long_way(request_: bytes, counted: Counted) -> None:
    """Writes, bodies, worlds, the control API and everything that says how a connection goes on."""
    with live_server(SMALL) as server:
        assert said(server, [request_] * 3 + [CLOSE]).count(b"HTTP/1.1 ") == 4
    assert counted.answers == []


@pytest.mark.parametrize(
    "request_", [ask("/v1/ex", version="1.0"), ask("/v1/ex", "Connection: close"), ask("/v1/ex", "Connection: Close")]
)
def test_a_connection_that_is_to_end_ends(request_: bytes, counted: Counted) -> None:
    """After one answer, however often it was asked for."""
    with live_server(SMALL) as server:
        for _ in range(3):
            assert said(server, [request_]).count(b"HTTP/1.1 200") == 1
    assert counted.answers == []


def test_an_answer_is_of_its_instant(counted: Counted) -> None:
    """A known request is asked anew each time: the clock, commands and faults count."""
    cluster = live_cluster(SMALL)
    clock = FrozenClock(cluster.timeline.first)
    with ServerThread(cluster, clock) as server, connected(server) as sock:
        ask_for = partial(asked, sock)
        first = ask_for(PAGE)
        assert ask_for(PAGE) == first
        clock.set(Setting(clock.now() + 60_000, frozen=True))
        assert format_instant(clock.now()).encode() in ask_for(PAGE)
        before = ask_for(PAGE)
        # The next one is of the same instant, with one command more.
        job = re.search(rb'"job_id": "([^"]+)"', before)
        assert job is not None
        started = ask_for(
            ask(f"/v1/jobs/{job[1].decode()}/_pause", _JSON, "Content-Length: 2", method="POST", body=b"{}")
        )
        assert started.startswith(b"HTTP/1.1 ")
        assert b"X-Toolkit-Sequence: 1" in started
        assert ask_for(PAGE) != before
        count = len(counted.answers)
        fault = b'{"route":"/v1/ex","status":503}'
        lines = [_JSON, f"Content-Length: {len(fault)}"]
        sent = ask_for(ask("/_toolkit/faults", *lines, method="POST", body=fault))
        assert sent.startswith(b"HTTP/1.1 20"), sent
        assert ask_for(PAGE).startswith(b"HTTP/1.1 503 ")
        assert len(counted.answers) == count
        ask_for(ask("/_toolkit/faults", method="DELETE"))
        assert ask_for(PAGE).startswith(b"HTTP/1.1 200 ")
    assert len(counted.answers) == count + 1


def test_a_long_answer_is_sent_once_and_then_in_pieces(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """What has become long meanwhile is whole, and its request is not known any more."""
    with live_server(SMALL) as server, connected(server) as sock:
        sock.sendall(PAGE)
        first = sock.recv(2**20)
        monkeypatch.setattr(express, "LONG", 100)
        for _ in range(2):
            sock.sendall(PAGE)
            assert sock.recv(2**20) == first
    assert counted.answers == [first]


def test_the_known_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many different requests come, only so many are kept."""
    monkeypatch.setattr(express, "MOST_KNOWN", 3)
    cluster = live_cluster(SMALL)
    lanes: list[Express] = []
    learn = Express.learn

    def seen(lane: Express, *more: Any) -> None:
        learn(lane, *more)
        lanes.append(lane)
        assert len(lane.known) <= 3

    monkeypatch.setattr(Express, "learn", seen)
    asking = [ask(f"/v1/ex?size={size}") for size in range(8)]
    with ServerThread(cluster, FrozenClock(cluster.timeline.first)) as server, connected(server) as sock:
        for request in asking:
            asked(sock, request)
    assert len(lanes) == 8
    assert list(lanes[-1].known) == asking[-3:]


_WHY = "its file was changed"


def test_what_fails_fails_as_ever(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure is Sanic's to answer and ours to say, and the connection lives on."""
    begin = Front.begin

    def failing(*_: Any, **__: Any) -> NoReturn:
        raise BundleDamaged(_WHY)

    with live_server(SMALL) as server, connected(server) as sock:
        first = asked(sock, PAGE)
        monkeypatch.setattr(Front, "begin", failing)
        assert asked(sock, PAGE).startswith(b"HTTP/1.1 500 ")
        monkeypatch.setattr(Front, "begin", begin)
        assert asked(sock, PAGE) == first
    assert counted.answers == [first]


_MORE_THAN_FIT = 200
"""Pages of 100 kB: more than the system keeps for somebody who does not read."""


def test_who_does_not_read_gets_all_of_it_in_the_end(counted: Counted) -> None:
    """Where the client takes nothing, its requests wait as ever; nothing is lost or doubled."""
    page = ask("/v1/ex?size=100")
    with live_server() as server, connected(server) as sock:
        for _ in range(_MORE_THAN_FIT):
            sock.sendall(page)
            time.sleep(GAP)
        sock.sendall(CLOSE)
        got = everything(sock)
    one, *others = got.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert len(others) == _MORE_THAN_FIT
    assert set(others[:-1]) == {one}
    assert 0 < len(counted.answers) < _MORE_THAN_FIT - 1


def test_requests_are_noted_as_ever(counted: Counted) -> None:
    """The journal has every one, with its head."""
    cluster = live_cluster(SMALL)
    front = Front(cluster, FrozenClock(cluster.timeline.first))
    with ServerThread(cluster, front.clock, front=front) as server, connected(server) as sock:
        for _ in range(3):
            asked(sock, PAGE)
    kept = front.worlds.base.journal.kept()
    assert [(one.number, one.target, one.status) for one in kept] == [(n, "/v1/ex?size=3", 200) for n in (1, 2, 3)]
    assert len({(one.head, one.t) for one in kept}) == 1
    assert len(counted.answers) == 2


BODY = PAGE
POSTS = [
    # A body that looks like a known request, together with its head, after it, and never wanted.
    [ask("/v1/jobs", f"Content-Length: {len(BODY)}", method="POST", body=BODY)],
    [ask("/v1/jobs", f"Content-Length: {len(BODY)}", method="POST"), BODY],
    [ask("/v1/nothing", f"Content-Length: {len(BODY)}", method="PUT"), BODY],
    [ask("/v1/ex", f"Content-Length: {len(BODY)}"), BODY],
    [ask("/v1/ex/_stop", "Transfer-Encoding: chunked", method="POST"), b"%x\r\n" % len(BODY), BODY, b"\r\n0\r\n\r\n"],
    [ask("/v1/jobs", "Content-Length: 3", "Expect: 100-continue", method="POST"), b"abc"],
]
SPLIT = st.tuples(st.sampled_from(READS), st.integers(1, 40)).map(lambda cut: [cut[0][: cut[1]], cut[0][cut[1] :]])
PIPED = st.lists(st.sampled_from(READS), min_size=2, max_size=4).map(lambda some: [b"".join(some)])
SENT = st.one_of(st.sampled_from(READS).map(lambda one: [one]), st.sampled_from(POSTS), SPLIT, PIPED)


@pytest.fixture(scope="module")
def two() -> Iterator[tuple[ServerThread, ServerThread]]:
    """The same two servers for all examples: what one is asked, the other is asked too."""
    with both() as (ours, plain):
        assert said(ours, [*READS, CLOSE]) == said(plain, [*READS, CLOSE])
        yield ours, plain


@settings(deadline=None, max_examples=100)
@given(st.lists(SENT, min_size=1, max_size=8))
def test_any_pieces_get_what_sanic_sends(two: tuple[ServerThread, ServerThread], sent: list[list[bytes]]) -> None:
    """Whole requests, halves, several at once, bodies that look like requests: the answers are the same bytes."""
    pieces = [piece for one in sent for piece in one]
    ours, plain = (said(server, [*pieces, CLOSE]) for server in two)
    assert ours == plain


def test_nobody_is_answered_before_their_turn() -> None:
    """A known request that comes while a command waits for the cluster waits for it, as with Sanic alone."""
    cluster = live_cluster(SMALL)
    with ServerThread(cluster, FastClock(cluster.timeline.first, 20)) as server, connected(server) as sock:
        page = asked(sock, ask("/v1/ex?status=running"))
        job = re.search(rb'"job_id": "([^"]+)"', page)
        assert job is not None
        assert asked(sock, PAGE).count(b"job_id") == 3
        asked(sock, PAGE)
        sock.sendall(ask(f"/v1/jobs/{job[1].decode()}/_stop", _JSON, "Content-Length: 2", method="POST", body=b"{}"))
        time.sleep(20 * GAP)
        sock.sendall(PAGE)
        time.sleep(20 * GAP)
        sock.sendall(CLOSE)
        stopped, listed, _ = everything(sock).split(b"HTTP/1.1 200 OK")[1:]
    assert b'"stopped"' in stopped
    assert b"job_id" not in stopped
    assert listed.count(b"job_id") == 3


def connection(**changed: object) -> Any:
    """What is looked at of a connection that waits for a request, some of it otherwise."""
    http = SimpleNamespace(stage=Stage.IDLE, request_body=None, keep_alive=True)
    writable = SimpleNamespace(is_set=lambda: True)
    transport = SimpleNamespace(is_closing=lambda: False)
    usual = {"http": http, "recv_buffer": bytearray(), "_can_write": writable, "transport": transport}
    return SimpleNamespace(**usual | changed)


WAITING = ExpressProtocol._waits
BUSY: list[dict[str, object]] = [
    {"http": None},
    {"http": SimpleNamespace(stage=Stage.IDLE, keep_alive=True)},
    {"http": SimpleNamespace(stage=Stage.IDLE, request_body=None, keep_alive=False)},
    *(
        {"http": SimpleNamespace(stage=stage, request_body=None, keep_alive=True)}
        for stage in Stage
        if stage is not Stage.IDLE
    ),
    *({"http": SimpleNamespace(stage=Stage.IDLE, request_body=body, keep_alive=True)} for body in (True, "chunked")),
    {"recv_buffer": bytearray(b"GET")},
    {"_can_write": SimpleNamespace(is_set=lambda: False)},
    {"transport": SimpleNamespace(is_closing=lambda: True)},
]


@pytest.mark.parametrize("changed", BUSY, ids=range(len(BUSY)))
def test_only_a_connection_that_waits_for_a_request_has_a_short_way(changed: dict[str, object]) -> None:
    """Not before its first wait, while anything is on its way, or while the rest of a body is to be thrown away."""
    assert WAITING(connection())
    assert not WAITING(connection(**changed))
