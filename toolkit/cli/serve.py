"""`toolkit serve`: a cluster over HTTP, live or from a bundle."""

from __future__ import annotations

import secrets
import shlex
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from toolkit.cli.output import result, say
from toolkit.errors import ToolkitError, UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from toolkit.server.reload import Inherited
    from toolkit.server.source import Source
    from toolkit.world.scenario import Scenario

_MOST_SEED = 2**32
"""Random seeds stay short enough to be read aloud; given ones may be longer."""


def serve(  # noqa: PLR0913 - one parameter a flag
    *,
    live: Annotated[bool, typer.Option("--live", help="Serve a generated cluster that moves with the clock.")] = False,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="BUNDLE", help="Serve a bundle, from its start.")
    ] = None,
    host: Annotated[
        str,
        typer.Option("--host", "-h", metavar="ADDRESS", help="Address to listen on; 0.0.0.0 for other machines too."),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", metavar="N", min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = 5678,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart when the toolkit's code changes; same world and time.")
    ] = False,
    seed: Annotated[
        int | None, typer.Option("--seed", metavar="N", help="Seed of the live cluster.  [default: random]")
    ] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", metavar="N", help="Jobs of the live cluster.  [default: 25]")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(
            "--scenario",
            metavar="NAME|FILE.toml",
            help="What live cluster: a name from `scenario list`, or a file; other flags win.",
        ),
    ] = None,
    epoch: Annotated[
        str | None,
        typer.Option("--epoch", metavar="DATE", help="Where the live cluster's life starts.  [default: now]"),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Keep commands there; the same world goes on from it next time."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="DATE|+OFFSET", help="Start at this instant; +5m counts from the start."),
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Stand still at the first instant.")] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print each status change as it happens, on stderr.")
    ] = False,
    allow_edited: Annotated[
        bool, typer.Option("--allow-edited", help="Replay a bundle whose files were changed by hand.")
    ] = False,
    serve_unredacted: Annotated[
        bool, typer.Option("--serve-unredacted", help="Replay an unredacted recording to other machines.")
    ] = False,
) -> None:
    """Serve a cluster over HTTP, live or from a bundle.

    Prints its URL on stdout once it answers; Ctrl-C ends it. One of --live and --replay is needed.
    """
    only_live = {"--seed": seed, "--jobs": jobs, "--scenario": scenario, "--epoch": epoch, "--log": log}
    only_replay = {"--allow-edited": allow_edited or None, "--serve-unredacted": serve_unredacted or None}
    _check_mode(live=live, replay=replay, only_live=only_live, only_replay=only_replay)

    from toolkit.server.binding import bind  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.server.reload import Inherited, supervise  # noqa: PLC0415 - as above

    inherited = Inherited.from_environment()
    with inherited.sock if inherited is not None else bind(host, port) as sock:
        if reload and inherited is None:
            raise typer.Exit(supervise(sock, sys.argv[1:], say))
        try:
            _serve(
                _Asked(replay, seed, jobs, scenario, epoch, log, at, frozen, verbose, allow_edited, serve_unredacted),
                sock,
                inherited,
            )
        except ToolkitError as error:
            if inherited is not None:
                inherited.refused(error.exit_code)
            raise


class _Asked(NamedTuple):
    """What the command line asks to be served, and how."""

    replay: Path | None
    seed: int | None
    jobs: int | None
    scenario: str | None
    epoch: str | None
    log: Path | None
    at: str | None
    frozen: bool
    verbose: bool
    allow_edited: bool
    serve_unredacted: bool


def _check_mode(
    *, live: bool, replay: Path | None, only_live: Mapping[str, object], only_replay: Mapping[str, object]
) -> None:
    if live == (replay is not None):
        what = "two things at once" if live else "without knowing what"
        msg = f"cannot serve {what}: give exactly one of --live and --replay BUNDLE"
        raise UsageError(msg)
    mode, other, wrong = ("--live", "--replay", only_replay) if live else ("--replay", "--live", only_live)
    for flag, value in wrong.items():
        if value is not None:
            msg = f"cannot use {flag} with {mode}: it belongs to {other}; leave it out"
            raise UsageError(msg)


class _Chosen(NamedTuple):
    """What is served: a source, the instant at which its clock starts, and the scenario of a live one."""

    source: Source
    start: int
    scenario: Scenario | None


