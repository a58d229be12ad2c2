"""A way to break each rule, and only it: one value of a history is changed."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from hypothesis import assume
from hypothesis import strategies as st

from toolkit.model.instants import DAY, format_instant, parse_instant
from toolkit.model.status import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.examine.worlds import Documents

History = list[tuple[int, "Documents"]]
Record = dict[str, Any]


class Breaker:
    """A history that is about to be broken, and the choices of how."""

    def __init__(self, draw: st.DrawFn, history: History) -> None:
        """Break a history."""
        self.draw = draw
        self.history = history
        self.last = history[-1][1]

    def pick(self, kind: str, wanted: Callable[[Record], Any] = bool) -> list[Record]:
        """Choose a record of a kind that is as wanted at every instant; give what it is at each."""
        everywhere = [documents[kind] for _, documents in self.history]
        keys = sorted(key for key in everywhere[0] if all(key in found and wanted(found[key]) for found in everywhere))
        assume(keys)
        key = self.draw(st.sampled_from(keys))
        return [found[key] for found in everywhere]

    def inner(self, versions: list[Record]) -> tuple[Record, Record]:
        """Choose an instant that is not the first; give the record there and at the one before."""
        place = self.draw(st.integers(1, len(versions) - 1))
        return versions[place], versions[place - 1]

    def any(self, versions: list[Record]) -> Record:
        """Choose an instant; give the record there."""
        return self.draw(st.sampled_from(versions))

    def remove(self, kind: str, record: Record, field: str, *, everywhere: bool) -> None:
        """Take a record out, at the last instant or at all."""
        for _, documents in self.history if everywhere else self.history[-1:]:
            documents[kind].pop(record[field])


def _worker(node: Record) -> Record | None:
    found = [process for process in node["active"] if process["assignment"] == "worker"]
    return found[0] if found else None


def _works(controller: Record) -> bool:
    return bool(controller["processed"] > controller["failed"] + 1)


def counter_falls(b: Breaker) -> None:
    """A counter is less than it was."""
    after, before = b.inner(b.pick("controllers", _works))
    after["processed"] = before["processed"] - 1


def illegal_transition(b: Breaker) -> None:
    """What runs was already stopping."""
    versions = b.pick("executions", lambda one: one["_status"] == "running")
    versions[b.draw(st.integers(0, len(versions) - 2))]["_status"] = "stopping"


def terminal_changes(b: Breaker) -> None:
    """What has ended gets another failure reason, or another worker."""
    field, value = b.draw(st.sampled_from([("_failureReason", "late"), ("workers", 77), ("new", None)]))
    b.inner(b.pick("executions", lambda one: one["_status"] in TERMINAL))[0][field] = value


def updated_falls(b: Breaker) -> None:
    """A record was written, and later it was not yet."""
    kind = b.draw(st.sampled_from(["jobs", "executions"]))
    after, before = b.inner(b.pick(kind, _written_late))
    after["_updated"] = format_instant(parse_instant(before["_updated"]) - 2_000)


def _written_late(record: Record) -> bool:
    return parse_instant(record["_updated"]) - parse_instant(record["_created"]) >= 2_000


def origin_changes(b: Breaker) -> None:
    """A record was created a day earlier than it was."""
    after, _ = b.inner(b.pick(b.draw(st.sampled_from(["jobs", "executions"]))))
    after["_created"] = format_instant(parse_instant(after["_created"]) - DAY)


def process_changes(b: Breaker) -> None:
    """A worker becomes a controller."""
    worker = _worker(b.inner(b.pick("nodes", _worker))[0])
    assert worker is not None
    worker["assignment"] = "execution_controller"


def id_twice(b: Breaker) -> None:
    """A record comes twice."""
    kind, field = b.draw(st.sampled_from([("jobs", "job_id"), ("executions", "ex_id"), ("controllers", "ex_id")]))
    record = b.pick(kind)[-1]
    b.last[kind][f"{record[field]}#2"] = deepcopy(record)


def below_zero(b: Breaker) -> None:
    """A number is below zero."""
    kind, field = b.draw(st.sampled_from([("controllers", "queued"), ("nodes", "available")]))
    b.any(b.pick(kind))[field] = -1


def processes_above_slots(b: Breaker) -> None:
    """A node has fewer slots than processes."""
    node = b.any(b.pick("nodes", lambda one: one["available"] < len(one["active"])))
    node["total"] = len(node["active"]) - 1


def available_above_slots(b: Breaker) -> None:
    """A node has more free slots than slots."""
    node = b.any(b.pick("nodes"))
    node["available"] = node["total"] + 1


def slots_do_not_add_up(b: Breaker) -> None:
    """A node with processes is free."""
    node = b.any(b.pick("nodes", _worker))
    node["available"] = node["total"]


def process_twice(b: Breaker) -> None:
    """A process comes twice."""
    node = b.any(b.pick("nodes", lambda one: _worker(one) and one["available"]))
    node["available"] -= 1
    node["active"].append(dict(node["active"][0]))


def failed_above_processed(b: Breaker) -> None:
    """More slices failed than were processed."""
    controller = b.pick("controllers", _works)[-1]
    controller["failed"] = controller["processed"] + 1


def dates_out_of_order(b: Breaker) -> None:
    """A record was deleted before it was created."""
    record = b.any(b.pick("jobs"))
    record["_deleted_on"] = format_instant(parse_instant(record["_created"]) - DAY)


def totals_differ(b: Breaker) -> None:
    """One of the two names of the totals says something else."""
    b.any(b.pick("cluster", lambda one: "slicer" in one))["slicer"]["queued"] += 1


def totals_fall(b: Breaker) -> None:
    """The totals are less than they were, under both their names."""
    stats = b.pick("cluster", lambda one: one.get("controllers", {}).get("processed"))
    after, before = stats[-1], stats[-2]
    for name in {"controllers", "slicer"} & after.keys():
        after[name]["processed"] = before[name]["processed"] - 1


def controller_of_no_execution(b: Breaker) -> None:
    """An execution that has a controller is not there."""
    b.remove("executions", b.pick("controllers")[-1], "ex_id", everywhere=False)


def controller_of_ended_execution(b: Breaker) -> None:
    """An execution that has a controller has ended."""
    controller = b.pick("controllers", _works)[-1]
    assume(b.last["executions"][controller["ex_id"]]["_status"] == "running")
    b.last["executions"][controller["ex_id"]]["_status"] = "completed"


def controller_of_another_job(b: Breaker) -> None:
    """A controller is of another job all the time."""
    for controller in b.pick("controllers"):
        controller["job_id"] = "another"


def process_of_another_job(b: Breaker) -> None:
    """A node's first worker is of another job all the time."""
    _all_of_the_first_worker(b, "job_id", "another")


