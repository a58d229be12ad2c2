"""What becomes of executions that clients start, stop and recover on a fresh cluster, asked as clients ask."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.transcripts.exchanges import asset_zip
from tests.serving import live_cluster
from toolkit.answers.answer import Request, Response, begin
from toolkit.model.instants import parse_instant
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

READER = {"_op": "test-reader"}
GENERATOR = {"_op": "data_generator", "size": 10}


class Fresh:
    """A fresh cluster, and a clock that waiting moves."""

    def __init__(self, scenario: Scenario | None = None) -> None:
        """Begin with the asset `standard` on it; or take the cluster of another scenario."""
        self.cluster = live_cluster(scenario or Scenario.from_table(NAMED["empty"].table))
        self.t = self.cluster.timeline.first
        self.ask("POST", "/assets?blocking=true", asset_zip({"name": "standard", "version": "9.9.9"}))

    def ask(self, method: str, target: str, body: Any = b"") -> tuple[int, Any]:
        """Put a request, wait for its answer."""
        content = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = begin(self.cluster, self.t, Request(method, target, body=sent, content_type=content))
        while not isinstance(response, Response):
            try:
                until = next(response)
                while until is not None:
                    self.t = max(self.t, until)
                    until = response.send(self.t)
            except StopIteration as end:
                response = end.value
        return response.status, json.loads(response.body)

    def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        self.t += milliseconds

    def start(self, reader: Any = READER, **more: Any) -> tuple[str, str]:
        """Start a job of one worker; give its id and its execution's."""
        assets = {"assets": ["standard"]} if reader is GENERATOR else {}
        operations = [reader, {"_op": "delay", "ms": 300}, {"_op": "noop"}]
        job = {"name": "a", "lifecycle": "persistent", "workers": 1, "operations": operations, **assets, **more}
        made = self.ask("POST", "/jobs", job)[1]
        return made["job_id"], made["ex_id"]

    def execution(self, ex_id: str) -> Any:
        """Give an execution's record."""
        return self.ask("GET", f"/ex/{ex_id}")[1]

    def statistics(self, ex_id: str) -> Any:
        """Give the live statistics of an execution."""
        return self.ask("GET", f"/ex/{ex_id}/controller")[1][0]

    def statuses(self, ex_id: str, milliseconds: int) -> list[str]:
        """Give the statuses that an execution has one after the other, looked at every 20 ms."""
        seen: list[str] = []
        for _ in range(0, milliseconds, 20):
            status = self.execution(ex_id)["_status"]
            seen += [status] if seen[-1:] != [status] else []
            self.wait(20)
        return seen


@pytest.mark.parametrize(
    ("after", "found", "parameters", "least", "most", "answered"),
    [
        # Source: exchanges 568 and 575, 630 and 631.
        (20, "pending", "", 10, 60, 3_000),
        # Source: exchanges 487, 491, and their executions in 576.
        (3_000, "initializing", "", 3_000, 3_100, 6_000),
        # Source: exchanges 475, 479, 572, 574, and their executions in 576.
        (12_000, "running", "", 8_900, 9_100, 9_000),
        # Source: exchange 482, and its execution in 576.
        (12_000, "running", "?force=true", 200, 240, 3_000),
        (3_000, "initializing", "?force=true", 200, 240, 3_000),
    ],
)
def test_records_say_when_a_stop_was_done_and_its_answer_comes_with_the_next_look(  # noqa: PLR0913, PLR0917 - a table
    after: int, found: str, parameters: str, least: int, most: int, answered: int
) -> None:
    """Between the two anybody else sees the execution stopped already."""
    fresh = Fresh()
    _, ex_id = fresh.start()
    fresh.wait(after)
    assert fresh.execution(ex_id)["_status"] == found
    asked = fresh.t

    fresh.ask("POST", f"/ex/{ex_id}/_stop{parameters}")

    assert fresh.t - asked == answered
    record = fresh.execution(ex_id)
    assert record["_status"] == ("terminated" if parameters else "stopped")
    assert least <= parse_instant(record["_updated"]) - asked <= most


