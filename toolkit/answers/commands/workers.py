"""Changing the number of an execution's workers.

Source: observed texts, and Teraslice's native clustering: what is there now is what the cluster state shows.
"""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING, Final

from toolkit.answers.commands.writing import active_status, refuse, write
from toolkit.answers.parameters import number_of
from toolkit.model.javascript import text_of
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Body, Call, Steps
    from toolkit.timeline.view import View

_NAMES: Final = ("add", "remove", "total")
_EXACT: Final = 2**53
RELEASED: Final = 1_700
"""How long the answer to a removal takes: it waits for the workers to leave. Source: observed, 1.6 to 1.9 s."""


def change(call: Call) -> Body | Steps:
    """Add or remove workers, or set how many there are; the last parameter of the query counts."""
    ex_id = call.ids[0]
    name, number = _asked(call.query)
    status = active_status(call.view, ex_id)
    count = _running(call.view, ex_id)
    done = {"add": "enqueued", "remove": "remove", "total": "set"}[name]
    if name == "total" and number != count:
        name, done = ("add", "enqueued") if number > count else ("remove", "remove")
        number = abs(number - count)
    if name == "remove" and number >= count:
        refuse(400, f"workers to be removed: {text_of(number)} cannot be >= to current workers: {count}")
    if name != "total" and number >= 1:
        write(call, {"do": "workers", "ex_id": ex_id, name: number})
    made = pretty({"message": f"{text_of(number)} workers have been {done} for execution: {ex_id}"}), 0
    return _later(call, made) if name == "remove" and number >= 1 and status != "stopping" else made


def _later(call: Call, made: Body) -> Steps:
    yield call.view.t + RELEASED
    return made


def _asked(query: Query) -> tuple[str, float]:
    name = next((name for name in reversed(query) if name in _NAMES), None)
    given = query[name] if name is not None else []
    number = number_of(given[0]) if len(given) == 1 else None
    if name is None or number is None or number < 0 or isinf(number):
        refuse(400, "Must provide a valid worker parameter(add/remove/total) that is a number and greater than zero")
    return name, int(number) if number <= _EXACT and number == int(number) else number


def _running(view: View, ex_id: str) -> int:
    """Count the workers of an execution in the cluster state."""
    return sum(
        process.get("assignment") == "worker" and process.get("ex_id") == ex_id
        for _, node in view.nodes().value
        for process in node.fields["active"]
    )