def _all_of_the_first_worker(b: Breaker, field: str, value: str) -> None:
    versions = b.pick("nodes", _worker)
    worker = _worker(versions[0])
    assert worker is not None
    for node in versions:
        same = [process for process in node["active"] if process["worker_id"] == worker["worker_id"]]
        assume(same)
        same[0][field] = value


def stop_undone(b: Breaker) -> None:
    """What runs was to stop, and was paused."""
    versions = b.pick("executions", lambda one: one["_status"] == "running")
    place = b.draw(st.integers(0, len(versions) - 2))
    versions[place]["_status"], versions[place + 1]["_status"] = "stopping", "paused"


def unknown_status(b: Breaker) -> None:
    """An execution is in a status that nobody knows."""
    for execution in b.pick("executions", lambda one: one["_status"] == "running"):
        execution["_status"] = "dreaming"


def start_takes_long(b: Breaker) -> None:
    """An execution does not start."""
    for execution in b.pick("executions", lambda one: one["_status"] == "running"):
        execution["_status"] = "pending"


def node_disconnected(b: Breaker) -> None:
    """A node is lost."""
    for node in b.pick("nodes"):
        node["state"] = "disconnected"


def active_above_joined(b: Breaker) -> None:
    """More workers are at work than have joined."""
    for controller in b.pick("controllers", _works):
        controller["workers_active"] = controller["workers_joined"] + 1


def orphan_processes(b: Breaker) -> None:
    """A worker is of an execution that is not there."""
    _all_of_the_first_worker(b, "ex_id", "nobody")


def two_controller_processes(b: Breaker) -> None:
    """A worker calls itself a controller."""
    _all_of_the_first_worker(b, "assignment", "execution_controller")


def no_controller(b: Breaker) -> None:
    """An execution runs without a controller."""
    execution = b.pick("executions", lambda one: one["_status"] == "running")[0]
    b.remove("controllers", execution, "ex_id", everywhere=True)


def more_workers_than_requested(b: Breaker) -> None:
    """More workers have joined than were asked for."""
    for controller in b.pick("controllers"):
        controller["workers_joined"] += 1_000


def execution_of_no_job(b: Breaker) -> None:
    """A job is not there."""
    versions = b.pick("executions")
    b.remove("jobs", versions[0], "job_id", everywhere=True)


def error_of_no_execution(b: Breaker) -> None:
    """An error record is of an execution that is not there."""
    for record in b.pick("errors"):
        record["ex_id"] = "nobody"