def test_a_duration_is_rounded() -> None:
    """Observed: 2 s for 1.75, 13 for 12.5, 1 for nearly nothing."""
    fresh = Fresh()
    _, ex_id = fresh.start()
    fresh.wait(12_000)
    started = parse_instant(fresh.statistics(ex_id)["started"])
    fresh.t = started + 9_600

    fresh.ask("POST", f"/ex/{ex_id}/_stop")

    assert fresh.execution(ex_id)["_slicer_stats"]["job_duration"] == 10


def test_workers_that_had_not_joined_when_their_execution_was_killed_never_did() -> None:
    """Neither in its statistics nor in the cluster's."""
    fresh = Fresh()
    _, ex_id = fresh.start()
    while fresh.execution(ex_id)["_status"] != "running":
        fresh.wait(10)
    fresh.wait(500)
    assert fresh.statistics(ex_id)["workers_joined"] == 0

    fresh.ask("POST", f"/ex/{ex_id}/_stop?force=true")

    assert fresh.execution(ex_id)["_slicer_stats"]["workers_joined"] == 0
    assert fresh.ask("GET", "/cluster/stats")[1]["controllers"]["workers_joined"] == 0


def recovering(fresh: Fresh, cleanup: str = "", **more: Any) -> str:
    """Stop an execution that has run for 3 s, and give the id of one that has just begun to recover it."""
    _, ex_id = fresh.start(GENERATOR, **more)
    while fresh.execution(ex_id)["_status"] != "running":
        fresh.wait(100)
    fresh.wait(3_000)
    fresh.ask("POST", f"/ex/{ex_id}/_stop")
    made: str = fresh.ask("POST", f"/ex/{ex_id}/_recover?cleanup_type={cleanup}")[1]["ex_id"]
    while fresh.execution(made)["_status"] != "recovering":
        fresh.wait(100)
    fresh.wait(2_000)
    return made


def test_what_is_left_to_recover_waits_in_the_queue_whatever_happens() -> None:
    """Over a pause, and when it is stopped: whoever recovers that one has the same to do."""
    fresh = Fresh()
    ex_id = recovering(fresh)
    before = fresh.statistics(ex_id)["queued"]
    assert before > 500

    fresh.ask("POST", f"/ex/{ex_id}/_pause")
    fresh.wait(1_000)
    assert before - 1 <= fresh.statistics(ex_id)["queued"] <= before
    fresh.ask("POST", f"/ex/{ex_id}/_stop?blocking=false")
    fresh.wait(500)
    assert before - 1 <= fresh.statistics(ex_id)["queued"] <= before
    fresh.wait(10_000)
    made = fresh.ask("POST", f"/ex/{ex_id}/_recover?cleanup_type=pending")[1]["ex_id"]
    while fresh.execution(made)["_status"] != "recovering":
        fresh.wait(100)
    assert before - 2 <= fresh.statistics(made)["queued"] <= before


@pytest.mark.parametrize("cleanup", ["", "all"])
def test_who_is_resumed_while_recovering_runs_and_recovers_on(cleanup: str) -> None:
    """Then it is completed, or begins to fill its queue, as if it had not been paused."""
    fresh = Fresh()
    ex_id = recovering(fresh, cleanup)
    fresh.ask("POST", f"/ex/{ex_id}/_pause")
    fresh.wait(1_000)
    waiting = fresh.statistics(ex_id)["queued"]
    fresh.ask("POST", f"/ex/{ex_id}/_resume")
    fresh.wait(5_000)
    assert fresh.execution(ex_id)["_status"] == "running"
    assert fresh.statistics(ex_id)["queued"] < waiting

    fresh.wait(600_000)

    assert fresh.execution(ex_id)["_status"] == ("completed" if cleanup else "running")
    assert cleanup or fresh.statistics(ex_id)["queued"] == 10_000


