from __future__ import annotations

import asyncio
import logging
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.serving import PATIENCE, live_cluster
from toolkit.clock import SetClock, Setting
from toolkit.server import running as running_module
from toolkit.server.thread import ServerThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FAULTS = "/_toolkit/faults"
HANG = {"route": "jobs", "answer": "hang"}


def server_of() -> ServerThread:
    """Make a server of the default scenario, frozen at its epoch."""
    cluster = live_cluster()
    first, last = cluster.timeline.first, cluster.timeline.last
    return ServerThread(cluster, SetClock(Setting(first, frozen=True), first=first, last=last))


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the default scenario, frozen at its epoch."""
    with server_of() as server:
        yield server.url


@pytest.fixture
def client(url: str, request: pytest.FixtureRequest) -> Iterator[httpx.Client]:
    """Have a world of the test's own, and one connection to it."""
    name = str(request.node.name).encode("ascii", "replace").decode()[:200]
    limits = httpx.Limits(max_connections=1)
    with httpx.Client(base_url=url, headers={"X-Toolkit-World": name}, timeout=PATIENCE, limits=limits) as client:
        yield client


def add(client: httpx.Client, *faults: dict[str, Any]) -> list[int]:
    """Add faults, and give their ids."""
    response = client.post(FAULTS, json=faults[0] if len(faults) == 1 else faults)
    assert response.status_code == 200, response.text
    ids: list[int] = response.json()["ids"]
    return ids


def until(is_so: Callable[[], bool]) -> None:
    """Look until something is so, or fail."""
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end


def test_an_error_comes_in_the_shape_of_teraslice(client: httpx.Client) -> None:
    """Status in the line and the body, the message that was asked for, Retry-After; then all is as before."""
    add(client, {"route": "jobs", "status": 503, "message": "try later", "retry_after": 7, "times": 1})
    response = client.get("/v1/jobs")
    assert (response.status_code, response.json()) == (503, {"error": 503, "message": "try later"})
    assert response.headers["Retry-After"] == "7"
    assert response.headers["X-Toolkit-Fault"] == "status 503 (fault 1)"
    assert client.get("/v1/jobs").status_code == 200


def test_an_error_keeps_a_write_from_the_cluster(client: httpx.Client) -> None:
    """The command did not happen; a reset comes after it did."""
    add(client, {"method": "POST", "status": 502, "times": 1})
    job = {"name": "a", "operations": [{"_op": "noop"}, {"_op": "noop"}]}
    assert client.post("/v1/jobs?start=false", json=job).status_code == 502
    before = client.get("/v1/jobs?size=1000").json()
    add(client, {"method": "POST", "answer": "reset", "times": 1})
    client.delete(f"{FAULTS}/1")
    sequence = int(client.get("/v1/jobs").headers["X-Toolkit-Sequence"])
    with pytest.raises(httpx.ReadError):
        client.post("/v1/data/refresh")
    assert int(client.get("/v1/jobs").headers["X-Toolkit-Sequence"]) == sequence + 1
    assert before


def test_head_of_an_error_has_no_body(client: httpx.Client) -> None:
    """Its length is that of the body a GET has, and the connection is usable afterwards."""
    add(client, {"status": 500})
    full, head = client.get("/v1/jobs"), client.head("/v1/jobs")
    assert (head.status_code, head.content) == (500, b"")
    assert head.headers["Content-Length"] == str(len(full.content))


def test_a_reset_is_one(client: httpx.Client) -> None:
    """The client's socket says that its connection was reset; a new one is answered."""
    add(client, {"answer": "reset", "times": 1})
    with pytest.raises(httpx.ReadError, match="reset"):
        client.get("/v1/jobs")
    assert client.get("/v1/jobs").status_code == 200


def test_an_empty_body_is_a_whole_answer(client: httpx.Client) -> None:
    """200 and nothing, which no cache may keep; the connection is usable afterwards."""
    add(client, {"answer": "empty", "times": 1})
    response = client.get("/v1/jobs")
    assert (response.status_code, response.content, response.headers["Content-Length"]) == (200, b"", "0")
    assert "ETag" not in response.headers
    assert len(client.get("/v1/jobs").json()) == 25


