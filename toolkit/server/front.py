"""From a request as it was sent to an answer that is ready to send: one look at the clock, then the cache or `answer`.

Knows HTTP's words but no web framework. Whoever asks it is one at a time: a lock is held while an answer is made.
"""

from __future__ import annotations

from contextlib import suppress
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.answers.answer import Cluster, Request, Response, begin, finish
from toolkit.answers.exchange import Refusal, conditional
from toolkit.errors import UsageError
from toolkit.faults.spoiling import OF_BODIES, Manner
from toolkit.model.instants import format_instant, parse_at
from toolkit.model.wire import pretty
from toolkit.server.cache import AnswerCache
from toolkit.server.docs import page
from toolkit.server.guard import Guard
from toolkit.server.placing import Placing, is_control
from toolkit.server.ready import Later, Lines, Ready, encoded, head_of, http_date, joined
from toolkit.server.spoiled import failed, spoil
from toolkit.server.worlds import Worlds

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.answers.route import Stepwise
    from toolkit.clock import Clock
    from toolkit.faults.spoiling import Spoiling
    from toolkit.server.served import ServedWorld

_Key = tuple[str, str, int | None, int]
"""A request as it is cached: method, target, the instant where one is asked for, and the world's edition."""

_OVERHEAD = 1_000
"""What an entry of the cache takes besides its body, roughly."""


_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class _Held(NamedTuple):
    """An answer to a request without conditions, and its header lines, one by one and together."""

    response: Response
    lines: Lines
    head: bytes

    @classmethod
    def of(cls, response: Response) -> _Held:
        lines = encoded(response)
        return cls(response, lines, joined(lines))


def _instant_asked(method: str, at: str, now: int) -> int:
    if method not in _READING:
        msg = f"cannot {method} at another instant: X-Toolkit-At is for reads; leave it out"
        raise UsageError(msg)
    return parse_at(at, now)


def _spoiled_later(steps: Stepwise[Ready], spoiling: Spoiling) -> Stepwise[Ready]:
    return spoil((yield from steps), spoiling)


class _Going(NamedTuple):
    """A request on its way: where, when, and what it is kept under."""

    world: ServedWorld
    t: int
    key: _Key


