"""The events of a live world: what its executions, and those in clients' hands, do in a stretch of time.

A life is asked only at the instants at which its status or its workers can become others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.timeline.events import moved, staffed, stated, text_of
from toolkit.world.life import Life

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.timeline.view import Event, View
    from toolkit.world.session.course import Course
    from toolkit.world.session.session import Session

NODELESS: Final = frozenset(
    {
        "post_job", "put_job", "set_active", "delete_job", "start", "recover", "stop", "pause", "resume", "workers",
        "settings", "save_asset", "delete_asset",
    }
)  # fmt: skip
"""What clients of a cluster can do: none of it makes a node come, go or take another state."""


def events(session: Session, after: int, until: int) -> Iterator[Event]:
    """Give what executions do later than `after` and not later than `until`, in no order.

    Args:
        session: A session that has been folded up to `until`.
        after: The stretch begins after this instant, at which the session's world may not have begun.
        until: It ends with this one.
    """
    world = session.world
    for life, _ in session.base.living_between(after, until):
        instants = _instants(life, after, until)
        if not instants:
            continue
        name = world.population.job(life.job).name
        names = world.job_ids.id_of(life.job), name, name
        yield from _lived(life, world.ex_ids.id_of(life.number), names, (after, instants))
    for course in session.courses.values():
        if course.created <= until and course.ended > after:
            names = course.job_id, text_of(course.template.get("name")), course.name
            yield from _lived(course, course.ex_id, names, (after, _instants(course, after, until)))


def _lived(
    lived: Life | Course, ex_id: str, names: tuple[str, str, str], stretch: tuple[int, list[int]]
) -> Iterator[Event]:
    """Give what one execution does after an instant, at some instants of which every one that matters is there.

    Args:
        lived: The execution.
        ex_id: Its id.
        names: Its job's id, its name in its own document and in its controller's.
        stretch: The instant, and those later ones, ascending.
    """
    after, instants = stretch
    job_id, name, shown = names
    status, workers = _at(lived, after)
    for t in instants:
        was, had = status, workers
        status, workers = _at(lived, t)
        if status is not None and status != was:
            yield moved(t, ex_id, job_id, name, (was, status))
        if had is not None and workers is not None:
            yield from staffed(t, (ex_id, job_id, shown), had, workers)


def _at(lived: Life | Course, t: int) -> tuple[str | None, dict[str, int] | None]:
    """Give an execution's status and its statistics, `None` where there is none of it, or no controller of it."""
    if t < lived.created:
        return None, None
    return lived.move_at(t)[1], lived.stats(t) if lived.connected(t) else None


def _instants(lived: Life | Course, after: int, until: int) -> list[int]:
    """Give all the instants of a stretch at which its status or its workers may change, and others, ascending."""
    found = {t for t, _ in lived.moves}
    found.update(lived.losses, lived.returns)
    if isinstance(lived, Life):
        found.update(lived.shifts(after, min(until, lived.frozen)))
    else:
        found.update(_course_instants(lived, after, until))
    return sorted(t for t in found if after < t <= until)


def _course_instants(course: Course, after: int, until: int) -> Iterator[int]:
    yield course.since
    yield course.connects
    yield from course.edges()
    yield from (course.drained(t) for t, status in course.moves if status == "paused")
    if course.life is not None:
        yield from (*course.life.losses, *course.life.returns, *course.life.shifts(after, until))
    # When little is left to do not every worker has a slice: one fewer with each slice that is done.
    for total in (course.total, course.pending):
        if total is not None:
            yield from (course.reached(total - left) for left in range(min(total, len(course.joined)) + 1))


def node_events(before: View, after: View) -> Iterator[Event]:
    """Give what nodes did between two views, which are a millisecond apart."""
    old, new = _states(before), _states(after)
    for node_id in old.keys() | new.keys():
        yield from stated(after.t, node_id, old.get(node_id), new.get(node_id))


def _states(view: View) -> dict[str, str]:
    return {node_id: text_of(record.fields.get("state")) for node_id, record in view.nodes().value}