@pytest.mark.parametrize(
    ("cleanup", "then", "processed"),
    [
        ("", ["running", "completed"], 7),
        ("all", ["completed"], 7),
        ("pending", ["completed"], 6),
        ("errors", ["completed"], 0),
    ],
)
def test_a_once_job_is_recovered_to_its_end(cleanup: str, then: list[str], processed: int) -> None:
    """Without cleanup it runs after that, if only for a moment; slices that were held by workers are not pending."""
    fresh = Fresh()
    _, ex_id = fresh.start(GENERATOR, lifecycle="once")
    while fresh.execution(ex_id)["_status"] != "running" or fresh.statistics(ex_id)["processed"] < 3:
        fresh.wait(10)
    fresh.ask("POST", f"/ex/{ex_id}/_stop")

    made = fresh.ask("POST", f"/ex/{ex_id}/_recover?cleanup_type={cleanup}")[1]["ex_id"]

    assert fresh.statuses(made, 20_000)[-len(then) - 1 :] == ["recovering", *then]
    assert fresh.execution(made)["_slicer_stats"]["processed"] == processed


@pytest.mark.parametrize(("lifecycle", "processed"), [("once", 10), ("persistent", 40)])
def test_who_recovers_what_never_began_does_all_of_it(lifecycle: str, processed: int) -> None:
    """Workers that join after the recovery work too."""
    fresh = Fresh()
    _, ex_id = fresh.start(GENERATOR, lifecycle=lifecycle, workers=2)
    fresh.ask("POST", f"/ex/{ex_id}/_stop")
    made = fresh.ask("POST", f"/ex/{ex_id}/_recover")[1]["ex_id"]

    fresh.wait(15_000)

    done = fresh.execution(made)["_slicer_stats"] if lifecycle == "once" else fresh.statistics(made)
    assert done["processed"] >= processed
    assert done["workers_joined"] == 2


def test_an_execution_of_a_deleted_job_can_be_recovered() -> None:
    """Teraslice looks at the execution only; what it makes is not deleted, and can be stopped."""
    fresh = Fresh()
    job_id, ex_id = fresh.start(GENERATOR)
    fresh.ask("POST", f"/ex/{ex_id}/_stop")
    fresh.ask("DELETE", f"/jobs/{job_id}")
    assert fresh.ask("POST", f"/jobs/{job_id}/_recover")[0] == 410

    status, made = fresh.ask("POST", f"/ex/{ex_id}/_recover")

    assert status == 200
    assert [record["ex_id"] for record in fresh.ask("GET", "/ex")[1]] == [made["ex_id"]]
    assert fresh.execution(made["ex_id"])["_status"] == "pending"
    assert fresh.ask("DELETE", f"/jobs/{job_id}")[0] == 409
    assert fresh.ask("POST", f"/jobs/{job_id}/_stop") == (200, {"status": "stopped"})
    assert fresh.ask("DELETE", f"/jobs/{job_id}")[0] == 410
    assert "_deleted" not in fresh.execution(made["ex_id"])


@pytest.mark.parametrize("parameters", ["remove=2", "total=1"])
def test_the_answer_to_a_removal_comes_when_the_workers_are_gone(parameters: str) -> None:
    """Source: exchanges 430, 441, 444, 446 and the series; adding is answered at once."""
    fresh = Fresh()
    _, ex_id = fresh.start(workers=3)
    fresh.wait(12_000)
    asked = fresh.t

    assert fresh.ask("POST", f"/ex/{ex_id}/_workers?{parameters}")[0] == 200

    assert 1_600 <= fresh.t - asked <= 1_900
    assert fresh.statistics(ex_id)["workers_disconnected"] == 2
    nodes = fresh.ask("GET", "/cluster/state")[1].values()
    assert sum(process["assignment"] == "worker" for node in nodes for process in node["active"]) == 1
    fresh.ask("POST", f"/ex/{ex_id}/_workers?remove=0")
    fresh.ask("POST", f"/ex/{ex_id}/_workers?add=2")
    assert 1_600 <= fresh.t - asked <= 1_900


