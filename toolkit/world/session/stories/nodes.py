"""Stories of nodes: one that is lost, and all of them restarted one after the other.

Source: observed (a node master that was killed); Teraslice's native clustering for what comes after a time-out.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from toolkit.timeline.view import NEVER
from toolkit.world.session import work
from toolkit.world.session.outages import Outage
from toolkit.world.session.session import Told
from toolkit.world.session.stories.choosing import lasts, node
from toolkit.world.stories import NODE_GONE

if TYPE_CHECKING:
    from toolkit.world.session.course import Course
    from toolkit.world.session.session import Session
    from toolkit.world.session.slots import Process

Entry = dict[str, Any]


def lose(session: Session, t: int, entry: Entry) -> Told:
    """Lose a node: the state shows it as it was, until it is back, or was away for too long."""
    until = t + lasts(entry)
    number = node(session, t, entry)
    if number is None:
        return Told(until, [], [])
    touched = _stand(session, number, t)
    shown = any(process.shown <= t for course in touched for process in _on(course, number, t))
    dropped = t + NODE_GONE
    gone = min(until, dropped) if shown else t
    session.take_node(Outage(number, t, gone, until))
    late = dropped if dropped < until and shown else NEVER
    short = []
    for course in touched:
        missing = _take_down(session, course, number, t, (gone, late))
        short += [(course, missing)] if missing else []
    if late < NEVER and short:
        session.plan(late, partial(_replace, session, short))
    return Told(until, [session.world.placement.node_id(number)], sorted(course.ex_id for course in touched))


def restart(session: Session, t: int, entry: Entry) -> Told:
    """Restart nodes one after the other: each is away for the first half of its part of the time."""
    takes, placement = lasts(entry), session.world.placement
    numbers = range(1, placement.nodes)[: entry.get("count")]
    for place, number in enumerate(numbers):
        begin, end = (t + takes * at // len(numbers) for at in (place, place + 1))
        back = begin + max(1, (end - begin) // 2)
        if place:
            session.plan(begin, partial(_restart, session, number, back))
        else:
            _restart(session, number, back, t)
    return Told(t + takes, [placement.node_id(number) for number in numbers], [])


def _restart(session: Session, number: int, back: int, t: int) -> None:
    if session.outages.is_away(number, t):
        return
    touched = _stand(session, number, t)
    session.take_node(Outage(number, t, t, back))
    for course in touched:
        _take_down(session, course, number, t, None)


def _stand(session: Session, number: int, t: int) -> list[Course]:
    """Take in hand what lives and has a slot on a node."""
    placement, ids = session.world.placement, session.world.ex_ids
    living = session.base.living_between(t, t)
    for ex_id in [
        ids.id_of(life.number) for life, _ in living if any(n == number for n, _ in placement.slots_of(life))
    ]:
        session.take(ex_id, t)
    return [course for course in session.courses.values() if course.created <= t and _on(course, number, t)]


def _on(course: Course, number: int, t: int) -> list[Process]:
    return [process for process in course.processes if process.slot[0] == number and process.until > t]


def _take_down(session: Session, course: Course, number: int, t: int, lost: tuple[int, int] | None) -> int:
    """Take a node from an execution.

    Args:
        session: Where it is.
        course: It.
        number: The node.
        t: When.
        lost: Until when the state shows what was there, and when the node is given up; `None` if it is shut down
            in an orderly way.

    Returns:
        How many of its workers are missing now.
    """
    course.upsets.begin(t)
    missing, led = 0, True
    ends = course.final <= t or course.doomed
    goes_on = not ends and not course.is_lost(t)
    for process in _on(course, number, t):
        if process.shown > t and session.scheduler.move(process, t):
            continue
        led = led and process.worker
        if process.worker and goes_on and not process.leaving:
            missing += _leave(course, process, t)
        process.until, process.lost = t if lost is None or process.shown > t else lost[0], True
    if ends and not led:
        course.left = min(course.left, t)
    elif led:
        work.change_workers(course, t)
    elif lost is not None:
        work.lose(course, t, lost[1], session.world.placement.node_id(number))
    else:
        work.force(course, t)
    session.scheduler.settle(course, t)
    return missing if led else 0


def _leave(course: Course, process: Process, t: int) -> bool:
    """Let a worker be gone. Gives whether it had joined, or was about to."""
    if process.joins > t:
        course.joined.remove(process.joins)
    elif process.joins:
        course.remove_worker(t)
    return process.joins > 0


def _replace(session: Session, short: list[tuple[Course, int]], t: int) -> None:
    """Let workers be found for those of a node that was given up."""
    for course, missing in short:
        if course.final > t and not course.is_lost(t) and not course.doomed:
            session.scheduler.request(course, t, missing, t)
