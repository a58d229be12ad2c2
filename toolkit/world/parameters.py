"""What is known of each parameter of a scenario: what it means, its unit and its range."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple

from toolkit.model.instants import DAY, EARLIEST, HOUR, LATEST, MINUTE, SECOND

LIFETIME: Final = 3_652 * DAY
"""A world is defined from its epoch to ten years later."""
MOST_JOBS: Final = 5_000_000

Unit = Literal["count", "date", "duration", "share", "text"]


class Parameter(NamedTuple):
    """One parameter.

    Attributes:
        about: What it means, for a person.
        unit: How it is written; durations are milliseconds inside, shares 0 to 1.
        low: The least it may be.
        high: The most it may be.
        pattern: What a text has to match in full.
        rule: That in words.
    """

    about: str
    unit: Unit
    low: int = 0
    high: int = 1
    pattern: re.Pattern[str] = re.compile("(?s:.*)")
    rule: str = ""


def _count(about: str, low: int, high: int) -> Parameter:
    return Parameter(about, "count", low, high)


def _duration(about: str, low: int, high: int) -> Parameter:
    return Parameter(about, "duration", low, high)


def _share(about: str) -> Parameter:
    return Parameter(about, "share")


def _choice(about: str, one: str, other: str) -> Parameter:
    return Parameter(about, "text", pattern=re.compile(f"{one}|{other}"), rule=f"must be {one} or {other}")


PARAMETERS: Final = {
    "seed": _count("keys every draw: the same seed, the same world", 0, 2**63 - 1),
    "epoch": Parameter("where the world's life starts", "date", EARLIEST + 800 * DAY, LATEST - LIFETIME),
    "jobs": _count("how many jobs there are", 0, MOST_JOBS),
    "cluster_name": Parameter("the name in GET /", "text"),
    "living_share": _share("jobs with a living execution"),
    "max_living": _count("living executions at most", 0, 10_000),
    "history_most": _count("ended executions a job has at the epoch, at most", 0, 3),
    "history_from": _duration("how long ago the youngest of them ended, at least", 1, 10_000 * DAY),
    "history_to": _duration("how old the oldest of them may be", 1, 400 * DAY),
    "young_share": _share("living executions that are starting at the epoch"),
    "young_under": _duration("their age, at most", 1, HOUR),
    "recent_share": _share("living executions that are a little older"),
    "recent_under": _duration("their age, at most", 1, HOUR),
    "hours_share": _share("living executions that are hours old; the rest is older"),
    "hours_from": _duration("their age, at least", MINUTE, 23 * HOUR),
    "days_from": _duration("the age of the rest, at least", HOUR, 300 * DAY),
    "days_to": _duration("the age of the rest, at most", HOUR, 300 * DAY),
    "recovering_share": _share("living executions that are recovering at the epoch"),
    "failing_share": _share("living executions that are failing at the epoch"),
    "paused_share": _share("living executions that are paused, and stay so"),
    "completing_share": _share("living executions that will complete"),
    "step_least": _duration("pending, scheduling, initializing: each at least", 1, HOUR),
    "step_most": _duration("pending, scheduling, initializing: each at most", 1, HOUR),
    "recovering_for": _duration("how long recovering lasts", 1, DAY),
    "failing_for": _duration("how long failing lasts", 1, DAY),
    "stopping_for": _duration("how long stopping lasts, if no client stopped it", 1, DAY),
    "event_every": _duration("from one lifecycle event, a start or a stop, to the next", SECOND, LIFETIME),
    "event_chance": _share("events that happen"),
    "start_share": _share("events that start an execution; the others stop one"),
    "workers_most": _count("workers of a job at most", 1, 64),
    "fully_joined_share": _share("executions all of whose workers joined"),
    "fully_active_share": _share("times in which all joined workers are active"),
    "active_holds": _duration("how long a number of active workers holds", SECOND, 365 * DAY),
    "disconnecting_share": _share("executions that lose a worker now and then"),
    "slice_every": _duration("the time a worker takes for a slice", 200, HOUR),
    "slice_spread_share": _share("how much faster or slower than that an execution may be"),
    "failures_share": _share("executions with failed slices"),
    "failed_least_ppm": _count("failed slices of a million, in those, at least", 1, 1_000_000),
    "failed_most_ppm": _count("failed slices of a million, in those, at most", 1, 1_000_000),
    "subslices_least": _count("subslices of a thousand slices, at least", 0, 1_000_000),
    "subslices_most": _count("subslices of a thousand slices, at most", 0, 1_000_000),
    "errors_newest": _count("error records of an execution that are kept, at most", 0, 10_000),
    "errors_within": _duration("how long they are kept", 1, 400 * DAY),
    "nodes_least": _count("nodes at least; there are more where the executions need them", 1, 1_000),
    "node_slots": _count("slots of a node; the cluster's own processes take two of the first node's", 3, 10_000),
    "node_version": Parameter(
        "the version of Node that the nodes run",
        "text",
        pattern=re.compile(r"v\d{1,3}\.\d{1,3}\.\d{1,3}", re.ASCII),
        rule="must be a version such as v22.19.0",
    ),
    "hostnames": _choice("an address for each node, or 127.0.0.1 for all", "distinct", "loopback"),
    "assets": _choice("the assets that are there: the made-up standard ones or none", "standard", "none"),
    "analytics_every": _duration("how often controllers push what GET /cluster/stats sums up", SECOND, DAY),
    "totals_from_zero_every": _duration("how often those sums begin again", HOUR, 7 * DAY),
}  # fmt: skip
"""Every parameter by its name, in the order of a scenario's fields."""

PAIRED: Final = (
    ("step_least", "step_most"),
    ("failed_least_ppm", "failed_most_ppm"),
    ("subslices_least", "subslices_most"),
    ("days_from", "days_to"),
    ("recent_under", "hours_from"),
    ("young_under", "recent_under"),
)
"""Pairs of which the first must not be above the second."""