def _serve(asked: _Asked, sock: socket.socket, inherited: Inherited | None) -> None:
    # These take most of the start: before the epoch is taken, so that "now" is when the server is ready.
    from toolkit.clock import FrozenClock, RunningClock, wall_now  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.server.binding import is_everywhere, is_loopback, url_of  # noqa: PLC0415
    from toolkit.server.reload import Run  # noqa: PLC0415
    from toolkit.server.runner import run  # noqa: PLC0415

    before = inherited.run if inherited is not None else None
    source, start, scenario = _live(asked, inherited) if asked.replay is None else _replay(asked, asked.replay)
    if not (source.redacted or asked.serve_unredacted or is_loopback(sock)):
        msg = f"cannot serve {asked.replay} to others: it is not redacted; add --serve-unredacted if you mean it"
        raise UsageError(msg)
    if before is not None:
        start = before.start
    anchor = before.anchor_wall if before is not None else wall_now()
    clock = FrozenClock(start) if asked.frozen else RunningClock(start, source.cluster.timeline.last, anchor)

    def ready() -> None:
        if before is None:
            say(source.about)
            if asked.log is not None:
                say(_about_log(asked.log, source, start))
            say(f"to have this run again: {_again(asked, scenario)}")
            if is_everywhere(sock):
                say("reachable from other machines under this machine's name or address")
            result(url_of(sock))
        if inherited is not None:
            inherited.is_up(Run(start, anchor))

    run(
        source.cluster, clock, sock, ready=ready, tell=say if asked.verbose else None, link=inherited and inherited.link
    )


def _replay(asked: _Asked, bundle: Path) -> _Chosen:
    from toolkit.server.source import replay, start_of  # noqa: PLC0415 - `toolkit --help` does without servers

    source = replay(bundle, allow_edited=asked.allow_edited)
    return _Chosen(source, start_of(source.cluster.timeline, asked.at), None)


def _live(asked: _Asked, inherited: Inherited | None) -> _Chosen:
    from toolkit.clock import wall_now  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.logfile import LogFile  # noqa: PLC0415
    from toolkit.model.instants import parse_instant  # noqa: PLC0415
    from toolkit.scenarios import Wanted  # noqa: PLC0415
    from toolkit.server.source import live, start_again, start_of  # noqa: PLC0415
    from toolkit.world.commands import MemoryLog  # noqa: PLC0415

    epoch = parse_instant(asked.epoch) if asked.epoch is not None else None
    wanted = Wanted(asked.scenario, asked.seed, asked.jobs, epoch)
    file = held = None
    if asked.log is not None:
        file = LogFile.open(asked.log, say)
        held = file.scenario
        if held is not None and (inherited is None or inherited.run is None):
            wanted.refuse_others(held, asked.log, say)
    elif inherited is not None:
        file = LogFile.inherited(inherited.log, say)
    scenario = file.scenario if file is not None else None
    scenario = scenario or wanted.resolve(say, seed=secrets.randbelow(_MOST_SEED), epoch=wall_now())
    log = file or MemoryLog(scenario.seed)
    source = live(scenario, log, asked.scenario)
    timeline = source.cluster.timeline
    if held is not None and asked.at is None:
        start = start_again(timeline, log, wall_now(), frozen=asked.frozen)
    else:
        start = start_of(timeline, asked.at)
    if file is not None:
        file.begin(scenario)
    return _Chosen(source, start, scenario)


def _about_log(path: Path, source: Source, start: int) -> str:
    from toolkit.model.instants import format_instant  # noqa: PLC0415 - `toolkit --help` does without servers

    log = source.cluster.log
    commands = log.in_order() if log is not None else []
    later = sum(command.t > start for command in commands)
    ahead = f", {later} of them still to come" if later else ""
    return f"command log {path}: {len(commands)} commands{ahead}; it is {format_instant(start)}"


def _again(asked: _Asked, scenario: Scenario | None) -> str:
    """Write the command that has the same run again."""
    from toolkit.model.instants import format_instant  # noqa: PLC0415 - `toolkit --help` does without servers

    if scenario is None:
        words = ["toolkit serve --replay", shlex.quote(str(asked.replay))]
    else:
        words = [f"toolkit serve --live --seed {scenario.seed} --epoch {format_instant(scenario.epoch)}"]
        words += ["--jobs", str(scenario.jobs)]
        words += ["--scenario", shlex.quote(asked.scenario)] if asked.scenario is not None else []
        words += ["--log", shlex.quote(str(asked.log))] if asked.log is not None else []
    words += ["--at", shlex.quote(asked.at)] if asked.at is not None else []
    given = {
        "--frozen": asked.frozen,
        "--allow-edited": asked.allow_edited,
        "--serve-unredacted": asked.serve_unredacted,
    }
    words += [flag for flag, is_given in given.items() if is_given]
    return " ".join(words)
