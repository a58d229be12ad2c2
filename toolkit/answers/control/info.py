"""What this server is, and which worlds it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from toolkit.answers.control.clock import shown
from toolkit.answers.control.sent import desk_of
from toolkit.answers.exchange import Refusal, Response
from toolkit.answers.route import Route
from toolkit.model.commanded import Said
from toolkit.model.control import ServerInfo, Worlds
from toolkit.model.wire import pretty

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call

LINES: Final = "application/x-ndjson"


def info(call: Call) -> Body:
    """Say what is served, by which versions, and how to have it again."""
    desk = desk_of(call)
    return pretty({"world": desk.name, **desk.about(), "clock": shown(desk.reading())}), 0


def log_text(call: Call) -> Response:
    """Give the log as a file: with `serve --log` it is this world again."""
    text = desk_of(call).log_text()
    if text is None:
        raise Refusal(409, "cannot give a log: a replay has no commands, so its bundle says everything", 0)
    headers = (("Content-Type", LINES), ("Content-Length", str(len(text))))
    return Response(200, headers, text, 0)


def worlds(call: Call) -> Body:
    """List the worlds that have a name."""
    return pretty({"worlds": desk_of(call).worlds()}), 0


def drop(call: Call) -> Body:
    """Drop a world."""
    name = call.ids[0]
    if not desk_of(call).drop(name):
        raise Refusal(
            404, f"cannot drop the world {name!r}: there is none of that name; GET /_toolkit/worlds lists them", 0
        )
    return pretty({"message": f"the world {name} is gone"}), 0


def routes() -> tuple[Route, ...]:
    """Give the routes."""
    return (
        Route(
            "GET", "/_toolkit/info", "toolkit_info", "What is served, and the line that serves it again", "control",
            info, ServerInfo, (), (), ("",),
        ),
        Route(
            "GET", "/_toolkit/log", "log_text", "What is in force, as a file for serve --log", "control", log_text, str,
            (), ((409, "the server replays a bundle"),), ("",), content=LINES,
        ),
        Route(
            "GET", "/_toolkit/worlds", "worlds", "The worlds that have a name", "control", worlds, Worlds,
            (), (), ("",),
        ),
        Route(
            "DELETE", "/_toolkit/worlds/{name}", "drop_world", "Drop a world", "control", drop, Said,
            (), ((404, "no world of that name"),), ("",),
        ),
    )  # fmt: skip
