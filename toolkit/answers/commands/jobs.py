"""Commands to jobs: post, replace, activate, delete, start, recover.

Source: Teraslice 3.18.0's order of checks, and the observed texts.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from toolkit.answers.bodies import UNREAD
from toolkit.answers.commands.writing import has_live, job_of, known, log_of, refuse, write
from toolkit.answers.exchange import unavailable
from toolkit.jobs.configure import configure, stored_job
from toolkit.jobs.refusal import JobRefused
from toolkit.jobs.values import truthy
from toolkit.model.status import is_deleted
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Answer, Body, Call
    from toolkit.jobs.configure import Configured
    from toolkit.model.wire import Document
    from toolkit.timeline.view import View

CLEANUPS: Final = ("all", "errors", "pending")
"""What a recovery may be limited to."""


def post(call: Call) -> Answer:
    """Store a job and, unless `start` is `false`, start it."""
    job = call.body
    if job is UNREAD:
        return unavailable()
    if not isinstance(job, dict) or not truthy(job.get("operations")):
        refuse(400, "No job was posted")
    configured = _configured(call, job, posted=True)
    log = log_of(call)
    made = {"job_id": log.new_id("job")}
    entry: Document = {"do": "post_job", **made, "job": _stored(job)}
    if call.query.get("start") != ["false"]:
        made["ex_id"] = log.new_id("ex")
        entry |= {"ex_id": made["ex_id"], "execution": configured.execution}
    write(call, entry)
    return _answered(made, configured)


def put(call: Call) -> Answer:
    """Replace a job."""
    job_id, job = call.ids[0], call.body
    if job is UNREAD:
        return unavailable()
    if not job:
        refuse(400, f"no data was provided to update job {job_id}")
    return _update(call, job, {"do": "put_job", "job_id": job_id})


def set_active(*, active: bool) -> Callable[[Call], Answer]:
    """Make the handler that activates a job, or the other one."""

    def handler(call: Call) -> Answer:
        job_id = call.ids[0]
        job = job_of(call.view, job_id)
        return _update(call, {**job, "active": active}, {"do": "set_active", "job_id": job_id, "active": active})

    return handler


def _update(call: Call, job: Any, entry: Document) -> Body:  # noqa: ANN401 - a body is what it is
    """Write a job's new document; who makes an active one inactive may write anything."""
    job_id = call.ids[0]
    stored = job_of(call.view, job_id)
    _refuse_deleted(job_id, stored, "updated")
    off = isinstance(job, dict) and job.get("active") is False and stored.get("active") is not False
    configured = None if off else _configured(call, job, posted=False)
    if entry["do"] == "put_job":
        entry["job"] = job if off else _stored(job)
    after = write(call, entry)
    return _answered(job_of(after, job_id), configured)


def delete(call: Call) -> Answer:
    """Delete a job softly, its executions too."""
    job_id = call.ids[0]
    if has_live(call.view, job_id):
        refuse(409, f"Job {job_id} is currently running, cannot delete a running job.")
    if is_deleted(job_of(call.view, job_id).get("_deleted")):
        refuse(410, f"Job {job_id} has already been deleted.")
    after = write(call, {"do": "delete_job", "job_id": job_id})
    return _answered(job_of(after, job_id), None)


def start(call: Call) -> Answer:
    """Start a job; one that recovers by itself goes on from its latest execution."""
    job_id = call.ids[0]
    if has_live(call.view, job_id):
        refuse(409, f"Job {job_id} is currently running, cannot have the same job concurrently running")
    job = job_of(call.view, job_id)
    _refuse_deleted(job_id, job, "started")
    configured = _configured(call, job, posted=False)
    entry = _started(call, configured)
    recovers = _latest(call.view, job_id) if configured.execution.get("autorecover") is True else None
    if recovers is not None:
        entry |= {"recovers": recovers, "cleanup": "pending"}
    write(call, entry)
    return _answered({"job_id": job_id, "ex_id": entry["ex_id"]}, configured)


def recover(call: Call) -> Answer:
    """Start a job from where its latest execution came to."""
    job_id, cleanup = call.ids[0], cleanup_of(call.query)
    job = job_of(call.view, job_id)
    _refuse_deleted(job_id, job, "recovered")
    configured = _configured(call, job, posted=False)
    recovers = _latest(call.view, job_id)
    by_itself = configured.execution.get("autorecover") is True
    if recovers is None and not by_itself:
        refuse(404, f"Job {job_id} is missing an execution to recover from")
    entry = _started(call, configured)
    if recovers is not None:
        cleanup = cleanup or ("pending" if by_itself else None)
        entry |= {"do": "recover", "recovers": recovers, "cleanup": cleanup}
    write(call, entry)
    return _answered({"job_id": job_id, "ex_id": entry["ex_id"]}, configured)


def cleanup_of(query: Query) -> str | None:
    """Read `cleanup_type`, or `cleanup` where that is empty; `None` if nothing is given.

    Raises:
        Refusal: For anything else than Teraslice's words, one of them.
    """
    given = next((values for name in ("cleanup_type", "cleanup") if (values := query.get(name, [""])) != [""]), None)
    if given is None:
        return None
    if len(given) > 1 or given[0] not in CLEANUPS:
        refuse(400, f"cleanup_type must be empty or set to {', '.join(CLEANUPS)}")
    return given[0]


def _refuse_deleted(job_id: str, job: Document, done: str) -> None:
    if is_deleted(job.get("_deleted")):
        refuse(410, f"Job {job_id} has been deleted and cannot be {done}.")


def _configured(call: Call, job: Any, *, posted: bool) -> Configured:  # noqa: ANN401
    log_of(call)  # a replay does not know the operations, so that it must not judge
    with _refusing():
        return configure(job, known(call.view), posted=posted)


def _stored(job: Document) -> Document:
    with _refusing():
        return stored_job(job)


@contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except JobRefused as refused:
        refuse(refused.status, refused.message)


def _started(call: Call, configured: Configured) -> Document:
    ex_id = log_of(call).new_id("ex")
    return {"do": "start", "job_id": call.ids[0], "ex_id": ex_id, "execution": configured.execution}


def _latest(view: View, job_id: str) -> Any:  # noqa: ANN401 - an id, or nothing
    record = view.latest_execution(job_id).value
    return None if record is None else record.fields["ex_id"]


def _answered(document: Document, configured: Configured | None) -> Body:
    warnings = {"warnings": configured.warnings} if configured is not None and configured.warnings else {}
    return pretty({**document, **warnings}), 0
