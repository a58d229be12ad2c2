"""One suite for every kind of server, over real HTTP.

Live, replay, replay of a recording of the live one, and the first two as two processes on one port.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from tests.recorder.recording import record
from tests.serving import live_cluster, toolkit
from toolkit.answers.answer import Cluster, Request, answer
from toolkit.answers.exchange import JSON
from toolkit.answers.routes import ROUTES
from toolkit.bundle.reader import read_bundle
from toolkit.clock import FrozenClock, RunningClock
from toolkit.generate import generate
from toolkit.model.instants import HOUR, MINUTE, format_instant
from toolkit.recorder.record import Surroundings
from toolkit.server.thread import ServerThread
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SCENARIO = Scenario(seed=21)
T = SCENARIO.epoch + 10 * MINUTE
READS = (
    "/", "/v1/cluster/state", "/v1/cluster/controllers", "/cluster/slicers", "/v1/jobs", "/jobs?size=3&from=4",
    "/v1/ex",
    "/ex?size=7&from=20", "/v1/ex?size=10000", "/v1/jobs/nope", "/v1/ex/nope", "/v1/nope?a=b",
    "/v1/ex?size=-1", "/v1/ex?size=x",
)  # fmt: skip


def replay_of(path: Path, t: int) -> ServerThread:
    """Serve a bundle frozen at an instant."""
    return ServerThread(Cluster(read_bundle(path).timeline, None, "replay"), FrozenClock(t))


@pytest.fixture(scope="module")
def live() -> Iterator[str]:
    """A live server standing at `T`."""
    with ServerThread(live_cluster(SCENARIO), FrozenClock(T)) as server:
        yield server.url


@contextmanager
def two_processes(*arguments: str) -> Iterator[str]:
    """Serve with two processes, frozen at `T`."""
    with toolkit("serve", *arguments, "--at", format_instant(T), "--frozen", "--port", "0", "--workers", "2") as both:
        yield both.url()


@pytest.fixture(scope="module", params=["live", "live workers", "replay", "replay workers", "recording"])
def url(request: pytest.FixtureRequest, live: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of each kind, standing at `T` in the same world."""
    kind, _, workers = request.param.partition(" ")
    target = tmp_path_factory.mktemp("bundle") / kind
    if kind == "live" and workers:
        with two_processes("--live", "--seed", "21", "--epoch", format_instant(SCENARIO.epoch)) as url:
            yield url
        return
    if kind == "live":
        yield live
        return
    if kind == "replay":
        generate(SCENARIO, SCENARIO.epoch, SCENARIO.epoch + HOUR, target)
    else:
        record(live, target=target, redact=False)
    if workers:
        with two_processes("--replay", str(target)) as url:
            yield url
        return
    with replay_of(target, T) as server:
        yield server.url


@pytest.mark.parametrize("path", READS)
def test_every_kind_of_server_answers_alike(url: str, live: str, path: str) -> None:
    """Status, bytes, ETag and instant are those of the live server."""
    expected, got = httpx.get(live + path), httpx.get(url + path)

    assert (got.status_code, got.content) == (expected.status_code, expected.content)
    for name in ("ETag", "Content-Type", "X-Powered-By", "X-Toolkit-Instant", "Date"):
        assert got.headers[name] == expected.headers[name], name
    assert got.headers["X-Toolkit-Instant"] == format_instant(T)


def test_records_found_in_lists_are_served_one_by_one(url: str) -> None:
    """Every record of a list is what its own route answers."""
    with httpx.Client(base_url=url) as client:
        for kind, key in (("jobs", "job_id"), ("ex", "ex_id")):
            for one in client.get(f"/v1/{kind}", params={"size": 30}).json():
                assert client.get(f"/v1/{kind}/{one[key]}").json() == one


def test_304_head_and_options(url: str) -> None:
    """A known ETag gives 304, HEAD no body, OPTIONS the methods."""
    with httpx.Client(base_url=url) as client:
        full = client.get("/v1/ex")
        again = client.get("/v1/ex", headers={"If-None-Match": full.headers["ETag"]})
        head = client.head("/v1/ex")

        assert (again.status_code, again.content, "Content-Type" in again.headers) == (304, b"", False)
        assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(full.content)))
        assert client.options("/v1/ex").headers["Allow"] == "GET, HEAD"


