"""The command log: facts `(sequence, t, entry)`, only ever appended.

A timeline folds the entries in force in the order `(t, sequence)`; an entry is effective at its instant. What an entry
holds is what a log on disk gives back, so that a world does not depend on where its log is kept. Clock settings,
checkpoints and faults are entries too, which no world looks at; a reset or a restore says which of the entries before
it are in force from there on.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from toolkit.model.wire import Literal, dumps, loads
from toolkit.world.ids import Ids
from toolkit.world.stories import story_flaw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from toolkit.model.wire import Document

_EXECUTION: Final[dict[str, type]] = {"ex_id": str}
_JOB: Final[dict[str, type]] = {"job_id": str}
WORDS: Final[dict[str, dict[str, type]]] = {
    "refresh": {},
    "post_job": {**_JOB, "job": dict},
    "put_job": {**_JOB, "job": dict},
    "set_active": {**_JOB, "active": bool},
    "delete_job": _JOB,
    "start": {**_JOB, **_EXECUTION, "execution": dict},
    "recover": {**_JOB, **_EXECUTION, "recovers": str},
    "stop": _EXECUTION,
    "pause": _EXECUTION,
    "resume": _EXECUTION,
    "workers": _EXECUTION,
    "settings": _EXECUTION,
    "save_asset": {"asset": dict},
    "delete_asset": {"asset_id": str},
    "clock": {"speed": int, "frozen": bool, "wall": int},
    "checkpoint": {"name": str, "speed": int, "frozen": bool},
    "restore": {"name": str, "to": int},
    "reset": {},
    "add_fault": {"fault": dict},
    "drop_faults": {},
    "story": {"story": str},
}
"""What an entry may `do`, and what it must say then. A log that holds another word is from a newer toolkit."""
CONTROL: Final = frozenset({"clock", "checkpoint", "restore", "reset", "add_fault", "drop_faults"})
"""The words of entries that no world folds: they are about the server that shows it."""
BACK: Final = frozenset({"restore", "reset"})
"""Those after which other entries may be in force than before, instead of one more."""


def flaw_of(entry: Document) -> str | None:
    """Tell what keeps an entry with a known word from being one, `None` if nothing does."""
    for name, kind in WORDS[entry["do"]].items():
        if not isinstance(entry.get(name), kind):
            return name
    if entry["do"] in {"add_fault", "drop_faults"}:
        return None if type(entry.get("id", 1)) is int else "id"
    if entry["do"] == "workers":
        number = entry.get("remove", entry.get("add"))
        return None if isinstance(number, (int, float, Literal)) else "add or remove"
    if entry["do"] == "story":
        return story_flaw(entry)
    if entry["do"] == "save_asset":
        return None if isinstance(entry["asset"].get("id"), str) else "asset.id"
    started = "execution" in entry and not (
        isinstance(entry["execution"], dict) and isinstance(entry.get("ex_id"), str)
    )
    return "execution" if started else None


class Command(NamedTuple):
    """One entry of the log.

    Attributes:
        sequence: Its place, from 1.
        t: The instant from which it counts.
        entry: What was asked, as JSON; `{"do": "refresh"}` makes a new world.
    """

    sequence: int
    t: int
    entry: Document


class CommandLog(Protocol):
    """An append-only log of one world."""

    @property
    def sequence(self) -> int:
        """The last entry's sequence number, 0 while there is none."""

    @property
    def revision(self) -> int:
        """The number of the last entry that changed what a world is, 0 while it is as its scenario says."""

    def append(self, t: int, entry: Document) -> int:
        """Add a fact and give its sequence number.

        Raises:
            CommandNotKept: If it cannot be kept; then nothing has changed.
        """

    def in_order(self) -> list[Command]:
        """Give what a world folds, in the order in which it does: the entries in force by instant, then sequence."""

    def in_force(self) -> list[Command]:
        """Give all entries in force, control entries too, in the order in which they came."""

    def checkpoints(self) -> dict[str, Command]:
        """Give the newest checkpoint of each name."""

    def page(self, start: int, size: int) -> list[Command]:
        """Give entries `start` to `start + size` in the order in which they came."""

    def watch(self, watcher: Callable[[int], None]) -> None:
        """Call a function with the sequence number of each entry to come, once the entry is there."""

    def new_id(self, kind: str) -> str:
        """Give the id of a record (`job` or `ex`) that the next entry makes.

        It is keyed by seed, kind and how many entries the world folds before it: asked again before the entry is
        there, it is the same one, and after a reset the same commands make the same ids.
        """


