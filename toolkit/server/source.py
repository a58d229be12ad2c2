"""What a server serves: a live cluster from a scenario, or a bundle; and where its clock starts."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, NamedTuple

from toolkit.answers.answer import Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.errors import InstantError, ScenarioError
from toolkit.model.instants import format_instant, parse_at
from toolkit.world.commands import MemoryLog
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.timeline.view import Timeline
    from toolkit.world.scenario import Scenario


class Source(NamedTuple):
    """Something to serve.

    Attributes:
        cluster: The cluster, behind `toolkit.answers.answer`.
        about: One line on what it is, for the person at the terminal.
        redacted: False for a recording that holds what a real cluster said, word for word.
    """

    cluster: Cluster
    about: str
    redacted: bool


def read_scenario(path: Path) -> dict[str, Any]:
    """Read a scenario file: TOML, names of `Scenario`'s fields.

    Raises:
        ScenarioError: If there is no such file or it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        msg = f"cannot read the scenario {path}: {error.strerror}; give --scenario a file that is there"
        raise ScenarioError(msg) from None
    except RecursionError:
        msg = f"cannot read the scenario {path}: it is nested too deep; write it as TOML, such as jobs = 25"
        raise ScenarioError(msg) from None
    except ValueError as error:
        msg = f"cannot read the scenario {path}: {error}; write it as TOML, such as jobs = 25"
        raise ScenarioError(msg) from None


def live(scenario: Scenario) -> Source:
    """Serve the world of a scenario, with a command log of its own."""
    log = MemoryLog(scenario.seed)
    about = f"live: seed {scenario.seed}, epoch {format_instant(scenario.epoch)}, {scenario.jobs} jobs"
    return Source(Cluster(LiveTimeline(scenario, log), log, "live"), about, redacted=True)


def replay(path: Path, *, allow_edited: bool) -> Source:
    """Serve a bundle.

    Raises:
        BundleError: If it cannot be read.
    """
    bundle = read_bundle(path, allow_edited=allow_edited)
    timeline = bundle.timeline
    origin = bundle.manifest.origin
    # What does not say that it was redacted, was not.
    redacted = origin.get("kind") == "generated" or origin.get("redacted") is True
    about = f"replay: {path}, {format_instant(timeline.first)} to {format_instant(timeline.last)}"
    if timeline.first == timeline.last:
        about += " (one instant: nothing moves)"
    absent = (
        frozenset({"errors"})
        if origin.get("kind") == "recorded" and not bundle.manifest.counts.get("errors")
        else frozenset()
    )
    return Source(Cluster(timeline, None, "replay", absent), about, redacted)


def start_of(timeline: Timeline, at: str | None) -> int:
    """Give the instant at which a clock starts: a timeline's first, or what `--at` says.

    Raises:
        UsageError: If the text is no date and no offset.
        InstantError: If the timeline does not reach the instant.
    """
    if at is None:
        return timeline.first
    t = parse_at(at, timeline.first)
    if not timeline.first <= t <= timeline.last:
        reach = f"{format_instant(timeline.first)} to {format_instant(timeline.last)}"
        msg = (
            f"cannot start at {at}: that is outside of {reach}; give --at an instant in between, or an offset like +5m"
        )
        raise InstantError(msg)
    return t
