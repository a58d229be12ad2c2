"""What records of one instant must say of each other.

On a real cluster each list has its own delay (a search index is refreshed once a second, the state of a node comes
within five), so that all of this may be broken for a while.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from toolkit.examine.rule import Breach
from toolkit.examine.values import number, processes, quantity, shown
from toolkit.model.status import TERMINAL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.examine.rule import Picture
    from toolkit.model.wire import Document

_AT_WORK: Final = ("running", "failing", "paused")
"""Statuses in which an execution has a controller that answers."""


def _named(doc: Document, field: str) -> str | None:
    value = doc.get(field)
    return value if isinstance(value, str) and value else None


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def controller_of_no_execution(picture: Picture) -> Iterator[Breach]:
    """Find controllers whose execution is not there."""
    for key, controller in picture.controllers.items():
        ex_id = _named(controller, "ex_id")
        if ex_id not in picture.executions:
            yield Breach("controllers", key, "ex_id", f"is {shown(controller.get('ex_id'))}, which no execution has")


def controller_of_ended_execution(picture: Picture) -> Iterator[Breach]:
    """Find controllers whose execution has ended."""
    for key, controller in picture.controllers.items():
        execution = picture.executions.get(_named(controller, "ex_id") or "")
        if execution is not None and execution.status in TERMINAL:
            yield Breach("controllers", key, "ex_id", f"is that of an execution that is {execution.status}")


def controller_of_another_job(picture: Picture) -> Iterator[Breach]:
    """Find controllers that name another job than their execution."""
    for key, controller in picture.controllers.items():
        execution = picture.executions.get(_named(controller, "ex_id") or "")
        job_id = _named(controller, "job_id")
        if execution is not None and _differ(job_id, execution.job_id):
            yield Breach(
                "controllers", key, "job_id", f"is {shown(job_id)}, its execution's is {shown(execution.job_id)}"
            )


def process_of_another_job(picture: Picture) -> Iterator[Breach]:
    """Find processes that name another job than their execution."""
    for key, node in picture.nodes.items():
        for process in processes(node):
            execution = picture.executions.get(_named(process, "ex_id") or "")
            job_id = _named(process, "job_id")
            if execution is not None and _differ(job_id, execution.job_id):
                seen = f"is of job {shown(job_id)}, its execution's is {shown(execution.job_id)}"
                yield Breach("nodes", key, f"active[worker_id={shown(process.get('worker_id'))}].job_id", seen)


def orphan_processes(picture: Picture) -> Iterator[Breach]:
    """Find processes whose execution has ended, or is not there."""
    for key, node in picture.nodes.items():
        orphans = Counter(ex_id for process in processes(node) if (ex_id := _named(process, "ex_id")) is not None)
        for ex_id, count in orphans.items():
            execution = picture.executions.get(ex_id)
            if execution is None or execution.status in TERMINAL:
                what = "not there" if execution is None else execution.status
                many = "process is" if count == 1 else "processes are"
                yield Breach("nodes", key, f"active[ex_id={ex_id}]", f"{count} {many} of an execution that is {what}")


def two_controller_processes(picture: Picture) -> Iterator[Breach]:
    """Find executions with more than one controller among the processes of the nodes."""
    found = Counter(
        ex_id
        for node in picture.nodes.values()
        for process in processes(node)
        if process.get("assignment") == "execution_controller" and (ex_id := _named(process, "ex_id")) is not None
    )
    for ex_id, count in found.items():
        if count > 1:
            yield Breach("executions", ex_id, "ex_id", f"has {count} execution controllers on the nodes")


def no_controller(picture: Picture) -> Iterator[Breach]:
    """Find executions at work that no controller leads."""
    led = {_named(controller, "ex_id") for controller in picture.controllers.values()}
    for ex_id, execution in picture.executions.items():
        if execution.status in _AT_WORK and ex_id not in led:
            yield Breach("executions", ex_id, "_status", f"is {execution.status}, but it has no controller")


def more_workers_than_requested(picture: Picture) -> Iterator[Breach]:
    """Find controllers with more workers than their execution asks for; added workers are not written there."""
    for key, controller in picture.controllers.items():
        execution = picture.executions.get(_named(controller, "ex_id") or "")
        counts = [number(controller, f"workers_{name}") for name in ("joined", "reconnected", "disconnected")]
        joined, back, gone = (count or 0 for count in counts)
        if execution is not None and execution.workers is not None and joined + back - gone > execution.workers:
            seen = f"{joined + back - gone} workers are there, but the execution asks for {execution.workers}"
            yield Breach("controllers", key, "workers_joined", seen)


def execution_of_no_job(picture: Picture) -> Iterator[Breach]:
    """Find executions whose job is not there."""
    for ex_id, execution in picture.executions.items():
        if execution.job_id not in picture.jobs:
            yield Breach("executions", ex_id, "job_id", f"is {shown(execution.job_id)}, which no job has")


def error_of_no_execution(picture: Picture) -> Iterator[Breach]:
    """Find error records whose execution is not there."""
    for key, ex_id in picture.errors.items():
        if ex_id not in picture.executions:
            yield Breach("errors", key, "ex_id", f"is {shown(ex_id)}, which no execution has")


def totals_fall(picture: Picture) -> Iterator[Breach]:
    """Find totals that are less than they were; they begin anew with another master only."""
    for field in picture.highest:
        was, is_now = quantity(picture.highest, field), quantity(picture.totals, field)
        if was is not None and is_now is not None and 0 <= is_now < was:
            seen = f"fell from {shown(picture.highest[field])} to {shown(picture.totals[field])}, under the same master"
            yield Breach("cluster", "stats", f"controllers.{field}", seen)
