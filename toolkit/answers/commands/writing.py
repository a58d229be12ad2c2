"""Appending to the command log, and what commands look up before they do."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from toolkit.answers.exchange import Refusal
from toolkit.answers.wording import REPLAY_REFUSAL, UNKNOWN_RECORD
from toolkit.jobs.known import Known
from toolkit.model.status import TERMINAL

if TYPE_CHECKING:
    from toolkit.answers.route import Call
    from toolkit.model.wire import Document
    from toolkit.timeline.view import Record, View
    from toolkit.world.commands import CommandLog


def refuse(status: int, message: str) -> NoReturn:
    """Refuse a command in Teraslice's words.

    Raises:
        Refusal: Always.
    """
    raise Refusal(status, message, 0)


def log_of(call: Call) -> CommandLog:
    """Give the log.

    Raises:
        Refusal: On replay, which has none.
    """
    if call.cluster.log is None:
        refuse(409, REPLAY_REFUSAL)
    return call.cluster.log


def write(call: Call, entry: Document) -> View:
    """Append an entry at the request's instant and look at the cluster again.

    Raises:
        Refusal: On replay.
    """
    log_of(call).append(call.view.t, entry)
    return call.cluster.timeline.at(call.view.t)


def known(view: View) -> Known:
    """Say what a job or an asset is checked against."""
    return Known(
        [record.fields for record in view.assets().value], view.asset_operations().value, view.info().value.fields
    )


def job_of(view: View, job_id: str) -> Document:
    """Give a job, deleted or not.

    Raises:
        Refusal: If there is none of that id.
    """
    return _known(view.job(job_id).value)


def execution_of(view: View, ex_id: str) -> Document:
    """Give an execution, deleted or not.

    Raises:
        Refusal: If there is none of that id.
    """
    return _known(view.execution(ex_id).value)


def _known(record: Record | None) -> Document:
    if record is None:
        refuse(404, UNKNOWN_RECORD)
    return record.fields


def active_status(view: View, ex_id: str) -> str:
    """Give the status of an execution that is not terminal.

    Raises:
        Refusal: If there is none.
    """
    record = view.execution(ex_id).value
    if record is None or record.fields["_status"] in TERMINAL:
        refuse(404, f"no active execution context was found for ex_id: {ex_id}")
    return str(record.fields["_status"])


def has_live(view: View, job_id: str) -> bool:
    """Tell whether any execution of a job is not terminal."""
    return bool(view.living_of(job_id).value)
