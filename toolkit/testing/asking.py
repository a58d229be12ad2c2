"""Asking a test's cluster: by transport and client as the code under test does, or straight for a test's own needs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import httpx

from toolkit.answers.answer import Request, begin, finish
from toolkit.answers.exchange import BARE_JSON, Response
from toolkit.errors import CommandRefused, UsageError
from toolkit.model.instants import format_instant, parse_at
from toolkit.model.wire import dumps
from toolkit.testing.arguments import refuse_unfit, shown
from toolkit.testing.clock import written
from toolkit.testing.transport import InProcess

if TYPE_CHECKING:
    from datetime import datetime

    from toolkit.model.wire import Document
    from toolkit.server.front import Front
    from toolkit.server.served import ServedWorld

BASE: Final = "http://localhost:5678"
"""What a client in the process is told it talks to."""


class Latch:
    """Whether a cluster may be used, for everything that was made of it."""

    def __init__(self) -> None:
        """Begin open."""
        self.closed = False

    def check(self) -> None:
        """Refuse to go on with what is closed.

        Raises:
            UsageError: If it is.
        """
        if self.closed:
            msg = "cannot ask it anything: this cluster is closed; use it inside its with block, or inside its test"
            raise UsageError(msg)


class Asking:
    """What can be asked of a world, at the instant of its clock."""

    def __init__(self, front: Front, world: ServedWorld, latch: Latch) -> None:
        """Ask a world of a front, as long as a latch lets one."""
        self._front = front
        self._world = world
        self._latch = latch
        self._transport = InProcess(front, world.name, self._at, latch.check)

    @property
    def transport(self) -> InProcess:
        """An httpx transport, for `httpx.Client` and `httpx.AsyncClient` alike: in the process, without a socket."""
        self._latch.check()
        return self._transport

    def client(self, **more: Any) -> httpx.Client:  # noqa: ANN401 - httpx's own
        """Make a client of this world; `more` is as for `httpx.Client`.

        It answers in the process, where nobody sleeps for the delay of a fault: if the client's time-out is shorter,
        its error comes at once.
        """
        self._latch.check()
        return httpx.Client(**{"transport": self._transport, "base_url": BASE, **more})

    def async_client(self, **more: Any) -> httpx.AsyncClient:  # noqa: ANN401 - httpx's own
        """Make an asynchronous client of this world; `more` is as for `httpx.AsyncClient`, delays as for `client`."""
        self._latch.check()
        return httpx.AsyncClient(**{"transport": self._transport, "base_url": BASE, **more})

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON is what it is
        """Give what a path answers: JSON as Python has it, else text.

        It is the test's own look: neither in `requests`, nor spoiled by faults.

        Raises:
            CommandRefused: If the answer is an error.
            UsageError: If it is no path, or the cluster is closed.
        """
        refuse_unfit("cannot get an answer", "path", path)
        return self._ask(f"cannot GET {path}", "GET", path)

    def _at(self) -> str | None:
        return None

    def _instant(self) -> int:
        return self._world.clock.now()

    def _ask(self, problem: str, method: str, target: str, sent: Document | None = None) -> Any:  # noqa: ANN401 - JSON is what it is
        """Ask as a client does; `problem` is what cannot be done if the answer is an error, empty if that says it."""
        self._latch.check()
        request = Request(method, target)
        if sent is not None:
            request = request._replace(body=_written(problem, sent), content_type=BARE_JSON)
        with self._front.worlds.lock:
            begun = begin(self._world.cluster, self._instant(), request, self._world)
            # A test's own command waits for nothing.
            answer = begun if isinstance(begun, Response) else finish(begun)
        text = answer.body.decode()
        is_json = any(value.startswith(BARE_JSON) for name, value in answer.headers if name == "Content-Type")
        if answer.status >= 400:  # noqa: PLR2004 - errors
            message = json.loads(text).get("message", text) if is_json else text
            if problem:
                message = f"{problem}: the cluster refuses it with {answer.status}: {message}"
            raise CommandRefused(message, answer.status)
        return json.loads(text) if is_json else text


def _written(problem: str, sent: Document) -> bytes:
    try:
        return dumps(sent)
    except TypeError:
        advice = "use texts, numbers, lists and dicts"
        msg = f"{problem or 'cannot send it'}: {shown(sent)} holds what JSON does not have; {advice}"
        raise UsageError(msg) from None


class Look(Asking):
    """A look at another instant of a world: reads only, and nothing moves."""

    def __init__(self, front: Front, world: ServedWorld, latch: Latch, at: str | datetime) -> None:
        """Look at an instant.

        Args:
            front: Where the world is.
            world: The world.
            latch: Whether it may be used.
            at: A date, or a signed offset such as `-5m` from where its clock is now.

        Raises:
            UsageError: If it is neither, or the cluster is closed.
            InstantError: If the world does not reach it.
        """
        latch.check()
        refuse_unfit("cannot look at another instant", "at", at)
        self.t = parse_at(written(at), world.clock.now())
        world.cluster.timeline.at(self.t)
        super().__init__(front, world, latch)

    def _at(self) -> str | None:
        return format_instant(self.t)

    def _instant(self) -> int:
        return self.t
