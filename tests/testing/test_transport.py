"""The transport in the process: it answers as the real server does, at the clock's instant and at others."""

from __future__ import annotations

import asyncio
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import anyio
import httpx
import pytest

import toolkit
from toolkit.errors import CommandRefused

if TYPE_CHECKING:
    from toolkit.testing import Teraslice

OF_THE_CONNECTION = {"connection", "keep-alive"}
JOB = {"name": "copy", "lifecycle": "persistent", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
ASKED = [
    ("GET", "/", {}),
    ("GET", "/v1/ex?size=3", {}),
    ("HEAD", "/v1/ex", {}),
    ("GET", "/txt/ex", {}),
    ("GET", "/v1/ex/none", {}),
    ("PATCH", "/v1/jobs", {}),
    ("OPTIONS", "/v1/jobs", {}),
    ("GET", "/v1/jobs", {"X-Toolkit-At": "+5m"}),
    ("GET", "/v1/jobs", {"X-Toolkit-At": "never"}),
    ("GET", "/_toolkit/clock", {}),
    ("GET", "/v1/%zz", {}),
]


@pytest.mark.parametrize(("method", "target", "headers"), ASKED)
def test_it_answers_as_the_real_server(teraslice: Teraslice, method: str, target: str, headers: dict[str, str]) -> None:
    """Status, header lines in their order and letters, and body are the same, but for what a connection says."""
    with teraslice.client() as inside, httpx.Client(base_url=teraslice.url, trust_env=False) as outside:
        here, there = (client.request(method, target, headers=headers) for client in (inside, outside))

    assert here.status_code == there.status_code
    assert here.content == there.content
    assert here.headers.raw == [line for line in there.headers.raw if line[0].decode().lower() not in OF_THE_CONNECTION]


def test_what_the_client_has_already_is_not_sent_again(teraslice: Teraslice) -> None:
    """A conditional request is answered with 304 and nothing else."""
    with teraslice.client() as client:
        tag = client.get("/v1/jobs").headers["etag"]
        answer = client.get("/v1/jobs", headers={"If-None-Match": tag})

    assert (answer.status_code, answer.content, "content-length" in answer.headers) == (304, b"", False)


def test_both_ways_lead_to_one_world(teraslice: Teraslice) -> None:
    """A job that is posted in the process is there over the socket, and the other way round; all is in `requests`."""
    with teraslice.client() as inside, httpx.Client(base_url=teraslice.url, trust_env=False) as outside:
        first = inside.post("/v1/jobs", json=JOB).json()["job_id"]
        second = outside.post("/v1/jobs", json=JOB).json()["job_id"]

        assert outside.get(f"/v1/jobs/{first}").json()["name"] == "copy"
        assert inside.get(f"/v1/jobs/{second}").json()["name"] == "copy"
    assert [asked.status for asked in teraslice.requests] == [200] * 4
    assert teraslice.requests[0].headers["content-type"] == "application/json"


def test_the_path_of_the_world_leads_there_too(teraslice: Teraslice) -> None:
    """Where one port must do for all, the world's path is the URL."""
    teraslice.clock.advance("7m")

    answer = httpx.get(f"{teraslice.world_url}/v1/jobs", trust_env=False)

    assert answer.headers["x-toolkit-instant"] == "2026-01-01T00:07:00.000Z"
    assert len(teraslice.requests) == 1


def test_a_request_may_name_another_world(teraslice: Teraslice) -> None:
    """`X-Toolkit-World` wins over the world whose transport it is, as it does over the world whose port it is."""
    header = {"X-Toolkit-World": "somebody else"}
    with teraslice.client(headers=header) as inside, httpx.Client(headers=header, trust_env=False) as outside:
        names = [
            inside.get("/_toolkit/info").json()["world"],
            outside.get(f"{teraslice.url}/_toolkit/info").json()["world"],
        ]
        outside.delete(f"{teraslice.url}/_toolkit/worlds/somebody%20else")

    assert names == ["somebody else", "somebody else"]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_is_asynchronous_too(teraslice: Teraslice, backend: str) -> None:
    """One object serves both kinds of clients, under asyncio and under trio."""

    async def look() -> int:
        async with teraslice.async_client() as client:
            posted = await client.post("/v1/jobs", json=JOB)
            return posted.status_code

    assert anyio.run(look, backend=backend) == 200


def test_a_stop_on_a_frozen_clock_answers_at_once(teraslice: Teraslice) -> None:
    """A request that waits for an instant which never comes says what there is."""
    ex_id = teraslice.post_job(JOB)["ex_id"]
    teraslice.wait_for(ex_id, "running")
    with teraslice.client() as client:
        assert client.post(f"/v1/ex/{ex_id}/_stop").json() == {"status": "stopping"}


@pytest.mark.teraslice(auto_advance=True)
def test_a_stop_moves_the_clock_if_that_is_wanted(teraslice: Teraslice) -> None:
    """With auto_advance the clock is where the execution has stopped, when the answer comes."""
    ex_id = teraslice.post_job(JOB)["ex_id"]
    teraslice.wait_for(ex_id, "running")
    before = teraslice.clock.t
    with teraslice.client() as client:
        assert client.post(f"/v1/ex/{ex_id}/_stop").json() == {"status": "stopped"}

    assert teraslice.clock.t > before


@pytest.mark.teraslice(speed=2_000)
def test_a_stop_on_a_running_clock_is_waited_for(teraslice: Teraslice) -> None:
    """A clock that runs comes to the instant, synchronously and not."""
    first, second = (teraslice.post_job(JOB)["ex_id"] for _ in range(2))
    for ex_id in (first, second):
        teraslice.wait_for(ex_id, "running")

    async def stop() -> httpx.Response:
        async with teraslice.async_client() as client:
            return await client.post(f"/v1/ex/{second}/_stop")

    with teraslice.client() as client:
        assert client.post(f"/v1/ex/{first}/_stop").json() == {"status": "stopped"}
    assert asyncio.run(stop()).json() == {"status": "stopped"}


@pytest.mark.teraslice(speed=0.001)
def test_a_clock_that_is_frozen_meanwhile_is_waited_for_no_longer(teraslice: Teraslice) -> None:
    """Whoever waits looks again: here another thread freezes the clock, and the answer comes."""
    ex_id = teraslice.post_job(JOB)["ex_id"]
    teraslice.wait_for(ex_id, "running")
    with teraslice.client() as client, ThreadPoolExecutor(1) as threads:
        answer = threads.submit(client.post, f"/v1/ex/{ex_id}/_stop")
        while not any(entry["do"] == "stop" for entry in _entries(teraslice)):
            pass
        teraslice.clock.freeze()

        assert answer.result().json() == {"status": "stopping"}


def _entries(teraslice: Teraslice) -> list[dict[str, object]]:
    return [command.entry for command in teraslice._world.log.in_force()]


def test_neither_thread_nor_socket_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no socket can be had, the transport answers all the same, and no thread was started."""
    before = threading.active_count()

    def refuse(*_: object, **__: object) -> None:
        pytest.fail("a socket is opened")

    monkeypatch.setattr(socket, "socket", refuse)
    with toolkit.serve(seed=3) as cluster, cluster.client() as client:
        assert client.get("/v1/ex").status_code == 200
        assert threading.active_count() == before


def test_a_tests_own_look_is_no_request(teraslice: Teraslice) -> None:
    """What the test itself asks is not among the requests of the code under test."""
    assert teraslice.get("/txt/ex").startswith("name")
    with pytest.raises(CommandRefused, match="refuses it with 404") as refused:
        teraslice.get("/v1/ex/none")

    assert refused.value.status == 404
    assert teraslice.requests == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        ({"delay": "6s"}, httpx.ReadTimeout),
        ({"answer": "hang"}, httpx.ReadTimeout),
        ({"answer": "reset"}, httpx.ReadError),
        ({"answer": "truncated"}, httpx.RemoteProtocolError),
    ],
)
def test_what_never_arrives_is_raised_at_once(teraslice: Teraslice, fault: Any, error: type[Exception]) -> None:
    """As by a real server, but nobody waits for it: the same error of httpx, for both kinds of clients."""
    teraslice.fault(route="executions", **fault)
    with teraslice.client() as client:
        with pytest.raises(error):
            client.get("/v1/ex")
        assert client.get("/v1/jobs").status_code == 200

    async def later() -> None:
        async with teraslice.async_client() as client:
            with pytest.raises(error):
                await client.get("/v1/ex")

    asyncio.run(later())
    assert [bool(asked.fault) for asked in teraslice.requests] == [True, False, True]


def test_what_arrives_spoiled_is_what_the_client_gets(teraslice: Teraslice) -> None:
    """An error status, an empty body, a body that is no JSON, and a delay that is shorter than the patience."""
    with teraslice.client() as client:
        for fault, status, is_whole in (
            ({"status": 503}, 503, False),
            ({"answer": "empty"}, 200, False),
            ({"answer": "invalid_json"}, 200, False),
            ({"delay": "1s"}, 200, True),
        ):
            whole = client.get("/v1/jobs")
            teraslice.fault(route="executions", **fault)
            answer = client.get("/v1/ex")
            assert (answer.status_code, whole.status_code) == (status, 200)
            assert (answer.content == client.get("/v1/ex", headers={"X-Toolkit-World": "fresh"}).content) == is_whole
            teraslice.reset()