class Front:
    """Answers requests for the worlds of one server.

    Attributes:
        worlds: The worlds.
        clock: The clock of the one without a name.
        doors: The worlds that have a port of their own, by it: a request that comes there is for that world.
    """

    def __init__(
        self, cluster: Cluster, clock: Clock, *, worlds: Worlds | None = None, guard: Guard | None = None
    ) -> None:
        """Put a cluster behind a clock.

        Args:
            cluster: What is served.
            clock: Which instant of it.
            worlds: The worlds whose nameless one that is; made here unless given.
            guard: Who may use the control API; everyone on this machine unless given.
        """
        self.worlds = worlds or Worlds(cluster, clock)
        self.clock = clock
        self.doors: dict[int, str] = {}
        self._base = self.worlds.base
        self._lock = self.worlds.lock
        self._placing = Placing(self.worlds, guard or Guard())
        self._cache: AnswerCache[_Held] = AnswerCache()
        self._stamped = (-1, -1)
        self._stamp_lines: Lines = ()
        self._stamp_head = b""

    def respond(  # noqa: PLR0913, PLR0917 - what is looked at in a request
        self,
        method: str,
        target: str,
        if_none_match: str | None = None,
        cache_control: str | None = None,
        at: str | None = None,
        body: bytes = b"",
        content_type: str | None = None,
        world: str | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        head: bytes | None = None,
    ) -> Ready:
        """Answer a request, all of it now; see `begin`."""
        begun = self.begin(method, target, if_none_match, cache_control, at, body, content_type, world, headers, head)
        return begun if isinstance(begun, Ready) else finish(begun.steps)

    def begin(  # noqa: PLR0913, PLR0917 - what is looked at in a request
        self,
        method: str,
        target: str,
        if_none_match: str | None,
        cache_control: str | None,
        at: str | None = None,
        body: bytes = b"",
        content_type: str | None = None,
        world: str | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        head: bytes | None = None,
    ) -> Ready | Later:
        """Answer a request at the clock's instant, or at the one it asks for; what may take long comes in steps.

        Steps are those of `toolkit.answers.route.Steps`; the answer says the instant at which the last of them went on.

        Args:
            method: As sent.
            target: The path and query, as sent.
            if_none_match: That header, if sent.
            cache_control: That header, if sent.
            at: `X-Toolkit-At`, if sent: a date, or a signed offset from the clock's instant.
            body: The bytes sent with it; those of a read are not looked at.
            content_type: That header, if sent with a body, which may be empty.
            world: `X-Toolkit-World`, if sent: the name of the world that is asked.
            headers: All that were sent.
            head: The same with the request line, as it was sent; `None` where nothing was sent as bytes.
        """
        with self._lock:
            asked = self._base
            control = is_control(target)
            if world is not None or control:
                try:
                    target, asked = self._placing.place(target, world, headers)
                except Refusal as refused:
                    return self.refuse(refused.status, refused.message)
                control = is_control(target)
            go = self._begin_spoiled if asked.faults.active and not control else self._begin
            begun = go(asked, asked.clock.now(), method, target, if_none_match, cache_control, at, body, content_type)
            if isinstance(begun, Ready):
                if not control:
                    asked.journal.add(begun.t, method, target, head_of(headers, head), body, begun.status, begun.fault)
                if begun.status == HTTPStatus.METHOD_NOT_ALLOWED:
                    self.worlds.strays.note(asked.name, method, target)
                return begun
        if control:
            return Later(begun, asked)
        return Later(self._noted(asked, begun, method, target, head_of(headers, head), body), asked)

    def _begin_spoiled(  # noqa: PLR0913, PLR0917 - what is looked at in a request
        self,
        world: ServedWorld,
        now: int,
        method: str,
        target: str,
        if_none_match: str | None,
        cache_control: str | None,
        at: str | None,
        body: bytes,
        content_type: str | None,
    ) -> Ready | Stepwise[Ready]:
        """Begin a request to a world with faults; one that gets an error instead never comes to the cluster."""
        t = now
        if at is not None:
            # What is refused for its instant counts as a request of now.
            with suppress(UsageError):
                t = _instant_asked(method, at, t)
        spoiling = world.faults.decide(method, target, t)
        harm = None if spoiling is None else spoiling.harm
        if spoiling is not None and harm is not None:
            if harm.manner is Manner.STATUS:
                response = failed(method, harm)
                ready = Ready(response.status, (*encoded(response), *self._stamp(t, world)), response.body, t)
                return spoil(ready, spoiling)
            if harm.manner is Manner.STALE:
                first = world.cluster.timeline.first
                # An instant that the timeline does not reach is refused as ever.
                if first <= t <= world.cluster.timeline.last:
                    at = format_instant(max(first, t - harm.stale))
            elif harm.manner in OF_BODIES:
                if_none_match = None
        begun = self._begin(world, now, method, target, if_none_match, cache_control, at, body, content_type)
        if spoiling is None:
            return begun
        return spoil(begun, spoiling) if isinstance(begun, Ready) else _spoiled_later(begun, spoiling)

    def _begin(  # noqa: PLR0913, PLR0917 - what is looked at in a request
        self,
        world: ServedWorld,
        now: int,
        method: str,
        target: str,
        if_none_match: str | None,
        cache_control: str | None,
        at: str | None,
        body: bytes,
        content_type: str | None,
    ) -> Ready | Stepwise[Ready]:
        t = now
        # Worlds of one edition have the same answers: those of an instant are kept for all of them.
        key: _Key = (method, target, None if world.name is None else t, world.edition)
        if at is not None:
            try:
                t = _instant_asked(method, at, t)
            except UsageError as error:
                return self.refuse(400, str(error), world)
            key = (method, target, t, world.edition)
        held = self._cache.get(key, t)
        if held is None:
            request = Request(method, target, body=body, content_type=content_type)
            begun = page(request, world.cluster.mode) or begin(world.cluster, t, request, world)
            if not isinstance(begun, Response):
                return self._go_on(_Going(world, t, key), begun, if_none_match, cache_control)
            if method not in _READING and is_control(target):
                # The answer comes when the new instant is in force.
                t = world.clock.now()
            held = self._keep(_Going(world, t, key), begun)
        return self._ready(_Going(world, t, key), held, if_none_match, cache_control)

    def _go_on(
        self, going: _Going, steps: Stepwise[Response], if_none_match: str | None, cache_control: str | None
    ) -> Stepwise[Ready]:
        came: int | None = None
        while True:
            try:
                with self._lock:
                    due = steps.send(came)
            except StopIteration as end:
                response: Response = end.value
                break
            came = yield due
            going = going if came is None else going._replace(t=came)
        # What was written meanwhile is not in the answer, which is right for its instant but must not be kept.
        kept = going.key[3] == going.world.edition
        held = self._keep(going, response) if kept else _Held.of(response)
        return self._ready(going, held, if_none_match, cache_control)

    def _noted(  # noqa: PLR0913, PLR0917 - the parts of a request
        self,
        world: ServedWorld,
        steps: Stepwise[Ready],
        method: str,
        target: str,
        head: bytes,
        body: bytes,
    ) -> Stepwise[Ready]:
        ready = yield from steps
        with self._lock:
            world.journal.add(ready.t, method, target, head, body, ready.status, ready.fault)
        return ready

    def _ready(self, going: _Going, held: _Held, if_none_match: str | None, cache_control: str | None) -> Ready:
        response = held.response
        if if_none_match is not None:
            # The bytes are there: whether the client has them already is a comparison.
            response = conditional(Request(going.key[0], going.key[1], if_none_match, cache_control), response)
            if response is not held.response:
                held = _Held.of(response)
        lines = (*held.lines, *self._stamp(going.t, going.world))
        return Ready(response.status, lines, response.body, going.t, None, held.head + self._stamp_head)

    def refuse(self, status: int, message: str, world: ServedWorld | None = None) -> Ready:
        """Answer a request that never became one: malformed, too large, too slow, or our own failure."""
        world = world or self._base
        t = world.clock.now()
        body = pretty({"error": status, "message": message})
        lines = (
            (b"Content-Type", b"application/json; charset=utf-8"),
            (b"Content-Length", b"%d" % len(body)),
        )
        return Ready(status, (*lines, *self._stamp(t, world)), body, t)

    def _keep(self, going: _Going, response: Response) -> _Held:
        held = _Held.of(response)
        size = len(response.body) + _OVERHEAD
        self._cache.put(going.key, held, t=going.t, until=response.until, size=size)
        return held

    def _stamp(self, t: int, world: ServedWorld) -> Lines:
        stamped = t, world.log.sequence
        if self._stamped != stamped:
            self._stamped = stamped
            self._stamp_lines = (
                (b"Date", http_date(t)),
                (b"X-Toolkit-Instant", format_instant(t).encode()),
                (b"X-Toolkit-Sequence", b"%d" % world.log.sequence),
            )
            self._stamp_head = joined(self._stamp_lines)
        return self._stamp_lines
