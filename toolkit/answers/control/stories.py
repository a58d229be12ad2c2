"""Stories over HTTP: which there are, and telling one at the instant of the request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.answers.bodies import UNREAD
from toolkit.answers.commands.writing import log_of, refuse, write
from toolkit.answers.route import Route, Sent
from toolkit.model.instants import format_duration, format_instant
from toolkit.model.told import Stories, Story, StoryBegun
from toolkit.model.wire import pretty
from toolkit.timeline.view import NEVER
from toolkit.world.stories import PARAMETERS, TALES, StoryRefused, entry_of
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from toolkit.answers.route import Body, Call
    from toolkit.model.wire import Document
    from toolkit.timeline.view import View

_HELP: Final = "GET /_toolkit/stories lists the stories and what they take"


def known(call: Call) -> Body:
    """Answer with every story, what it does and what may be said of it."""
    del call
    stories = [
        {
            "story": name,
            "about": tale.about,
            "for": format_duration(tale.lasts),
            "parameters": [
                {"name": field, "about": PARAMETERS[field].about, "rule": PARAMETERS[field].rule}
                for field in tale.takes
            ],
        }
        for name, tale in TALES.items()
    ]
    return pretty({"stories": stories}), NEVER


def tell(call: Call) -> Body:
    """Tell a story at the instant of the request; gives what it touches."""
    log_of(call)
    if call.body is UNREAD or not isinstance(call.body, dict):
        refuse(400, f"cannot tell a story: the body must be a JSON object, sent as application/json; {_HELP}")
    try:
        entry = entry_of(call.body)
    except StoryRefused as refused:
        refuse(400, f"cannot tell the story: {refused}; {_HELP}")
    _look_up(call.view, entry)
    name, t, timeline = entry["story"], call.view.t, call.cluster.timeline
    assert isinstance(timeline, LiveTimeline), "a log goes with a live cluster"
    told = timeline.told_if(t, entry)
    if not (told.nodes or told.executions):
        text = (
            f"cannot tell the story: {name} needs {TALES[name].needs}, and found none at {format_instant(t)}; choose "
            "another instant, or let a job run first"
        )
        refuse(409, text)
    write(call, entry)
    made = {
        "story": name,
        "at": format_instant(t),
        "until": format_instant(told.until),
        "nodes": told.nodes,
        "executions": told.executions,
    }
    return pretty(made), 0


def _look_up(view: View, entry: Document) -> None:
    """Refuse ids of what is not there."""
    there: dict[str, Any] = {
        "node": lambda node: node in dict(view.nodes().value),
        "ex": lambda ex_id: view.execution(ex_id).value is not None,
        "job": lambda job_id: view.job(job_id).value is not None,
    }
    for field, exists in there.items():
        if field in entry and not exists(entry[field]):
            refuse(400, f"cannot tell the story: {field} is {entry[field]!a}, which is not there at this instant")


ROUTES: Final[tuple[Route, ...]] = (
    Route(
        "GET", "/_toolkit/stories", "stories", "The stories that can be told, and what may be said of each", "toolkit",
        known, Stories, (), (), ("",),
    ),
    Route(
        "POST", "/_toolkit/stories", "tell_story", "Let something go wrong in the cluster, from this instant on",
        "toolkit", tell, StoryBegun, (),
        (
            (400, "no such story, or a parameter that is wrong"),
            (409, "the story would touch nothing, or the server replays a bundle"),
        ),
        ("",),
        body=Sent("application/json", "Which story, and any of the parameters it takes.", Story),
    ),
)  # fmt: skip
