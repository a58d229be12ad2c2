"""Commands to jobs: order of checks, observed texts, entries of the log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.answers.commanding import JOB, Commanded, T, said

REPLAY = "this server replays a bundle, which nothing changes; use toolkit serve --live for commands"
UNKNOWN = "OpenSearch Error: Response Error"
LATEST = "No execution was found for job {}"
TERMINAL = ("completed", "stopped", "rejected", "failed", "terminated")
LIVING = ("pending", "scheduling", "initializing", "recovering", "running", "failing", "paused", "stopping")


@pytest.mark.parametrize("prefix", ["", "/v1"])
def test_a_posted_job_is_stored_as_posted_and_started(prefix: str) -> None:
    """The entry holds the job as it came, new ids and the execution's configuration; the answer holds the ids."""
    commanded = Commanded()
    job = {**JOB, "extra": {"b": 1, "a": [1.5]}}
    status, made = said(commanded.send("POST", f"{prefix}/jobs", job))
    (entry,) = commanded.entries

    assert (status, list(made)) == (200, ["job_id", "ex_id"])
    assert list(entry) == ["do", "job_id", "job", "ex_id", "execution"]
    assert (entry["do"], entry["job_id"], entry["ex_id"]) == ("post_job", made["job_id"], made["ex_id"])
    assert str(list(entry["job"])) == str(list(job))
    assert entry["execution"]["operations"][0]["_op"] == "test-reader"
    assert commanded.log.in_order()[0].t == T


@pytest.mark.parametrize(
    ("query", "starts"),
    [("", True), ("?start=false", False), ("?start=FALSE", True), ("?start=", True), ("?start=0", True),
     ("?start=false&start=false", True)],
)  # fmt: skip
def test_only_false_keeps_a_job_from_starting(query: str, starts: bool) -> None:  # noqa: FBT001 - a table's column
    """`start` is compared to one text."""
    commanded = Commanded()
    _, made = said(commanded.send("POST", f"/v1/jobs{query}", JOB))

    assert ("ex_id" in made, "execution" in commanded.entries[0]) == (starts, starts)


def test_two_jobs_have_two_ids() -> None:
    """Ids go by the log's sequence."""
    commanded = Commanded()
    made = [said(commanded.send("POST", "/v1/jobs", JOB))[1] for _ in range(2)]

    assert len({*made[0].values(), *made[1].values()}) == 4


def test_a_job_brings_no_id() -> None:
    """422, after the operations were looked for."""
    refused = said(Commanded().send("POST", "/v1/jobs", {**JOB, "job_id": "abc"}))

    assert refused == (422, "Job cannot include a job_id on submit")
    assert said(Commanded().send("POST", "/v1/jobs", {"job_id": "abc"}))[0] == 400


def test_a_job_that_is_refused_changes_nothing() -> None:
    """Status and text are those of the job's checks."""
    commanded = Commanded()
    job = {"operations": [{"_op": "test-reader"}, {"_op": "zzz"}]}

    assert said(commanded.send("POST", "/v1/jobs", job)) == (500, "Unable to find module for operation: zzz")
    assert said(commanded.send("PUT", "/v1/jobs/idle", job)) == (500, "Unable to find module for operation: zzz")
    assert commanded.entries == []


def test_a_jobs_ports_are_stored_with_the_one_of_its_metrics() -> None:
    """What is stored is what Teraslice makes of the posted job; ports that are none are refused."""
    commanded = Commanded()
    for method, target in (("POST", "/v1/jobs"), ("PUT", "/v1/jobs/idle")):
        commanded.send(method, target, {**JOB, "prom_metrics_enabled": True})
    refused = commanded.send("PUT", "/v1/jobs/idle", {**JOB, "prom_metrics_enabled": True, "external_ports": 5})

    assert all(entry["job"]["external_ports"] for entry in commanded.entries)
    assert (refused.status, len(commanded.entries)) == (500, 2)


def test_a_put_replaces_the_document() -> None:
    """The body as it came goes into the log, and the answer is the job of the view afterwards."""
    commanded = Commanded()
    job = {"note": 1, "job_id": "zzz", **JOB}

    assert said(commanded.send("PUT", "/v1/jobs/idle", job)) == (200, {**job, "job_id": "idle"})
    assert commanded.entries == [{"do": "put_job", "job_id": "idle", "job": job}]


def test_the_checks_of_a_put_come_in_their_order() -> None:
    """Nothing in it, unknown, deleted, refused."""
    commanded = Commanded().add("e", "stopped", "gone")
    commanded.timeline.jobs["gone"]["_deleted"] = True
    empty = (400, "no data was provided to update job nope")

    assert said(commanded.send("PUT", "/v1/jobs/nope", {})) == empty
    assert said(commanded.send("PUT", "/v1/jobs/nope", [])) == empty
    assert said(commanded.send("PUT", "/v1/jobs/nope", {"a": 1})) == (404, UNKNOWN)
    assert said(commanded.send("PUT", "/v1/jobs/gone", {"a": 1})) == (
        410, "Job gone has been deleted and cannot be updated."
    )  # fmt: skip
    assert said(commanded.send("PUT", "/v1/jobs/idle", {"a": 1}))[0] == 500
    assert said(commanded.send("PUT", "/v1/jobs/idle", [1]))[0] == 500
    assert commanded.entries == []


