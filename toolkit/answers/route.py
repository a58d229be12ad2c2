"""What a route is, and what its handler is given."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from toolkit.answers.bodies import UNREAD
from toolkit.answers.exchange import JSON, Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.answers.control.desk import Desk
    from toolkit.answers.parameters import Parameter, Query
    from toolkit.timeline.view import Timeline, View
    from toolkit.world.commands import CommandLog


OWN: Final = "/_toolkit"
"""Below this is what is the toolkit's own, not Teraslice's; routes are found there in any letter case."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """What is served.

    Attributes:
        timeline: Where views come from.
        log: Where commands go; `None` on replay.
        mode: `live` or `replay`.
        absent: What a recording does not hold, so that it is refused instead of answered with nothing.
    """

    timeline: Timeline
    log: CommandLog | None
    mode: str
    absent: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a route, at one instant.

    Attributes:
        cluster: What is asked.
        view: The cluster at the instant.
        request: The request as it came.
        ids: What stands for the names in the route's path.
        query: The query, read.
        body: What the request's JSON says, `UNREAD` if that is not looked at.
        desk: Where control routes act; `None` where no server keeps the cluster.
    """

    cluster: Cluster
    view: View
    request: Request
    ids: tuple[str, ...]
    query: Query
    body: Any = UNREAD
    desk: Desk | None = None


T = TypeVar("T")

Body = tuple[bytes, int]
"""A JSON body, and until when it holds."""
Stepwise = Generator[int | None, int | None, T]
"""Work that is done in steps, so that nobody waits for it.

A step that gives `None` only lets others go on. One that gives an instant wants to go on when the clock is there, and
is sent the instant at which it does; sent `None`, nobody will wait for that, and it ends with what there is.
"""
Steps = Stepwise[Body]
"""Steps to a body."""
Answer = Body | Response | Steps | Stepwise[Response]
"""What a handler gives, at once or in steps: a JSON body, or an answer of another kind."""


def finish(steps: Generator[object, None, T]) -> T:
    """Go all steps at once, waiting for no instant."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: T = end.value
            return made


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request brings, as documented.

    Attributes:
        content: Its media type.
        text: One sentence.
        schema: The type of its JSON, `None` for plain bytes.
    """

    content: str
    text: str
    schema: Any = None


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        method: Its HTTP method; a GET route answers HEAD too.
        path: Its path below the root, `{name}` for an id, `{*}` for anything, slashes too.
        name: Unique; the operation id in the OpenAPI document.
        summary: One sentence.
        tag: Its group in the document.
        handler: Makes the body; raises `Refusal`.
        returns: The type of the answer.
        parameters: Its query parameters.
        failures: Error statuses with what they mean.
        prefixes: Below what it exists.
        content: The media type of a success.
        documented: Whether it stands in the OpenAPI document.
        options: Whether OPTIONS is answered.
        body: What is sent with it.
        successes: Success statuses besides 200 with what they mean; the type of the answer is the same.
    """

    method: str
    path: str
    name: str
    summary: str
    tag: str
    handler: Callable[[Call], Answer]
    returns: Any
    parameters: tuple[Parameter, ...] = ()
    failures: tuple[tuple[int, str], ...] = ()
    prefixes: tuple[str, ...] = ("", "/v1")
    content: str = JSON
    documented: bool = True
    options: bool = True
    body: Sent | None = None
    successes: tuple[tuple[int, str], ...] = ()

    @property
    def pattern(self) -> re.Pattern[str]:
        """What matches its path; letter case and one trailing slash do not matter, as in Express."""
        prefixes = "|".join(re.escape(prefix) for prefix in self.prefixes)
        path = re.escape(self.path.rstrip("/")).replace(r"\{\*\}", "(.*)")
        path = re.sub(r"\\\{\w+\\\}", "([^/]+)", path)
        return re.compile(f"(?:{prefixes}){path}/?", re.IGNORECASE)
