"""When an execution comes to a status: found by looking from change to change, not by waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from toolkit.errors import NeverReached, UsageError
from toolkit.model.instants import format_duration, format_instant
from toolkit.model.status import STATUSES, is_terminal

if TYPE_CHECKING:
    from collections.abc import Collection

    from toolkit.timeline.view import Timeline


def reached_at(timeline: Timeline, ex_id: str, wanted: Collection[str], now: int, last: int) -> int:
    """Give the first instant, `now` or later, at which an execution has one of some statuses.

    Args:
        timeline: Where it is looked for.
        ex_id: The execution.
        wanted: The statuses.
        now: Where the look begins.
        last: Where it ends, that instant included.

    Raises:
        UsageError: If a status is none.
        NeverReached: If it has none of them by then; the text names the statuses that it had.
    """
    unknown = sorted(set(wanted) - set(STATUSES))
    if unknown or not wanted:
        what = f"{unknown[0]!r} is no status" if unknown else "no status is given"
        msg = f"cannot wait for {ex_id}: {what}; choose from {', '.join(STATUSES)}"
        raise UsageError(msg)
    t, passed = now, list[tuple[int, str]]()
    while t <= last:
        record, until = timeline.at(t).execution(ex_id)
        status = "" if record is None else str(record.fields["_status"])
        if status in wanted:
            return t
        if not passed or passed[-1][1] != status:
            passed.append((t, status))
        if status and is_terminal(status):
            break
        t = until
    raise NeverReached(_told(ex_id, wanted, now, last, passed))


def _told(ex_id: str, wanted: Collection[str], now: int, last: int, passed: list[tuple[int, str]]) -> str:
    """Say which statuses an execution had, and why there was no use in looking further."""
    problem = f"cannot wait until the execution {ex_id} is {' or '.join(wanted)}"
    if passed[-1][1] == "":
        return f"{problem}: there is none of that id from {format_instant(now)} on; take an id that GET /v1/ex shows"
    (_, first), *later = passed
    went = "".join(f", {status} at {format_instant(t)}" for t, status in later)
    was = f"it is {first} at {format_instant(now)}{went}"
    if is_terminal(passed[-1][1]):
        return f"{problem}: {was}, which never changes again; wait for {passed[-1][1]}, or start it again"
    further = f"and nothing else by {format_instant(last)}, {format_duration(last - now)} later"
    return f"{problem}: {was}, {further}; give a longer within, or a command that brings it there"
