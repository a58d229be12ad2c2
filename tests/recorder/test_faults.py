"""What can go wrong with one request, on real connections, and the words for it."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from itertools import count
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, Reply
from tests.recorder.raw_server import raw_server, request_head, says
from tests.recorder.reading import read_json
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client, Limits
from toolkit.recorder.failures import retry_after, transport_fault
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BROKE = "the connection broke before the answer was complete"
NO_HTTP = "an answer that is no HTTP"
ENDLESS = b"HTTP/1.1 200 OK\r\n" + b"X-A: " + b"a" * 300_000


def outcome(talk: Callable[..., Awaitable[None]], limits: Limits = QUICK) -> tuple[Any, int]:
    """Ask a server that talks as told; gives the value or the fault, and how many requests were sent."""

    async def asking() -> tuple[Any, int]:
        async with raw_server(talk) as port, Client(parse_address(f"http://127.0.0.1:{port}"), limits) as client:
            try:
                return (await client.get("/x", read_json)).value, client.requests
            except Fault as fault:
                return fault, client.requests

    return asyncio.run(asking())


@pytest.mark.parametrize(
    ("talk", "reason"),
    [
        (says(), BROKE),
        (says(reset=True), BROKE),
        (says(OK[:20]), BROKE),
        (says(OK[:-1]), BROKE),
        (says(OK[:-1], reset=True), BROKE),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"), BROKE),
        (says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n"), NO_HTTP),
        (says(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), NO_HTTP),
        (says(b"\x15\x03\x01\x00\x02\x02\x16"), NO_HTTP),
        (says(b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n\r\n"), NO_HTTP),
        (says(b"HTTP/1.1 200 OK\r\nX-A\r\n\r\n"), NO_HTTP),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), NO_HTTP),
        (says(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}"), NO_HTTP),
        (says(b"HTTP/1.1 2000 OK\r\n\r\n"), NO_HTTP),
        (says(ENDLESS), NO_HTTP),
    ],
)
def test_broken_answers_are_tried_again(talk: Callable[..., Awaitable[None]], reason: str) -> None:
    """A connection that breaks and an answer that is no HTTP may be better the next time."""
    fault, requests = outcome(talk)

    assert isinstance(fault, Fault)
    assert (fault.reason, fault.silent, requests) == (reason, True, QUICK.attempts)


@pytest.mark.parametrize(
    "head",
    [
        b"X-Toolkit-Instant: " + b"9" * 5000,
        b"X-Toolkit-Instant: \xff\xfe",
        b"Set-Cookie: " + b"a=b; " * 1000,
        b"X-A: \xe2\x80\xae",
        b"X-A: a\r\n b",
        b"Content-Type: text/html",
        b"Retry-After: 1",
    ],
)
def test_odd_headers_do_not_matter(head: bytes) -> None:
    """Headers that nobody asked for change nothing."""
    value, requests = outcome(says(OK.replace(b"\r\n", b"\r\n" + head + b"\r\n", 1)))

    assert (value, requests) == ({}, 1)


@pytest.mark.parametrize(
    "location",
    [
        b"http://xn--/",
        b"http://xn--a-ecp.ru\xff/",
        b"http://[::1/",
        b"http://a:99999999/",
        b"http://\xe2\x80\xae/",
        b"//",
        b"http://a\xc2\xadb..c/",
        b"https://:/",
        b"http://" + b"a" * 70_000,
        b"\xff\xfe",
    ],
)
def test_a_redirect_that_cannot_be_read_is_a_fault(location: bytes) -> None:
    """Whatever a redirect says, it is a fault in fixed words, not the end of the recording."""
    fault, requests = outcome(says(b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"))

    assert isinstance(fault, Fault)
    assert "redirect" in fault.reason or fault.reason == NO_HTTP
    assert location.decode(errors="replace") not in fault.reason
    assert requests <= QUICK.attempts + 1


@pytest.mark.parametrize("error", [ValueError("canary.example"), RuntimeError("canary.example"), KeyError(1)])
def test_what_nobody_thought_of_is_a_fault(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """What sending or reading raises, of whatever type, is a fault in fixed words; an end of the program is none."""

    async def asking() -> list[str]:
        async with raw_server(says(OK)) as port, Client(parse_address(f"http://127.0.0.1:{port}"), QUICK) as client:

            def broken(_body: bytes) -> None:
                raise error

            async def sending(*_: object, **__: object) -> None:
                raise error

            with pytest.raises(Fault) as reading:
                await client.get("/x", broken)
            monkeypatch.setattr(client._http, "send", sending)
            with pytest.raises(Fault) as sent:
                await client.get("/x", read_json)
            return [reading.value.reason, sent.value.reason]

    assert asyncio.run(asking()) == ["an answer that cannot be read"] * 2


def test_a_slow_drip_is_given_up() -> None:
    """The time limit is for the whole answer: one that keeps coming, a byte at a time, is no answer."""
    drip = says(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", *([b" "] * 1000), pause=0.02)
    fault, requests = outcome(drip, Limits(timeout_s=0.2, attempts=1))

    assert (fault.reason, requests) == ("no answer within 0.2 s", 1)


def test_a_slow_head_is_given_up() -> None:
    """Headers that never end are no answer either."""
    drip = says(b"HTTP/1.1 200 OK\r\n", *([b"X-A: b\r\n"] * 1000), pause=0.02)
    fault, _ = outcome(drip, Limits(timeout_s=0.2, attempts=1))

    assert fault.reason == "no answer within 0.2 s"


def test_a_body_without_an_end_is_given_up() -> None:
    """A body that says neither its length nor its end is read up to the bound."""
    fault, requests = outcome(says(b"HTTP/1.1 200 OK\r\n\r\n", *([b" " * 60_000] * 10)), Limits(body=100_000))

    assert (fault.reason, requests) == ("the answer is larger than 100,000 bytes", 1)


def test_a_connection_closed_while_idle_costs_nothing_but_an_attempt() -> None:
    """When the cluster closes a connection between two requests, the second one opens another."""

    async def asking() -> list[Any]:
        async with raw_server(says(OK)) as port, Client(parse_address(f"http://127.0.0.1:{port}"), QUICK) as client:
            return [(await client.get("/x", read_json)).value for _ in range(5)]

    assert asyncio.run(asking()) == [{}] * 5


def test_a_restart_is_survived() -> None:
    """A cluster that refuses connections for a while and comes back at the same place is there again."""

    async def asking() -> tuple[Any, str, Any]:
        async with raw_server(says(OK)) as port:
            client = Client(
                parse_address(f"http://127.0.0.1:{port}"), Limits(attempts=100, backoff_s=0.01, wait_s=0.05)
            )
            before = (await client.get("/x", read_json)).value
        async with client:
            with pytest.raises(Fault) as caught:
                await client.get("/x", read_json, attempts=2)
            waiting = asyncio.ensure_future(client.get("/x", read_json))
            await asyncio.sleep(0.1)
            async with raw_server(says(OK), port=port):
                return before, caught.value.reason, (await waiting).value

    assert asyncio.run(asking()) == ({}, "cannot connect (connection refused)", {})


def test_attempts_and_their_number_are_counted() -> None:
    """An answer after faults is an answer; every attempt was a request."""
    numbers = count()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request_head(reader)
        writer.write([b"", OK[:-1], OK][next(numbers)])

    assert outcome(talk) == ({}, 3)


@pytest.mark.parametrize(
    ("text", "now", "seconds"),
    [
        ("7", 0, 7.0),
        (" 7 ", 0, 7.0),
        ("9" * 400, 0, float("inf")),
        ("-7", 0, 0.0),
        ("1.5", 0, 0.0),
        ("\u0663", 0, 0.0),
        ("7, 8", 0, 0.0),
        ("soon", 0, 0.0),
        ("", 0, 0.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 15_000, 45.0),
        ("Thu, 01 Jan 1970 00:01:00 GMT", 90_000, 0.0),
        ("Thu, 99 Jan 1970 00:00:00 GMT", 0, 0.0),
        ("Thu, 01 Jan 1970 00:00:00 +99999999999999999999", 0, 0.0),
        ("Thu, 01 Jan 99999999999 00:00:00 GMT", 0, 0.0),
        ("\x7f, \xff", 0, 0.0),
    ],
)
def test_retry_after_is_seconds_or_a_date(text: str, now: int, seconds: float) -> None:
    """`Retry-After` is read as seconds or as a date; anything else asks for nothing."""
    assert retry_after(text, now) == seconds


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, "status 401: credentials are missing or wrong"),
        (403, "status 403: the credentials are not enough"),
        (407, "status 407: the proxy wants credentials"),
        (418, "status 418"),
    ],
)
def test_what_an_answer_refuses_is_said(status: int, reason: str) -> None:
    """A person sees what to do about credentials."""
    fault, requests = outcome(says(b"HTTP/1.1 %d hunter2\r\nContent-Length: 0\r\n\r\n" % status))

    assert (fault.reason, requests) == (reason, 1)


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (socket.gaierror(-2, "no such host canary.example"), "the name cannot be resolved"),
        (ConnectionRefusedError(errno.ECONNREFUSED, "canary.example"), "connection refused"),
        (OSError(errno.EHOSTUNREACH, "canary.example"), "the host cannot be reached"),
        (OSError(errno.ENETUNREACH, "canary.example"), "the network cannot be reached"),
        (TimeoutError(errno.ETIMEDOUT, "canary.example"), "the connection timed out"),
        (TimeoutError("canary.example"), "the connection timed out"),
        (OSError(12345, "canary.example"), "no connection"),
        (ValueError("canary.example"), "no connection"),
    ],
)
def test_a_connection_that_fails_is_told_in_fixed_words(cause: Exception, words: str) -> None:
    """The words come from the type and the number of what went wrong, wherever in the causes it is."""
    group = OSError("All connection attempts failed: canary.example")
    group.__cause__ = ExceptionGroup("canary", [cause])
    error = httpx.ConnectError("canary.example")
    error.__cause__ = group

    assert transport_fault(error, proxied=False).reason == f"cannot connect ({words})"
    assert transport_fault(error, proxied=True).reason == f"cannot connect to the proxy ({words})"


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "the server asks for a certificate: use --client-cert FILE"),
        ("WRONG_VERSION_NUMBER", "the server does not speak TLS: is it an http address?"),
        ("CANARY", "the TLS handshake failed"),
        (None, "the TLS handshake failed"),
    ],
)
def test_a_handshake_that_fails_is_told_in_fixed_words(reason: str | None, words: str) -> None:
    """What TLS refuses is not tried again."""
    error = ssl.SSLError(1, "canary.example")
    error.reason = reason  # type: ignore[assignment]
    fault = transport_fault(error, proxied=False)

    assert (fault.reason, fault.again) == (f"cannot connect ({words})", False)


@pytest.mark.parametrize(
    ("text", "reason", "again"),
    [
        ("407 hunter2 wanted", "the proxy refuses to connect (status 407)", False),
        ("503 hunter2", "the proxy refuses to connect (status 503)", True),
        ("hunter2", "the proxy refuses to connect", False),
    ],
)
def test_a_proxy_that_refuses_is_told_by_its_status(text: str, reason: str, again: bool) -> None:  # noqa: FBT001 - a case
    """Of a proxy's words only the status is shown; what it calls its own fault may pass."""
    fault = transport_fault(httpx.ProxyError(text), proxied=True)

    assert (fault.reason, fault.again) == (reason, again)


