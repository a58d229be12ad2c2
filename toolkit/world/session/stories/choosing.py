"""Which executions and nodes a story touches: those that it names, or what a draw chooses of those that it may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.world.draws import Draws
from toolkit.world.session.course import Course
from toolkit.world.stories import TALES

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.world.life import Life
    from toolkit.world.session.session import Session

Entry = dict[str, Any]


def lasts(entry: Entry) -> int:
    """Give how long a story lasts."""
    return int(entry.get("for_ms", TALES[entry["story"]].lasts))


def executions(
    session: Session, t: int, entry: Entry, suits: Callable[[Life | Course], bool] = lambda _: True
) -> list[Course]:
    """Take the executions in hand that a story touches: running ones.

    Args:
        session: Where they are.
        t: The instant.
        entry: What is said of the story.
        suits: Tells whether it may touch one; those that suit come first where none is named.
    """
    found = [row for row in _running(session, t) if _named(row, entry)]
    found.sort(key=lambda row: (not suits(row[2]), _drawn(session, t, entry, row[2].number), row[0]))
    count = entry.get("count", TALES[entry["story"]].most)
    return [session.take(ex_id, t) for ex_id, _, _ in found[:count]]


def _running(session: Session, t: int) -> list[tuple[str, str, Life | Course]]:
    """Give the executions that run, each with its id and its job's."""
    world = session.world
    rows: list[tuple[str, str, Life | Course]] = [
        (world.ex_ids.id_of(life.number), world.job_ids.id_of(life.job), life)
        for life, _ in session.base.living_between(t, t)
        if life.move_at(t)[1] == "running"
    ]
    return rows + [
        (course.ex_id, course.job_id, course)
        for course in session.courses.values()
        if course.status(t) == "running" and course.connected(t) and not course.doomed
    ]


def _named(row: tuple[str, str, Life | Course], entry: Entry) -> bool:
    ex_id, job_id, _ = row
    return bool(entry.get("ex", ex_id) == ex_id and entry.get("job", job_id) == job_id)


def _drawn(session: Session, t: int, entry: Entry, number: int) -> int:
    world = session.world
    return int(Draws(world.scenario.seed, world.epoch, "story", entry["story"]).two(t - world.epoch, number))


def node(session: Session, t: int, entry: Entry) -> int | None:
    """Give the node that is lost: one with a controller of a running execution, if there is any; never the master's."""
    placement = session.world.placement
    if "node" in entry:
        named = placement.number_of(entry["node"])
        return named if named and not session.outages.is_away(named, t) else None
    there = [number for number in range(1, placement.nodes) if not session.outages.is_away(number, t)]
    leads = {number for _, _, one in _running(session, t) if (number := _controller_node(session, one, t)) is not None}
    there.sort(key=lambda number: (number not in leads, _drawn(session, t, entry, number)))
    return there[0] if there else None


def _controller_node(session: Session, one: Life | Course, t: int) -> int | None:
    if not isinstance(one, Course):
        return session.world.placement.node_of(one, 0)
    nodes = [process.slot[0] for process in one.processes if not process.worker and process.until > t]
    return nodes[0] if nodes else None
