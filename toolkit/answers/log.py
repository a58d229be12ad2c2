"""The command log as it is shown: a route of the toolkit's own, with words of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from toolkit.answers.exchange import Refusal
from toolkit.answers.parameters import DEFAULT_SIZE, FROM, SIZE, WINDOW
from toolkit.answers.route import Route
from toolkit.model.instants import format_instant
from toolkit.model.records import Commands
from toolkit.model.wire import pretty
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Body, Call
    from toolkit.model.wire import Document

_FARTHEST: Final = 2**53
_NUMBER: Final = re.compile(r"\d{1,16}", re.ASCII)


def commands(call: Call) -> Body:
    """Answer with a page of the log, in the order in which the entries came; a replay has none."""
    start = _whole(call.query, "from", 0, _FARTHEST)
    size = _whole(call.query, "size", DEFAULT_SIZE, WINDOW)
    log = call.cluster.log
    page = log.page(start, size) if log is not None else []
    shown = [{"sequence": one.sequence, "t": format_instant(one.t), "entry": _shown(one.entry)} for one in page]
    return pretty({"total": log.sequence if log is not None else 0, "commands": shown}), 0


def _shown(entry: Document) -> Document:
    """Leave out what is for the next server: when, by the wall's clock, the clock was set."""
    return {name: value for name, value in entry.items() if name != "wall"}


def _whole(query: Query, name: str, default: int, most: int) -> int:
    given = query.get(name, [str(default)])
    if len(given) > 1 or not _NUMBER.fullmatch(given[0]) or int(given[0]) > most:
        text = f"cannot show commands: {name} is {','.join(given)[:60]!r}, it must be a whole number from 0 to {most}"
        raise Refusal(400, f"{text}; leave it out for {default}", NEVER)
    return int(given[0])


ROUTE: Final = Route(
    "GET", "/_toolkit/commands", "commands", "The command log, in the order in which the entries came", "toolkit",
    commands, Commands, (FROM, SIZE), ((400, "`from` or `size` is not a whole number in its range"),), ("",),
)  # fmt: skip