def test_who_makes_a_job_inactive_may_write_anything() -> None:
    """The checks are left out once, for a job that was active; then they are back."""
    commanded = Commanded()
    body = {"active": False, "note": "skips validation"}

    assert said(commanded.send("PUT", "/v1/jobs/idle", body)) == (200, {**body, "job_id": "idle"})
    assert said(commanded.send("PUT", "/v1/jobs/idle", body))[0] == 500
    assert said(commanded.send("POST", "/v1/jobs/idle/_active"))[0] == 500
    assert len(commanded.entries) == 1


@pytest.mark.parametrize(("word", "active"), [("_active", True), ("_inactive", False)])
def test_a_job_is_made_active_or_not(word: str, active: bool) -> None:  # noqa: FBT001 - a table's column
    """The answer is the whole job; unknown and deleted ones are refused."""
    commanded = Commanded().add("e", "stopped", "gone")
    commanded.timeline.jobs["gone"]["_deleted"] = True

    assert said(commanded.send("POST", f"/v1/jobs/idle/{word}")) == (200, {**JOB, "job_id": "idle", "active": active})
    assert commanded.entries == [{"do": "set_active", "job_id": "idle", "active": active}]
    assert said(commanded.send("POST", f"/v1/jobs/nope/{word}")) == (404, UNKNOWN)
    gone = "Job gone has been deleted and cannot be updated."
    assert said(commanded.send("POST", f"/v1/jobs/gone/{word}")) == (410, gone)


def test_a_job_is_deleted_once() -> None:
    """The answer is the job afterwards; then it has been deleted, and cannot be started or recovered."""
    commanded = Commanded().add("e", "stopped")

    assert said(commanded.send("DELETE", "/v1/jobs/j")) == (200, {**JOB, "job_id": "j", "_deleted": True})
    assert commanded.entries == [{"do": "delete_job", "job_id": "j"}]
    for method, target, text in (
        ("DELETE", "/v1/jobs/j", "Job j has already been deleted."),
        ("POST", "/v1/jobs/j/_start", "Job j has been deleted and cannot be started."),
        ("POST", "/v1/jobs/j/_recover", "Job j has been deleted and cannot be recovered."),
    ):
        assert said(commanded.send(method, target)) == (410, text)
    assert said(commanded.send("DELETE", "/v1/jobs/nope")) == (404, UNKNOWN)


@pytest.mark.parametrize("status", LIVING)
def test_a_job_that_runs_is_neither_started_nor_deleted(status: str) -> None:
    """Any execution that is not terminal counts, the latest or not; the guard comes before all else."""
    commanded = Commanded().add("old", status).add("new", "completed")
    commanded.timeline.jobs["j"]["_deleted"] = True
    start = "Job j is currently running, cannot have the same job concurrently running"

    assert said(commanded.send("POST", "/v1/jobs/j/_start")) == (409, start)
    delete = "Job j is currently running, cannot delete a running job."
    assert said(commanded.send("DELETE", "/v1/jobs/j")) == (409, delete)
    assert commanded.entries == []


@pytest.mark.parametrize("status", TERMINAL)
def test_a_job_is_started_again(status: str) -> None:
    """A new execution from the stored document."""
    commanded = Commanded().add("e", status)
    code, made = said(commanded.send("POST", "/v1/jobs/j/_start"))
    (entry,) = commanded.entries

    assert (code, list(made), made["job_id"]) == (200, ["job_id", "ex_id"], "j")
    assert list(entry) == ["do", "job_id", "ex_id", "execution"]
    assert (entry["do"], entry["job_id"], entry["ex_id"]) == ("start", "j", made["ex_id"])


def test_a_start_is_checked_like_a_post() -> None:
    """Unknown ids and jobs that were stored without checks are refused."""
    commanded = Commanded()
    commanded.timeline.jobs["bare"] = {"active": False}

    assert said(commanded.send("POST", "/v1/jobs/nope/_start")) == (404, UNKNOWN)
    assert said(commanded.send("POST", "/v1/jobs/bare/_start"))[0] == 500
    assert said(commanded.send("POST", "/v1/jobs/bare/_recover"))[0] == 500