class MemoryLog:
    """A log that lasts as long as its process."""

    def __init__(self, seed: int = 1) -> None:
        """Start empty; `seed` keys the ids."""
        self.seed = seed
        self._commands: list[Command] = []
        self._force = _Force()
        self._watchers: list[Callable[[int], None]] = []

    @property
    def sequence(self) -> int:
        """The last entry's sequence number, 0 while there is none."""
        return len(self._commands)

    @property
    def revision(self) -> int:
        """The number of the last entry that changed what a world is, 0 while it is as its scenario says."""
        return self._force.revision

    def append(self, t: int, entry: Document) -> int:
        """Add a fact and give its sequence number."""
        command = Command(self.sequence + 1, t, as_kept(entry))
        self._commands.append(command)
        self._force.take(command)
        for watcher in self._watchers:
            watcher(command.sequence)
        return command.sequence

    def watch(self, watcher: Callable[[int], None]) -> None:
        """Call a function with the sequence number of each entry to come, once the entry is there."""
        self._watchers.append(watcher)

    def in_order(self) -> list[Command]:
        """Give what a world folds, in the order in which it does: the entries in force by instant, then sequence."""
        return sorted(self._force.folded, key=lambda command: (command.t, command.sequence))

    def in_force(self) -> list[Command]:
        """Give all entries in force, control entries too, in the order in which they came."""
        return sorted((*self._force.folded, *self._force.control), key=lambda command: command.sequence)

    def checkpoints(self) -> dict[str, Command]:
        """Give the newest checkpoint of each name."""
        return {name: mark.command for name, mark in self._force.marks.items()}

    def page(self, start: int, size: int) -> list[Command]:
        """Give entries `start` to `start + size` in the order in which they came."""
        return self._commands[start : start + size]

    def new_id(self, kind: str) -> str:
        """Give the id of a record that the next entry makes."""
        return Ids(self.seed, "command", kind).id_of(len(self._force.folded) + 1)


class _Mark(NamedTuple):
    """A checkpoint, and what was in force when it was made."""

    command: Command
    folded: tuple[Command, ...]
    control: tuple[Command, ...]


class _Force:
    """Which entries are in force.

    Attributes:
        folded: Those that a world folds, in the order in which they came.
        control: The last clock setting, and what became of faults since they were last dropped all together.
        marks: The newest checkpoint of each name; a reset leaves them.
        revision: The number of the last entry that changed `folded`.
    """

    def __init__(self) -> None:
        self.folded: list[Command] = []
        self.control: list[Command] = []
        self.marks: dict[str, _Mark] = {}
        self.revision = 0

    def take(self, command: Command) -> None:
        """Count one more entry."""
        entry = command.entry
        do = entry["do"]
        if do not in CONTROL:
            self.folded.append(command)
            self.revision = command.sequence
        elif do == "checkpoint":
            self.marks[entry["name"]] = _Mark(command, tuple(self.folded), tuple(self.control))
        elif do == "reset":
            self._go_back(command, (), ())
        elif do == "restore":
            mark = self.marks.get(entry["name"])
            if mark is not None and mark.command.sequence == entry["to"]:
                self._go_back(command, mark.folded, mark.control)
        else:
            gone = {"clock": {"clock"}, "drop_faults": {"add_fault", "drop_faults"}}.get(do, set())
            if "id" not in entry:
                self.control = [one for one in self.control if one.entry["do"] not in gone]
            self.control.append(command)

    def _go_back(self, command: Command, folded: tuple[Command, ...], control: tuple[Command, ...]) -> None:
        if tuple(self.folded) != folded:
            self.revision = command.sequence if folded else 0
        self.folded, self.control = list(folded), list(control)


def line_of(command: Command) -> bytes:
    """Write a command as a line of a log, without the newline."""
    return dumps(command._asdict())


def digest_of(commands: Iterable[Command]) -> str:
    """Give the SHA-256 of commands as the lines of a log."""
    digest = hashlib.sha256()
    for command in commands:
        digest.update(line_of(command) + b"\n")
    return digest.hexdigest()


def as_kept(entry: Document) -> Document:
    """Give an entry as it comes back from a log on disk.

    A fraction is a float where writing the float gives its text again; what a parser would change stays a `Literal`.
    """
    kept: Document = parse(dumps(entry))
    return kept


def parse(text: bytes) -> Any:  # noqa: ANN401 - JSON is what it is
    """Read a line of a log.

    Raises:
        ValueError: If it is not JSON.
    """
    return _plain(loads(text))


def _plain(value: Any) -> Any:  # noqa: ANN401 - JSON is what it is
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, Literal) and not value.text.startswith('"'):
        number = float(value.text)
        return number if dumps(number) == value.text.encode() else value
    return value
