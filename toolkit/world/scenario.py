"""The scenario: every parameter of a generated world, with its default, checked once at the edge.

Durations are milliseconds here and texts such as `3m` in a scenario file; shares are 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any, Final, NoReturn

from toolkit.errors import ScenarioError, UsageError
from toolkit.model.instants import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
    shown_instant,
)
from toolkit.world.parameters import LIFETIME, PAIRED, PARAMETERS
from toolkit.world.stories import Story, StoryRefused

GENERATOR_REVISION: Final = 2
"""Changes when the same scenario gives other bytes."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """The parameters of a generated world. The fields are the rules of the generated world, by name.

    Raises:
        ScenarioError: If a parameter is out of its range; the message names it.
    """

    seed: int = 1
    epoch: int = 1_767_225_600_000
    jobs: int = 25
    cluster_name: str = "toolkit"

    living_share: float = 0.6
    max_living: int = 1_000
    history_most: int = 3
    history_from: int = 1 * DAY
    history_to: int = 180 * DAY

    young_share: float = 0.2
    young_under: int = 10 * SECOND
    recent_share: float = 0.15
    recent_under: int = 5 * MINUTE
    hours_share: float = 0.2
    hours_from: int = 1 * HOUR
    days_from: int = 1 * DAY
    days_to: int = 120 * DAY

    recovering_share: float = 0.05
    failing_share: float = 0.05
    paused_share: float = 0.08
    completing_share: float = 0.1

    step_least: int = 3 * SECOND
    step_most: int = 4 * SECOND
    recovering_for: int = 3 * MINUTE
    failing_for: int = 2 * MINUTE
    stopping_for: int = 60 * SECOND

    event_every: int = 3 * MINUTE
    event_chance: float = 1.0
    start_share: float = 0.5

    workers_most: int = 8
    fully_joined_share: float = 0.95
    fully_active_share: float = 0.95
    active_holds: int = 10 * MINUTE
    disconnecting_share: float = 0.1

    slice_every: int = 10 * SECOND
    slice_spread_share: float = 0.1
    failures_share: float = 0.1
    failed_least_ppm: int = 500
    failed_most_ppm: int = 5_000
    subslices_least: int = 1_000
    subslices_most: int = 1_500
    errors_newest: int = 1_000
    errors_within: int = 24 * HOUR

    nodes_least: int = 2
    node_slots: int = 16
    node_version: str = "v22.19.0"
    hostnames: str = "distinct"
    assets: str = "standard"

    analytics_every: int = 60 * SECOND
    totals_from_zero_every: int = 24 * HOUR

    stories: tuple[Story, ...] = ()

    @property
    def last(self) -> int:
        """The last instant of the world."""
        return self.epoch + LIFETIME

    @property
    def startup_most(self) -> int:
        """The longest time from pending to running."""
        return 3 * self.step_most

    def __post_init__(self) -> None:
        """Check every parameter."""
        for name, parameter in PARAMETERS.items():
            value = getattr(self, name)
            if parameter.unit == "text":
                self._require(name, parameter.rule, ok=parameter.pattern.fullmatch(value) is not None)
            else:
                low, high = (_shown(name, bound) for bound in (parameter.low, parameter.high))
                self._require(name, f"must be from {low} to {high}", ok=parameter.low <= value <= parameter.high)
        for low_name, high_name in PAIRED:
            ok = getattr(self, low_name) <= getattr(self, high_name)
            self._require(low_name, f"must not be above {high_name}", ok=ok)
        shares = self.young_share + self.recent_share + self.hours_share
        self._require("hours_share", "and young_share and recent_share must not be above 1 together", ok=shares <= 1)
        longest = max(self.startup_most + 1, self.stopping_for, self.recovering_for)
        rule = f"must be at least {format_duration(longest)}, longer than a start-up and as long as a stop or recovery"
        self._require("event_every", rule, ok=self.event_every >= longest)
        rule = "must be above hours_from and above a failing time and a start-up together"
        ok = self.days_from > max(self.hours_from, self.failing_for + self.startup_most)
        self._require("days_from", rule, ok=ok)
        rule = "must be a minute above the longest start-up"
        self._require("hours_from", rule, ok=self.hours_from >= self.startup_most + MINUTE)
        rule = "must be above young_under and the longest start-up"
        self._require("recent_under", rule, ok=self.recent_under > max(self.young_under, self.startup_most))
        rule = "must be at least 30 days above days_to and history_from"
        ok = max(self.days_to, self.history_from) + 30 * DAY <= self.history_to
        self._require("history_to", rule, ok=ok)

    def _require(self, name: str, rule: str, *, ok: bool) -> None:
        if not ok:
            _refuse(name, _shown(name, getattr(self, name)), rule)

    def to_table(self) -> dict[str, Any]:
        """Give the parameters as a scenario file has them: `from_table` of it is this scenario again."""
        write = {"duration": format_duration, "date": format_instant}
        table = {
            name: write[unit](getattr(self, name)) if (unit := PARAMETERS[name].unit) in write else getattr(self, name)
            for name in PARAMETERS
        }
        return table | ({"stories": [story.to_table() for story in self.stories]} if self.stories else {})

    @classmethod
    def from_table(cls, table: dict[str, Any], **given: Any) -> Scenario:  # noqa: ANN401 - values of any field
        """Make a scenario from a scenario file's table, with what was `given` besides winning.

        Args:
            table: Names of this class's fields; durations as text, the epoch as a date.
            given: Values of fields, in the units of this class.

        Raises:
            ScenarioError: If a name is unknown or a value is of the wrong type or out of its range.
        """
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name == "stories":
                values[name] = _stories(value)
                continue
            if name not in PARAMETERS:
                near = get_close_matches(name, PARAMETERS, n=1)
                known = f"toolkit knows {len(PARAMETERS)}, such as jobs and event_every"
                _refuse(name, value, f"is not a parameter; {f'did you mean {near[0]}?' if near else known}")
            values[name] = _read(name, value)
        return replace(cls(), **(values | given))


def _stories(tables: object) -> tuple[Story, ...]:
    if not isinstance(tables, list):
        _refuse("stories", tables, "must be tables, each below a line [[stories]]")
    try:
        return tuple(map(Story.from_table, tables))
    except StoryRefused as refused:
        msg = f"cannot use the scenario: in stories, {refused}"
        raise ScenarioError(msg) from None


def _read(name: str, value: object) -> object:
    unit = PARAMETERS[name].unit
    wanted, kinds = _WANTED[unit]
    try:
        if unit == "date":
            return parse_instant(str(value))
        if unit == "duration" and isinstance(value, str):
            return parse_duration(value)
    except UsageError:
        _refuse(name, value, f"must be {wanted}")
    if isinstance(value, bool) or not isinstance(value, kinds):
        _refuse(name, value, f"must be {wanted}")
    return value


_WANTED: Final[dict[str, tuple[str, tuple[type, ...]]]] = {
    "count": ("a whole number", (int,)),
    "date": ("a date such as 2026-01-01T00:00:00Z", ()),
    "duration": ("a duration such as 30s", ()),
    "share": ("a number", (int, float)),
    "text": ("a text", (str,)),
}
"""What a value of each unit has to be: in words, and its types in a table if it is not read from a text."""


def _shown(name: str, value: Any) -> Any:  # noqa: ANN401 - values of any field
    """Give a value as a scenario file has it; what cannot be written so, as it is."""
    unit = PARAMETERS[name].unit
    if unit == "date":
        return shown_instant(value)
    return format_duration(value) if unit == "duration" and value >= 0 else value


def _refuse(name: str, value: object, rule: str) -> NoReturn:
    msg = f"cannot use the scenario: {name} is {value!r}, it {rule}"
    raise ScenarioError(msg)