@pytest.mark.parametrize("seed", range(3))
def test_workers_for_a_generated_execution_that_is_starting_come_when_it_has_started(seed: int) -> None:
    """Its controller is there before them."""
    statuses = "pending,scheduling,initializing"
    starting = Fresh(Scenario(seed=seed)).ask("GET", f"/ex?status={statuses}")[1]
    assert starting
    for record in starting:
        fresh = Fresh(Scenario(seed=seed))
        fresh.ask("POST", f"/ex/{record['ex_id']}/_workers?add=2")
        fresh.wait(60_000)
        assert fresh.statistics(record["ex_id"])["workers_joined"] == record["workers"] + 2


def test_a_command_that_changes_no_status_is_a_write_of_the_record() -> None:
    """Teraslice writes the status again, so that the execution is the one updated last."""
    fresh = Fresh()
    _, ex_id = fresh.start(workers=2)
    fresh.wait(12_000)
    processed = fresh.statistics(ex_id)["processed"]
    for command in ("_resume", "_pause", "_pause", "_resume", "_resume"):
        fresh.wait(2_000)
        fresh.ask("POST", f"/ex/{ex_id}/{command}")
        assert parse_instant(fresh.execution(ex_id)["_updated"]) == fresh.t
    fresh.wait(10_000)
    assert fresh.statistics(ex_id)["processed"] > processed + 16_000 // 180 - 5


@pytest.mark.parametrize(("ms", "workers"), [(300, 1), (2_000, 3), (5_000, 2)])
def test_a_pause_lets_every_worker_finish_its_slice(ms: int, workers: int) -> None:
    """What waits stays as it was, and no slice is lost."""
    fresh = Fresh()
    operations = [READER, {"_op": "delay", "ms": ms}, {"_op": "noop"}]
    _, ex_id = fresh.start(lifecycle="once", workers=workers, operations=operations)
    while fresh.execution(ex_id)["_status"] != "running" or not fresh.statistics(ex_id)["processed"]:
        fresh.wait(50)
    fresh.ask("POST", f"/ex/{ex_id}/_pause")
    before = fresh.statistics(ex_id)
    assert before["workers_active"] == workers

    fresh.wait(ms + 100)

    after = fresh.statistics(ex_id)
    assert (after["workers_active"], after["workers_available"]) == (0, workers)
    assert (after["queued"], after["processed"]) == (before["queued"], before["processed"] + workers)


def test_nothing_is_queued_while_paused() -> None:
    """Not even while the last slices are finished. Source: the series."""
    fresh = Fresh()
    _, ex_id = fresh.start()
    fresh.wait(12_000)
    fresh.ask("POST", f"/ex/{ex_id}/_pause")
    queued = fresh.statistics(ex_id)["queued"]
    fresh.wait(300)
    assert fresh.statistics(ex_id)["queued"] == queued


def test_who_finds_no_slice_left_is_available() -> None:
    """Of three workers two have nothing to do while the tenth slice is worked on."""
    fresh = Fresh()
    operations = [READER, {"_op": "delay", "ms": 3_000}, {"_op": "noop"}]
    _, ex_id = fresh.start(lifecycle="once", workers=3, operations=operations)
    seen = set()
    while fresh.execution(ex_id)["_status"] != "completed":
        status, found = fresh.ask("GET", f"/ex/{ex_id}/controller")
        if status == 200 and found[0]["workers_joined"] == 3:
            seen.add(tuple(found[0][f"workers_{kind}"] for kind in ("active", "available")))
        fresh.wait(50)

    assert seen == {(3, 0), (2, 1), (1, 2), (0, 3)}
