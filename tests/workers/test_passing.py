from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from tests.workers.crews import FROZEN, JSON, Wire, alone, body_of, crewed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workers.crews import Crewed

GET = b"GET /v1/ex?size=2 HTTP/1.1\r\nHost: localhost\r\n\r\n"
BIG = b'{"name": "' + b"x" * 300_000 + b'"}'
CHUNKS = b'3\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n'
UNREAD = 150
"""Large answers that a client asks for before it reads the first."""
SENT = (
    (b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(BIG)) + BIG,
    b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS,
    b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}",
    b"GET /v1/jobs?size=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello",
)


@pytest.fixture(scope="module")
def crew() -> Iterator[Crewed]:
    """A server of two processes."""
    with crewed(*FROZEN) as crew:
        yield crew


@pytest.fixture(scope="module")
def one() -> Iterator[Wire]:
    """The same server in one process."""
    with alone(*FROZEN) as one:
        yield one


@pytest.mark.parametrize("sent", SENT, ids=["big", "chunked", "continue", "read with a body"])
@pytest.mark.parametrize("pipelined", [False, True])
def test_what_a_client_has_sent_goes_with_its_connection(
    crew: Crewed, one: Wire, sent: bytes, *, pipelined: bool
) -> None:
    """A large body, chunks, a client that waits to be told to go on, and requests that follow without a pause."""
    texts = [GET, sent, GET] if pipelined else [sent]
    got = []
    for wire in (one, *crew.both()):
        wire.sock.sendall(b"".join(texts))
        got.append([wire.answer() for _ in range(len(texts) + (b"Expect" in sent))])
    assert got[1:] == [got[0], got[0]]


def test_answers_that_nobody_reads_yet_come_before_those_of_the_other_process(crew: Crewed) -> None:
    """A client sends much, reads and writes by turns, before it reads the first answer: all come in their order."""
    page = GET.replace(b"size=2", b"size=10000")
    write = b"DELETE /v1/nope HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for wire in crew.both():
        wire.sock.sendall(page * UNREAD + write + GET)
        assert len({wire.answer() for _ in range(UNREAD)}) == 1
        assert wire.answer().startswith(b"HTTP/1.1 405")
        assert wire.answer().startswith(b"HTTP/1.1 200")


def test_a_connection_goes_to_the_owner_for_a_write_and_back_for_a_read(crew: Crewed) -> None:
    """So that clients which do both do not all end at one process."""
    wire = crew.to(crew.worker)
    for _ in range(3):
        wire.ask("POST", "/v1/jobs", JSON, body=b"{}")
        assert crew.who(wire) == crew.owner
        wire.ask("GET", "/v1/jobs")
        assert crew.who(wire) == crew.worker


def test_writes_wait_for_an_owner_that_is_busy(crew: Crewed) -> None:
    """Many come to the worker while the owner looks at nothing: each is answered in the end, and none is lost."""
    body = b'{"name": "' + b"x" * 20_000 + b'"}'
    reading, *wires = [crew.to(crew.worker) for _ in range(41)]
    os.kill(crew.owner, signal.SIGSTOP)
    try:
        for wire in wires:
            wire.send("POST", "/v1/jobs", JSON, body=body)
        # Two at least, so that those before the last have been looked at.
        for _ in range(2):
            assert reading.ask("GET", "/v1/jobs").startswith(b"HTTP/1.1 200")
    finally:
        os.kill(crew.owner, signal.SIGCONT)
    assert len({wire.answer() for wire in wires}) == 1


def test_a_reset_is_a_reset(crew: Crewed) -> None:
    """A fault that resets connections does so where they came to the worker."""
    wire = crew.to(crew.worker)
    crew.control("faults", b'{"route": "jobs", "answer": "reset"}')
    wire.send("GET", "/v1/jobs")
    with pytest.raises(ConnectionResetError):
        wire.answer()
    crew.control("faults", method="DELETE")


def test_a_request_that_waits_does_not_hold_up_the_worker() -> None:
    """A stop that blocks until a clock gets there waits at the owner; other clients are answered, and it ends."""
    with crewed(*FROZEN) as crew:
        reader, waiter = crew.both()[1], crew.to(crew.worker)
        running = body_of(reader.ask("GET", "/v1/ex?filter=_status:running"))
        target = f"/v1/ex/{running[0]['ex_id']}"
        crew.control("clock", b'{"frozen": false}')
        waiter.send("POST", f"{target}/_stop?blocking=true&timeout=90s", JSON, body=b"")
        while b'"stopping"' not in (said := reader.ask("GET", target)):
            assert b'"running"' in said
        assert crew.who(reader) == crew.worker
        crew.control("clock", b'{"advance": "2m"}')
        assert b'"stopped"' in waiter.answer()
        assert b'"stopped"' in reader.ask("GET", target)


def test_a_client_that_leaves_is_no_trouble(crew: Crewed) -> None:
    """One that goes away right after a write was sent."""
    for _ in range(5):
        wire = Wire(crew.url)
        wire.send("POST", "/v1/jobs", JSON, body=b"{}")
        wire.sock.close()
    assert crew.to(crew.worker).ask("GET", "/v1/jobs").startswith(b"HTTP/1.1 200")
