"""Recordings of our own live server, under commands and behind a proxy that spoils answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request as Asking
from urllib.request import urlopen

import pytest

from tests.recorder.fake_cluster import FakeCluster, Reply, StepClock
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed
from tests.serving import live_cluster
from toolkit.model.instants import format_instant
from toolkit.model.wire import loads, pretty
from toolkit.recorder.client import Limits
from toolkit.recorder.redact import Redactor
from toolkit.server.thread import ServerThread

if TYPE_CHECKING:
    from pathlib import Path

KEY = b"k" * 32
FRAMES = 24
EVERY = 2_000
LIMITS = Limits(timeout_s=2, attempts=2, backoff_s=0.001, wait_s=0.01)
LISTS = {
    "jobs": "/v1/jobs?size=10000",
    "executions": "/v1/ex?size=10000",
    "controllers": "/v1/cluster/controllers",
    "nodes": "/v1/cluster/state",
    "assets": "/v1/assets?size=10000",
}
DERIVED = {
    "jobs": ("/v1/jobs?size=3&from=2&sort=_created:asc", "/txt/jobs?fields=name,job_id,_updated"),
    "executions": (
        "/v1/ex?size=2&from=1",
        "/v1/ex?status=running",
        "/v1/ex?size=20&filter=_status:completed%20OR%20workers:%3E2",
        "/v1/ex?size=50&sort=_created:asc",
        "/txt/ex?fields=ex_id,_status,name",
        "/txt/ex?size=2",
    ),
    "controllers": ("/txt/controllers", "/v1/cluster/slicers", "/txt/slicers?fields=name,processed"),
    "nodes": ("/txt/nodes", "/txt/workers?fields=assignment,ex_id,hostname"),
    "assets": ("/txt/assets", "/v1/assets?size=1"),
}
"""What nobody recorded, by the list that it is made of."""
BROKE = "the connection broke before the answer was complete"
FAULTS = (
    ("/v1/ex", 3, 5, Reply(500), "status 500"),
    ("/v1/jobs", 4, 4, Reply(body=b"<!DOCTYPE html>"), "HTML instead of JSON"),
    (
        "/v1/cluster/controllers",
        5,
        6,
        Reply(body=b"[", length=99),
        "the connection broke before the answer was complete",
    ),
    ("/v1/cluster/state", 9, 9, Reply(body=b'{"a"'), "an answer that is not JSON"),
    ("/v1/ex", 9, 9, Reply(503), "status 503"),
    ("/v1/assets", 12, 14, Reply(404), "status 404"),
    ("/v1/jobs", 15, 15, Reply(hang=True), "no answer within 2 s"),
)
"""Path, first and last frame, what is answered instead, and the reason of the gap."""
SOURCE = {"/v1/ex": "executions", "/v1/jobs": "jobs", "/v1/assets": "assets"} | {
    "/v1/cluster/controllers": "controllers",
    "/v1/cluster/state": "nodes",
}


class Proxy(FakeCluster):
    """Passes requests on, and answers some itself."""

    def __init__(self, url: str, *, faulty: bool) -> None:
        """Stand in front of a server."""
        super().__init__({})
        self.frame = 0
        self._url = url
        self._faulty = faulty
        self.tries = 0

    def reply(self, target: str) -> Reply:
        """Answer, or let the server do it; of every tenth request the first attempt is dropped."""
        path = target.partition("?")[0]
        self.asked[path] += 1
        self.tries += 1
        for spoiled, first, last, reply, _ in FAULTS if self._faulty else ():
            if path == spoiled and first <= self.frame <= last:
                return reply
        if self._faulty and self.tries % 10 == 0:
            return Reply(body=b"[{", length=500)
        _, _, headers = self.seen[-1]
        status, body, instant = ask(self._url + target, headers.get("x-toolkit-at"))
        return Reply(status, body, (("X-Toolkit-Instant", instant),))


def ask(url: str, at: str | None, method: str = "GET", body: Any = None) -> tuple[int, bytes, str]:
    """Ask a server; gives the status, the body, and the instant at which it was true."""
    headers = {"Content-Type": "application/json"} | ({"X-Toolkit-At": at} if at else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Asking(url, data=data, method=method, headers=headers), timeout=20) as answer:  # noqa: S310 - on loopback
            return answer.status, answer.read(), answer.headers["X-Toolkit-Instant"]
    except HTTPError as error:
        with error:
            return error.code, error.read(), error.headers["X-Toolkit-Instant"]


class Commander:
    """Gives commands through the API, between frames."""

    def __init__(self, url: str) -> None:
        """Give them to a server."""
        self._url = url
        self.given: list[int] = []

    def act(self, frame: int) -> None:
        """Give the commands that come before a frame."""
        jobs = loads(ask(f"{self._url}/v1/jobs?size=50&sort=job_id:asc", None)[1])
        running = loads(ask(f"{self._url}/v1/ex?status=running&size=50", None)[1])
        config = {"name": "added", "lifecycle": "persistent", "workers": 2, "slicers": 1}
        operations = {"operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
        calls: dict[int, list[tuple[str, str, Any]]] = {
            2: [("POST", "/v1/jobs", config | operations)],
            4: [("POST", f"/v1/ex/{one['ex_id']}/_pause", None) for one in running[:1]],
            6: [("POST", f"/v1/ex/{one['ex_id']}/_workers?add=2", None) for one in running[:1]],
            8: [("POST", f"/v1/ex/{one['ex_id']}/_stop?blocking=false", None) for one in running[:2]],
            10: [("POST", "/v1/jobs?start=false", config | operations | {"name": "idle"})],
            13: [("DELETE", f"/v1/jobs/{one['job_id']}", None) for one in jobs if one["name"] == "idle"],
            16: [("POST", f"/v1/jobs/{one['job_id']}/_start", None) for one in jobs[:2]],
        }
        for method, path, body in calls.get(frame, []):
            self.given.append(ask(self._url + path, None, method, body)[0])


class Recorded(NamedTuple):
    """A recording, and the server that knows what was true."""

    replayed: Replayed
    url: str
    missing: dict[str, set[int]]

    def holds(self, source: str, frame: int) -> int:
        """Give the frame that a source is as of, in a frame."""
        while frame in self.missing.get(source, ()):
            frame -= 1
        return frame


def make(folder: Path, url: str, clock: StepClock, *, faulty: bool, redact: bool) -> Recorded:
    """Record the server under commands."""
    start = clock.t
    commander = Commander(url)
    with Proxy(url, faulty=faulty) as proxy:

        def move(t: int) -> None:
            proxy.frame = (t - start) // EVERY
            commander.act(proxy.frame)

        clock._on_step = move
        limits = {} if not faulty else {"limits": LIMITS}
        path = record(
            proxy.url, target=folder / "b", every_ms=EVERY, for_ms=(FRAMES - 1) * EVERY, redact=redact,
            key=KEY if redact else None, around=clock.around(), **limits,
        )  # fmt: skip
    assert set(commander.given) <= {200, 201, 202, 409}, commander.given
    assert len(commander.given) - commander.given.count(409) >= 7
    missing: dict[str, set[int]] = {}
    for spoiled, first, last, _, _ in FAULTS if faulty else ():
        missing.setdefault(SOURCE[spoiled], set()).update(range(first, last + 1))
    return Recorded(Replayed(path), url, missing)


def served(folder: Path, *, faulty: bool, redact: bool) -> Any:
    """Record a live server, which goes on serving while a test asks it for what was."""
    cluster = live_cluster()
    clock = StepClock(cluster.timeline.first + 600_000)
    with ServerThread(cluster, clock) as server:
        yield make(folder, server.url, clock, faulty=faulty, redact=redact)


@pytest.fixture(scope="module", params=[False, True], ids=["healthy", "faulty"])
def plain_recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Record without redaction."""
    yield from served(tmp_path_factory.mktemp("plain"), faulty=request.param, redact=False)


