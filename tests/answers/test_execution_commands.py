"""Commands to executions: checks, observed texts, entries of the log."""

from __future__ import annotations

import pytest

from tests.answers.commanding import Commanded, T, request, said
from tests.serving import live_cluster
from toolkit.answers.answer import answer, begin
from toolkit.answers.routes import ROUTES

INITIAL = ("pending", "scheduling", "initializing")
ENDED = ("completed", "stopped", "rejected", "failed", "terminated")
NOT_ACTIVE = "no active execution context was found for ex_id: {}"
BAD_WORKERS = "Must provide a valid worker parameter(add/remove/total) that is a number and greater than zero"


@pytest.mark.parametrize("target", ["/v1/ex/e", "/ex/e", "/v1/jobs/j", "/jobs/j"])
@pytest.mark.parametrize(
    ("word", "status", "answered", "written"),
    [
        ("_pause", "running", "paused", True), ("_pause", "failing", "paused", True),
        ("_pause", "recovering", "paused", True), ("_pause", "paused", "paused", True),
        ("_pause", "stopping", "paused", False), ("_resume", "paused", "running", True),
        ("_resume", "failing", "running", True), ("_resume", "running", "running", True),
        ("_resume", "stopping", "running", False),
    ],
)  # fmt: skip
def test_pause_and_resume_answer_what_they_want_and_write_what_may_happen(
    target: str,
    word: str,
    status: str,
    answered: str,
    written: bool,  # noqa: FBT001 - a table's column
) -> None:
    """A move that is not in the table of moves is answered like one that is, and appended nowhere."""
    commanded = Commanded().add("e", status)

    assert said(commanded.send("POST", f"{target}/{word}")) == (200, {"status": answered})
    assert commanded.entries == ([{"do": word[1:], "ex_id": "e"}] if written else [])


@pytest.mark.parametrize("status", INITIAL)
def test_an_execution_that_has_not_begun_is_not_available(status: str) -> None:
    """Three texts for three commands."""
    commanded = Commanded().add("e", status)

    assert said(commanded.send("POST", "/v1/ex/e/_pause")) == (500, "Execution e is not available to pause")
    assert said(commanded.send("POST", "/v1/jobs/j/_resume")) == (500, "Execution e is not available to resume")
    level = commanded.send("POST", "/v1/jobs/j/_settings?log_level=debug")
    assert said(level) == (404, "Execution e is not available")
    assert commanded.entries == []


@pytest.mark.parametrize("status", [*ENDED, None])
@pytest.mark.parametrize("command", ["_pause", "_resume", "_workers?add=1", "_workers?remove=9", "_workers?total=2"])
def test_an_execution_that_is_not_active_is_not_found(status: str | None, command: str) -> None:
    """Terminal and unknown ones are told apart nowhere; of a job it is its latest one that counts."""
    commanded = Commanded().add("e", "running")
    if status is not None:
        commanded.add("x", status)
        assert said(commanded.send("POST", f"/v1/jobs/j/{command}")) == (404, NOT_ACTIVE.format("x"))

    assert said(commanded.send("POST", f"/v1/ex/x/{command}")) == (404, NOT_ACTIVE.format("x"))
    assert commanded.entries == []


def test_the_log_level_is_written_and_answered() -> None:
    """Level before execution before controller; the level is one of six."""
    commanded = Commanded().add("e", "running").add("d", "stopped", "done")
    words = 'Invalid log level "{}", must be one of: trace, debug, info, warn, error, fatal'

    assert said(commanded.send("POST", "/v1/jobs/j/_settings?log_level=debug")) == (
        200,
        {"exId": "e", "level": "debug"},
    )
    assert commanded.entries == [{"do": "settings", "ex_id": "e", "log_level": "debug"}]
    odd = {
        "?log_level=bogus": "bogus",
        "": "undefined",
        "?log_level=info&log_level=warn": "info,warn",
        "?log_level=": "",
    }
    for query, shown in odd.items():
        for job in ("j", "done"):
            assert said(commanded.send("POST", f"/v1/jobs/{job}/_settings{query}")) == (400, words.format(shown))
    assert said(commanded.send("POST", "/v1/jobs/done/_settings?log_level=info")) == (404, NOT_ACTIVE.format("d"))
    assert said(commanded.send("POST", "/v1/ex/e/_settings?log_level=info")) == (
        405, "cannot POST endpoint /v1/ex/e/_settings?log_level=info"
    )  # fmt: skip


