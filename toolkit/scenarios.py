"""Scenarios by name or from a file, written out for an editor, and what the flags of a command ask for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.errors import ScenarioError, UsageError
from toolkit.toml_file import Kind, read_table
from toolkit.world.named import NAMED
from toolkit.world.parameters import PARAMETERS
from toolkit.world.scenario import Scenario
from toolkit.world.stories import TALES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SCENARIO: Final = Kind("the scenario", "scenario", "write it as TOML, such as jobs = 25", ScenarioError)
OF_A_RUN: Final = ("seed", "epoch")
"""Parameters that belong to a run: each command has a default of its own where a scenario does not say."""


def read_scenario(text: str, say: Callable[[str], None]) -> dict[str, Any]:
    """Read a scenario: one by its name, else a TOML file with names of `Scenario`'s fields.

    Args:
        text: The name or the path; a name wins over a file that is called so.
        say: Told when there is such a file.

    Raises:
        ScenarioError: If there is none of that name and no such file, or it is not TOML.
    """
    table = read_table(text, NAMED, _SCENARIO, say)
    return dict(NAMED[text].table) if table is None else table


def shown_scenario(text: str, say: Callable[[str], None]) -> str:
    """Write a scenario as a TOML file with every parameter, that says the same when it is read.

    Raises:
        ScenarioError: As `read_scenario`, and if a parameter is not one or out of its range.
    """
    table = read_scenario(text, say)
    whole = Scenario.from_table(table).to_table()
    stories = whole.pop("stories", [])
    about = NAMED[text].about if text in NAMED else f"the scenario {json.dumps(text)}"
    lines = [f"# {about}", "# What is left out of such a file is as in the scenario default.", ""]
    settings = {
        # A run's own parameters stay open if the scenario leaves them open.
        name: f"{'# ' if name in OF_A_RUN and name not in table else ''}{name} = {_toml(value)}"
        for name, value in whole.items()
    }
    width = max(map(len, settings.values()))
    lines += [f"{setting:<{width}}  # {PARAMETERS[name].about}" for name, setting in settings.items()]
    for story in stories:
        about = f"# {TALES[story['story']].about}"
        lines += ["", about, "[[stories]]", *(f"{name} = {_toml(value)}" for name, value in story.items())]
    return "\n".join(lines)


def _toml(value: object) -> str:
    # A text in JSON is one in TOML, but for the one control character that JSON allows.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


class Wanted(NamedTuple):
    """What the flags of a command say about the world.

    Attributes:
        scenario: `--scenario`.
        seed: `--seed`; it wins over the scenario, as the next two do.
        jobs: `--jobs`.
        epoch: `--epoch`, as an instant.
    """

    scenario: str | None = None
    seed: int | None = None
    jobs: int | None = None
    epoch: int | None = None

    def resolve(self, say: Callable[[str], None], *, seed: int, epoch: int) -> Scenario:
        """Make the scenario that is asked for.

        Args:
            say: As in `read_scenario`.
            seed: The seed if nothing says one.
            epoch: The epoch if nothing says one.

        Raises:
            ScenarioError: If there is no such scenario, or a parameter is out of its range.
        """
        table = read_scenario(self.scenario, say) if self.scenario is not None else {}
        return Scenario.from_table({"seed": seed, **table}, **self._given(table, epoch))

    def _given(self, table: dict[str, Any], epoch: int) -> dict[str, int]:
        flags = {"seed": self.seed, "jobs": self.jobs, "epoch": self.epoch}
        given = {name: value for name, value in flags.items() if value is not None}
        return given if "epoch" in table else {"epoch": epoch} | given

    def refuse_others(self, held: Scenario, log: Path, say: Callable[[str], None]) -> None:
        """Refuse flags that say something else than a command log does.

        Args:
            held: The log's scenario.
            log: The log.
            say: As in `read_scenario`.

        Raises:
            UsageError: If one does; the text names the flag and both values.
            ScenarioError: As `resolve`.
        """
        there = held.to_table()
        asked = self.resolve(say, seed=held.seed, epoch=held.epoch).to_table()
        flags = {"seed": self.seed, "jobs": self.jobs, "epoch": self.epoch}
        wrong = [(f"--{name}", name) for name, value in flags.items() if value is not None]
        if self.scenario is not None:
            wrong += [(f"--scenario {self.scenario}", name) for name in there | asked]
        for flag, name in wrong:
            here, known = asked.get(name, "none"), there.get(name, "none")
            if here != known:
                said = here if flag == f"--{name}" else f"{name} {here}"
                msg = (
                    f"cannot go on with the command log {log}: {flag} says {said}, the log {known}; "
                    "leave the flag out, or choose another log"
                )
                raise UsageError(msg)