@pytest.fixture(scope="module")
def redacted_recording(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Record with redaction."""
    yield from served(tmp_path_factory.mktemp("redacted"), faulty=True, redact=True)


def test_every_frame_is_what_the_server_answered(plain_recording: Recorded) -> None:
    """Lists byte for byte, and tables, filters and sorts that nobody recorded, at each frame's own instant."""
    recorded = plain_recording
    instants = recorded.replayed.bundle.frames.instants
    assert len(instants) == FRAMES
    compared = 0
    for frame, t in enumerate(instants):
        for source, target in LISTS.items():
            as_of = instants[recorded.holds(source, frame)]
            expected = ask(recorded.url + target, format_instant(as_of))[1]
            assert recorded.replayed.text(target, t) == expected, (frame, target)
            if as_of == t:
                for derived in DERIVED[source]:
                    status, expected, _ = ask(recorded.url + derived, format_instant(t))
                    assert status == 200, derived
                    assert recorded.replayed.text(derived, t) == expected, (frame, derived)
                    compared += 1
    assert compared > FRAMES * 10


def test_gaps_are_in_the_manifest(plain_recording: Recorded) -> None:
    """Each with its source, its reason, its first and last frame and how many; nothing else is one."""
    frames = plain_recording.replayed.bundle.frames
    expected = [
        (SOURCE[path], reason, frames.instants[first], frames.instants[last], last - first + 1)
        for path, first, last, _, reason in (FAULTS if plain_recording.missing else ())
    ]
    assert sorted(tuple(gap) for gap in frames.gaps) == sorted(expected)


def test_redacted_lists_are_the_redacted_answers(redacted_recording: Recorded) -> None:
    """With the same key, what is replayed is what redaction makes of what the server answered."""
    recorded = redacted_recording
    instants = recorded.replayed.bundle.frames.instants
    redactor = Redactor(KEY, secrets=["127.0.0.1"])
    for frame, t in enumerate(instants):
        for source, target in LISTS.items():
            as_of = instants[recorded.holds(source, frame)]
            answer = loads(ask(recorded.url + target, format_instant(as_of))[1])
            expected: Any = (
                {redactor.key(key): redactor.document(source, node) for key, node in answer.items()}
                if source == "nodes"
                else [redactor.document(source, document) for document in answer]
            )
            assert recorded.replayed.text(target, t) == pretty(expected), (frame, target)