def test_an_execution_is_recovered_in_any_status() -> None:
    """The entry names the old one; what is pending is done where the execution recovers by itself."""
    commanded = Commanded().add("e", "running").add("a", "completed", "auto", autorecover=True)
    made = [
        said(commanded.send("POST", f"/v1/ex/{target}"))[1]
        for target in ("e/_recover", "e/_recover?cleanup=all", "a/_recover", "a/_recover?cleanup_type=errors")
    ]

    assert [list(one) for one in made] == [["job_id", "ex_id"]] * 4
    assert [one["job_id"] for one in made] == ["j", "j", "auto", "auto"]
    assert commanded.entries == [
        {"do": "recover", **made[0], "recovers": "e", "cleanup": None},
        {"do": "recover", **made[1], "recovers": "e", "cleanup": "all"},
        {"do": "recover", **made[2], "recovers": "a", "cleanup": "pending"},
        {"do": "recover", **made[3], "recovers": "a", "cleanup": "errors"},
    ]
    assert said(commanded.send("POST", "/v1/ex/nope/_recover")) == (404, "OpenSearch Error: Response Error")


@pytest.mark.parametrize(
    ("query", "words", "entry"),
    [
        ("add=3", "3 workers have been enqueued", {"add": 3}),
        ("add=1.5", "1.5 workers have been enqueued", {"add": 1.5}),
        ("add=0", "0 workers have been enqueued", None),
        ("add=", "0 workers have been enqueued", None),
        ("add=-0", "0 workers have been enqueued", None),
        ("add=0.5", "0.5 workers have been enqueued", None),
        ("add=%202%20", "2 workers have been enqueued", {"add": 2}),
        ("add=0x10", "16 workers have been enqueued", {"add": 16}),
        ("add=1e21", "1e+21 workers have been enqueued", {"add": 1e21}),
        ("remove=1", "1 workers have been remove", {"remove": 1}),
        ("remove=1.5", "1.5 workers have been remove", {"remove": 1.5}),
        ("remove=0", "0 workers have been remove", None),
        ("total=2", "2 workers have been set", None),
        ("total=1", "1 workers have been remove", {"remove": 1}),
        ("total=1.5", "0.5 workers have been remove", None),
        ("total=100", "98 workers have been enqueued", {"add": 98}),
        ("add=1&remove=1", "1 workers have been remove", {"remove": 1}),
        ("remove=9&add=1&bogus=1", "1 workers have been enqueued", {"add": 1}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["pending", "running", "stopping"])
def test_workers_are_added_removed_and_set(query: str, words: str, entry: dict[str, float] | None, status: str) -> None:
    """As native clustering says it, counted in the cluster state; what changes nothing is not appended."""
    commanded = Commanded().add("e", status).add("other", "running", "k")
    response = commanded.send("POST", f"/v1/jobs/j/_workers?{query}")

    assert said(response) == (200, {"message": f"{words} for execution: e"})
    assert commanded.entries == ([] if entry is None else [{"do": "workers", "ex_id": "e", **entry}])
    assert all(type(value) is not float or value % 1 or value > 2**53 for value in (entry or {}).values())


@pytest.mark.parametrize(
    ("query", "removed"), [("remove=2", "2"), ("remove=50", "50"), ("total=0", "2"), ("remove=2.5", "2.5")]
)
def test_the_last_worker_is_not_removed(query: str, removed: str) -> None:
    """400 with both numbers."""
    commanded = Commanded().add("e", "running")
    words = f"workers to be removed: {removed} cannot be >= to current workers: 2"

    assert said(commanded.send("POST", f"/v1/ex/e/_workers?{query}")) == (400, words)
    assert commanded.entries == []


@pytest.mark.parametrize(
    "query",
    ["", "?", "?bogus=1", "?add=abc", "?add=-1", "?add=1&add=2", "?add=1&remove=x", "?add=Infinity", "?add=1e400",
     "?add=NaN", "?Add=1", "?add=1_0"],
)  # fmt: skip
def test_what_is_no_number_of_workers_is_refused_before_the_execution_is_looked_for(query: str) -> None:
    """The same text for a missing, a negative and an absurd one; of a job the latest execution comes first."""
    commanded = Commanded().add("e", "stopped")

    for target in ("/v1/ex/nope", "/v1/ex/e", "/v1/jobs/j"):
        assert said(commanded.send("POST", f"{target}/_workers{query}")) == (400, BAD_WORKERS)


@pytest.mark.parametrize("target", ["/v1/JOBS/j/_stop", "/EX/e/_pause", "/v1/Ex/e/controller", "/Jobs/j/errors"])
def test_jobs_and_executions_are_told_apart_by_small_letters(target: str) -> None:
    """The route matches in any letter case, what looks for the execution does not."""
    method = "POST" if "_" in target else "GET"
    commanded = Commanded().add("e", "running")

    assert said(commanded.send(method, target)) == (405, "Only /ex and /jobs are allowed")
    assert said(commanded.send("POST", "/V1/jobs/j/_PAUSE")) == (200, {"status": "paused"})


@pytest.mark.parametrize(
    ("target", "methods"),
    [
        ("/", "GET, HEAD"), ("/v1/jobs", "GET, HEAD, POST"), ("/jobs/x", "DELETE, GET, HEAD, PUT"),
        ("/v1/jobs/x/_start", "POST"), ("/v1/jobs/x/_settings", "POST"), ("/v1/ex", "GET, HEAD"),
        ("/v1/ex/x", "GET, HEAD"), ("/v1/ex/x/_workers", "POST"), ("/v1/jobs/x/ex", "GET, HEAD"),
        ("/v1/assets", "DELETE, GET, HEAD, POST"), ("/v1/assets/x/y", "DELETE, GET, HEAD, POST"),
    ],
)  # fmt: skip
def test_options_lists_the_methods_of_every_route(target: str, methods: str) -> None:
    """Sorted, as text and as Allow; what is no route is a 405."""
    response = Commanded().send("OPTIONS", target)

    assert (response.status, response.body.decode()) == (200, methods)
    assert dict(response.headers)["Allow"] == methods
    for unknown in ("/v1/ex/x/_settings", "/v1/ex/x/_start", "/v1/nope", "/txt/jobs", "/v1/jobs/x/_nope"):
        assert Commanded().send("OPTIONS", unknown).status == 405


@pytest.mark.parametrize(
    ("method", "target"),
    [("PUT", "/v1/jobs"), ("PATCH", "/v1/jobs"), ("POST", "/v1/ex"), ("DELETE", "/v1/ex/x"), ("PUT", "/v1/assets"),
     ("GET", "/v1/jobs/x/_start"), ("GET", "/v1/ex/x/_workers"), ("POST", "/v1/ex/x/_settings?log_level=info"),
     ("POST", "/v1/jobs/x"), ("DELETE", "/v1/jobs")],
)  # fmt: skip
def test_what_is_no_command_is_a_405(method: str, target: str) -> None:
    """In Teraslice's words, whatever is sent along."""
    response = Commanded().send(method, target, {})

    assert said(response) == (405, f"cannot {method} endpoint {target}")


def test_every_command_answers_alike_with_and_without_its_prefix() -> None:
    """To ids that nobody knows, over the generated world."""
    cluster = live_cluster()
    for route in ROUTES:
        if route.method != "GET" and route.documented and route.tag in {"jobs", "ex"}:
            path = route.path.format(job_id="nope", ex_id="nope")
            answers = [answer(cluster, T, request(route.method, prefix + path, {"a": 1})) for prefix in ("", "/v1")]
            assert answers[0].body == answers[1].body
            assert {one.status for one in answers} <= {400, 404}


def test_a_stop_of_a_generated_execution_answers_at_once_without_a_driver_that_waits() -> None:
    """In a process of ours nobody waits for an instant."""
    cluster = live_cluster()
    ex_id = cluster.timeline.at(T).executions(0, 1).value[0].fields["ex_id"]
    begun = begin(cluster, T, request("POST", f"/v1/ex/{ex_id}/_stop"))

    assert begun is not None
    assert answer(cluster, T, request("POST", f"/v1/ex/{ex_id}/_stop")).status == 200
