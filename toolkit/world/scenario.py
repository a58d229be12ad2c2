"""The scenario: every parameter of a generated world, with its default, checked once at the edge.

Durations are milliseconds here and texts such as `3m` in a scenario file; shares are 0 to 1.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

from toolkit.errors import ScenarioError, UsageError
from toolkit.model.instants import (
    DAY,
    EARLIEST,
    HOUR,
    LATEST,
    MINUTE,
    SECOND,
    format_duration,
    format_instant,
    parse_duration,
    parse_instant,
    shown_instant,
)

LIFETIME = 3_652 * DAY
"""A world is defined from its epoch to ten years later."""
MOST_JOBS = 5_000_000


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

    node_slots: int = 16

    analytics_every: int = 60 * SECOND
    totals_from_zero_every: int = 24 * HOUR

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
        for name, low, high in _RANGES:
            show = format_duration if name in _DURATIONS else shown_instant if name == "epoch" else str
            self._require(name, f"must be from {show(low)} to {show(high)}", ok=low <= getattr(self, name) <= high)
        for name in [field.name for field in fields(self) if field.name.endswith(("_share", "_chance"))]:
            self._require(name, "must be from 0 to 1", ok=0 <= getattr(self, name) <= 1)
        for low_name, high_name in _PAIRED:
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
            value = getattr(self, name)
            show = format_duration if name in _DURATIONS and value > 0 else shown_instant if name == "epoch" else None
            _refuse(name, show(value) if show else value, rule)

    def to_table(self) -> dict[str, Any]:
        """Give the parameters as a scenario file has them: `from_table` of it is this scenario again."""
        table = asdict(self) | {name: format_duration(getattr(self, name)) for name in _DURATIONS}
        return table | {"epoch": format_instant(self.epoch)}

    @classmethod
    def from_table(cls, table: dict[str, Any], **given: Any) -> Scenario:  # noqa: ANN401 - values of any field
        """Make a scenario from a scenario file's table, with what was `given` besides winning.

        Args:
            table: Names of this class's fields; durations as text, the epoch as a date.
            given: Values of fields, in the units of this class.

        Raises:
            ScenarioError: If a name is unknown or a value is of the wrong type or out of its range.
        """
        types = {field.name: field.type for field in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in table.items():
            if name not in types:
                near = get_close_matches(name, types, n=1)
                hint = (
                    f"did you mean {near[0]}?" if near else f"toolkit knows {len(types)}, such as jobs and event_every"
                )
                _refuse(name, value, f"is not a parameter; {hint}")
            values[name] = _read(name, str(types[name]), value)
        return replace(cls(), **(values | given))


_RANGES: tuple[tuple[str, int, int], ...] = (
    ("seed", 0, 2**63 - 1),
    ("epoch", EARLIEST + 800 * DAY, LATEST - LIFETIME),
    ("jobs", 0, MOST_JOBS),
    ("max_living", 0, 10_000),
    ("history_most", 0, 3),
    ("history_from", 1, 10_000 * DAY),
    ("history_to", 1, 400 * DAY),
    ("young_under", 1, HOUR),
    ("recent_under", 1, HOUR),
    ("hours_from", MINUTE, 23 * HOUR),
    ("days_from", HOUR, 300 * DAY),
    ("days_to", HOUR, 300 * DAY),
    ("step_least", 1, HOUR),
    ("step_most", 1, HOUR),
    ("recovering_for", 1, DAY),
    ("failing_for", 1, DAY),
    ("stopping_for", 1, DAY),
    ("event_every", MINUTE, 3_652 * DAY),
    ("workers_most", 1, 64),
    ("active_holds", SECOND, 365 * DAY),
    ("slice_every", 200, HOUR),
    ("failed_least_ppm", 1, 1_000_000),
    ("failed_most_ppm", 1, 1_000_000),
    ("subslices_least", 0, 1_000_000),
    ("subslices_most", 0, 1_000_000),
    ("errors_newest", 0, 10_000),
    ("errors_within", 1, 400 * DAY),
    ("node_slots", 3, 10_000),
    ("analytics_every", SECOND, DAY),
    ("totals_from_zero_every", HOUR, 7 * DAY),
)
_PAIRED = (
    ("step_least", "step_most"),
    ("failed_least_ppm", "failed_most_ppm"),
    ("subslices_least", "subslices_most"),
    ("days_from", "days_to"),
    ("recent_under", "hours_from"),
    ("young_under", "recent_under"),
)
_DURATIONS = frozenset(
    {
        "history_from", "history_to", "young_under", "recent_under", "hours_from", "days_from", "days_to",
        "step_least", "step_most", "recovering_for", "failing_for", "stopping_for", "event_every", "active_holds",
        "slice_every", "errors_within", "analytics_every", "totals_from_zero_every",
    }
)  # fmt: skip


def _read(name: str, kind: str, value: object) -> object:
    wanted = (
        "a duration such as 30s"
        if name in _DURATIONS
        else {"int": "a whole number", "float": "a number"}.get(kind, "a text")
    )
    try:
        if name == "epoch":
            wanted = "a date such as 2026-01-01T00:00:00Z"
            return parse_instant(str(value))
        if name in _DURATIONS and isinstance(value, str):
            return parse_duration(value)
    except UsageError:
        _refuse(name, value, f"must be {wanted}")
    fits = {"int": (int,), "float": (int, float), "str": (str,)}[kind]
    if isinstance(value, bool) or not isinstance(value, fits) or name in _DURATIONS:
        _refuse(name, value, f"must be {wanted}")
    return value


def _refuse(name: str, value: object, rule: str) -> None:
    msg = f"cannot use the scenario: {name} is {value!r}, it {rule}"
    raise ScenarioError(msg)
