from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.workers.crews import FROZEN, JOB, JSON, alone, body_of, crewed
from toolkit.generate import generate
from toolkit.model.instants import HOUR
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.workers.crews import Crewed, Wire

READS = (
    ("GET", "/"),
    ("GET", "/v1/ex?size=100"),
    ("HEAD", "/v1/ex"),
    ("GET", "/v1/ex?size=10000"),
    ("GET", "/v1/ex?filter=_status:running&size=5"),
    ("GET", "/v1/ex?size=-1"),
    ("GET", "/v1/ex/nope"),
    ("GET", "/V1/Jobs/"),
    ("GET", "/v1/cluster/controllers"),
    ("GET", "/v1/cluster/state"),
    ("GET", "/txt/ex?fields=name,_status"),
    ("GET", "/v1/jobs", "X-Toolkit-At: +5m"),
    ("GET", "/v1/jobs", "X-Toolkit-At: -2m"),
    ("GET", "/v1/jobs", "X-Toolkit-At: 1970-01-01T00:00:00Z"),
    ("GET", "/v1/jobs", "X-Toolkit-At: yesterday"),
    ("GET", "/v1/jobs", "X-Toolkit-At: +1m", "X-Toolkit-At: +2m"),
    ("GET", "/v1/jobs", "X-Toolkit-World: another"),
    ("GET", "/v1/jobs", "Content-Length: 0"),
    ("GET", "/v1/nope?a=b"),
    ("OPTIONS", "/v1/jobs"),
    ("GET", "/_toolkit/clock"),
    ("GET", "/_TOOLKIT/clock", "Origin: http://elsewhere.example.com"),
    ("GET", "/_toolkit/worlds/another/v1/jobs"),
    ("GET", "/docs"),
    ("DELETE", "/v1/nope"),
    ("GET", "/v1/jobs", "Cookie: " + "x" * 9_000),
)
ODD = (
    b"GET / HTTP/1.1\r\nHost: localhost\r\nnonsense\r\n\r\n",
    b"NONSENSE\r\n\r\n",
    b"GET / HTTP/1.1\r\nCookie: " + b"x" * 20_000 + b"\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999\r\n\r\n",
    b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nExpect: wonders\r\n\r\n{}",
)
"""Requests that never become one; the connection is closed after the answer."""


@pytest.fixture(scope="module")
def live() -> Iterator[tuple[Crewed, Wire]]:
    """A live server of two processes, and one alone, at the same instant of the same world."""
    with crewed(*FROZEN) as crew, alone(*FROZEN) as one:
        yield crew, one


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Crewed, Wire]]:
    """The same on replay."""
    target = tmp_path_factory.mktemp("bundle") / "x"
    scenario = Scenario(seed=1)
    generate(scenario, scenario.epoch, scenario.epoch + HOUR, target)
    arguments = ("serve", "--replay", str(target), "--port", "0", "--at", "+10m", "--frozen")
    with crewed(*arguments) as crew, alone(*arguments) as one:
        yield crew, one


@pytest.fixture(params=["live", "replay"])
def servers(request: pytest.FixtureRequest) -> tuple[Crewed, Wire]:
    """A server of either kind, as it began but for the numbers of its log."""
    servers: tuple[Crewed, Wire] = request.getfixturevalue(request.param)
    return servers


@pytest.mark.parametrize("asked", READS, ids=lambda asked: " ".join(asked)[:40])
def test_each_process_answers_with_the_bytes_of_one(servers: tuple[Crewed, Wire], asked: tuple[str, ...]) -> None:
    """Status, headers, their order and the body, asked once and once more; conditional requests too."""
    crew, one = servers
    for _ in range(2):
        expected = one.ask(*asked)
        for wire in crew.both():
            assert wire.ask(*asked) == expected
    etag = next((line for line in expected.decode("latin-1").split("\r\n") if line.startswith("ETag: ")), "ETag: x")
    asked = (*asked, f"If-None-Match: {etag.removeprefix('ETag: ')}")
    expected = one.ask(*asked)
    for wire in crew.both():
        assert wire.ask(*asked) == expected


@pytest.mark.parametrize("sent", ODD, ids=lambda sent: sent[:20])
def test_each_process_refuses_as_one_does(servers: tuple[Crewed, Wire], sent: bytes) -> None:
    """What is no request, is too large or wants wonders gets the same refusal from both."""
    crew, one = servers
    got = set()
    for wire in (type(one)("http://{}:{}".format(*one.sock.getpeername())), *crew.both()):
        with wire.sock:
            wire.sock.sendall(sent)
            got.add(wire.answer())
    assert len(got) == 1


