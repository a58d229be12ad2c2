"""How commands change the plans of a course that has not ended: running, pausing, stopping, workers.

Times are those observed of a real 3.18.0 cluster, milliseconds; each constant says what it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.model.instants import MINUTE, SECOND
from toolkit.timeline.view import NEVER
from toolkit.tracks.track import HOUR_MS

if TYPE_CHECKING:
    from toolkit.world.session.course import Course
    from toolkit.world.session.slots import Process

STOP_TAKES: Final = {"pending": 40, "scheduling": 3_050, "initializing": 3_050, "recovering": 29_900}
"""How long a stop takes before an execution runs, or counts: the dates in the records; answers that wait come after."""
STOP_TAKES_ELSE: Final = 8_900
WORKERS_GONE: Final = 3_000
"""From a stop until the workers are out of the cluster state."""
CONTROLLER_GONE: Final = 7_000
"""The same for the execution controller."""
STATISTICS_WRITTEN: Final = 300
"""From a stop until the record has the statistics."""
DISCONNECTS: Final = 1_000
"""From a stop until the controller has left the master."""
FORCE_TAKES: Final = 220
"""How long a forced stop takes; processes are gone by then."""
EXITS: Final = 1_600
"""How long a worker takes to leave."""
INITIALIZES: Final = 120
"""From scheduling to initializing."""
BEGINS: Final = (3_500, 5_800)
"""From initializing to running, at least and at most."""
BREAKS: Final = 3_500
"""From initializing to failed, of a slicer that cannot be started."""
CLEARED: Final = 140
"""How long a recovery takes that has nothing to recover."""
COMPLETES: Final = 80
"""From the last slice to the final status."""
WORKERS_GIVE_UP: Final = 5 * MINUTE
"""How long workers wait for their controller. Source: the default of Teraslice's worker_disconnect_timeout."""
JOINS: Final = (600, 400, 1_400)
"""From running until the first worker has joined, from one to the next, and until the last at most."""
JOINS_LATER: Final = (7_000, 2_000, 20_000)
"""The same for further workers, from their allocation."""
SHOWS: Final = 1_000
"""From the allocation of a worker until the cluster state shows it."""
_COUNTING: Final = frozenset({"running", "recovering", "failing"})


def begin(course: Course, allocated: int, takes: int) -> None:
    """Plan a course from the allocation of its slots on: it starts up, and works as its pace says.

    Args:
        course: One that is pending.
        allocated: When its controller and workers were given slots.
        takes: Milliseconds from initializing to running.
    """
    assert course.pace is not None
    course.move(allocated, "scheduling")
    initializing = allocated + INITIALIZES
    course.move(initializing, "initializing")
    recovers = course.recovers is not None
    if course.pace.broken is not None:
        course.written.append(initializing + BREAKS)
        _end(course, initializing + BREAKS, "failed")
    elif not recovers or course.pace.recoverable:
        started = initializing + takes
        for nth, process in enumerate(process for process in course.processes if process.worker):
            process.joins = started + joins_after(nth, JOINS)
        course.joined = sorted(process.joins for process in course.processes if process.worker)
        course.move(started, "recovering" if recovers else "running")
        replan(course, started)


def joins_after(nth: int, pace: tuple[int, int, int]) -> int:
    """Give how long it takes until a worker has joined, counted from 0."""
    first, apart, last = pace
    return min(first + nth * apart, max(first, last))


def replan(course: Course, t: int) -> None:
    """Plan anew what follows from the workers it has from `t` on: its counters, and when it is done."""
    if course.upsets.broke is not None:
        course.cut(t)
    _work(course, t)
    if course.upsets.broke is not None:
        _plan_failure(course, t)
    elif course.life is not None:
        if course.final < NEVER:
            course.bend(course.final, 0)
        release(course, course.ended, course.ended)
    else:
        _plan_end(course, t)


