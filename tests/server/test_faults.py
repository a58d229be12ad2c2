from __future__ import annotations

import asyncio
import json
import logging
import socket
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.serving import PATIENCE, live_cluster, live_server
from toolkit.answers.route import Cluster
from toolkit.clock import FrozenClock, Setting
from toolkit.errors import FaultError
from toolkit.faults.rule import fault_from
from toolkit.faults.spoiling import LONGEST
from toolkit.server import running as running_module
from toolkit.server.front import Front, Ready
from toolkit.server.spoiled import Outcome, pieces, received
from toolkit.server.worlds import Settings, Worlds
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.commands import MemoryLog

if TYPE_CHECKING:
    from collections.abc import Iterator

FAULTS = "/_toolkit/faults"
HANG = {"route": "jobs", "answer": "hang"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Serve the default scenario, frozen at its epoch."""
    with live_server() as server:
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


def front_of(*faults: dict[str, Any], seed: int | None = None) -> Front:
    """Make a front whose worlds begin with faults."""
    cluster = live_cluster()
    clock = FrozenClock(cluster.timeline.first + 3_600_000)
    settings = Settings(clock.setting, faults=tuple(map(fault_from, faults)), fault_seed=seed)
    return Front(cluster, clock, worlds=Worlds(cluster, clock, settings))


def send(front: Front, method: str, target: str, body: Any = None, **more: Any) -> Ready:
    """Ask a front; a body goes as JSON."""
    if body is not None:
        more |= {"body": json.dumps(body).encode(), "content_type": "application/json"}
    return front.respond(method, target, **more)


def headers_of(ready: Ready) -> dict[str, str]:
    """Give an answer's headers."""
    return {name.decode(): value.decode() for name, value in ready.lines}


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
    with pytest.raises(httpx.RemoteProtocolError), client.stream("GET", "/v1/jobs") as response:
        assert response.headers["Content-Length"] == str(len(whole))
        came += list(response.iter_bytes())
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
    """Two hundred requests hang at once and one drips, while others are answered as ever; those who give up are gone."""
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
            while client.get(FAULTS).json()["faults"][0]["hits"] < len(socks):
                pass
        for sock in socks:
            sock.close()
        assert client.get("/v1/ex").status_code == 200


def test_nothing_is_left_of_clients_that_give_up(caplog: pytest.LogCaptureFixture) -> None:
    """Whoever hangs up before the answer takes the server's task with it, and nothing is logged as wrong."""
    with caplog.at_level(logging.WARNING), live_server() as server, httpx.Client(base_url=server.url) as client:
        assert server._loop is not None

        def tasks() -> int:
            async def count() -> int:
                return len(asyncio.all_tasks())

            return asyncio.run_coroutine_threadsafe(count(), server._loop).result(PATIENCE)  # type: ignore[arg-type]

        client.get("/v1/ex")
        idle = tasks()
        add(client, HANG, {"route": "state", "drip": {"bytes_per_second": 1}}, {"route": "controllers", "delay": "2m"})
        for path in ("jobs", "cluster/state", "cluster/controllers"):
            with pytest.raises(httpx.ReadTimeout):
                httpx.get(f"{server.url}/v1/{path}", timeout=httpx.Timeout(PATIENCE, read=0.2))
        with pytest.raises(httpx.ReadTimeout):
            httpx.post(f"{server.url}/v1/jobs", content=b"x" * 200_000, timeout=httpx.Timeout(PATIENCE, read=0.2))
            add(client, {"delay": "2m"})
            httpx.post(f"{server.url}/v1/jobs", content=b"x" * 200_000, timeout=httpx.Timeout(PATIENCE, read=0.2))
        while tasks() > idle:
            pass
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

    with live_server() as server, httpx.Client(base_url=server.url) as client:
        add(client, HANG)
        threads = [threading.Thread(target=ask, args=(server.url,), daemon=True) for _ in range(5)]
        for thread in threads:
            thread.start()
        while client.get(FAULTS).json()["faults"][0]["hits"] < len(threads):
            pass
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
        ([{"status": 500}, {"rate": 3}], "cannot add a fault: [1].rate: "),
        ([{"status": 500}, {"delay": "1h"}], "cannot add a fault: delay: 1h is longer than 4m"),
        ({"route": "executionz", "status": 500}, "no operation is called 'executionz'; write one such as execution"),
        ({"route": "clock", "status": 500}, "no operation is called 'clock'"),
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


ROUTES = ("/v1/jobs", "/v1/ex", "/v1/cluster/state", "/nowhere")
MIXED = (
    {"rate": 0.4, "status": 500},
    {"route": "/v1/*", "rate": 0.5, "answer": "empty", "times": 3},
    {"rate": 0.5, "delay": {"median": "1ms", "p99": "5ms"}},
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ROUTES)), max_size=40))
def test_worlds_are_alike_and_apart(order: list[tuple[str, str]]) -> None:
    """Each counts its own requests: the n-th to a route gets the same in every world, whoever else asks what."""
    mixed, alone = front_of(*MIXED), front_of(*MIXED)
    got: dict[str, dict[str, list[str]]] = {}
    for world, path in order:
        got.setdefault(world, {}).setdefault(path, []).append(send(mixed, "GET", path, world=world).fault)
    wanted = {path: [send(alone, "GET", path).fault for _ in order] for path in ROUTES}
    for paths in got.values():
        assert all(faults == wanted[path][: len(faults)] for path, faults in paths.items())


