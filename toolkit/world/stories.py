"""The stories of a cluster that have a name: what each does, and what may be said of it.

A story is told by a scenario, or by an entry of the command log; both say the same things.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, NoReturn

from toolkit.errors import UsageError
from toolkit.model.instants import DAY, MINUTE, SECOND, format_duration, parse_duration
from toolkit.model.wire import Literal

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.wire import Document

NODE_GONE: Final = 5 * MINUTE
"""How long the master waits for a node that is lost. Source: the default of Teraslice's node_disconnect_timeout."""
SHORTEST: Final = SECOND
LONGEST: Final = 365 * DAY
MOST: Final = 10_000
MASTER: Final = "ts-master"
"""The node of the master: without it nobody would answer."""
_SHOWN: Final = 60


class Tale(NamedTuple):
    """One story.

    Attributes:
        about: What it does, in a line.
        takes: Which of `PARAMETERS` may be said of it.
        lasts: How long it lasts if nothing is said, in milliseconds.
        most: How many it touches if nothing is said; 0 for all.
        needs: What there must be for it to touch anything.
    """

    about: str
    takes: tuple[str, ...]
    lasts: int
    most: int = 1
    needs: str = "a running execution"


_OF_ONE: Final = ("for", "job", "ex", "count")
TALES: Final = {
    "node-loss": Tale("a node is lost and comes back empty; what its controllers led stays without", ("for", "node"),
                      2 * MINUTE, needs="a node besides the master's that is there"),
    "workers-drop": Tale("workers of running executions disconnect one by one, and reconnect later",
                         (*_OF_ONE, "share"), 4 * MINUTE, 3, "a running execution whose workers do not drop already"),
    "stuck-slicer": Tale("a running execution makes no slices for a time, its workers wait", _OF_ONE, 3 * MINUTE),
    "rolling-restart": Tale(
        "nodes are restarted one after the other, which terminates what their controllers lead", ("for", "count"),
                            5 * MINUTE, 0, "a node besides the master's"),
    "failing-job": Tale("every slice of a running execution fails from now on, until it has failed", _OF_ONE,
                        2 * MINUTE, needs="a running execution that does not fail already"),
    "backlog": Tale("slices of a running execution queue up far above its workers, and drain", _OF_ONE, 5 * MINUTE,
                    needs="a running execution that no client started, without a backlog already"),
}  # fmt: skip
"""Every story by its name."""


class StoryRefused(Exception):
    """A story that cannot be: the text says which field of it is wrong, what it is, and what it has to be."""


def _refuse(field: str, value: object, rule: str) -> NoReturn:
    text = ascii(value.text if isinstance(value, Literal) else value)
    msg = f"{field} is {text if len(text) <= _SHOWN else f'{text[:_SHOWN]}...'}, it {rule}"
    raise StoryRefused(msg)


def _milliseconds(value: object) -> int:
    """Read a duration; what is none is below every one."""
    try:
        return parse_duration(value) if isinstance(value, str) else -1
    except UsageError:
        return -1


def _duration(value: object) -> int | None:
    ms = _milliseconds(value)
    return ms if SHORTEST <= ms <= LONGEST else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None  # noqa: PLR2004 - longer than any id


def _node(value: object) -> str | None:
    return None if value == MASTER else _name(value)


def _count(value: object) -> int | None:
    return value if type(value) is int and 1 <= value <= MOST else None


def _share(value: object) -> int | None:
    """Read a share as parts of a thousand."""
    if isinstance(value, Literal) and not value.text.startswith('"'):
        value = float(value.text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 1:
        return None
    return max(1, int(value * 1000))


class Parameter(NamedTuple):
    """What may be said of stories.

    Attributes:
        about: What it means.
        rule: What it has to be.
        key: What an entry calls it, with its unit.
        read: Gives what an entry holds, `None` if it may not be.
        kind: Its type in an entry.
    """

    about: str
    rule: str
    key: str
    read: Callable[[object], Any]
    kind: type


PARAMETERS: Final = {
    "for": Parameter("how long it lasts", "must be a duration from 1s to 365d, such as 5m", "for_ms", _duration, int),
    "node": Parameter("the node_id of the node; drawn if left out",
                      f"must be the node_id of a node other than {MASTER}", "node", _node, str),
    "job": Parameter("the job whose running execution it touches; drawn if left out", "must be a job_id", "job",
                     _name, str),
    "ex": Parameter("the running execution it touches; drawn if left out", "must be an ex_id", "ex", _name, str),
    "count": Parameter("how many executions, or nodes, it touches", f"must be a whole number from 1 to {MOST}",
                       "count", _count, int),
    "share": Parameter("the share of an execution's workers", "must be a number above 0, at most 1", "permille",
                       _share, int),
}  # fmt: skip
"""Every parameter by its name."""


def entry_of(said: dict[str, Any]) -> Document:
    """Make the entry of a command log from what is said of a story.

    Args:
        said: `story`, and any of the parameters it takes.

    Raises:
        StoryRefused: If there is no such story, or it does not take that.
    """
    name = said.get("story")
    if not isinstance(name, str) or name not in TALES:
        _refuse("story", name, f"must be one of {', '.join(TALES)}")
    entry: Document = {"do": "story", "story": name}
    tale = TALES[name]
    for field, value in said.items():
        if field == "story":
            continue
        if field not in tale.takes:
            _refuse(field, value, f"is not known of {name}: it takes {', '.join(tale.takes)}")
        parameter = PARAMETERS[field]
        read = parameter.read(value)
        if read is None:
            _refuse(field, value, parameter.rule)
        entry[parameter.key] = read
    if "job" in entry and "ex" in entry:
        _refuse("job", said["job"], "must be left out where ex says which execution")
    return entry


def story_flaw(entry: Document) -> str | None:
    """Tell what keeps an entry that tells a story from being one, `None` if nothing does."""
    if entry["story"] not in TALES:
        return "story"
    for parameter in PARAMETERS.values():
        value = entry.get(parameter.key)
        if value is not None and (type(value) is not parameter.kind or (type(value) is int and value < 1)):
            return parameter.key
    return None


class Story(NamedTuple):
    """A story that a scenario tells.

    Attributes:
        name: Which.
        at: When, in milliseconds from the epoch.
        said: What is said of it, as the scenario file has it.
    """

    name: str
    at: int
    said: tuple[tuple[str, Any], ...] = ()

    @classmethod
    def from_table(cls, table: object) -> Story:
        """Read one table of a scenario file.

        Raises:
            StoryRefused: If it is none.
        """
        if not isinstance(table, dict):
            _refuse("stories", table, "must be tables with story and at")
        rest = {name: value for name, value in table.items() if name != "at"}
        entry_of(rest)
        at = table.get("at")
        ms = _milliseconds(at)
        if not 0 <= ms <= LONGEST:
            _refuse("at", at, "must be a duration from the epoch on, at most 365d, such as 2m")
        del rest["story"]
        return cls(table["story"], ms, tuple(rest.items()))

    def to_table(self) -> dict[str, Any]:
        """Give it as a scenario file has it."""
        return {"story": self.name, "at": format_duration(self.at), **dict(self.said)}

    @property
    def entry(self) -> Document:
        """What a command log would say."""
        return entry_of({"story": self.name, **dict(self.said)})


__all__ = ["NODE_GONE", "PARAMETERS", "TALES", "Story", "StoryRefused", "Tale", "entry_of", "story_flaw"]
