"""The lines of a command log: the first says whose log it is, each further one is an entry.

A last line that was cut off was never answered for and does not count; anything else that is not as it was written is
an error, because a world that was put together from a guess would be another world.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple, NoReturn

from toolkit.errors import LogDamaged, ScenarioError
from toolkit.model.instants import format_instant
from toolkit.model.wire import dumps
from toolkit.world.commands import WORDS, Command, flaw_of, parse
from toolkit.world.scenario import GENERATOR_REVISION, Scenario

VERSION: Final = 1
_KIND: Final = "command log"
_START: Final = b'{"toolkit":"command log"'
_MEMBERS: Final = {"sequence", "t", "entry"}
_HELP: Final = "mend that line, or choose another --log"
_SHOWN: Final = 60
_BROKEN: Final = object()


class LogLines(NamedTuple):
    """What the lines of a log say.

    Attributes:
        scenario: Whose log it is; `None` if nothing is there yet.
        commands: Its entries.
        size: The bytes of its whole lines.
        torn: Whether a last line was cut off.
    """

    scenario: Scenario | None
    commands: list[Command]
    size: int
    torn: bool


def head_of(scenario: Scenario) -> bytes:
    """Write the first line of a scenario's log, without the newline."""
    return dumps(
        {
            "toolkit": _KIND,
            "version": VERSION,
            "scenario": scenario.to_table(),
            "generator_revision": GENERATOR_REVISION,
        }
    )


def read_lines(data: bytes, name: str) -> LogLines:
    """Read a log's bytes.

    Raises:
        LogDamaged: If they are not a log's.
    """
    *lines, rest = data.split(b"\n")
    torn = bool(rest)
    if lines and not torn and _json(lines[-1]) is _BROKEN:
        lines.pop()
        torn = True
    if not lines:
        # What may be cut off is the beginning of a log; a file of another kind is not ours to cut.
        if not data.startswith(_START) and not _START.startswith(data):
            _refuse(name, 1, "is not the first line of a command log")
        return LogLines(None, [], 0, torn)
    scenario = _scenario(_json(lines[0]), name)
    commands = [_command(_json(line), place, scenario, name) for place, line in enumerate(lines[1:], 2)]
    return LogLines(scenario, commands, sum(len(line) + 1 for line in lines), torn)


def _json(line: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read a line, `_BROKEN` if it is not JSON."""
    try:
        return parse(line)
    except (ValueError, RecursionError):
        return _BROKEN


def _scenario(head: Any, name: str) -> Scenario:  # noqa: ANN401 - JSON is what it is
    if not isinstance(head, dict) or head.get("toolkit") != _KIND:
        _refuse(name, 1, "is not the first line of a command log")
    if head.get("version") != VERSION:
        _refuse(name, 1, f"says version {_shown(head.get('version'))}, this toolkit reads {VERSION}")
    if head.get("generator_revision") != GENERATOR_REVISION:
        revision = _shown(head.get("generator_revision"))
        _refuse(name, 1, f"says generator revision {revision}, this toolkit has {GENERATOR_REVISION}: another world")
    if not isinstance(head.get("scenario"), dict):
        _refuse(name, 1, "has no scenario")
    try:
        return Scenario.from_table(head["scenario"])
    except ScenarioError as error:
        _refuse(name, 1, f"has a scenario that cannot be ({error})")


def _command(value: Any, place: int, scenario: Scenario, name: str) -> Command:  # noqa: ANN401 - JSON is what it is
    if not isinstance(value, dict):
        _refuse(name, place, "is not JSON" if value is _BROKEN else "is not an entry")
    if set(value) != _MEMBERS:
        _refuse(name, place, "does not have exactly sequence, t and entry")
    sequence, t, entry = value["sequence"], value["t"], value["entry"]
    if type(sequence) is not int or sequence != place - 1:
        _refuse(name, place, f"has the sequence number {_shown(sequence)} instead of {place - 1}")
    if type(t) is not int or not scenario.epoch <= t <= scenario.last:
        reach = f"{scenario.epoch} to {scenario.last}, {format_instant(scenario.epoch)} and ten years"
        _refuse(name, place, f"has t {_shown(t)}, which is outside of the world ({reach})")
    if not isinstance(entry, dict) or not isinstance(entry.get("do"), str):
        _refuse(name, place, "has an entry that does not say what to do")
    if entry["do"] not in WORDS:
        _refuse(name, place, f"says to do {_shown(entry['do'])}, unknown here: a newer toolkit wrote it")
    flaw = flaw_of(entry)
    if flaw is not None:
        _refuse(name, place, f"says to do {_shown(entry['do'])} without a proper {flaw}")
    return Command(sequence, t, entry)


def _shown(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _refuse(name: str, place: int, what: str) -> NoReturn:
    msg = f"cannot use the command log {name}: line {place} {what}; {_HELP}"
    raise LogDamaged(msg)