def test_a_reset_brings_back_the_faults_of_the_start_and_their_numbers() -> None:
    """What was added is gone, what was dropped is there, and the same requests get the same again."""
    front = front_of({"rate": 0.5, "status": 500})

    def asked() -> list[str]:
        return [send(front, "GET", "/v1/jobs").fault for _ in range(20)]

    first = asked()
    send(front, "DELETE", FAULTS)
    send(front, "POST", FAULTS, {"delay": "1s"})
    assert asked() == ["delay 1000ms (fault 1)"] * 20
    send(front, "POST", "/_toolkit/reset")
    assert asked() == first
    assert len(set(first)) == 2


def test_a_restore_goes_back_to_the_faults_and_numbers_of_the_checkpoint() -> None:
    """What came after it is as if it had not been; a second restore of the same is the same."""
    front = front_of({"rate": 0.5, "status": 500})

    def asked() -> list[str]:
        return [send(front, "GET", "/v1/jobs").fault for _ in range(20)]

    asked()
    send(front, "POST", "/_toolkit/checkpoints", {"name": "here"})
    after = asked()
    for _ in range(2):
        send(front, "DELETE", f"{FAULTS}/1")
        send(front, "GET", "/v1/jobs")
        send(front, "POST", "/_toolkit/restore", {"name": "here"})
        assert asked() == after


def test_a_restore_of_another_process_begins_to_count() -> None:
    """A log on disk knows the faults at a checkpoint, but nobody knows the numbers any more."""
    log = MemoryLog()
    fault = {"do": "add_fault", "fault": {"rate": 0.5, "status": 500}, "id": 1}
    cluster = live_cluster()
    first = cluster.timeline.first
    log.append(first, fault)
    log.append(first, {"do": "checkpoint", "name": "here", "speed": 1_000, "frozen": True})
    front = Front(Cluster(cluster.timeline, log, "live"), FrozenClock(first))
    asked = [send(front, "GET", "/v1/jobs").fault for _ in range(20)]
    send(front, "POST", "/_toolkit/restore", {"name": "here"})
    assert [send(front, "GET", "/v1/jobs").fault for _ in range(20)] == asked


def test_a_fault_is_in_the_log_and_in_the_journal() -> None:
    """The log keeps what was added, by id, and what was dropped; the journal says what each request got."""
    front = front_of()
    send(front, "POST", FAULTS, {"status": 500, "from": "+30m"})
    send(front, "GET", "/v1/jobs")
    send(front, "GET", "/v1/ex", at="-31m")
    send(front, "DELETE", f"{FAULTS}/1")
    world = front.worlds.base
    assert [command.entry for command in world.log.page(0, 10)] == [
        {"do": "add_fault", "fault": {"status": 500, "from": "+30m"}, "id": 1},
        {"do": "drop_faults", "id": 1},
    ]
    assert [asked.fault for asked in world.journal._kept] == ["status 500 (fault 1)", ""]


