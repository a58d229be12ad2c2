"""What belongs to the latest execution of a job, and the controller of an execution.

Source: observed answers and errors; a job that never ran and one that does not exist are told apart nowhere.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from toolkit.answers.exchange import Refusal
from toolkit.model.wire import join_items
from toolkit.timeline.view import NEVER, Held

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.answers.route import Body, Call, Steps
    from toolkit.timeline.view import Record


_SPELLED: Final = re.compile(r"(?:/[vV]1)?/(?:ex|jobs)/")


def _latest(call: Call) -> Held[Record]:
    job_id = call.ids[0]
    record, until = call.view.latest_execution(job_id)
    if record is None:
        raise Refusal(404, f"No execution was found for job {job_id}", until)
    return Held(record, until)


def execution(call: Call) -> Body:
    """Answer with the latest execution of a job."""
    record, until = _latest(call)
    return record.text, until


def controller(call: Call) -> Body:
    """Answer with the controller of an execution, in a list of one."""
    ex_id = call.ids[0]
    record, until = call.view.controller(ex_id)
    if record is None:
        raise Refusal(404, f"Could not find active slicer for ex_id: {ex_id}", until)
    return join_items([record.item]), until


def of_execution(handler: Callable[[Call], Body | Steps]) -> Callable[[Call], Body | Steps]:
    """Make a handler that Teraslice has for jobs and executions alike: it tells them apart by their path, spelled so.

    Source: Teraslice 3.18.0; its routes match in any letter case, this test does not.
    """

    def of_either(call: Call) -> Body | Steps:
        if not _SPELLED.match(call.request.path):
            raise Refusal(405, "Only /ex and /jobs are allowed", NEVER)
        return handler(call)

    return of_either


def of_latest(handler: Callable[[Call], Body | Steps]) -> Callable[[Call], Body | Steps]:
    """Make a handler for a job from one for an execution: its latest is looked up before anything is checked."""

    @of_execution
    def of_job(call: Call) -> Body | Steps:
        record, until = _latest(call)
        try:
            made = handler(replace(call, ids=(str(record.fields.get("ex_id")),)))
        except Refusal as refusal:
            raise Refusal(refusal.status, refusal.message, min(refusal.until, until)) from None
        return (made[0], min(made[1], until)) if isinstance(made, tuple) else _bounded(made, until)

    return of_job


def _bounded(steps: Steps, until: int) -> Steps:
    body, held = yield from steps
    return body, min(held, until)