def test_a_job_that_recovers_by_itself_goes_on_from_its_latest_execution() -> None:
    """`_start` is a recovery of what is pending where there is something to recover, else a start."""
    commanded = Commanded().add("e", "completed")
    for job in ("j", "idle"):
        commanded.timeline.jobs[job]["autorecover"] = True
        commanded.send("POST", f"/v1/jobs/{job}/_start")

    assert [(e["do"], e.get("recovers"), e.get("cleanup")) for e in commanded.entries] == [
        ("start", "e", "pending"), ("start", None, None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "cleanup"),
    [
        ("", None), ("?cleanup_type=", None), ("?cleanup_type=all", "all"), ("?cleanup=errors", "errors"),
        ("?cleanup_type=pending&cleanup=errors", "pending"), ("?cleanup_type=&cleanup=all", "all"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["running", "stopped"])
def test_a_job_is_recovered_from_its_latest_execution(query: str, cleanup: str | None, status: str) -> None:
    """Whatever that one's status."""
    commanded = Commanded().add("old", "completed").add("e", status)
    code, made = said(commanded.send("POST", f"/v1/jobs/j/_recover{query}"))
    (entry,) = commanded.entries

    assert (code, list(made)) == (200, ["job_id", "ex_id"])
    assert [operation["_op"] for operation in entry.pop("execution")["operations"]] == ["test-reader", "noop"]
    assert entry == {"do": "recover", **made, "recovers": "e", "cleanup": cleanup}


def test_a_recovery_of_a_job_that_recovers_by_itself() -> None:
    """What is pending is done unless something else is asked for; one that never ran is started."""
    commanded = Commanded().add("e", "completed")
    for job, query in (("j", ""), ("j", "?cleanup=all"), ("idle", "")):
        commanded.timeline.jobs[job]["autorecover"] = True
        assert commanded.send("POST", f"/v1/jobs/{job}/_recover{query}").status == 200

    assert [(e["do"], e.get("recovers"), e.get("cleanup")) for e in commanded.entries] == [
        ("recover", "e", "pending"), ("recover", "e", "all"), ("start", None, None),
    ]  # fmt: skip


def test_the_checks_of_a_recovery_come_in_their_order() -> None:
    """The parameter, the job, its last execution."""
    commanded = Commanded()
    words = (400, "cleanup_type must be empty or set to all, errors, pending")

    for query in ("cleanup_type=bogus", "cleanup=bogus", "cleanup_type=all&cleanup_type=all", "cleanup_type=ALL"):
        assert said(commanded.send("POST", f"/v1/jobs/nope/_recover?{query}")) == words
        assert said(commanded.send("POST", f"/v1/ex/nope/_recover?{query}")) == words
    assert said(commanded.send("POST", "/v1/jobs/nope/_recover")) == (404, UNKNOWN)
    missing = "Job idle is missing an execution to recover from"
    assert said(commanded.send("POST", "/v1/jobs/idle/_recover")) == (404, missing)
    assert commanded.entries == []


@pytest.mark.parametrize(
    ("word", "query"),
    [("_stop", ""), ("_pause", ""), ("_resume", ""), ("_workers", ""), ("_workers", "?add=1"),
     ("_settings", "?log_level=bogus")],
)  # fmt: skip
@pytest.mark.parametrize("job", ["idle", "nope"])
def test_a_job_that_never_ran_has_nothing_to_command(job: str, word: str, query: str) -> None:
    """The latest execution is looked up before any parameter, and an unknown job is one that never ran."""
    assert said(Commanded().send("POST", f"/v1/jobs/{job}/{word}{query}")) == (404, LATEST.format(job))


@pytest.mark.parametrize(
    ("method", "target", "body"),
    [
        ("POST", "/v1/jobs", JOB), ("POST", "/v1/jobs?start=false", {"operations": 1}), ("PUT", "/v1/jobs/idle", JOB),
        ("PUT", "/v1/jobs/idle", {"active": False}), ("POST", "/v1/jobs/idle/_active", b""),
        ("POST", "/v1/jobs/idle/_inactive", b""), ("DELETE", "/v1/jobs/idle", b""),
        ("POST", "/v1/jobs/idle/_start", b""),
        ("POST", "/v1/jobs/done/_recover", b""), ("POST", "/v1/ex/d/_recover", b""), ("POST", "/v1/ex/e/_stop", b""),
        ("POST", "/v1/jobs/j/_stop?force=1", b""), ("POST", "/v1/jobs/j/_pause", b""),
        ("POST", "/v1/ex/p/_resume", b""),
        ("POST", "/v1/ex/e/_workers?add=1", b""), ("POST", "/v1/jobs/j/_settings?log_level=info", b""),
        ("POST", "/v1/data/refresh", b""), ("POST", "/v1/assets", b"PK\x03\x04{"),
        ("DELETE", f"/v1/assets/{'a' * 40}", b""),
    ],
)  # fmt: skip
def test_a_replay_refuses_every_write(method: str, target: str, body: Any) -> None:
    """One refusal, wherever something would have been written."""
    commanded = Commanded().add("p", "paused", "p").add("d", "stopped", "done").add("e", "running").replay()

    assert said(commanded.send(method, target, body)) == (409, REPLAY)


def test_a_replay_answers_what_would_change_nothing() -> None:
    """Refusals of Teraslice's own and commands without an effect are answered as ever."""
    commanded = Commanded().add("d", "stopped", "done").add("e", "stopping").replay()

    assert said(commanded.send("POST", "/v1/ex/d/_stop")) == (200, {"status": "stopped"})
    assert said(commanded.send("POST", "/v1/ex/e/_resume")) == (200, {"status": "running"})
    assert said(commanded.send("PUT", "/v1/jobs/nope", JOB))[0] == 404
    assert said(commanded.send("POST", "/v1/jobs/j/_start"))[0] == 409
    assert said(commanded.send("POST", "/v1/assets", b"PK"))[0] == 500
