"""Stories of single executions: what their workers, their slicer or their slices do for a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import MINUTE
from toolkit.world.draws import Draws
from toolkit.world.session import work
from toolkit.world.session.course import Course
from toolkit.world.session.pace import MOST_QUEUED
from toolkit.world.session.session import Told
from toolkit.world.session.stories.choosing import executions, lasts

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.world.session.session import Session

Entry = dict[str, Any]
_AWAY: Final = 4 * MINUTE
"""How long a worker is away at most: well below the time after which its controller gives up. Source: Teraslice's
worker_disconnect_timeout."""
_HALF: Final = 500
"""Of a thousand workers, how many drop if nothing is said."""
_STEPS: Final = 64
_PEAK: Final = (40, 120)
"""How many slices wait for each worker when a queue is longest."""


def drop_workers(session: Session, t: int, entry: Entry) -> Told:
    """Let workers disconnect one by one, and each reconnect when it was away for a while."""
    takes = lasts(entry)
    away = min(takes // 2, _AWAY)

    def upset(course: Course) -> None:
        count = max(1, course.working(t) * entry.get("permille", _HALF) // 1000)
        begins = [t + (takes - away) * place // count for place in range(count)]
        course.upsets.away += [(begin, begin + away) for begin in begins] if course.working(t) else []

    return _each(session, t, entry, upset, lambda course: not course.upsets.away)


def stick_slicer(session: Session, t: int, entry: Entry) -> Told:
    """Let a slicer make no slices."""
    return _each(session, t, entry, lambda course: course.upsets.stuck.append((t, t + lasts(entry))))


def fail_job(session: Session, t: int, entry: Entry) -> Told:
    """Let every further slice fail."""

    def upset(course: Course) -> None:
        processed = course.processed(t)
        course.upsets.broke = processed, course.failed_of(processed)
        course.upsets.breaks, course.upsets.breaks_for = t, lasts(entry)

    return _each(session, t, entry, upset, lambda course: course.upsets.broke is None, lambda one: not one.ppm)


def back_up(session: Session, t: int, entry: Entry) -> Told:
    """Let a queue grow and drain, in steps; only of executions of the generated world, others queue by themselves."""
    takes, seed = lasts(entry), (session.world.scenario.seed, session.world.epoch, "backlog")

    def upset(course: Course) -> None:
        workers = max(1, course.working(t))
        most = min(MOST_QUEUED, workers * Draws(*seed).between(course.number, *_PEAK))
        for step in range(_STEPS):
            up = min(step, _STEPS - step)
            course.upsets.levels.append((t + takes * step // _STEPS, workers + (most - workers) * 2 * up // _STEPS))
        course.upsets.levels.append((t + takes, None))

    def may(course: Course) -> bool:
        return course.life is not None and not course.upsets.levels

    return _each(session, t, entry, upset, may, lambda one: not isinstance(one, Course) or one.life is not None)


def _each(  # noqa: PLR0913, PLR0917 - what is upset, how, and which may be
    session: Session,
    t: int,
    entry: Entry,
    upset: Callable[[Course], None],
    may: Callable[[Course], bool] = lambda _: True,
    suits: Callable[[Any], bool] = lambda _: True,
) -> Told:
    """Upset every execution that a story touches, and plan anew what follows.

    Args:
        session: Where they are.
        t: The instant.
        entry: What is said of the story.
        upset: Sets the conditions of one.
        may: Tells whether it can be upset so.
        suits: As in `choosing.executions`.
    """
    touched = [course for course in executions(session, t, entry, suits) if may(course)]
    for course in touched:
        course.upsets.begin(t)
        upset(course)
        work.change_workers(course, t)
        session.scheduler.settle(course, t)
    return Told(t + lasts(entry), [], sorted(course.ex_id for course in touched))