def _work(course: Course, t: int) -> None:
    """Let it count from `t` on, as many workers as there are at a time."""
    changes = sorted({at for at in (*course.joined, *course.removed, *course.upsets.edges()) if t < at < NEVER})
    for at in (t, *changes):
        if course.status(at) in _COUNTING:
            stuck = course.upsets.is_stuck(at)
            course.bend(at, 0 if stuck else _per_hour(course, at), fills=not stuck and course.fills(at))


def _per_hour(course: Course, t: int) -> int:
    working = course.working(t)
    if course.life is not None:
        return course.life.per_hour * working // max(1, course.life.joined)
    return course.pace.per_hour(working) if course.pace is not None else 0


def _plan_end(course: Course, t: int) -> None:
    pace = course.pace
    assert pace is not None
    if course.status(t) == "recovering" or not course.recovered(t) or course.then == "completed":
        done = max(t, course.reached(course.pending)) if course.pending else t + CLEARED
        if course.then == "completed":
            course.bend(done, 0)
            _end(course, done + (COMPLETES if course.pending else 0), course.then)
            return
        if course.status(t) == "recovering":
            course.move(done, "running")
        _work(course, done)
        t = done
    end = course.reached(course.total) if course.total is not None else NEVER
    if pace.missing is not None:
        failing = course.reached(course.processed(t) + 1)
        if course.status(t) == "running" and failing < end:
            course.move(failing, "failing")
            course.written.append(failing)
    if end < NEVER:
        course.bend(end, 0)
        _end(course, max(t, end) + COMPLETES, "failed" if pace.missing is not None else "completed")


def _plan_failure(course: Course, t: int) -> None:
    """Plan how an execution ends whose every slice fails: it begins to with the first one, and fails later on."""
    begins = course.move_at(t)[0]
    end = NEVER if course.total is None else max(t, course.reached(course.total)) + COMPLETES
    if course.status(t) == "running":
        begins = course.reached(course.processed(t) + 1)
        if begins < end:
            course.move(begins, "failing")
            course.written.append(begins)
    end = min(end, max(t + 1, begins + SECOND, course.upsets.breaks + course.upsets.breaks_for))
    if end < NEVER:
        course.bend(end, 0)
        _end(course, end, "failed")


def _end(course: Course, t: int, status: str) -> None:
    course.move(t, status)
    course.written += [t] if course.started < NEVER else []
    course.left = t
    release(course, t, t)


def release(course: Course, workers: int, controller: int) -> None:
    """Say when a course's processes are gone; those that were sent away go before."""
    for process in course.processes:
        if process.lost:
            continue
        until = workers if process.worker else controller
        process.until = min(process.until, until) if process.leaving else until


