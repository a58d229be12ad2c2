"""From what is asked to be served to worlds that can be: the same for the command line and for Python."""

from __future__ import annotations

import secrets
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from toolkit.answers.control.clock import speed_of
from toolkit.clock import SetClock, Setting, wall_now
from toolkit.errors import UsageError
from toolkit.faults_file import read_faults
from toolkit.logfile import LogFile
from toolkit.model.instants import format_instant, parse_instant
from toolkit.scenarios import Wanted
from toolkit.server.about import INSTANT
from toolkit.server.served import MOST_WORLDS, Settings
from toolkit.server.source import Source, live, replay, start_again, start_of, until_of
from toolkit.server.worlds import Worlds
from toolkit.world.commands import MemoryLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toolkit.world.commands import CommandLog
    from toolkit.world.scenario import Scenario

MOST_SEED = 2**32
"""Random seeds stay short enough to be read aloud; given ones may be longer."""
MOST_REQUESTS = 1_000


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked to be served, and how: the flags of `toolkit serve`, by their names.

    Attributes:
        replay: The bundle; `None` for a live cluster.
        scenario: A name or a file.
        seed: Random if `None`.
        jobs: As the scenario says if `None`.
        epoch: A date; now if `None`. With `rebase` it is where the bundle's start goes.
        log: Where commands are kept.
        at: A date or an offset at which the clock starts.
        until: A date or an offset at which the clock holds, or begins again.
        speed: How fast the clock runs; 1 is normal.
        frozen: Whether it stands still.
        loop: Whether it begins again at the start after its end.
        rebase: Whether a bundle's dates are shifted.
        auto_advance: Whether a request that waits moves a frozen clock to its end.
        faults: What goes wrong with requests from the start: the name of a set, or a file.
        allow_edited: Whether a bundle may have been changed by hand.
        serve_unredacted: Whether an unredacted recording may be served to other machines.
        worlds: How many worlds may have a name.
        requests: How many requests each world remembers.
    """

    replay: Path | None = None
    scenario: str | None = None
    seed: int | None = None
    jobs: int | None = None
    epoch: str | None = None
    log: Path | None = None
    at: str | None = None
    until: str | None = None
    speed: float | None = None
    frozen: bool = False
    loop: bool = False
    rebase: bool = False
    auto_advance: bool = False
    faults: str | None = None
    allow_edited: bool = False
    serve_unredacted: bool = False
    worlds: int = MOST_WORLDS
    requests: int = MOST_REQUESTS


class Resumed(NamedTuple):
    """How an earlier server of the same run left things.

    Attributes:
        log: The open file of its command log without a name.
        start: The instant at which its clock started, `None` if there was none yet.
        set_wall: The wall time at which it did.
        rebased: Where the start of a rebased bundle went.
    """

    log: int
    start: int | None = None
    set_wall: int = 0
    rebased: int | None = None


class Opened(NamedTuple):
    """What can be served now.

    Attributes:
        source: What it is.
        scenario: Of a live one.
        clock: Which instant it is.
        worlds: The worlds over it.
        again: The command that has the same run again.
        set_wall: The wall time at which its clock was set.
        rebased: Where the start of a rebased bundle went.
    """

    source: Source
    scenario: Scenario | None
    clock: SetClock
    worlds: Worlds
    again: str
    set_wall: int
    rebased: int | None


class Making(NamedTuple):
    """What worlds are made with, so that a test suite can have its own.

    Attributes:
        seed: Gives the seed where nothing says one.
        epoch: Gives the epoch where nothing says one, and where a rebased bundle's start goes.
        live: Makes a live cluster, as `toolkit.server.source.live`.
        replay: Reads a bundle, as `toolkit.server.source.replay`.
    """

    seed: Callable[[], int] = lambda: secrets.randbelow(MOST_SEED)
    epoch: Callable[[], int] = wall_now
    live: Callable[[Scenario, CommandLog, str | None], Source] = live
    replay: Callable[..., Source] = replay


class _Chosen(NamedTuple):
    source: Source
    setting: Setting
    scenario: Scenario | None
    rebased: int | None = None


def open_worlds(
    options: Options, say: Callable[[str], None], resumed: Resumed | None = None, making: Making | None = None
) -> Opened:
    """Open what is asked for.

    Args:
        options: What, and how.
        say: Told what a person should know.
        resumed: How an earlier server left things, if this one goes on with its run.
        making: What worlds are made with; the real thing by default.

    Raises:
        ToolkitError: If it cannot be served; the message says which flag to change.
    """
    making = making or Making()
    if options.replay is None:
        chosen = _live(options, say, resumed, making)
    else:
        chosen = _replay(options, options.replay, resumed, making)
    source, timeline = chosen.source, chosen.source.cluster.timeline
    last = until_of(timeline, options.until, chosen.setting.t)
    setting, set_wall = chosen.setting, wall_now()
    if resumed is not None and resumed.start is not None and not _was_set(source.cluster.log):
        setting, set_wall = setting._replace(t=resumed.start), resumed.set_wall
    clock = SetClock(setting, first=timeline.first, last=last, loop=options.loop, set_wall=set_wall)
    again = again_of(options, chosen.scenario, chosen.rebased)

    settings = Settings(
        start=setting,
        auto_advance=options.auto_advance,
        again=again,
        again_at=again_of(standing(options, INSTANT), chosen.scenario, chosen.rebased),
        more=more_of(options),
        bundle=None if options.replay is None else str(options.replay),
        keeps_log=options.log is not None,
        faults=() if options.faults is None else read_faults(options.faults, say),
        most_worlds=options.worlds,
        most_requests=options.requests,
    )
    return Opened(
        source, chosen.scenario, clock, Worlds(source.cluster, clock, settings), again, set_wall, chosen.rebased
    )


def _was_set(log: CommandLog | None) -> bool:
    """Tell whether a log says how the clock was last set: then it is set so."""
    return log is not None and any(command.entry["do"] == "clock" for command in log.in_force())


def _speed(options: Options, default: int) -> int:
    return default if options.speed is None else speed_of(options.speed)


def _replay(options: Options, bundle: Path, resumed: Resumed | None, making: Making) -> _Chosen:
    if options.epoch is not None and not options.rebase:
        msg = "cannot use --epoch with --replay: it belongs to --live, or to --rebase as its date; leave it out"
        raise UsageError(msg)
    rebased = None
    if options.rebase:
        rebased = parse_instant(options.epoch) if options.epoch is not None else making.epoch()
        if resumed is not None and resumed.rebased is not None:
            rebased = resumed.rebased
    source = making.replay(bundle, allow_edited=options.allow_edited, rebase_to=rebased)
    setting = Setting(start_of(source.cluster.timeline, options.at), _speed(options, Setting(0).speed), options.frozen)
    return _Chosen(source, setting, None, rebased)


def _live(options: Options, say: Callable[[str], None], resumed: Resumed | None, making: Making) -> _Chosen:
    epoch = parse_instant(options.epoch) if options.epoch is not None else None
    wanted = Wanted(options.scenario, options.seed, options.jobs, epoch)
    file = held = None
    if options.log is not None:
        file = LogFile.open(options.log, say)
        held = file.scenario
        if held is not None and (resumed is None or resumed.start is None):
            wanted.refuse_others(held, options.log, say)
    elif resumed is not None:
        file = LogFile.inherited(resumed.log, say)
    scenario = file.scenario if file is not None else None
    scenario = scenario or wanted.resolve(say, seed=making.seed(), epoch=making.epoch())
    log: CommandLog = file or MemoryLog(scenario.seed)
    source = making.live(scenario, log, options.scenario)
    timeline = source.cluster.timeline
    setting = Setting(start_of(timeline, options.at), _speed(options, Setting(0).speed), options.frozen)
    if held is not None and options.at is None:
        setting = start_again(timeline, log, wall_now(), setting, speed_given=options.speed is not None)
    if file is not None:
        file.begin(scenario)
    return _Chosen(source, setting, scenario)


def standing(options: Options, at: str) -> Options:
    """Give the same, of a clock that stands at an instant."""
    return replace(options, at=at, frozen=True, speed=None, until=None, loop=False)


def again_of(options: Options, scenario: Scenario | None, rebased: int | None = None) -> str:
    """Write the command that has the same run again."""
    if scenario is None:
        words = ["toolkit serve --replay", shlex.quote(str(options.replay))]
        words += [f"--rebase --epoch {format_instant(rebased)}"] if rebased is not None else []
    else:
        words = [f"toolkit serve --live --seed {scenario.seed} --epoch {format_instant(scenario.epoch)}"]
        words += ["--jobs", str(scenario.jobs)]
        words += ["--scenario", shlex.quote(options.scenario)] if options.scenario is not None else []
        words += ["--log", shlex.quote(str(options.log))] if options.log is not None else []
    given = {"--at": options.at, "--until": options.until, "--speed": options.speed}
    words += [f"{flag} {shlex.quote(f'{value}')}" for flag, value in given.items() if value is not None]
    words += [flag for flag, is_given in (("--frozen", options.frozen), ("--loop", options.loop)) if is_given]
    return " ".join(words) + more_of(options)


def more_of(options: Options) -> str:
    """Write the flags that say neither which world it is nor which instant, each with a blank before it."""
    words = [] if options.faults is None else ["--faults", shlex.quote(options.faults)]
    words += ["--worlds", str(options.worlds)] if options.worlds != MOST_WORLDS else []
    words += ["--requests", str(options.requests)] if options.requests != MOST_REQUESTS else []
    flags = {
        "--auto-advance": options.auto_advance,
        "--allow-edited": options.allow_edited,
        "--serve-unredacted": options.serve_unredacted,
    }
    words += [flag for flag, is_given in flags.items() if is_given]
    return "".join(f" {word}" for word in words)
