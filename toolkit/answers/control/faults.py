"""HTTP faults over HTTP: listed, added, dropped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from toolkit.answers.control.sent import desk_of, read_as
from toolkit.answers.exchange import BARE_JSON, Refusal
from toolkit.answers.route import Route, Sent
from toolkit.errors import FaultError
from toolkit.faults.faults import MOST_FAULTS
from toolkit.model.commanded import Said
from toolkit.model.faults import Fault, FaultIds, FaultList
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call

_ONE_OR_MORE: Final[Any] = Fault | list[Fault]
_LIKE: Final = '{"route": "executions", "rate": 0.1, "status": 503}'
_ID: Final = re.compile(r"\d{1,15}", re.ASCII)


def faults(call: Call) -> Body:
    """List the faults in force."""
    return pretty(msgspec.to_builtins(desk_of(call).listed_faults())), 0


def add_faults(call: Call) -> Body:
    """Add a fault, or several; all or none."""
    desk = desk_of(call)
    sent: Fault | list[Fault] = read_as(call, _ONE_OR_MORE, "add a fault", _LIKE)
    wanted = sent if isinstance(sent, list) else [sent]
    if not wanted:
        raise Refusal(400, f"cannot add a fault: the list is empty; send JSON like {_LIKE}", 0)
    there = len(desk.listed_faults().faults)
    if there + len(wanted) > MOST_FAULTS:
        text = f"cannot add {len(wanted)} faults: there are {there}, and may be {MOST_FAULTS} in all; drop some first"
        raise Refusal(409, text, 0)
    try:
        return pretty({"ids": desk.add_faults(wanted)}), 0
    except FaultError as error:
        raise Refusal(400, f"cannot add a fault: {error}", 0) from None


def drop_faults(call: Call) -> Body:
    """Drop all faults."""
    desk_of(call).drop_faults(None)
    return pretty({"message": "all faults are gone"}), 0


def drop_fault(call: Call) -> Body:
    """Drop a fault."""
    text = call.ids[0]
    if not _ID.fullmatch(text) or not desk_of(call).drop_faults(int(text)):
        raise Refusal(
            404, f"cannot drop the fault {text!r}: there is none of that id; GET /_toolkit/faults lists them", 0
        )
    return pretty({"message": f"the fault {int(text)} is gone"}), 0


def routes() -> tuple[Route, ...]:
    """Give the routes."""
    bad = (400, "a body that is no fault, or an impossible one")
    # ReDoc cannot make an example of a choice between a record and a list.
    sent = Sent(BARE_JSON, "What goes wrong; a list of such faults is taken too", Fault)
    return (
        Route(
            "GET", "/_toolkit/faults", "faults", "The HTTP faults in force, and how many requests each hit", "control",
            faults, FaultList, (), (), ("",),
        ),
        Route(
            "POST", "/_toolkit/faults", "add_faults", "Add an HTTP fault, or a list of them", "control", add_faults,
            FaultIds, (), (bad, (409, "as many as there may be")), ("",), body=sent,
        ),
        Route(
            "DELETE", "/_toolkit/faults", "drop_faults", "Drop all HTTP faults", "control", drop_faults, Said,
            (), (), ("",),
        ),
        Route(
            "DELETE", "/_toolkit/faults/{id}", "drop_fault", "Drop an HTTP fault", "control", drop_fault, Said,
            (), ((404, "no fault of that id"),), ("",),
        ),
    )  # fmt: skip