def test_wrong_methods_are_teraslices_405(url: str) -> None:
    """Wrong methods and unknown routes are 405 with the method and the path as sent."""
    for method, path in (
        ("DELETE", "/v1/ex"),
        ("PATCH", "/v1/jobs"),
        ("GET", "/metrics"),
        ("POST", "/v1/cluster/state?x=1"),
    ):
        got = httpx.request(method, url + path)
        assert (got.status_code, got.json()) == (405, {"error": 405, "message": f"cannot {method} endpoint {path}"})


ANYWHERE = [r for r in ROUTES if r.method == "GET" and "{" not in r.path and r.name != "log_text"]
"""What is answered live and on replay; a replay has no log."""


@pytest.mark.parametrize("route", ANYWHERE, ids=lambda r: r.name)
def test_answers_are_of_the_documented_type(url: str, route: Any) -> None:
    """What is served decodes as the type in the OpenAPI document, or is the text that it says."""
    served = httpx.get(url + route.path)
    assert served.headers["Content-Type"] == route.content
    if route.content == JSON:
        msgspec.json.decode(served.content, type=route.returns)


def test_reading_changes_nothing(url: str) -> None:
    """However often and in whatever order it is asked, a frozen server gives the same bytes."""
    first = [httpx.get(url + path).content for path in READS]

    assert [httpx.get(url + path).content for path in reversed(READS)] == first[::-1]


def test_a_recording_gives_back_every_frame(tmp_path: Path) -> None:
    """Replay at a frame's instant is what the live server answered at that instant."""
    cluster = live_cluster(SCENARIO)

    class Moved:
        """A clock that the test moves."""

        t = SCENARIO.epoch + 3 * MINUTE - 1000

        def now(self) -> int:
            """Give the instant."""
            return self.t

        def seconds_until(self, t: int) -> float | None:  # noqa: ARG002 - a clock's method
            """Nothing waits for this clock."""
            return None

    clock = Moved()
    targets = [tmp_path / str(i) for i in range(4)]
    with ServerThread(cluster, clock) as server:
        for target in targets:
            record(server.url, target=target, redact=False)
            clock.t += 1000
    for i, target in enumerate(targets):
        t = SCENARIO.epoch + 3 * MINUTE - 1000 + 1000 * i
        live = Cluster(cluster.timeline, None, "replay")
        with replay_of(target, t) as replayed, ServerThread(live, FrozenClock(t)) as server:
            for path in READS:
                assert httpx.get(replayed.url + path).content == httpx.get(server.url + path).content, path


def test_frames_of_a_running_server_are_exact(tmp_path: Path) -> None:
    """While the live server's clock runs, every frame is one instant: replay there is live there, counters included."""
    cluster = live_cluster(SCENARIO)
    clock = RunningClock(SCENARIO.epoch, SCENARIO.last)
    with ServerThread(cluster, clock) as server:
        asked = {"every_ms": 300, "for_ms": 1500, "redact": False}
        path = record(server.url, target=tmp_path / "x", around=Surroundings(), **asked)
    bundle = read_bundle(path)
    frames = bundle.frames.instants
    replayed = Cluster(bundle.timeline, None, "replay")
    live = Cluster(cluster.timeline, None, "replay")

    assert len(frames) >= 3
    for t in frames:
        for target in READS:
            expected, got = (answer(one, t, Request("GET", target)) for one in (live, replayed))
            assert got[:3] == expected[:3], (t, target)


def test_only_live_can_be_refreshed(url: str) -> None:
    """A replay refuses a refresh in one sentence and stays as it is; a live one has other jobs, wherever asked."""
    jobs = httpx.get(url + "/v1/jobs")
    answer = httpx.post(url + "/v1/data/refresh")
    after = [httpx.get(url + "/v1/jobs") for _ in range(8)]
    if httpx.get(url + "/_toolkit/healthz").json()["mode"] == "replay":
        assert answer.status_code == 409
        assert {one.content for one in after} == {jobs.content}
        return
    assert len({one.content for one in after}) == 1
    assert answer.json()["counts"]["jobs"] == len(jobs.json()) == len(after[0].json())
    assert answer.headers["X-Toolkit-Sequence"] == after[0].headers["X-Toolkit-Sequence"]
    assert int(answer.headers["X-Toolkit-Sequence"]) == int(jobs.headers["X-Toolkit-Sequence"]) + 1
    assert {job["job_id"] for job in jobs.json()}.isdisjoint(job["job_id"] for job in after[0].json())
    httpx.post(url + "/_toolkit/reset", json={})
    assert httpx.get(url + "/v1/jobs").content == jobs.content
