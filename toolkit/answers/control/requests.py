"""The requests that a world had: listed, counted, looked for, forgotten."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.control.matching import Differs, apart, differences, path_matches
from toolkit.answers.control.reading import Noted
from toolkit.answers.control.sent import desk_of, read_as
from toolkit.answers.exchange import BARE_JSON, Refusal
from toolkit.answers.parameters import DEFAULT_SIZE, WINDOW, Parameter
from toolkit.answers.route import Route, Sent
from toolkit.answers.wording import unknown_operation
from toolkit.model.commanded import Said
from toolkit.model.requests import FoundRequests, RequestCount, RequestMatcher, RequestPage
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from collections.abc import Sequence

    from toolkit.answers.parameters import Query
    from toolkit.answers.route import Body, Call, Steps
    from toolkit.model.wire import Document

MOST_NEAREST: Final = 3
"""How many near misses are shown."""
_AT_ONCE: Final = 20
"""Requests that are read before others are answered."""
_FARTHEST: Final = 2**53
_NUMBER: Final = re.compile(r"\d{1,16}", re.ASCII)
_LAST_STATUS: Final = 999
_LIKE: Final = '{"method": "POST", "path": "/v1/jobs/*/_start"}'


class _Filter(NamedTuple):
    method: str | None
    path: str | None
    route: str | None
    status: int | None

    def lets(self, noted: Noted) -> bool:
        """Tell whether a request is asked for; what costs most is looked at last."""
        return (
            (self.status is None or noted.asked.status == self.status)
            and (self.method is None or noted.asked.method == self.method)
            and (self.path is None or path_matches(noted.shown_path, self.path))
            and (self.route is None or noted.route == self.route)
        )


class _Missed(NamedTuple):
    rank: tuple[int, int, int]
    noted: Noted
    differs: list[Differs]

    def key(self) -> tuple[int, int, int]:
        """Rank it: fewest parts, fewest segments of the path, newest."""
        return self.rank

    def shown(self) -> Document:
        """Show it."""
        return {"request": self.noted.shown(), "differs": [one._asdict() for one in self.differs]}


def page(call: Call) -> Steps:
    """Answer with the requests from a number on: who goes on from `next` misses none and sees none twice."""
    start, size = _whole(call.query, "from", 1, _FARTHEST), _whole(call.query, "size", DEFAULT_SIZE, WINDOW)
    desk = desk_of(call)
    wanted = _filter(call.query, desk.route_names())
    total, kept = desk.asked()
    shown: list[Document] = []
    after = total + 1
    for place, asked in enumerate(kept):
        if place % _AT_ONCE == 0:
            yield None
        if asked.number < start:
            continue
        if len(shown) >= size:
            after = asked.number
            break
        noted = Noted(asked, desk)
        if wanted.lets(noted):
            shown.append(noted.shown())
    return pretty({"total": total, "kept": len(kept), "next": max(after, start), "requests": shown}), 0


def count(call: Call) -> Steps:
    """Answer how many of the kept requests a filter lets through."""
    desk = desk_of(call)
    wanted = _filter(call.query, desk.route_names())
    total, kept = desk.asked()
    found = 0
    for place, asked in enumerate(kept):
        if place % _AT_ONCE == 0:
            yield None
        found += wanted.lets(Noted(asked, desk))
    return pretty({"count": found, "total": total}), 0


def find(call: Call) -> Steps:
    """Answer with the requests that are as wanted or, if none is, those that differ in the fewest parts."""
    wanted, desk = read_as(call, RequestMatcher, "look for requests", _LIKE), desk_of(call)
    found: list[Noted] = []
    missed: list[_Missed] = []
    for place, asked in enumerate(desk.asked()[1]):
        if place % _AT_ONCE == 0:
            yield None
        noted = Noted(asked, desk)
        differs = differences(noted, wanted)
        if not differs:
            found.append(noted)
        elif not found:
            rank = len(differs), apart(noted.shown_path, wanted.path), -asked.number
            missed = sorted([*missed, _Missed(rank, noted, differs)], key=_Missed.key)[:MOST_NEAREST]
    answer = {
        "count": len(found),
        "requests": [noted.shown() for noted in found[-DEFAULT_SIZE:]],
        "nearest": [] if found else [missing.shown() for missing in missed],
    }
    return pretty(answer), 0


def forget(call: Call) -> Body:
    """Forget all requests; the next one is number 1."""
    desk_of(call).forget()
    return pretty({"message": "the requests are forgotten"}), 0


def _filter(query: Query, names: Sequence[str]) -> _Filter:
    method, path, route = (query[name][-1] if name in query else None for name in ("method", "path", "route"))
    if path is not None and not path.startswith(("/", "*")):
        raise Refusal(400, f"cannot show requests: path is {path[:60]!r}, it must begin with / or *", 0)
    if route is not None and route not in names:
        raise Refusal(400, f"cannot show requests: {unknown_operation(route[:60], names)}", 0)
    status = _whole(query, "status", 0, _LAST_STATUS) if "status" in query else None
    return _Filter(method.upper() if method is not None else None, path, route, status)


def _whole(query: Query, name: str, default: int, most: int) -> int:
    given = query.get(name, [str(default)])
    if len(given) > 1 or not _NUMBER.fullmatch(given[0]) or int(given[0]) > most:
        text = f"cannot show requests: {name} is {','.join(given)[:60]!r}, it must be a whole number from 0 to {most}"
        raise Refusal(400, f"{text}; leave it out to have all", 0)
    return int(given[0])


_START: Final = Parameter("from", "The number of the first one.", {"type": "integer", "minimum": 0, "default": 1})
_SIZE: Final = Parameter(
    "size", "How many at most.", {"type": "integer", "minimum": 0, "maximum": WINDOW, "default": DEFAULT_SIZE}
)
_FILTERS: Final = (
    Parameter("method", "Only requests with this method.", {"type": "string"}),
    Parameter("path", "Only requests to this path; `*` stands for anything.", {"type": "string"}),
    Parameter(
        "status", "Only requests answered with this status.",
        {"type": "integer", "minimum": 0, "maximum": _LAST_STATUS},
    ),
    Parameter("route", "Only requests to this operation.", {"type": "string"}),
)  # fmt: skip


def routes() -> tuple[Route, ...]:
    """Give the routes."""
    bad = ((400, "a number that is none"),)
    return (
        Route(
            "GET", "/_toolkit/requests", "requests", "The requests that are kept, newest last", "control", page,
            RequestPage, (_START, _SIZE, *_FILTERS), bad, ("",),
        ),
        Route(
            "GET", "/_toolkit/requests/count", "count_requests", "How many requests are kept", "control", count,
            RequestCount, _FILTERS, bad, ("",),
        ),
        Route(
            "POST", "/_toolkit/requests/find", "find_requests",
            "The newest 100 requests that match or, if none does, the 3 that come nearest", "control", find,
            FoundRequests, (), ((400, "no matcher"),), ("",), body=Sent(BARE_JSON, "What to look for", RequestMatcher),
        ),
        Route(
            "DELETE", "/_toolkit/requests", "forget_requests", "Forget all requests", "control", forget, Said,
            (), (), ("",),
        ),
    )  # fmt: skip
