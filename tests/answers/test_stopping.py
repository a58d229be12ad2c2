"""Stopping: who waits, for which instants, and what is said at the end."""

from __future__ import annotations

from typing import Any

import pytest

from tests.answers.commanding import STOPS_IN, Commanded, T, request, said
from toolkit.answers.answer import Response, begin

FORCED = "Force stop complete for exId e"
ENDED = ("completed", "stopped", "rejected", "failed", "terminated")
LIVING = ("pending", "scheduling", "initializing", "recovering", "running", "failing", "paused", "stopping")


def waited(commanded: Commanded, target: str, late: int = 0) -> tuple[list[int], tuple[int, Any]]:
    """Send a stop to a driver that waits, and comes late: what it was asked to wait for, and the answer."""
    begun = begin(commanded.cluster, T, request("POST", target))
    asked: list[int] = []
    came: int | None = None
    while not isinstance(begun, Response):
        try:
            due = begun.send(came)
        except StopIteration as end:
            begun = end.value
        else:
            assert due is not None
            asked.append(due - T)
            came = due + late
    assert begun.until == 0
    return asked, said(begun)


@pytest.mark.parametrize("status", [one for one in LIVING if one != "stopping"])
@pytest.mark.parametrize("target", ["/v1/ex/e/_stop", "/jobs/j/_stop?blocking=true&timeout=abc", "/ex/e/_stop?force="])
def test_a_stop_answers_when_the_execution_has_stopped(status: str, target: str) -> None:
    """The status is read again every three seconds after the request."""
    commanded = Commanded().add("e", status)

    assert waited(commanded, target) == ([3000, 6000, 9000], (200, {"status": "stopped"}))
    assert commanded.entries == [{"do": "stop", "ex_id": "e", "force": False}]
    assert 6000 < STOPS_IN < 9000


def test_a_driver_that_comes_late_is_told_the_next_time() -> None:
    """Times stay multiples of three seconds after the request, and the last one told is what counts."""
    assert waited(Commanded().add("e", "running"), "/v1/ex/e/_stop", late=1)[0] == [3000, 6000, 9000]
    assert waited(Commanded().add("e", "running"), "/v1/ex/e/_stop", late=3000)[0] == [3000, 9000]
    assert waited(Commanded().add("e", "running"), "/v1/ex/e/_stop", late=60_000)[0] == [3000]


def test_nobody_who_will_not_wait_is_made_to() -> None:
    """A driver whose clock never comes there gets the status there is."""
    commanded = Commanded().add("e", "running")

    assert said(commanded.send("POST", "/v1/ex/e/_stop")) == (200, {"status": "stopping"})
    assert said(commanded.send("POST", "/v1/ex/e/_stop", t=T + 3000)) == (200, {"status": "stopping"})
    assert said(commanded.send("POST", "/v1/ex/e/_stop", t=T + 9000)) == (200, {"status": "stopped"})
    assert len(commanded.entries) == 1


@pytest.mark.parametrize("blocking", ["false", "TRUE", "1", "yes", "", "true&blocking=true"])
def test_only_true_blocks(blocking: str) -> None:
    """Anything else is answered at once, with the status at once."""
    commanded = Commanded().add("e", "running")

    assert waited(commanded, f"/v1/ex/e/_stop?blocking={blocking}") == ([], (200, {"status": "stopping"}))
    assert len(commanded.entries) == 1


@pytest.mark.parametrize("force", ["true", "false", "0", "&force="])
def test_anything_that_is_not_empty_is_force(force: str) -> None:
    """`false` too; the answer says so, when it is done."""
    commanded = Commanded().add("e", "running")
    done = {"message": FORCED, "status": "terminated"}

    assert waited(commanded, f"/v1/jobs/j/_stop?force={force}") == ([3000], (200, done))
    assert commanded.entries == [{"do": "stop", "ex_id": "e", "force": True}]


def test_force_without_blocking_gives_the_status_there_is() -> None:
    """Nothing is set to `stopping` first."""
    commanded = Commanded().add("e", "running")
    done = {"message": FORCED, "status": "running"}

    assert waited(commanded, "/v1/ex/e/_stop?force=1&blocking=false") == ([], (200, done))


def test_a_stopping_execution_is_waited_for_and_stopped_by_force_only() -> None:
    """A second stop appends nothing, force does."""
    commanded = Commanded().add("e", "running")
    commanded.send("POST", "/v1/ex/e/_stop?blocking=false", t=T - 4000)

    assert waited(commanded, "/v1/ex/e/_stop") == ([3000, 6000], (200, {"status": "stopped"}))
    assert len(commanded.entries) == 1
    assert waited(commanded, "/v1/ex/e/_stop?force=1")[1][1]["status"] == "terminated"
    assert [entry["force"] for entry in commanded.entries] == [False, True]


@pytest.mark.parametrize("status", ENDED)
def test_what_has_ended_is_answered_at_once(status: str) -> None:
    """Forced or not, with its status; nothing is appended."""
    commanded = Commanded().add("e", status)

    assert waited(commanded, "/v1/ex/e/_stop") == ([], (200, {"status": status}))
    assert waited(commanded, "/v1/jobs/j/_stop?force=true") == ([], (200, {"message": FORCED, "status": status}))
    assert commanded.entries == []


def test_an_execution_that_goes_away_meanwhile_is_unknown() -> None:
    """A refresh during the wait leaves nothing to wait for."""
    commanded = Commanded().add("e", "running")
    steps = begin(commanded.cluster, T, request("POST", "/v1/ex/e/_stop"))
    assert not isinstance(steps, Response)
    assert next(steps) == T + 3000
    commanded.log.append(T + 1, {"do": "refresh"})
    with pytest.raises(StopIteration) as end:
        steps.send(T + 3000)

    assert said(end.value.value) == (404, "OpenSearch Error: Response Error")


def test_an_unknown_execution_cannot_be_stopped() -> None:
    """The record is what is missing."""
    for query in ("", "?force=true", "?blocking=false"):
        assert said(Commanded().send("POST", f"/v1/ex/nope/_stop{query}")) == (404, "OpenSearch Error: Response Error")
