"""What each command does, and when: the times that were observed of a real cluster."""

from __future__ import annotations

from typing import Any

import pytest

from toolkit.model.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from toolkit.world.commands import MemoryLog
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

EPOCH = 1_767_225_600_000
READER = {"_op": "test-reader"}


def config(*operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make an execution's configuration."""
    chosen = [*(operations or (READER,)), {"_op": "delay", "ms": 240}, {"_op": "noop"}]
    return {"name": "job", "lifecycle": "persistent", "workers": 2, "operations": chosen, "max_retries": 0} | more


class Cluster:
    """A timeline and its log, commanded at instants counted from the epoch."""

    def __init__(self, **parameters: Any) -> None:
        """Make an empty one, or one with these parameters of a scenario."""
        table = NAMED["empty"].table if not parameters else {}
        self.scenario = Scenario.from_table(table, seed=5, epoch=EPOCH, **parameters)
        self.log = MemoryLog(5)
        self.timeline = LiveTimeline(self.scenario, self.log)

    def do(self, t: int, **entry: Any) -> None:
        """Give a command."""
        self.log.append(EPOCH + t, entry)

    def post(self, t: int, name: str, **more: Any) -> None:
        """Post a job `j-name` with its execution `e-name`."""
        made = config(**more) if "operations" not in more else config() | more
        self.do(t, do="post_job", job_id=f"j-{name}", job=made, ex_id=f"e-{name}", execution=made)

    def at(self, t: int) -> Any:
        """Look at it."""
        return self.timeline.at(EPOCH + t)

    def ex(self, t: int, ex_id: str) -> Any:
        """Give an execution's document."""
        record = self.at(t).execution(ex_id).value
        return record.fields if record else None

    def status(self, t: int, ex_id: str) -> str | None:
        """Give an execution's status."""
        fields = self.ex(t, ex_id)
        return fields and fields["_status"]

    def stats(self, t: int, ex_id: str) -> Any:
        """Give a controller's entry."""
        record = self.at(t).controller(ex_id).value
        return record and record.fields

    def processes(self, t: int, ex_id: str) -> list[str]:
        """Give what an execution has on the nodes."""
        nodes = [record.fields for _, record in self.at(t).nodes().value]
        return sorted(p["assignment"] for node in nodes for p in node["active"] if p.get("ex_id") == ex_id)

    def running(self, ex_id: str) -> int:
        """Give when an execution begins to run, counted from the epoch."""
        return (
            next(c.t for c in self.timeline.changes(EPOCH, EPOCH + HOUR) if (c.ex_id, c.after) == (ex_id, "running"))
            - EPOCH
        )


def test_a_posted_job_starts_as_observed() -> None:
    """Pending for half a second, scheduling for a tenth, then initializing; running 4 to 6.5 s after the post."""
    cluster = Cluster()
    cluster.post(1_000, "a")

    assert cluster.at(999).job("j-a").value is None
    assert cluster.status(1_000, "e-a") == cluster.status(1_499, "e-a") == "pending"
    assert cluster.status(1_500, "e-a") == cluster.status(1_619, "e-a") == "scheduling"
    assert cluster.status(1_620, "e-a") == "initializing"
    running = cluster.running("e-a")
    assert 5_000 <= running <= 7_500
    assert cluster.stats(running - 1, "e-a") is None
    assert cluster.stats(running, "e-a")["workers_joined"] == 0
    assert cluster.stats(running + 2_000, "e-a")["workers_joined"] == 2
    assert cluster.stats(running, "e-a")["started"] == format_instant(EPOCH + running)
    assert cluster.processes(1_619, "e-a") == []
    assert cluster.processes(1_620, "e-a") == ["execution_controller"]
    assert cluster.processes(2_620, "e-a") == ["execution_controller", "worker", "worker"]


def test_a_stop_takes_nine_seconds_and_writes_the_statistics() -> None:
    """Stopping at once, statistics soon, workers and controller gone in turn, stopped before the third look."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(20_000, do="stop", ex_id="e-a", force=False)

    assert cluster.ex(20_000, "e-a")["_slicer_stats"] == {}
    assert cluster.status(20_000, "e-a") == "stopping"
    written = cluster.ex(20_300, "e-a")
    assert written["_updated"] == format_instant(EPOCH + 20_300)
    processed = written["_slicer_stats"]["processed"]
    assert processed == cluster.stats(20_999, "e-a")["processed"] > 0
    assert cluster.stats(21_000, "e-a") is None
    assert cluster.processes(23_000, "e-a") == ["execution_controller"]
    assert cluster.processes(27_000, "e-a") == []
    assert cluster.status(28_899, "e-a") == "stopping"
    stopped = cluster.ex(28_900, "e-a")
    assert stopped["_status"] == "stopped"
    assert stopped["_slicer_stats"]["processed"] == processed
    assert cluster.ex(10 * HOUR, "e-a") == stopped


@pytest.mark.parametrize(
    ("t", "took"), [(100, 40), (510, 3_050), (1_000, 3_050)], ids=["pending", "scheduling", "initializing"]
)
def test_a_stop_before_it_runs_is_quicker(t: int, took: int) -> None:
    """What never ran writes no statistics and leaves nothing behind."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(t, do="stop", ex_id="e-a", force=False)

    assert cluster.status(t + took - 1, "e-a") == "stopping"
    assert cluster.status(t + took, "e-a") == "stopped"
    assert cluster.ex(HOUR, "e-a")["_slicer_stats"] == {}
    assert cluster.processes(t + took, "e-a") == []


def test_a_forced_stop_terminates() -> None:
    """At once nearly, whatever else is asked meanwhile."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(20_000, do="stop", ex_id="e-a", force=True)
    for word in ("pause", "resume", "stop"):
        cluster.do(20_100, do=word, ex_id="e-a")
    cluster.do(20_100, do="workers", ex_id="e-a", add=1)
    cluster.do(20_100, do="workers", ex_id="e-a", remove=1)

    assert cluster.status(20_219, "e-a") == "running"
    ended = cluster.ex(20_220, "e-a")
    assert ended["_status"] == "terminated"
    assert ended["_has_errors"] is True
    assert ended["_failureReason"].endswith('setting status to "terminated"')
    cluster.do(23_000, do="stop", ex_id="e-a", force=True)
    assert cluster.ex(HOUR, "e-a") == ended


def test_a_pause_drains_and_a_resume_goes_on() -> None:
    """Slices in flight are finished within a second; counters stand still until it runs again."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(20_000, do="pause", ex_id="e-a")
    cluster.do(40_000, do="resume", ex_id="e-a")

    assert cluster.status(20_000, "e-a") == "paused"
    assert cluster.stats(20_100, "e-a")["workers_active"] == 2
    drained = cluster.stats(21_000, "e-a")
    assert (drained["workers_active"], drained["workers_available"]) == (0, 2)
    before = cluster.stats(19_999, "e-a")["processed"]
    assert before <= drained["processed"] <= before + 2
    assert cluster.stats(39_999, "e-a") == drained
    assert cluster.stats(41_000, "e-a")["processed"] > drained["processed"]
    assert cluster.stats(41_000, "e-a")["workers_active"] == 2


def test_workers_come_and_go() -> None:
    """Added ones are in the state at the next node state and join later; the lowest numbers go first."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(20_000, do="workers", ex_id="e-a", add=1.5)
    cluster.do(60_000, do="workers", ex_id="e-a", remove=3)

    assert len(cluster.processes(20_000, "e-a")) == 3
    assert len(cluster.processes(25_000, "e-a")) == 5
    assert cluster.stats(25_000, "e-a")["workers_joined"] == 2
    assert cluster.stats(59_000, "e-a")["workers_joined"] == 4
    slow = cluster.stats(25_000, "e-a")["processed"] - cluster.stats(20_000, "e-a")["processed"]
    assert cluster.stats(59_000, "e-a")["processed"] - cluster.stats(54_000, "e-a")["processed"] > 1.8 * slow
    later = cluster.stats(62_000, "e-a")
    assert (later["workers_joined"], later["workers_disconnected"], later["workers_active"]) == (4, 3, 1)
    assert len(cluster.processes(62_000, "e-a")) == 2
    assert cluster.ex(62_000, "e-a")["workers"] == 2


def test_workers_of_one_that_starts_up() -> None:
    """Asked for while it is pending they come with the others; taken away while it initializes they never join."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(100, do="workers", ex_id="e-a", add=2)
    cluster.do(3_000, do="workers", ex_id="e-a", remove=3)
    cluster.do(3_000, do="workers", ex_id="e-a", add=0)

    assert len(cluster.processes(2_900, "e-a")) == 5
    assert len(cluster.processes(5_000, "e-a")) == 2
    assert cluster.stats(15_000, "e-a")["workers_joined"] == 1


def test_what_finds_no_slot_waits() -> None:
    """A greedy execution runs with what there is; the next one is pending until slots are free."""
    cluster = Cluster()
    cluster.post(0, "greedy", workers=40)
    cluster.post(15_000, "late", workers=1)
    cluster.post(15_000, "given-up", workers=1)
    cluster.do(20_000, do="stop", ex_id="e-given-up", force=False)
    cluster.do(30_000, do="stop", ex_id="e-greedy", force=False)

    assert cluster.status(14_000, "e-greedy") == "running"
    assert cluster.stats(14_000, "e-greedy")["workers_active"] == 13
    assert cluster.ex(14_000, "e-greedy")["workers"] == 40
    assert cluster.status(30_000, "e-late") == "pending"
    assert cluster.status(20_040, "e-given-up") == "stopped"
    assert all(record.fields["available"] == 0 for _, record in cluster.at(29_000).nodes().value)
    assert 33_000 < cluster.running("e-late") < 42_000


def test_a_greedy_execution_takes_what_becomes_free() -> None:
    """Workers that are still asked for come one by one when slots become free."""
    cluster = Cluster()
    cluster.post(0, "small", workers=3)
    cluster.post(0, "greedy", workers=40)
    cluster.do(30_000, do="stop", ex_id="e-small", force=False)

    assert len(cluster.processes(29_000, "e-greedy")) == 10
    assert len(cluster.processes(HOUR, "e-greedy")) == 14


def test_a_once_job_completes() -> None:
    """Ten slices of two workers; then it has ended, and nothing is left of it on the nodes."""
    cluster = Cluster()
    cluster.post(0, "a", lifecycle="once")
    running = cluster.running("e-a")

    assert cluster.stats(running + 300, "e-a")["queuing_complete"] == format_instant(EPOCH + running + 240)
    assert "queuing_complete" not in cluster.stats(running + 200, "e-a")
    ended = cluster.ex(running + 5_000, "e-a")
    assert ended["_status"] == "completed"
    stats = ended["_slicer_stats"]
    assert (stats["processed"], stats["queued"], stats["failed"], stats["workers_available"]) == (10, 0, 0, 2)
    assert cluster.processes(running + 5_000, "e-a") == []


@pytest.mark.parametrize("lifecycle", ["once", "persistent"])
def test_failing_slices(lifecycle: str) -> None:
    """The first one makes it failing; a once job fails at its end, a persistent one goes on and can be stopped."""
    cluster = Cluster()
    broken = READER | {"fetcher_data_file_path": "/nowhere/a.json"}
    cluster.post(0, "a", operations=[broken, {"_op": "noop"}], lifecycle=lifecycle, max_retries=3)
    running = cluster.running("e-a")

    failing = cluster.ex(running + 3_000, "e-a")
    assert failing["_status"] == "failing"
    assert failing["_slicer_stats"]["failed"] == 1
    assert failing["_failureReason"].endswith("reason: slice failure watch dog")
    errors = cluster.at(running + 3_000).errors("e-a").value
    assert len(errors) == cluster.stats(running + 3_000, "e-a")["failed"] > 1
    assert "/nowhere/a.json" in errors[0].fields["error"]
    assert errors[0].fields["retry_count"] == 3
    cluster.do(running + 40_000, do="stop", ex_id="e-a", force=False)
    ended = cluster.ex(HOUR, "e-a")
    assert ended["_status"] == ("failed" if lifecycle == "once" else "stopped")
    assert ended["_has_errors"] is (lifecycle == "once")
    assert len(cluster.at(HOUR).errors("e-a").value) == ended["_slicer_stats"]["failed"]


def test_pausing_a_failing_execution_keeps_why_it_failed() -> None:
    """Paused, resumed, failing again; the text stays until it is stopped."""
    cluster = Cluster()
    broken = READER | {"fetcher_data_file_path": "/nowhere/a.json"}
    cluster.post(0, "a", operations=[broken, {"_op": "noop"}])
    cluster.do(20_000, do="pause", ex_id="e-a")
    cluster.do(30_000, do="resume", ex_id="e-a")

    assert cluster.status(19_999, "e-a") == "failing"
    assert cluster.ex(25_000, "e-a")["_has_errors"] is True
    assert cluster.status(30_000, "e-a") == "running"
    assert cluster.status(31_000, "e-a") == "failing"
    assert "retry_count" not in cluster.at(25_000).errors("e-a").value[0].fields
    kept = cluster.at(25_000).errors("e-a").value
    assert cluster.at(29_999).errors("e-a").value[-1].fields == kept[-1].fields


def test_a_slicer_that_cannot_be_started_fails() -> None:
    """Failed about 4 s after it was posted, with zeros for statistics and no workers left."""
    cluster = Cluster()
    broken = READER | {"slicer_data_file_path": "/nowhere/b.json"}
    cluster.post(0, "a", operations=[broken, {"_op": "noop"}], workers=40)
    cluster.do(3_000, do="workers", ex_id="e-a", add=1)
    cluster.do(3_500, do="workers", ex_id="e-a", remove=1)

    failed = cluster.ex(4_120, "e-a")
    assert failed["_status"] == "failed"
    assert "/nowhere/b.json" in failed["_failureReason"]
    assert failed["_slicer_stats"]["slicers"] == 0
    assert "started" not in failed["_slicer_stats"]
    assert cluster.processes(4_120, "e-a") == cluster.processes(MINUTE, "e-a") == []


@pytest.mark.parametrize(
    ("cleanup", "then"), [("all", "completed"), ("errors", "completed"), ("pending", "completed"), (None, "running")]
)
def test_a_recovery_does_what_was_left(cleanup: str | None, then: str) -> None:
    """It recovers what waited or failed, then ends, or runs where no cleanup was asked for."""
    cluster = Cluster()
    made = [{"_op": "data_generator", "size": 10}, {"_op": "noop"}]
    cluster.post(0, "a", operations=made, workers=5)
    cluster.do(8_000, do="stop", ex_id="e-a", force=False)
    cluster.do(20_000, do="recover", job_id="j-a", ex_id="e-b", recovers="e-a", cleanup=cleanup)

    document = cluster.ex(20_000, "e-b")
    assert document["recovered_execution"] == "e-a"
    assert document.get("recovered_slice_type") == cleanup
    statuses = [c.after for c in cluster.timeline.changes(EPOCH, EPOCH + HOUR) if c.ex_id == "e-b"]
    assert statuses == ["pending", "scheduling", "initializing", "recovering", then]
    left = cluster.ex(19_000, "e-a")["_slicer_stats"]["queued"]
    if cleanup == "pending":
        assert cluster.ex(HOUR, "e-b")["_slicer_stats"]["processed"] == left
    if cleanup == "errors":
        assert cluster.ex(HOUR, "e-b")["_slicer_stats"]["processed"] == 0


def test_recovering_can_be_resumed_paused_and_stopped() -> None:
    """A resume ends it, as on a real cluster; a stop of one that recovers takes half a minute and writes nothing."""
    cluster = Cluster()
    made = [{"_op": "data_generator", "size": 10}, {"_op": "noop"}]
    for name in ("a", "b"):
        cluster.post(0, name, operations=made, workers=1, lifecycle="once")
        cluster.do(8_000, do="stop", ex_id=f"e-{name}", force=False)
    cluster.do(20_000, do="recover", job_id="j-a", ex_id="r-a", recovers="e-a", cleanup="all")
    cluster.do(20_000, do="recover", job_id="j-b", ex_id="r-b", recovers="e-b", cleanup="nothing-known")
    cluster.do(20_000, do="recover", job_id="j-b", ex_id="r-c", recovers="unknown", cleanup=None)

    assert cluster.ex(HOUR, "r-c") is None
    begun = next(
        c.t for c in cluster.timeline.changes(EPOCH, EPOCH + HOUR) if (c.ex_id, c.after) == ("r-a", "recovering")
    )
    t = begun - EPOCH + 100
    cluster.do(t, do="resume", ex_id="r-a")
    assert cluster.status(t, "r-a") == "running"
    assert cluster.status(HOUR, "r-a") == "completed"


def test_a_stop_of_one_that_recovers_writes_nothing() -> None:
    """Half a minute, and no statistics. Source: observed."""
    cluster = Cluster()
    made = [{"_op": "data_generator", "size": 10}, {"_op": "delay", "ms": 1000}]
    cluster.post(0, "a", operations=made)
    cluster.do(30_000, do="stop", ex_id="e-a", force=False)
    cluster.do(40_000, do="recover", job_id="j-a", ex_id="r-a", recovers="e-a", cleanup=None)
    cluster.do(60_000, do="stop", ex_id="r-a", force=False)

    assert cluster.stats(59_000, "r-a")["queued"] > 0
    assert cluster.status(59_999, "r-a") == "recovering"
    assert cluster.status(89_800, "r-a") == "stopping"
    assert cluster.ex(89_900, "r-a")["_slicer_stats"] == {}


def test_a_slicer_that_cannot_recover_is_stuck() -> None:
    """As `test-reader`: initializing for good, until it is stopped."""
    cluster = Cluster()
    cluster.post(0, "a", lifecycle="once")
    cluster.do(20_000, do="recover", job_id="j-a", ex_id="r-a", recovers="e-a", cleanup=None)
    cluster.do(25_000, do="workers", ex_id="r-a", add=1)

    assert cluster.status(10 * HOUR, "r-a") == "initializing"
    assert len(cluster.processes(10 * HOUR, "r-a")) == 4
    assert cluster.stats(10 * HOUR, "r-a") is None


def test_deleting_is_soft() -> None:
    """The job and its executions are in the deleted lists and can still be read; nothing starts any more."""
    cluster = Cluster()
    cluster.post(0, "a")
    cluster.do(10_000, do="delete_job", job_id="j-a")
    cluster.do(20_000, do="stop", ex_id="e-a", force=False)
    cluster.do(40_000, do="delete_job", job_id="j-a")
    for word in ("start", "recover"):
        cluster.do(50_000, do=word, job_id="j-a", ex_id=f"{word}-x", execution=config(), recovers="e-a", cleanup=None)
    cluster.do(50_000, do="put_job", job_id="j-a", job={})
    cluster.do(50_000, do="delete_job", job_id="j-a")

    assert "_deleted" not in cluster.at(10_000).job("j-a").value.fields
    view = cluster.at(HOUR)
    job = view.job("j-a").value.fields
    assert (job["_deleted"], job["active"], job["_deleted_on"]) == (True, False, format_instant(EPOCH + 40_000))
    assert (view.job_count(), view.execution_count()) == (0, 0)
    assert [record.fields["job_id"] for record in view.deleted_jobs(0, 10).value] == ["j-a"]
    assert [record.fields["ex_id"] for record in view.deleted_executions(0, 10).value] == ["e-a"]
    assert view.execution("start-x").value is None
    assert view.latest_execution("j-a").value.fields["ex_id"] == "e-a"


def test_jobs_are_replaced_and_switched_as_documents() -> None:
    """The order of keys is the one observed; two writes at one instant are one."""
    cluster = Cluster()
    cluster.do(0, do="post_job", job_id="j", job={"name": "a", "operations": []})
    cluster.do(1_000, do="put_job", job_id="j", job={"x": 1, "_context": "odd"})
    cluster.do(2_000, do="set_active", job_id="j", active=False)
    cluster.do(2_000, do="set_active", job_id="j", active=True)

    assert list(cluster.at(0).job("j").value.fields) == [
        "name",
        "operations",
        "job_id",
        "_context",
        "_created",
        "_updated",
    ]
    replaced = cluster.at(1_500).job("j").value.fields
    assert list(replaced) == ["x", "_context", "_created", "job_id", "_updated"]
    assert (replaced["_created"], replaced["_context"]) == (format_instant(EPOCH), "job")
    assert cluster.at(2_000).job("j").value.fields["active"] is True


def test_assets_come_and_go() -> None:
    """Saved once, deleted once, newest first."""
    cluster = Cluster()
    asset = {"name": "own", "version": "1.0.0", "id": "a" * 40}
    for t in (1_000, 2_000, 9_000):
        cluster.do(t, do="save_asset", asset=asset, operations=["own_reader"])
    cluster.do(2_500, do="save_asset", asset=asset | {"id": "b" * 40}, operations=[])
    for t in (5_000, 6_000):
        cluster.do(t, do="delete_asset", asset_id="a" * 40)

    assert [r.fields["id"][0] for r in cluster.at(3_000).assets().value] == ["b", "a"]
    assert [r.fields["id"][0] for r in cluster.at(7_000).assets().value] == ["b"]
    assert cluster.at(9_000).assets().value[0].fields == {"_created": format_instant(EPOCH + 9_000)} | asset
    assert cluster.at(3_000).asset_operations().value == {"a" * 40: ("own_reader",), "b" * 40: ()}


def test_what_does_not_apply_changes_nothing() -> None:
    """Unknown words, ids and records that are there already."""
    cluster = Cluster()
    cluster.post(0, "a")
    before = [record.fields for record in cluster.at(10_000).executions(0, 10).value]
    cluster.post(5_000, "a")
    cluster.do(5_000, do="post_job", job_id="j-b", job={}, ex_id="e-a", execution=config())
    cluster.do(5_000, do="start", job_id="j-a", ex_id="e-b", execution=config())
    cluster.do(5_000, do="start", job_id="unknown", ex_id="e-c", execution=config())
    for word in ("stop", "pause", "resume"):
        cluster.do(5_000, do=word, ex_id="unknown")
    cluster.do(5_000, do="workers", ex_id="unknown", add=1)
    cluster.do(5_000, do="workers", ex_id="e-a", remove=9)
    cluster.do(5_000, do="settings", ex_id="e-a", log_level="debug")
    cluster.do(5_000, do="put_job", job_id="unknown", job={})
    cluster.do(5_000, do="later-than-this-toolkit")

    assert [record.fields for record in cluster.at(10_000).executions(0, 10).value] == before


def test_commands_on_the_generated_world() -> None:
    """A stop of ours takes 9 s there, not the rule's minute, and the controller stays until then."""
    cluster = Cluster(jobs=25)
    every = [record.fields for record in cluster.at(0).executions(0, 50).value]
    running = [fields for fields in every if fields["_status"] == "running"]
    paused = next(fields["ex_id"] for fields in every if fields["_status"] == "paused")
    first, second = (fields["ex_id"] for fields in running[:2])
    cluster.do(1_000, do="stop", ex_id=first, force=False)
    cluster.do(1_000, do="pause", ex_id=second)
    cluster.do(1_000, do="resume", ex_id=paused)

    assert cluster.ex(1_000, first)["_slicer_stats"]["processed"] > 0
    assert cluster.stats(9_899, first) is not None
    assert cluster.status(9_900, first) == "stopped"
    assert cluster.processes(9_900, first) == []
    assert cluster.stats(2_000, second)["workers_active"] == 0
    assert cluster.status(30 * DAY, second) == "paused"
    assert cluster.status(30 * DAY, paused) == "running"
    assert cluster.stats(HOUR, paused)["processed"] > cluster.stats(1_000, paused)["processed"]
    assert cluster.at(0).execution(first).value.fields == running[0]


def test_a_generated_recovery_is_stopped_like_what_runs() -> None:
    """Nine seconds, with statistics."""
    cluster = Cluster(jobs=60)
    every = [record.fields for record in cluster.at(0).executions(0, 200).value]
    ex_id = next(fields["ex_id"] for fields in every if fields["_status"] == "recovering")
    cluster.do(1_000, do="stop", ex_id=ex_id, force=False)

    assert cluster.status(9_899, ex_id) == "stopping"
    assert cluster.status(9_900, ex_id) == "stopped"
    assert cluster.ex(HOUR, ex_id)["_slicer_stats"]["workers_joined"] > 0


def test_lifecycle_events_pass_by_what_a_client_has_in_hand() -> None:
    """A job that was replaced is not started by events any more; the others are."""
    cluster = Cluster(jobs=6)
    t = 3 * HOUR
    started = {c.ex_id for c in cluster.timeline.changes(EPOCH, EPOCH + t) if c.after == "pending"}
    jobs = {cluster.ex(t, ex_id)["job_id"] for ex_id in started}
    one = min(jobs)
    cluster.do(0, do="put_job", job_id=one, job={"name": "mine"})

    later = {c.ex_id for c in cluster.timeline.changes(EPOCH, EPOCH + t) if c.after == "pending"}
    assert {cluster.ex(t, ex_id)["job_id"] for ex_id in later} == jobs - {one}
    assert cluster.at(t).job(one).value.fields["name"] == "mine"
    living = [r.fields for r in cluster.at(0).executions(0, 50).value if r.fields["_status"] == "running"]
    stopped = next(fields for fields in living if cluster.status(DAY, fields["ex_id"]) == "stopped")
    cluster.do(1_000, do="set_active", job_id=stopped["job_id"], active=False)
    assert cluster.status(DAY, stopped["ex_id"]) == "running"


def test_a_lifecycle_start_that_finds_its_slots_taken_does_not_happen() -> None:
    """A client may fill the cluster to the last slot; then nothing else starts, and no node is over-full."""
    cluster = Cluster(jobs=10)
    cluster.post(0, "greedy", workers=10_000)
    t = 2 * HOUR
    view = cluster.at(t)

    assert all(record.fields["available"] >= 0 for _, record in view.nodes().value)
    assert cluster.stats(t, "e-greedy")["workers_joined"] > 20
    living = [r.fields["ex_id"] for r in view.executions(0, 100).value if r.fields["_status"] == "running"]
    assert living == ["e-greedy"] or len(living) < 7
    ids = [r.fields["ex_id"] for r in view.executions(0, 1_000).value]
    assert len(ids) == view.execution_count() == len(set(ids))


def test_deleting_a_generated_job_takes_all_its_executions_along() -> None:
    """History and what events started; the newest stays the latest."""
    cluster = Cluster(jobs=4)
    t = 2 * DAY
    view = cluster.at(t)
    jobs = [record.fields["job_id"] for record in view.jobs(0, 10).value]
    idle = next(job_id for job_id in jobs if not view.living_of(job_id).value)
    of_job = [r.fields["ex_id"] for r in cluster.at(t).executions(0, 10_000).value if r.fields["job_id"] == idle]
    latest = cluster.at(t).latest_execution(idle).value.fields["ex_id"]
    cluster.do(t, do="delete_job", job_id=idle)
    view = cluster.at(t)

    assert sorted(r.fields["ex_id"] for r in view.deleted_executions(0, 10_000).value) == sorted(of_job)
    assert view.latest_execution(idle).value.fields["ex_id"] == latest
    assert all(r.fields["job_id"] != idle for r in view.executions(0, 10_000).value)
    assert view.deleted_executions(0, 1).value[0].fields["_updated"] == format_instant(EPOCH + t)


def test_deleting_changes_nothing_else_of_what_has_ended() -> None:
    """Executions of any ending keep all they had, one that was rejected has no statistics still."""
    cluster = Cluster(jobs=60, living_share=0)
    before = [record.fields for record in cluster.at(0).executions(0, 1000).value]
    for job in cluster.at(0).jobs(0, 1000).value:
        cluster.do(1, do="delete_job", job_id=job.fields["job_id"])

    assert {fields["_status"] for fields in before} == {"completed", "stopped", "rejected", "failed", "terminated"}
    for fields in before:
        gone = {"_deleted": True, "_updated": format_instant(EPOCH + 1), "_deleted_on": format_instant(EPOCH + 1)}
        assert cluster.ex(1, fields["ex_id"]) == fields | gone


def test_the_fold_does_not_depend_on_what_was_asked_before() -> None:
    """A command that comes after a look at a later instant counts all the same."""
    cluster = Cluster()
    cluster.post(0, "a")
    assert cluster.status(HOUR, "e-a") == "running"
    cluster.do(20_000, do="pause", ex_id="e-a")
    assert cluster.status(HOUR, "e-a") == "paused"
    cluster.do(10_000, do="stop", ex_id="e-a", force=False)
    assert cluster.status(HOUR, "e-a") == "stopped"
    cluster.do(5 * SECOND, do="refresh")
    assert cluster.ex(HOUR, "e-a") is None
    assert cluster.ex(5 * SECOND - 1, "e-a") is not None
    cluster.do(3 * SECOND, do="refresh")
    assert cluster.ex(3 * SECOND, "e-a") is None
    assert cluster.ex(3 * SECOND - 1, "e-a") is not None


def test_more_worlds_than_are_kept_are_made_again() -> None:
    """A world that was forgotten is the same when it is looked at once more."""
    cluster = Cluster(jobs=3)
    for t in range(1_000, 21_000, 1_000):
        cluster.do(t, do="refresh")
    ids = [[r.fields["job_id"] for r in cluster.at(t).jobs(0, 5).value] for t in range(0, 21_000, 1_000)]

    assert [[r.fields["job_id"] for r in cluster.at(t).jobs(0, 5).value] for t in range(0, 21_000, 1_000)] == ids
    assert len({job_id for page in ids for job_id in page}) == 3 * 21


def test_a_world_without_events_obeys_too() -> None:
    """Nothing is started by events that are switched off, whatever clients hold."""
    cluster = Cluster(jobs=6, event_chance=0.0)
    running = [r.fields["ex_id"] for r in cluster.at(0).executions(0, 50).value if r.fields["_status"] == "running"]
    cluster.do(1_000, do="pause", ex_id=running[0])
    view = cluster.at(DAY)

    assert cluster.status(DAY, running[0]) == "paused"
    assert view.controller("unknown").value is None
    other = next(r.fields["job_id"] for r in view.jobs(0, 10).value)
    assert view.job(other).value.fields["job_id"] == other
    assert view.job("unknown").value is None


def test_a_worker_sent_away_as_its_execution_ends_is_gone_with_it() -> None:
    """Also of a generated execution that ends by itself a moment later."""
    cluster = Cluster(jobs=60)
    failing = [r.fields for r in cluster.at(0).executions(0, 200).value if r.fields["_status"] == "failing"]
    ex_id = next(fields["ex_id"] for fields in failing if fields["workers"] > 1)
    ended = next(c.t for c in cluster.timeline.changes(EPOCH, EPOCH + HOUR) if c.ex_id == ex_id) - EPOCH
    cluster.do(ended - 1_000, do="workers", ex_id=ex_id, remove=1)

    assert cluster.processes(ended - 1, ex_id) != []
    assert cluster.processes(ended, ex_id) == []
    assert cluster.ex(HOUR, ex_id)["_status"] in {"failed", "terminated"}