def pause(course: Course, t: int) -> bool:
    """Pause it; slices in flight are finished. Gives whether that was possible."""
    if course.is_lost(t) or course.doomed or course.status(t) not in _COUNTING | {"paused"}:
        return False
    counting = course.status(t) in _COUNTING
    course.cut(t)
    release(course, NEVER, NEVER)
    course.move(t, "paused")
    if counting:
        drained = course.drained(t)
        # Each worker finishes the slice it holds, and nothing is put into the queue any more.
        course.bend(t, -(-course.held(t) * HOUR_MS // (drained - t)) if drained > t else 0)
        course.bend(drained, 0)
    return True


def resume(course: Course, t: int) -> bool:
    """Let it run. Gives whether that was possible."""
    if course.is_lost(t) or course.doomed or course.status(t) not in _COUNTING | {"paused"}:
        return False
    if course.status(t) == "running":
        course.write(t)
        return True
    course.cut(t)
    course.bend(t, 0)
    release(course, NEVER, NEVER)
    course.move(t, "running")
    replan(course, t)
    return True


def stop(course: Course, t: int) -> bool:
    """Stop it. Gives whether that was possible: not while it is being stopped."""
    status = course.status(t)
    if course.doomed or status == "stopping":
        return False
    if course.is_lost(t):
        _stop_lost(course, t)
        return True
    # A controller that is still recovering writes no statistics. Source: observed.
    began = course.started <= t and (status != "recovering" or course.life is not None)
    course.cut(t)
    course.bend(t, 0)
    course.move(t, "stopping")
    ended = t + (STOP_TAKES_ELSE if began else STOP_TAKES[status])
    if began and course.life is None:
        course.move(t + STATISTICS_WRITTEN, "stopping")
        course.written += [t + STATISTICS_WRITTEN, ended]
    elif began:
        course.written.append(t)
    course.move(ended, "stopped")
    course.left = ended if course.life is not None else min(ended, t + DISCONNECTS)
    release(course, min(ended, t + WORKERS_GONE), min(ended, t + CONTROLLER_GONE))
    return True


def _stop_lost(course: Course, t: int) -> None:
    """Stop it without its controller, so that nobody writes statistics."""
    ended = t + STOP_TAKES["scheduling"]
    course.cut(t)
    course.move(t, "stopping")
    course.move(ended, "stopped")
    release(course, t + WORKERS_GONE, ended)


def force(course: Course, t: int) -> bool:
    """Stop it by force: what it does ends at once, its status changes when its processes are gone. Always possible."""
    # A controller that is told to shut down writes what it has, also before it runs. Source: observed.
    began = course.first("initializing") <= t and not course.is_lost(t)
    ended = t + FORCE_TAKES
    course.cut(t)
    course.bend(t, 0)
    course.doomed = True
    course.joined = [at for at in course.joined if at <= t]
    course.move(ended, "terminated")
    course.written += [ended] if began else []
    course.left = min(course.left, ended if course.life is not None else min(ended, t + DISCONNECTS))
    release(course, ended, ended)
    return True


def dismiss(course: Course, t: int, count: int) -> bool:
    """Take workers away, the lowest numbers first, one a node in turn. Gives whether there are more than so many."""
    at = t + EXITS
    present = [process for process in course.processes if process.worker and process.shown <= t < process.until]
    present = [process for process in present if not process.leaving and not process.lost]
    if course.is_lost(t) or course.doomed or course.status(t) == "stopping" or count >= len(present):
        return False
    for process in _in_turn(present)[:count]:
        process.until, process.leaving = min(process.until, at), True
        if process.joins > at:
            course.joined.remove(process.joins)
        elif process.joins:
            course.remove_worker(at)
    change_workers(course, t)
    return True


def change_workers(course: Course, t: int) -> None:
    """Plan anew what a change of its workers after `t` makes wrong."""
    t = max(t, course.started)
    if t == NEVER or course.is_lost(t) or course.status(t) not in _COUNTING:
        return
    if course.life is None:
        course.cut(t)
        release(course, NEVER, NEVER)
    replan(course, t)


def lose(course: Course, t: int, dropped: int, node: str) -> None:
    """Take its controller from it: nothing goes on, and nobody writes anything, until its node is given up.

    Args:
        course: One that is not being stopped.
        t: When the controller is lost.
        dropped: When its node is given up, `NEVER` if that comes back before.
        node: That node's id.
    """
    course.cut(t)
    course.bend(t, 0)
    course.joined = [at for at in course.joined if at <= t]
    course.upsets.lost, course.upsets.node = t, node
    course.left = min(course.left, t)
    if dropped < NEVER:
        course.move(dropped, "terminated")
    release(course, min(dropped, t + WORKERS_GIVE_UP), t)


def _in_turn(present: list[Process]) -> list[Process]:
    nodes: dict[int, list[Process]] = {}
    for process in sorted(present, key=lambda process: process.worker_id):
        nodes.setdefault(process.slot[0], []).append(process)
    rounds = max(len(processes) for processes in nodes.values())
    return [nodes[node][i] for i in range(rounds) for node in sorted(nodes) if i < len(nodes[node])]