CANARY = "canary-7f3a"


@pytest.mark.parametrize(
    "answer",
    [
        Reply(500, CANARY.encode()),
        Reply(404, CANARY.encode(), (("X-A", CANARY),)),
        Reply(body=CANARY.encode()),
        Reply(body=f"<html>{CANARY}".encode()),
        Reply(body=f'{{"{CANARY}":'.encode()),
        Reply(302, headers=(("Location", f"http://{CANARY}/{CANARY}"),)),
        Reply(302, headers=(("Location", f"/{CANARY}"),)),
        Reply(503, headers=(("Retry-After", CANARY),)),
        Reply(headers=(("Content-Encoding", CANARY),)),
        Reply(body=CANARY.encode(), headers=(("Content-Encoding", "gzip"),)),
        Reply(body=CANARY.encode(), length=100),
        Reply(body=b"[" + CANARY.encode() * 9999 + b"]"),
    ],
)
def test_nothing_of_an_answer_or_an_address_is_in_a_reason(answer: Reply) -> None:
    """Whatever fails, its reason holds nothing of the host, the path, a header or a body."""

    async def asking(url: str) -> Fault:
        async with Client(parse_address(url), Limits(attempts=2, backoff_s=0.001, wait_s=0.01, body=5000)) as client:
            with pytest.raises(Fault) as caught:
                await client.get(f"/{CANARY}", read_json)
            return caught.value

    with FakeCluster({f"/{CANARY}": answer}) as cluster:
        fault = asyncio.run(asking(cluster.url))

    said = f"{fault.reason} {fault} {fault!r} {fault.args}"
    assert CANARY not in said
    assert "127.0.0.1" not in said
    assert str(cluster.url.rpartition(":")[2]) not in said


def test_a_name_that_is_no_host_is_told_without_it() -> None:
    """A name that cannot be resolved is told in fixed words; it may be there later, as after a restart."""

    async def asking() -> Fault:
        async with Client(parse_address(f"http://{CANARY}.invalid"), QUICK) as client:
            with pytest.raises(Fault) as caught:
                await client.get("/x", read_json)
            return caught.value

    fault = asyncio.run(asking())

    assert fault.reason.startswith("cannot connect (")
    assert CANARY not in fault.reason
    assert (fault.silent, fault.again) == (True, True)
