"""Going back: to the start, or to a checkpoint that has a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.control.clock import NORMAL, shown
from toolkit.answers.control.sent import NAME, desk_of, read_as
from toolkit.answers.exchange import BARE_JSON, Refusal
from toolkit.answers.route import Route, Sent
from toolkit.model.control import Checkpoint, Checkpoints, ClockReading, MarkName
from toolkit.model.instants import format_instant
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call
    from toolkit.model.wire import Document
    from toolkit.world.commands import Command

MOST_CHECKPOINTS: Final = 100
_LIKE: Final = '{"name": "before the upgrade"}'


def reset(call: Call) -> Body:
    """Take everything back to the start; checkpoints stay."""
    return pretty(shown(desk_of(call).reset())), 0


def checkpoints(call: Call) -> Body:
    """List the checkpoints."""
    marks = desk_of(call).checkpoints()
    return pretty({"checkpoints": [_shown(marks[name]) for name in sorted(marks)]}), 0


def checkpoint(call: Call) -> Body:
    """Make a checkpoint, or make one of that name anew."""
    desk, name = desk_of(call), _name(call, "make a checkpoint")
    known = desk.checkpoints()
    if name not in known and len(known) >= MOST_CHECKPOINTS:
        text = f"cannot make a checkpoint: there are {MOST_CHECKPOINTS}, as many as there may be; take a name again"
        raise Refusal(409, text, 0)
    return pretty(_shown(desk.checkpoint(name))), 0


def restore(call: Call) -> Body:
    """Go back to a checkpoint."""
    desk, name = desk_of(call), _name(call, "restore")
    mark = desk.checkpoints().get(name)
    if mark is None:
        names = ", ".join(sorted(desk.checkpoints()))
        advice = f"choose one of: {names}" if names else "there is none yet, make one first"
        raise Refusal(404, f"cannot restore {name!r}: no checkpoint has that name; {advice}", 0)
    return pretty(shown(desk.restore(mark))), 0


def _name(call: Call, what: str) -> str:
    name = read_as(call, MarkName, what, _LIKE).name
    if not NAME.fullmatch(name):
        raise Refusal(400, f"cannot {what}: name must have 1 to 200 printable letters; send JSON like {_LIKE}", 0)
    return name


def _shown(mark: Command) -> Document:
    speed, entry = mark.entry["speed"], mark.entry
    return {
        "name": entry["name"],
        "t": format_instant(mark.t),
        "sequence": mark.sequence,
        "speed": speed // NORMAL if speed % NORMAL == 0 else speed / NORMAL,
        "frozen": entry["frozen"],
    }


def routes() -> tuple[Route, ...]:
    """Give the routes."""
    bad = (400, "no name")
    named = Sent(BARE_JSON, "The checkpoint's name", MarkName)
    return (
        Route(
            "POST", "/_toolkit/reset", "reset", "Take commands, faults, clock and requests back to the start",
            "control", reset, ClockReading, (), (), ("",),
        ),
        Route(
            "GET", "/_toolkit/checkpoints", "checkpoints", "The checkpoints by name", "control", checkpoints,
            Checkpoints, (), (), ("",),
        ),
        Route(
            "POST", "/_toolkit/checkpoints", "checkpoint", "Remember commands, faults and clock under a name",
            "control", checkpoint, Checkpoint, (), (bad, (409, "as many as there may be")), ("",), body=named,
        ),
        Route(
            "POST", "/_toolkit/restore", "restore", "Go back to a checkpoint", "control", restore, ClockReading, (),
            (bad, (404, "no checkpoint has that name")), ("",), body=named,
        ),
    )  # fmt: skip
