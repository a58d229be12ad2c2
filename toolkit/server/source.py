"""What a server serves: a live cluster from a scenario, or a bundle; and where its clock starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.answers.answer import Cluster
from toolkit.bundle.reader import read_bundle
from toolkit.clock import NORMAL, Setting
from toolkit.errors import InstantError
from toolkit.model.instants import format_instant, format_shift, parse_at, parse_instant
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.timeline.view import Timeline
    from toolkit.world.commands import CommandLog
    from toolkit.world.generations import Pool
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


def live(scenario: Scenario, log: CommandLog, called: str | None = None, pool: Pool | None = None) -> Source:
    """Serve the world of a scenario under a command log.

    Args:
        scenario: Which world.
        log: Where its commands are.
        called: What the scenario was asked for as.
        pool: What timelines over the same scenario share; one of its own if `None`.
    """
    what = f"scenario {called}, " if called is not None else ""
    about = f"live: {what}seed {scenario.seed}, epoch {format_instant(scenario.epoch)}, {scenario.jobs} jobs"
    return Source(Cluster(LiveTimeline(scenario, log, pool), log, "live"), about, redacted=True)


def replay(path: Path, *, allow_edited: bool, rebase_to: int | None = None) -> Source:
    """Serve a bundle.

    Args:
        path: Its directory.
        allow_edited: Whether files may differ from what the manifest says of them.
        rebase_to: The instant that the bundle's first one becomes, all known dates shifted with it; as it was by
            default.

    Raises:
        BundleError: If it cannot be read.
        InstantError: If a date in it would be shifted beyond the years that a date can say.
    """
    bundle = read_bundle(path, allow_edited=allow_edited, rebase_to=rebase_to)
    timeline = bundle.timeline
    origin = bundle.manifest.origin
    # What does not say that it was redacted, was not.
    redacted = origin.get("kind") == "generated" or origin.get("redacted") is True
    about = f"replay: {path}, {format_instant(timeline.first)} to {format_instant(timeline.last)}"
    if timeline.first == timeline.last:
        about += " (one instant: nothing moves)"
    if rebase_to is not None:
        shift = rebase_to - parse_instant(bundle.manifest.from_)
        about += f", dates shifted by {format_shift(shift)}"
    absent = frozenset({"errors"}) if origin.get("kind") == "recorded" and not origin.get("errors") else frozenset()
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


def until_of(timeline: Timeline, until: str | None, start: int) -> int:
    """Give the last instant that a clock shows: a timeline's last, or what `--until` says.

    Raises:
        UsageError: If the text is no date and no offset, or is before the start.
        InstantError: If the timeline does not reach the instant.
    """
    if until is None:
        return timeline.last
    t = parse_at(until, timeline.first)
    if not start <= t <= timeline.last:
        reach = f"{format_instant(start)} to {format_instant(timeline.last)}"
        msg = f"cannot run until {until}: that is outside of {reach}; give --until an instant in between"
        raise InstantError(msg)
    return t


def start_again(timeline: Timeline, log: CommandLog, wall: int, wanted: Setting, *, speed_given: bool) -> Setting:
    """Give how the clock of a server is set at first that goes on with a log.

    As it was last set in the log, if it was: one that ran has gone on running. Otherwise a running clock shows the
    wall's time again, and a frozen one stands where the last command was, neither before a command that has happened.
    It is never outside of the world: an epoch that is still to come begins now.

    Args:
        timeline: The world.
        log: Its log.
        wall: The wall's time.
        wanted: What the flags say.
        speed_given: Whether they say a speed.
    """
    entries = log.in_force()
    place = max((n for n, command in enumerate(entries) if command.entry["do"] == "clock"), default=None)
    if place is None:
        known = max((command.t for command in log.in_order()), default=timeline.first)
        return wanted._replace(t=min(known if wanted.frozen else max(known, wall), timeline.last))
    before = entries[place].entry
    speed, frozen = wanted.speed if speed_given else before["speed"], wanted.frozen or before["frozen"]
    passed = 0 if before["frozen"] else max(0, wall - before["wall"]) * before["speed"] // NORMAL
    shown = max(entries[place].t + passed, *(command.t for command in entries[place:]))
    return Setting(min(shown, timeline.last), speed, frozen)
