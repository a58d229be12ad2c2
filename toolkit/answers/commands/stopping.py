"""Stopping an execution, and waiting until it has stopped.

Source: observed answers and their times; Teraslice reads the status at once and then every three seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.commands.writing import execution_of, write
from toolkit.model.instants import SECOND
from toolkit.model.status import TERMINAL
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call, Steps

POLL: Final = 3 * SECOND


def stop(call: Call) -> Body | Steps:
    """Stop an execution; anything that is not empty makes it `force`, `false` too."""
    ex_id, query = call.ids[0], call.query
    force = any(query.get("force", [])) or len(query.get("force", [])) > 1
    view = call.view
    now = execution_of(view, ex_id)["_status"]
    if now not in TERMINAL and (force or now != "stopping"):
        view = write(call, {"do": "stop", "ex_id": ex_id, "force": force})
        now = execution_of(view, ex_id)["_status"]
    waits = query.get("blocking", ["true"]) == ["true"]
    return _wait(call, now, force=force) if waits and now not in TERMINAL else _answer(ex_id, now, force=force)


def _wait(call: Call, status: str, *, force: bool) -> Steps:
    start = t = call.view.t
    while status not in TERMINAL:
        came = yield start + ((t - start) // POLL + 1) * POLL
        if came is None:
            break
        t = came
        status = execution_of(call.cluster.timeline.at(t), call.ids[0])["_status"]
    return _answer(call.ids[0], status, force=force)


def _answer(ex_id: str, status: str, *, force: bool) -> Body:
    message = {"message": f"Force stop complete for exId {ex_id}"} if force else {}
    return pretty({**message, "status": status}), 0
