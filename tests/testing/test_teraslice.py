"""A cluster in a test's hands: its clock, its commands, and the line that serves it again."""

from __future__ import annotations

import asyncio
import shlex
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import toolkit
from tests import serving
from toolkit.errors import CommandRefused, InstantError, NeverReached, ToolkitError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.testing import Teraslice

DEMO = Path(__file__).parents[2] / "snapshots" / "demo"
JOB = {"name": "copy", "lifecycle": "persistent", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
START = "2026-01-01T00:00:00.000Z"


def test_the_defaults_are_the_same_in_every_run() -> None:
    """Seed 1, epoch 2026-01-01T00:00:00Z, frozen there."""
    with toolkit.serve() as cluster:
        info = cluster.get("/_toolkit/info")

    assert (info["seed"], info["epoch"], info["clock"]["t"], info["clock"]["frozen"]) == (1, START, START, True)


def test_everything_can_be_asked_for() -> None:
    """The flags of the command are arguments by their names; instants may be dates of Python's."""
    with toolkit.serve(
        scenario="busy", seed=7, jobs=3, epoch=datetime(2026, 2, 1, tzinfo=UTC), at="+5m", until="+1h", speed=0.001
    ) as cluster:
        info = cluster.get("/_toolkit/info")

    assert (info["seed"], info["scenario"]["jobs"], info["epoch"]) == (7, 3, "2026-02-01T00:00:00.000Z")
    assert (info["clock"]["speed"], info["clock"]["frozen"]) == (0.001, False)
    assert info["clock"]["last"] == "2026-02-01T01:00:00.000Z"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"rebase": True}, "cannot serve a live cluster with rebase: it belongs to bundle"),
        ({"bundle": DEMO, "seed": 3}, "cannot serve a bundle with seed"),
        ({"bundle": "nowhere"}, "nowhere"),
        ({"scenario": "nothing"}, "cannot read the scenario nothing"),
        ({"at": "yesterday"}, "cannot read the date"),
        ({"faults": [{"nonsense": 1}]}, "cannot add a fault: no field is called `nonsense`"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_line(asked: dict[str, object], why: str) -> None:
    """The error says what stopped us."""
    with pytest.raises(ToolkitError, match=why):
        toolkit.serve(**asked)  # type: ignore[arg-type]  # that is the point


def test_a_bundle_is_replayed_as_it_was_or_from_now_on() -> None:
    """Dates stay unless `rebase` is asked for, with a date or without."""
    with toolkit.serve(bundle=DEMO) as cluster:
        assert cluster.get("/_toolkit/info")["bundle"] == str(DEMO)
        first = cluster.clock.now
    with toolkit.serve(bundle=DEMO, rebase=True, epoch="2026-03-01T00:00:00Z") as cluster:
        assert cluster.clock.text == "2026-03-01T00:00:00.000Z"
        assert "--rebase --epoch 2026-03-01T00:00:00.000Z" in cluster.reproduce
    with toolkit.serve(bundle=DEMO, rebase=True) as cluster:
        assert cluster.clock.now > first


def test_the_clock_obeys(teraslice: Teraslice) -> None:
    """It is set, moved, sped up, frozen and let run; a look at another instant moves nothing."""
    clock = teraslice.clock
    clock.set("+5m")
    clock.advance("10m")
    clock.advance(timedelta(minutes=-1))
    assert (clock.text, clock.t) == ("2026-01-01T00:14:00.000Z", 1_767_226_440_000)
    clock.set(datetime(2026, 1, 2, 12))  # noqa: DTZ001 - one without a zone is taken as UTC
    assert clock.now == datetime(2026, 1, 2, 12, tzinfo=UTC)
    clock.speed(0.001)
    assert not clock.frozen
    clock.freeze()
    assert clock.frozen
    clock.run()
    assert not clock.frozen
    with pytest.raises(CommandRefused, match="choose an instant in between"):
        clock.set("-1ms")
    with pytest.raises(CommandRefused, match="cannot run at speed 0"):
        clock.speed(0)


def test_a_look_at_another_instant_reads_only(teraslice: Teraslice) -> None:
    """It answers as of there, refuses writes, and leaves the clock alone."""
    look = teraslice.at("+1h")
    with look.client() as client:
        assert client.get("/v1/jobs").headers["x-toolkit-instant"] == "2026-01-01T01:00:00.000Z"
        assert client.post("/v1/jobs", json=JOB).status_code == 400
    assert look.get("/_toolkit/clock")["t"] == START
    assert look.get("/v1/ex") != teraslice.get("/v1/ex")
    assert teraslice.at(datetime(2026, 1, 1, 1, tzinfo=UTC)).t == look.t
    with pytest.raises(InstantError):
        teraslice.at("-1ms")
    with pytest.raises(UsageError):
        teraslice.at("soon")


def test_commands_are_obeyed_and_waited_for_without_sleeping(teraslice: Teraslice) -> None:
    """A job is posted, started, paused, resumed and stopped; the clock goes where each has come about."""
    posted = teraslice.post_job(JOB, start=False)
    assert set(posted) == {"job_id"}
    ex_id = teraslice.start(posted)
    assert teraslice.wait_for(ex_id, "running") == "running"
    ran = teraslice.clock.t
    assert teraslice.at("-1ms").get(f"/v1/ex/{ex_id}")["_status"] == "initializing"
    assert teraslice.wait_for({"ex_id": ex_id}, "paused", "running") == "running"
    assert teraslice.clock.t == ran
    teraslice.clock.advance("1m")
    assert teraslice.pause(ex_id) == "paused"
    teraslice.clock.advance("1m")
    assert teraslice.resume({"ex_id": ex_id}) == "running"
    assert teraslice.stop(ex_id) == "stopping"
    assert teraslice.wait_for(ex_id, "stopped", "failed") == "stopped"
    with pytest.raises(CommandRefused, match="cannot start the job none: there is none of that id"):
        teraslice.start("none")


def test_a_status_that_never_comes_is_refused_with_the_statuses_that_did(teraslice: Teraslice) -> None:
    """The error names them and their instants, and the clock has not moved."""
    ex_id = teraslice.post_job(JOB)["ex_id"]
    with pytest.raises(NeverReached, match=r"it is pending at .*, scheduling at .*, running at .*, and nothing else"):
        teraslice.wait_for(ex_id, "failed", within="1h")
    assert teraslice.clock.text == START
    teraslice.wait_for(ex_id, "running")
    teraslice.stop(ex_id)
    with pytest.raises(NeverReached, match=r"stopping at .*, stopped at .*, which never changes again"):
        teraslice.wait_for(ex_id, "failed")
    with pytest.raises(NeverReached, match="there is none of that id"):
        teraslice.wait_for("none", "running")
    with pytest.raises(UsageError, match="'done' is no status"):
        teraslice.wait_for(ex_id, "done")
    with pytest.raises(UsageError, match="no status is given"):
        teraslice.wait_for(ex_id)


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_instant_that_is_found_is_the_first(seed: int) -> None:
    """For every living execution of a busy world: a millisecond before, the status was another one."""
    found = 0
    with toolkit.serve(scenario="busy", seed=seed) as cluster:
        for ex in cluster.get("/v1/ex?size=100"):
            cluster.reset()
            with suppress(NeverReached):
                cluster.wait_for(ex, "stopped", "completed", within="10m")
            if cluster.clock.text != START:
                assert cluster.at("-1ms").get(f"/v1/ex/{ex['ex_id']}")["_status"] not in {"stopped", "completed"}
                found += 1
    assert found


def test_a_replay_is_waited_for_too() -> None:
    """On a bundle the clock goes to where it was seen, and not beyond the bundle's end."""
    with toolkit.serve(bundle=DEMO) as cluster:
        moved = None
        for ex in cluster.get("/v1/ex?size=1000"):
            with suppress(NeverReached):
                moved = cluster.wait_for(ex, "stopping", within="20m")
        assert moved is not None


def test_what_was_done_is_taken_back(teraslice: Teraslice) -> None:
    """A checkpoint is gone back to, and a reset takes back all: jobs, clock and requests."""
    before = teraslice.get("/v1/jobs")
    teraslice.post_job(JOB)
    teraslice.clock.advance("1h")
    teraslice.checkpoint("a job")
    between = teraslice.get("/v1/jobs")
    teraslice.post_job(JOB)
    teraslice.clock.advance("1h")
    teraslice.restore("a job")
    assert (teraslice.get("/v1/jobs"), teraslice.clock.text) == (between, "2026-01-01T01:00:00.000Z")
    with teraslice.client() as client:
        client.get("/v1/jobs")
    teraslice.reset()
    assert (teraslice.get("/v1/jobs"), teraslice.clock.text, teraslice.requests) == (before, START, [])
    with pytest.raises(CommandRefused, match="cannot restore 'nothing'"):
        teraslice.restore("nothing")


def test_a_real_server_stops_when_its_block_ends() -> None:
    """It is started when its URL is asked for, its thread is gone afterwards, and its port is free."""
    before = threading.active_count()
    with toolkit.serve() as cluster:
        url = cluster.url
        assert (cluster.url, cluster.world_url, cluster.name) == (url, url, None)
        assert httpx.get(f"{url}/v1/jobs", trust_env=False).status_code == 200
    assert threading.active_count() == before
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_a_cluster_is_closed_after_its_block() -> None:
    """Whatever asks it is refused in a line, what was made of it before too; its clock may be read, nothing starts."""
    with toolkit.serve(bundle=None) as cluster:
        look, client, transport = cluster.at("+1h"), cluster.client(), cluster.transport
        ex_id = cluster.get("/v1/ex?size=1")[0]["ex_id"]
    threads = threading.active_count()
    asking: list[Callable[[], object]] = [
        lambda: cluster.get("/v1/jobs"),
        lambda: cluster.clock.advance("1h"),
        lambda: cluster.at("+1h"),
        lambda: cluster.requests,
        lambda: cluster.url,
        lambda: cluster.world_url,
        lambda: cluster.transport,
        cluster.client,
        cluster.async_client,
        lambda: cluster.post_job(JOB),
        lambda: cluster.stop(ex_id),
        lambda: cluster.wait_for(ex_id, "running"),
        lambda: cluster.fault(status=503),
        cluster.reset,
        lambda: look.get("/v1/jobs"),
        look.client,
        lambda: client.get("/v1/jobs"),
        lambda: httpx.Client(transport=transport, base_url="http://there").get("/v1/jobs"),
    ]
    for ask in asking:
        with pytest.raises(UsageError, match=r"^cannot .*: this cluster is closed; use it inside its with block"):
            ask()
    cluster.close()
    assert (cluster.clock.text, cluster.clock.frozen) == (START, True)
    assert "--seed 1 " in cluster.reproduce
    assert threading.active_count() == threads


def test_it_is_an_asynchronous_block_too() -> None:
    """`async with` gives the same."""

    async def look() -> int:
        async with toolkit.serve() as cluster, httpx.AsyncClient(base_url=cluster.url, trust_env=False) as client:
            return (await client.get("/v1/jobs")).status_code

    assert asyncio.run(look()) == 200


def test_the_line_serves_the_same_world() -> None:
    """With seed, instant and the log of what was done, the command gives the same bytes."""
    with toolkit.serve(scenario="busy", seed=4) as cluster:
        assert "--log" not in cluster.reproduce
        ex_id = cluster.post_job(JOB)["ex_id"]
        cluster.wait_for(ex_id, "running")
        cluster.pause(ex_id)
        cluster.clock.advance("3m")
        command, expected = shlex.split(cluster.reproduce), cluster.get("/v1/ex?size=100")
    assert command[:3] == ["toolkit", "serve", "--live"]
    with serving.toolkit(*command[1:], "--port", "0") as process:
        assert httpx.get(f"{process.url()}/v1/ex?size=100", trust_env=False).json() == expected


def test_a_log_is_gone_on_with(tmp_path: Path) -> None:
    """A command log given to `serve` holds what was done, and is free again afterwards."""
    log = tmp_path / "world.log"
    with toolkit.serve(log=log) as cluster:
        ex_id = cluster.post_job(JOB)["ex_id"]
        assert f"--log {log}" in cluster.reproduce
    with toolkit.serve(log=log, at="+1h") as cluster:
        assert cluster.get(f"/v1/ex/{ex_id}")["_status"] == "running"


def test_any_thread_may_ask(teraslice: Teraslice) -> None:
    """Threads that ask, command and move the clock, in the process and over the socket, meet nothing half done."""
    url = teraslice.url

    def work(number: int) -> set[int]:
        with teraslice.client() as inside, httpx.Client(base_url=url, trust_env=False) as outside:
            codes = {client.post("/v1/jobs", json=JOB).status_code for client in (inside, outside)}
            teraslice.clock.advance(f"{number}s")
            return codes | {client.get("/v1/ex?size=5").status_code for client in (inside, outside)}

    with ThreadPoolExecutor(8) as threads:
        assert set().union(*threads.map(work, range(16))) == {200}

    assert teraslice.clock.text == "2026-01-01T00:02:00.000Z"
    assert len(teraslice.requests) == 64