def test_an_instant_that_cannot_be_is_refused_as_ever() -> None:
    """A fault that hits nothing of it leaves the refusal; it counts as a request of now."""
    front = front_of({"delay": "1s"})
    ready = send(front, "GET", "/v1/jobs", at="soon")
    assert (ready.status, ready.fault) == (400, "delay 1000ms (fault 1)")


def test_the_seed_of_the_draws_is_the_scenarios_or_the_one_that_is_given() -> None:
    """A replay, which has none, has 1."""
    cluster = live_cluster()
    assert json.loads(send(front_of(seed=77), "GET", FAULTS).body)["seed"] == 77
    replay = Cluster(TrackTimeline({}, 0, 1), None, "replay")
    clock = FrozenClock(0)
    front = Front(replay, clock, worlds=Worlds(replay, clock, Settings(Setting(0), fault_seed=None)))
    assert json.loads(send(front, "GET", FAULTS).body)["seed"] == 1
    assert json.loads(send(Front(cluster, clock), "GET", FAULTS).body)["seed"] == 1


def test_a_world_cannot_begin_with_a_fault_that_cannot_be() -> None:
    """Dates that only its start makes impossible are refused there."""
    with pytest.raises(FaultError, match="to: it is not after from"):
        front_of({"status": 500, "from": "2030-01-01T00:00:00Z", "to": "+1m"})


RECEIVED = [
    ({"status": 500}, 5, Outcome.ANSWERED, 0),
    ({"delay": "4s"}, 5, Outcome.ANSWERED, 4_000),
    ({"delay": "6s"}, 5, Outcome.READ_TIMEOUT, 5_000),
    ({"delay": "6s"}, None, Outcome.ANSWERED, 6_000),
    ({"delay": "6s", "answer": "reset"}, 5, Outcome.READ_TIMEOUT, 5_000),
    ({"delay": "1s", "answer": "reset"}, 5, Outcome.READ_ERROR, 1_000),
    ({"answer": "empty"}, 5, Outcome.ANSWERED, 0),
    ({"answer": "invalid_json"}, 5, Outcome.ANSWERED, 0),
    ({"answer": "truncated"}, 5, Outcome.REMOTE_PROTOCOL_ERROR, 0),
    ({"answer": "hang"}, 5, Outcome.READ_TIMEOUT, 5_000),
    ({"answer": "hang"}, None, Outcome.REMOTE_PROTOCOL_ERROR, LONGEST),
    ({"drip": {"lasts": "20s"}}, 5, Outcome.ANSWERED, 20_000),
    ({"drip": {"lasts": "4m"}}, 0.01, Outcome.READ_TIMEOUT, 10),
    ({"delay": "1s", "drip": {"lasts": "2s"}}, None, Outcome.ANSWERED, 3_000),
]


@pytest.mark.parametrize(("fault", "timeout", "outcome", "after"), RECEIVED)
def test_a_client_in_the_same_process_gets_what_one_over_a_socket_does(
    fault: dict[str, Any], timeout: float | None, outcome: Outcome, after: int
) -> None:
    """Without sleeping: the answer, or which error httpx raises, and how long it would have taken."""
    got = received(send(front_of(fault), "GET", "/v1/jobs"), timeout)
    assert (got.outcome, got.after) == (outcome, after)
    assert not outcome.value or issubclass(getattr(httpx, outcome.value), httpx.TransportError)


def test_an_answer_without_fault_is_received_at_once() -> None:
    """And a body of nothing cannot be broken off."""
    assert received(send(front_of(), "GET", "/v1/jobs"), None) == (Outcome.ANSWERED, 0)
    empty = send(front_of({"answer": "truncated"}), "GET", "/v1/jobs")._replace(body=b"")
    assert received(empty, None).outcome is Outcome.ANSWERED


@given(st.integers(0, 10**6), st.integers(0, LONGEST))
def test_pieces_are_the_whole_body_in_the_whole_time(size: int, lasts: int) -> None:
    """They end one after the other, the last at the end; no piece is empty unless there is nothing."""
    gap, ends = pieces(size, lasts)
    assert ends[-1] == size
    assert size == 0 or all(begin < end for begin, end in zip([0, *ends], ends, strict=False))
    assert 0 <= lasts - gap * len(ends) < len(ends)
