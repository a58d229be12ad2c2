"""What each command does to a session. A command that does not apply when its turn comes changes nothing."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any, Final

from toolkit.model.status import is_terminal
from toolkit.model.wire import Literal
from toolkit.world.session import jobs, work
from toolkit.world.session.course import Course
from toolkit.world.session.documents import head_of, template_of
from toolkit.world.session.pace import pace_of
from toolkit.world.session.stories.telling import tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.wire import Document
    from toolkit.world.session.session import Session

Entry = dict[str, Any]
MOST_WORKERS: Final = 10**9
MOST_RECOVERED: Final = 20_000


def apply(session: Session, t: int, entry: Entry) -> None:
    """Let an entry of the log count from `t` on; the session has been folded up to `t`.

    Args:
        session: What it changes.
        t: The instant.
        entry: What was asked; one of an unknown kind, or that lacks something, changes nothing.
    """
    handler = _HANDLERS.get(entry.get("do", ""))
    if handler is not None:
        handler(session, t, entry)


def _post_job(session: Session, t: int, entry: Entry) -> None:
    job_id = entry["job_id"]
    if session.job(job_id, t) is None:
        session.add_job(job_id, t, jobs.posted(entry["job"], job_id, t))
        if "execution" in entry:
            _launch(session, t, entry, entry["execution"])


def _put_job(session: Session, t: int, entry: Entry) -> None:
    _write(session, t, entry, lambda before: jobs.replaced(entry["job"], before, t))


def _set_active(session: Session, t: int, entry: Entry) -> None:
    _write(session, t, entry, lambda before: jobs.activated(before, t, active=entry["active"]))


def _write(session: Session, t: int, entry: Entry, change: Callable[[Document], Document]) -> None:
    dossier = session.take_job(entry["job_id"], t)
    before = dossier.at(t) if dossier is not None else None
    if dossier is not None and before is not None and not dossier.deleted(t):
        dossier.write(t, change(before.fields))


def _delete_job(session: Session, t: int, entry: Entry) -> None:
    job_id = entry["job_id"]
    if session.has_living(job_id, t):
        return
    _write(session, t, entry, lambda before: jobs.deleted(before, t))
    if job_id in session.jobs and session.jobs[job_id].deleted(t):
        for course in session.take_all_of(job_id, t):
            if course.deleted > t:
                course.deleted = t
                session.scheduler.settle(course, t)


def _start(session: Session, t: int, entry: Entry) -> None:
    if not session.has_living(entry["job_id"], t):
        _begin(session, t, entry, entry["execution"])


def _recover(session: Session, t: int, entry: Entry) -> None:
    old = session.document(entry["recovers"], t)
    if old is None:
        return
    if "execution" in entry:
        _begin(session, t, entry, entry["execution"])
    else:
        # Who recovers an execution is asked for nothing of its job, not even that it is not deleted.
        session.take_job(entry["job_id"], t)
        _launch(session, t, entry, head_of(old))


def _begin(session: Session, t: int, entry: Entry, config: Document) -> None:
    dossier = session.take_job(entry["job_id"], t)
    if dossier is not None and not dossier.deleted(t):
        _launch(session, t, entry, config)


def _launch(session: Session, t: int, entry: Entry, config: Document) -> None:
    if entry["ex_id"] in session.courses:
        return
    recovers, cleanup = entry.get("recovers"), entry.get("cleanup")
    workers = config.get("workers")
    pace = pace_of(config, session.world.scenario.slice_every)
    course = Course(
        number=session.new_number(),
        ex_id=entry["ex_id"],
        job_id=entry["job_id"],
        name=str(config.get("name")),
        workers=min(workers, MOST_WORKERS) if isinstance(workers, int) else 1,
        template=template_of(config, entry, t),
        since=t,
        pace=pace,
    )
    if recovers is not None:
        course.recovers = recovers
        course.pending = min(session.left_of(recovers, t, cleanup), MOST_RECOVERED)
        course.rest = 0 if session.has_begun(recovers, t) else pace.total or 0
        course.then = "running" if cleanup is None or config.get("autorecover") is True else "completed"
    session.launch(course, t)


def _stop(session: Session, t: int, entry: Entry) -> None:
    _act(session, t, entry, work.force if entry.get("force") else work.stop)


def _pause(session: Session, t: int, entry: Entry) -> None:
    _act(session, t, entry, work.pause)


def _resume(session: Session, t: int, entry: Entry) -> None:
    _act(session, t, entry, work.resume)


def _workers(session: Session, t: int, entry: Entry) -> None:
    asked = entry["remove"] if "remove" in entry else entry["add"]
    count = ceil(min(float(asked.text if isinstance(asked, Literal) else asked), MOST_WORKERS))
    if count <= 0:
        return
    if "remove" in entry:
        _act(session, t, entry, lambda course, at: work.dismiss(course, at, count))
        return
    course = _living(session, t, entry)
    if course is None or course.doomed or course.is_lost(t) or course.status(t) == "stopping":
        return
    if course.life is None and course.status(t) == "pending":
        course.workers += count
    else:
        # What has no controller yet has no workers either.
        session.scheduler.request(course, t, count, max(t, course.first("initializing")))


def _act(session: Session, t: int, entry: Entry, action: Callable[[Course, int], bool]) -> None:
    course = _living(session, t, entry)
    if course is not None and action(course, t):
        session.scheduler.settle(course, t)


def _living(session: Session, t: int, entry: Entry) -> Course | None:
    """Take an execution in hand, unless it has ended or there is none."""
    status = session.status(entry["ex_id"], t)
    return None if status is None or is_terminal(status) else session.take(entry["ex_id"], t)


def _save_asset(session: Session, t: int, entry: Entry) -> None:
    session.assets.save(t, entry["asset"], tuple(entry.get("operations", ())))


def _delete_asset(session: Session, t: int, entry: Entry) -> None:
    session.assets.drop(t, entry["asset_id"])


_HANDLERS: Final[dict[str, Callable[[Session, int, Entry], None]]] = {
    "post_job": _post_job,
    "put_job": _put_job,
    "set_active": _set_active,
    "delete_job": _delete_job,
    "start": _start,
    "recover": _recover,
    "stop": _stop,
    "pause": _pause,
    "resume": _resume,
    "workers": _workers,
    "save_asset": _save_asset,
    "delete_asset": _delete_asset,
    "story": tell,
}
