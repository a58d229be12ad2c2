"""Commands to executions: pause, resume, recover, log level.

Teraslice writes `paused` and `running` whatever the status is; here a move that no execution makes is answered alike
and written nowhere. Source: Teraslice 3.18.0's order of checks, the observed texts, `toolkit.model.status`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.commands.jobs import cleanup_of
from toolkit.answers.commands.writing import active_status, execution_of, log_of, refuse, write
from toolkit.model.status import INITIAL, TRANSITIONS
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.answers.route import Body, Call

_LED: Final = frozenset({"recovering", "running", "failing", "paused"})
"""Statuses in which a controller obeys, unless it was lost with its node."""
LOG_LEVELS: Final = ("trace", "debug", "info", "warn", "error", "fatal")


def move(do: str, status: str) -> Callable[[Call], Body]:
    """Make the handler of `pause` or `resume`, after which an execution has this status."""

    def handler(call: Call) -> Body:
        ex_id = call.ids[0]
        now = active_status(call.view, ex_id)
        if now in INITIAL or (now in _LED and call.view.controller(ex_id).value is None):
            refuse(500, f"Execution {ex_id} is not available to {do}")
        if now == status or status in TRANSITIONS.get(now, ()):
            write(call, {"do": do, "ex_id": ex_id})
        return pretty({"status": status}), 0

    return handler


def recover(call: Call) -> Body:
    """Start a copy of an execution from where that one came to."""
    ex_id, cleanup = call.ids[0], cleanup_of(call.query)
    execution = execution_of(call.view, ex_id)
    cleanup = cleanup or ("pending" if execution.get("autorecover") is True else None)
    made = {"job_id": execution["job_id"], "ex_id": log_of(call).new_id("ex")}
    write(call, {"do": "recover", **made, "recovers": ex_id, "cleanup": cleanup})
    return pretty(made), 0


def set_log_level(call: Call) -> Body:
    """Set the log level of an execution's processes, which no answer shows."""
    ex_id = call.ids[0]
    level = ",".join(call.query.get("log_level", ["undefined"]))
    if level not in LOG_LEVELS:
        refuse(400, f'Invalid log level "{level}", must be one of: {", ".join(LOG_LEVELS)}')
    if active_status(call.view, ex_id) in INITIAL:
        refuse(404, f"Execution {ex_id} is not available")
    write(call, {"do": "settings", "ex_id": ex_id, "log_level": level})
    return pretty({"exId": ex_id, "level": level}), 0
