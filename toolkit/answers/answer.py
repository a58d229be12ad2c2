"""One request, one instant, one answer: `answer(cluster, t, request)`.

Pure but for the command log. Sanic and every in-process transport are adapters to it. What may take long comes in
steps from `begin`, so that a server can answer others in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.bodies import UNREAD, read_body
from toolkit.answers.exchange import (
    TEXT,
    Refusal,
    Request,
    Response,
    conditional,
    failure,
    json_response,
    json_response_in_steps,
    unavailable,
)
from toolkit.answers.parameters import parse_query, refuse_unknown
from toolkit.answers.route import OWN, Call, Cluster, finish
from toolkit.answers.routes import match
from toolkit.errors import CommandNotKept, InstantError
from toolkit.timeline.view import NEVER

if TYPE_CHECKING:
    from toolkit.answers.control.desk import Desk
    from toolkit.answers.route import Body, Stepwise

_READING: Final = frozenset({"GET", "HEAD"})


def answer(cluster: Cluster, t: int, request: Request) -> Response:
    """Answer a request as the cluster does at an instant.

    Args:
        cluster: What is served.
        t: The instant, milliseconds since the Unix epoch; one outside the timeline is answered with 400.
        request: The request as it came.
    """
    begun = begin(cluster, t, request)
    return begun if isinstance(begun, Response) else finish(begun)


def begin(cluster: Cluster, t: int, request: Request, desk: Desk | None = None) -> Response | Stepwise[Response]:
    """Answer a request, or give the steps at whose end the answer is; see `toolkit.answers.route.Stepwise`.

    Args:
        cluster: What is served.
        t: The instant.
        request: The request as it came.
        desk: Where control routes act, if a server keeps the cluster.
    """
    try:
        made = _respond(cluster, t, request, desk)
    except Refusal as refusal:
        made = failure(refusal.status, refusal.message, refusal.until)
    except InstantError as error:
        made = failure(400, str(error), 0)
    except CommandNotKept as error:
        made = failure(500, str(error), 0)
    return _finished(request, made) if isinstance(made, Response) else _go_on(request, made)


def _go_on(request: Request, steps: Stepwise[Body | Response]) -> Stepwise[Response]:
    try:
        made = yield from steps
        if not isinstance(made, Response):
            made = yield from json_response_in_steps(200, *made)
    except Refusal as refusal:
        made = failure(refusal.status, refusal.message, refusal.until)
    return _finished(request, made)


def _response(made: Body | Response) -> Response:
    return made if isinstance(made, Response) else json_response(200, *made)


def _finished(request: Request, response: Response) -> Response:
    response = conditional(request, response)
    # The next write of this method and target may have another body, or find another world.
    return response if request.method in _READING else response._replace(until=0)


def _respond(cluster: Cluster, t: int, request: Request, desk: Desk | None) -> Response | Stepwise[Body | Response]:
    # Before any route is looked for, as in Teraslice.
    body = UNREAD if request.method in _READING else read_body(request)
    try:
        matching = match(request.path)
    except ValueError:
        return unavailable()
    methods = sorted({method for route, _ in matching if route.options for method in _methods(route.method)})
    if request.method == "OPTIONS" and methods:
        return _options(methods)
    for route, ids in matching:
        if request.method in _methods(route.method):
            query = parse_query(request.query)
            if route.path.startswith(OWN):
                refuse_unknown(route, query)
            view = cluster.timeline.at(t)
            made = route.handler(Call(cluster, view, request, ids, query, body, desk))
            return _response(made) if isinstance(made, tuple) else made
    text = f"cannot {request.method} endpoint {request.target}"
    if request.path.lower().startswith(OWN) and desk is not None:
        near = desk.nearest_route(request.method, request.path)
        text += f"; there is {near}" if near is not None else ""
    raise Refusal(405, text, NEVER)


def _methods(method: str) -> tuple[str, ...]:
    return ("GET", "HEAD") if method == "GET" else (method,)


def _options(methods: list[str]) -> Response:
    body = ", ".join(methods).encode()
    headers = (
        ("X-Powered-By", "Express"),
        ("Allow", body.decode()),
        ("Content-Length", str(len(body))),
        ("Content-Type", TEXT),
        ("X-Content-Type-Options", "nosniff"),
    )
    return Response(200, headers, body, NEVER)


__all__ = ["Cluster", "Request", "Response", "answer", "begin", "finish"]
