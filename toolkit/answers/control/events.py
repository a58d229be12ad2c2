"""The events of a timeline between two instants, a page at a time.

A page begins where the one before ended: its cursor names the last event, and no two events have the same place.
"""

from __future__ import annotations

import re
from base64 import b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.exchange import Refusal
from toolkit.answers.parameters import DEFAULT_SIZE, WINDOW, Parameter
from toolkit.answers.route import Route
from toolkit.errors import UsageError
from toolkit.model.events import Events
from toolkit.model.instants import format_instant, parse_at
from toolkit.model.wire import pretty
from toolkit.timeline.events import KINDS, place_of, windows
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Call, Steps
    from toolkit.model.wire import Document
    from toolkit.timeline.view import Event, Timeline

_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_PLACE: Final = re.compile(r"(-?\d{1,15}) ([a-z]+) (.*)", re.ASCII | re.DOTALL)
_SHOWN: Final = 60

Place = tuple[int, str, str]
"""What events are sorted by."""


class Asked(NamedTuple):
    """Which events are wanted.

    Attributes:
        first: The instant of the first ones.
        last: The instant of the last ones.
        size: How many at most.
        kinds: Of which kinds.
        id: Of which record, `None` for any.
        after: The place of the last event of the page before, `None` for the first page.
        until: Until when the same question means the same.
    """

    first: int
    last: int
    size: int
    kinds: frozenset[str]
    id: str | None
    after: Place | None
    until: int

    def wants(self, event: Event) -> bool:
        """Tell whether an event is on this page or on a later one."""
        return (
            event.kind in self.kinds
            and self.id in {None, event.id}
            and (self.after is None or place_of(event) > self.after)
        )


def events(call: Call) -> Steps:
    """Answer with a page of the events of a stretch.

    Raises:
        Refusal: With 400, for a parameter that cannot be read.
        InstantError: For a stretch that the timeline does not reach.
    """
    return _page(call.cluster.timeline, read_asked(call))


def read_asked(call: Call) -> Asked:
    """Read the query.

    Raises:
        Refusal: With 400, for a parameter that cannot be read.
        InstantError: For a stretch that the timeline does not reach.
    """
    query, timeline = call.query, call.cluster.timeline
    given = {name: _single(query, name) for name in ("from", "to", "size", "kind", "id", "after")}
    first = _instant(timeline, "from", given["from"], timeline.first)
    last = _instant(timeline, "to", given["to"], call.view.t)
    if first > last:
        _refuse(
            f"from is {format_instant(first)}, it must not be later than to, which is {format_instant(last)}; "
            "leave from out for the timeline's start, and to for the instant of the request"
        )
    return Asked(
        first,
        last,
        _size(given["size"]),
        _kinds(given["kind"]),
        given["id"],
        _place(given["after"], first, last),
        call.view.t + 1 if given["to"] is None else NEVER,
    )


def _refuse(text: str) -> None:
    # What is no stretch now may be one later: its end is the request's instant unless given.
    raise Refusal(400, f"cannot show events: {text}", 0)


def _single(query: Query, name: str) -> str | None:
    given = query.get(name, [])
    if len(given) > 1:
        _refuse(f"{name} is given {len(given)} times; give it once")
    return given[0] if given else None


def _instant(timeline: Timeline, name: str, text: str | None, default: int) -> int:
    if text is None:
        return default
    # A plus that is not encoded comes as a blank.
    text = f"+{text[1:]}" if text.startswith(" ") else text
    t = default
    try:
        t = parse_at(text, timeline.first)
    except UsageError as error:
        _refuse(f"{name} is {text[:_SHOWN]!r}: {error}")
    if not timeline.first <= t <= timeline.last:
        timeline.at(t)
    return t


def _size(text: str | None) -> int:
    if text is None:
        return DEFAULT_SIZE
    if not _NUMBER.fullmatch(text) or not 1 <= int(text) <= WINDOW:
        _refuse(
            f"size is {text[:_SHOWN]!r}, it must be a whole number from 1 to {WINDOW}; leave it out for {DEFAULT_SIZE}"
        )
    return int(text)


def _kinds(text: str | None) -> frozenset[str]:
    if text is None:
        return frozenset(KINDS)
    wanted = frozenset(text.split(","))
    if not wanted.issubset(KINDS):
        _refuse(f"kind is {text[:_SHOWN]!r}, it must be of {', '.join(KINDS)}, with commas; leave it out for all")
    return wanted


def _place(text: str | None, first: int, last: int) -> Place | None:
    """Read a cursor: only one that this module can have written, for an event of the stretch."""
    if text is None:
        return None
    try:
        padded = text + "=" * (-len(text) % 4)
        found = _PLACE.fullmatch(b64decode(padded, b"-_", validate=True).decode())
    except ValueError:
        found = None
    place = (int(found[1]), found[2], found[3]) if found else None
    if place is None or not first <= place[0] <= last or _cursor(place) != text:
        _refuse(f"after is {text[:_SHOWN]!r}, it must be what `next` was in an answer for the same from and to")
    return place


def _cursor(place: Place) -> str:
    t, kind, record_id = place
    return urlsafe_b64encode(f"{t} {kind} {record_id}".encode()).decode().rstrip("=")


def _page(timeline: Timeline, asked: Asked) -> Steps:
    """Look through a stretch until the page is full and one more is found, or until its end."""
    found: list[Event] = []
    start = asked.after[0] if asked.after is not None else asked.first
    for events_of in windows(timeline, start - 1, asked.last):
        found += [event for event in events_of if asked.wants(event)]
        if len(found) > asked.size:
            break
        yield None
    page = found[: asked.size]
    body = {
        "from": format_instant(asked.first),
        "to": format_instant(asked.last),
        "events": [_shown(event) for event in page],
        "next": _cursor(place_of(page[-1])) if len(found) > len(page) else None,
    }
    return pretty(body), asked.until


def _shown(event: Event) -> Document:
    return event._asdict() | {"t": format_instant(event.t), "id": event.id or None}


_INSTANT: Final = "A date, or an offset from the timeline's start such as +5m; "
ROUTE: Final = Route(
    "GET", "/_toolkit/events", "events", "What became different between two instants, a page at a time", "toolkit",
    events, Events,
    (
        Parameter("from", f"{_INSTANT}the start by default. Included.", {"type": "string"}),
        Parameter("to", f"{_INSTANT}the instant of the request by default. Included.", {"type": "string"}),
        Parameter(
            "size", "How many at most.", {"type": "integer", "minimum": 1, "maximum": WINDOW, "default": DEFAULT_SIZE}
        ),
        Parameter("kind", f"Only these kinds, with commas: {', '.join(KINDS)}.", {"type": "string"}),
        Parameter("id", "Only events of the execution, or the node, of this id.", {"type": "string"}),
        Parameter("after", "What `next` was on the page before.", {"type": "string"}),
    ),
    ((400, "a parameter that cannot be read, or an instant that the timeline does not reach"),), ("",),
)  # fmt: skip