def test_a_body_without_json_is_a_whole_answer(client: httpx.Client) -> None:
    """200, as long as it says, and no JSON; a client that has the right body already gets it too."""
    tag = client.get("/v1/jobs").headers["ETag"]
    add(client, {"answer": "invalid_json", "times": 1})
    response = client.get("/v1/jobs", headers={"If-None-Match": tag})
    assert response.status_code == 200
    with pytest.raises(ValueError, match="Expecting"):
        response.json()
    assert len(client.get("/v1/jobs").json()) == 25


def test_a_truncated_body_ends_with_the_connection(client: httpx.Client) -> None:
    """The head promises the whole body, half of it comes, then the connection is closed."""
    whole = client.get("/v1/jobs").content
    add(client, {"answer": "truncated", "times": 1})
    came = []
    with client.stream("GET", "/v1/jobs") as response:
        assert response.headers["Content-Length"] == str(len(whole))
        parts = response.iter_raw()
        with pytest.raises(httpx.RemoteProtocolError):
            came.extend(parts)
    assert b"".join(came) == whole[: len(whole) // 2]
    assert client.get("/v1/jobs").content == whole


@pytest.mark.parametrize("drip", [{"lasts": "300ms"}, {"bytes_per_second": 100_000}])
def test_a_body_that_drips_is_whole_in_the_end(client: httpx.Client, drip: dict[str, Any]) -> None:
    """It comes in several pieces on a connection that is usable afterwards."""
    whole = client.get("/v1/jobs").content
    add(client, {"drip": drip, "times": 1})
    with client.stream("GET", "/v1/jobs") as response:
        parts = list(response.iter_raw())
    assert len(parts) >= 2
    assert b"".join(parts) == whole
    assert client.get("/v1/jobs").content == whole


def test_a_stale_answer_says_of_when_it_is(client: httpx.Client) -> None:
    """It is the answer of five minutes ago, byte for byte, and never of before the world."""
    client.post("/_toolkit/clock", json={"advance": "10m"})
    then = client.get("/v1/cluster/controllers", headers={"X-Toolkit-At": "-5m"})
    now = client.get("/v1/cluster/controllers")
    add(client, {"stale": "5m", "times": 1}, {"stale": "5d", "times": 2})
    stale, oldest = client.get("/v1/cluster/controllers"), client.get("/v1/cluster/controllers")
    assert (stale.content, stale.headers["X-Toolkit-Instant"]) == (then.content, then.headers["X-Toolkit-Instant"])
    assert stale.content != now.content
    assert oldest.headers["X-Toolkit-Instant"] == client.get("/_toolkit/clock").json()["first"]
    beyond = client.get("/v1/cluster/controllers", headers={"X-Toolkit-At": "-11m"})
    assert (beyond.status_code, beyond.json()["error"]) == (400, 400)


def test_a_fault_may_be_for_any_path_that_a_route_has(client: httpx.Client) -> None:
    """Written with stars or without, with a method that its routes have."""
    for route in ("/v1/ex/*/_stop", "/v1/assets/a/b/c", "/*", "/V1/jobs/", "*"):
        add(client, {"route": route, "status": 503, "method": "post" if "stop" in route else "GET"})
    add(
        client,
        {"route": "executions", "method": "HEAD", "status": 503},
        {"route": "/v1/ex", "method": "OPTIONS", "status": 503},
    )
    assert client.get("/v1/assets/a/b/c").status_code == 503


def test_numbers_begin_anew_when_no_fault_is_left(client: httpx.Client) -> None:
    """The same fault added again meets the same requests again, counted from there."""
    seen = []
    for _ in range(2):
        add(client, {"status": 503, "rate": 0.5})
        seen.append([client.get("/v1/ex?size=1").status_code for _ in range(12)])
        client.delete(FAULTS)
    assert seen[0] == seen[1]
    assert set(seen[0]) == {200, 503}


def test_a_delay_is_of_this_world_not_of_the_clusters_time(client: httpx.Client) -> None:
    """A client that is impatient gives up, a patient one gets the answer of the instant at which it asked."""
    whole = client.get("/v1/jobs").content
    add(client, {"delay": "400ms"})
    with pytest.raises(httpx.ReadTimeout):
        client.get("/v1/jobs", timeout=httpx.Timeout(PATIENCE, read=0.05))
    response = client.get("/v1/jobs")
    assert (response.content, response.headers["X-Toolkit-Fault"]) == (whole, "delay 400ms (fault 1)")


def test_a_command_that_takes_steps_is_spoiled_too(client: httpx.Client) -> None:
    """A list so long that it is made in steps."""
    add(client, {"answer": "invalid_json"})
    response = client.get("/v1/ex?size=10000")
    assert response.content.endswith(b"<")


def test_who_hangs_holds_up_nobody(url: str) -> None:
    """Two hundred requests hang at once and one drips, while others are answered as ever, also after those are gone."""
    address = httpx.URL(url).host, httpx.URL(url).port
    text = b"GET /v1/jobs HTTP/1.1\r\nHost: x\r\nX-Toolkit-World: hanging\r\n\r\n"
    with httpx.Client(base_url=url, headers={"X-Toolkit-World": "hanging"}, timeout=PATIENCE) as client:
        add(client, HANG, {"route": "state", "drip": {"bytes_per_second": 1}})
        socks = [socket.create_connection(address, timeout=PATIENCE) for _ in range(200)]
        for sock in socks:
            sock.sendall(text)
        with client.stream("GET", "/v1/cluster/state"):
            for _ in range(50):
                assert client.get("/v1/ex").status_code == 200
            until(lambda: client.get(FAULTS).json()["faults"][0]["hits"] >= len(socks))
        for sock in socks:
            sock.close()
        assert client.get("/v1/ex").status_code == 200


def test_nothing_is_left_of_clients_that_give_up(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever hangs up before the answer takes the server's task with it, and nothing is logged as wrong."""
    with caplog.at_level(logging.WARNING), server_of() as server, httpx.Client(base_url=server.url) as client:
        assert server._loop is not None

        def tasks() -> int:
            async def count() -> int:
                return len(asyncio.all_tasks())

            return asyncio.run_coroutine_threadsafe(count(), server._loop).result(PATIENCE)  # type: ignore[arg-type]

        client.get("/v1/ex")
        idle = tasks()
        add(client, HANG, {"route": "state", "drip": {"lasts": "2m"}}, {"delay": "2m"})
        impatient = httpx.Timeout(PATIENCE, read=0.2)
        for path in ("jobs", "cluster/controllers"):
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(f"{server.url}/v1/{path}", timeout=impatient)
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/v1/jobs", content=b"x" * 200_000, timeout=impatient)
        client.delete(f"{FAULTS}/3")
        with httpx.stream("GET", f"{server.url}/v1/cluster/state", timeout=PATIENCE) as response:
            next(response.iter_raw())
        until(lambda: tasks() <= idle)
    assert not caplog.records


def test_a_server_stops_at_once_while_requests_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for them: with a grace of minutes it is down before this test is."""
    monkeypatch.setattr(running_module, "GRACE", 10 * PATIENCE)
    errors: list[Exception] = []

    def ask(url: str) -> None:
        try:
            httpx.get(f"{url}/v1/jobs", timeout=10 * PATIENCE)
        except httpx.HTTPError as error:
            errors.append(error)

    with server_of() as server, httpx.Client(base_url=server.url) as client:
        add(client, HANG)
        threads = [threading.Thread(target=ask, args=(server.url,), daemon=True) for _ in range(5)]
        for thread in threads:
            thread.start()
        until(lambda: client.get(FAULTS).json()["faults"][0]["hits"] >= len(threads))
        client.close()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(errors) == len(threads)


def test_faults_are_listed_with_their_hits_and_dropped(client: httpx.Client) -> None:
    """In the order in which they are tried, as they were sent, by id; a fault that is gone does nothing."""
    jobs, state = {"route": "jobs", "status": 500}, {"route": "/v1/cluster/*", "rate": 0.5, "delay": "0ms"}
    assert (add(client, jobs), add(client, state, jobs)) == ([1], [2, 3])
    client.get("/v1/jobs")
    assert client.get(FAULTS).json() == {
        "seed": 1,
        "faults": [
            {"id": 1, "hits": 1, "fault": jobs},
            {"id": 2, "hits": 0, "fault": state},
            {"id": 3, "hits": 0, "fault": jobs},
        ],
    }
    assert client.delete(f"{FAULTS}/1").json() == {"message": "the fault 1 is gone"}
    assert [fault["id"] for fault in client.get(FAULTS).json()["faults"]] == [2, 3]
    assert add(client, jobs) == [4]
    assert client.delete(FAULTS).json() == {"message": "all faults are gone"}
    assert client.get("/v1/jobs").status_code == 200
    assert add(client, jobs) == [1]


@pytest.mark.parametrize("number", ["1", "0", "-1", "x", "9" * 40, "%31x"])
def test_what_is_not_there_cannot_be_dropped(client: httpx.Client, number: str) -> None:
    """404 for an id that nothing has, also one that is none."""
    response = client.delete(f"{FAULTS}/{number}")
    assert (response.status_code, response.json()["error"]) == (404, 404)
    assert "there is none of that id" in response.json()["message"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "cannot add a fault: fault: it says neither delay"),
        ({"status": 200}, "cannot add a fault: status: expected `int` >= 400"),
        ([{"status": 500}, {"rate": 3, "status": 500}], "cannot add a fault: [1].rate: 3 is not from 0 to 1"),
        ([{"status": 500}, {"delay": "1h"}], "cannot add a fault: [1].delay: 1h is longer than 4m"),
        ({"route": "executionz", "status": 500}, "no operation is called 'executionz'; write one such as execution"),
        ({"route": "clock", "status": 500}, "no operation is called 'clock'"),
        ([], "the list is empty"),
        ({"route": "/v1/exx", "status": 500}, "no route of the cluster is like '/v1/exx'; write one such as /v1/ex"),
        ({"route": "/zz*zz/?", "status": 500}, "no route of the cluster is like"),
        ({"route": "/_Toolkit/clock", "status": 500}, "is of the control API, which is never spoiled"),
        ({"method": "FETCH", "status": 500}, "method: no route has 'FETCH'; write one of GET, HEAD, POST"),
        (
            {"route": "executions", "method": "put", "status": 500},
            "method: executions has no PUT; write one of GET, HEAD",
        ),
        ({"route": "/v1/jobs/*/_start", "method": "GET", "status": 500}, "has no GET; write one of POST"),
        ({"answer": "truncate"}, "answer: invalid enum value 'truncate'; write one of reset, empty, truncated"),
        ({"rat": 0.1}, "no field is called `rat`; did you mean rate?"),
        ({"route": "zzzz", "status": 500}, "no operation is called 'zzzz'; write one such as executions"),
    ],
)
def test_what_is_no_fault_is_refused_and_changes_nothing(client: httpx.Client, body: Any, text: str) -> None:
    """400 in one line that names the field; of a list none is added."""
    response = client.post(FAULTS, json=body)
    assert (response.status_code, response.json()["error"]) == (400, 400)
    assert text in response.json()["message"]
    assert client.get(FAULTS).json()["faults"] == []


def test_there_are_only_so_many_faults(client: httpx.Client) -> None:
    """One more than a hundred is refused with 409."""
    add(client, *[{"status": 500}] * 99)
    assert client.post(FAULTS, json=[{"status": 500}] * 2).status_code == 409
    assert add(client, {"status": 500}) == [100]


def test_the_control_api_is_never_spoiled(client: httpx.Client) -> None:
    """Whatever is asked below it, a world's own address for other requests aside."""
    add(client, {"status": 500})
    for path in ("/_toolkit/healthz", "/_toolkit/clock", FAULTS, "/_toolkit/log", "/_toolkit/worlds"):
        assert client.get(path).status_code == 200
    name = client.headers["X-Toolkit-World"]
    assert client.get(f"/_toolkit/worlds/{httpx.URL(path=name).raw_path.decode()}/v1/jobs").status_code == 500