def test_a_client_reads_what_it_wrote_whichever_process_answers() -> None:
    """After each write every connection knows it: its number is the same and so are the bytes."""
    with crewed(*FROZEN) as crew:
        wires = [*crew.both(), *crew.both()]
        for number in range(20):
            job = body_of(wires[number % 4].ask("POST", "/v1/jobs?start=false", JSON, body=JOB))["job_id"]
            answers = {wire.ask("GET", f"/v1/jobs/{job}") for wire in wires}
            assert len(answers) == 1
            assert f"X-Toolkit-Sequence: {number + 1}\r\n".encode() in answers.pop()


def test_a_clock_that_is_set_is_set_everywhere(servers: tuple[Crewed, Wire]) -> None:
    """Moved, set, set back to a checkpoint and reset: every connection says the same instant and number at once."""
    crew, _ = servers
    wires = crew.both()
    steps = (
        ("clock", b'{"advance": "5m"}', "00:15"),
        ("checkpoints", b'{"name": "here"}', "00:15"),
        ("clock", b'{"set": "2026-01-01T00:40:00Z"}', "00:40"),
        ("restore", b'{"name": "here"}', "00:15"),
        ("reset", b"{}", "00:10"),
    )
    for place, (path, change, minute) in enumerate(steps):
        said = wires[place % 2].ask("POST", f"/_toolkit/{path}", JSON, body=change)
        assert said.startswith(b"HTTP/1.1 2"), said
        answers = {wire.ask("GET", "/v1/ex?size=3") for wire in (*wires, *crew.both())}
        assert len(answers) == 1
        assert _instant(answers.pop()) == f"2026-01-01T{minute}:00.000Z"


def test_running_clocks_are_one_clock(servers: tuple[Crewed, Wire]) -> None:
    """Whoever asks one process after the other, also after a change of speed, never sees an earlier instant."""
    crew, _ = servers
    wires = crew.both()
    crew.control("clock", b'{"frozen": false, "speed": 100}')
    instants = [_instant(wires[number % 2].ask("GET", "/v1/ex?size=1")) for number in range(100)]
    crew.control("reset")
    assert instants == sorted(instants)
    assert len(set(instants)) > 50


def test_faults_hit_the_requests_that_they_hit_in_one_process(live: tuple[Crewed, Wire]) -> None:
    """With the same requests in the same order, over either process, every answer is that of one process."""
    fault = b'{"route": "executions", "rate": 0.4, "status": 503}'

    def play(ask: tuple[Wire, ...]) -> list[bytes]:
        said = [ask[0].ask("GET", "/v1/ex?size=1") for _ in range(3)]
        said.append(ask[-1].ask("POST", "/_toolkit/faults", JSON, body=fault))
        said += [ask[number % len(ask)].ask("GET", "/v1/ex?size=1") for number in range(20)]
        said.append(ask[-1].ask("DELETE", "/_toolkit/faults"))
        said += [ask[number % len(ask)].ask("GET", "/v1/ex?size=1") for number in range(4)]
        return [answer.partition(b"X-Toolkit-Sequence")[0] + answer.partition(b"\r\n\r\n")[2] for answer in said]

    crew, one = live
    expected = play((one,))
    assert play(crew.both()) == expected
    assert 2 < sum(b" 503 " in answer[:20] for answer in expected) < 20


def _instant(answer: bytes) -> str:
    return answer.partition(b"X-Toolkit-Instant: ")[2][:24].decode()


def test_a_worker_that_nobody_asked_for_long_learns_all_at_once() -> None:
    """More than a socket holds: it is told in pieces, while the owner goes on answering."""
    with crewed("serve", "--live", "--port", "0", "--scenario", "empty", "--frozen") as crew:
        writing, reading = crew.both()
        job = b'{"name": "x", "operations": [{"_op": "test-reader"}, {"_op": "noop", "x": "%s"}]}' % (b"x" * 50_000)
        for _ in range(40):
            assert writing.ask("POST", "/v1/jobs?start=false", JSON, body=job).startswith(b"HTTP/1.1 200")
        assert len(body_of(reading.ask("GET", "/v1/jobs?size=100"))) == 40
        assert crew.who(reading) == crew.worker
