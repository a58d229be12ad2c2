"""`toolkit serve`: a cluster over HTTP, live or from a bundle."""

from __future__ import annotations

import secrets
import shlex
import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from toolkit.cli.output import result, say
from toolkit.errors import ToolkitError, UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from toolkit.server.reload import Inherited, Run
    from toolkit.world.scenario import Scenario

_MOST_SEED = 2**32
"""Random seeds stay short enough to be read aloud; given ones may be longer."""


def serve(  # noqa: PLR0913 - one parameter a flag
    *,
    live: Annotated[bool, typer.Option("--live", help="Serve a generated cluster that moves with the clock.")] = False,
    replay: Annotated[
        Path | None, typer.Option("--replay", metavar="BUNDLE", help="Serve a stored bundle, from its start.")
    ] = None,
    host: Annotated[
        str, typer.Option("--host", "-h", help="Address to listen on; 0.0.0.0 for other machines too.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", "-p", min=0, max=65535, help="Port to listen on; 0 for any free one.")
    ] = 5678,
    reload: Annotated[
        bool, typer.Option("--reload", help="Restart when the toolkit's code changes; same seed, epoch and time.")
    ] = False,
    seed: Annotated[int | None, typer.Option("--seed", help="Seed of the live cluster.  [default: random]")] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", help="Jobs of the live cluster.  [default: 25]")] = None,
    scenario: Annotated[
        Path | None,
        typer.Option("--scenario", metavar="FILE.toml", help="Parameters of the live cluster; other flags win."),
    ] = None,
    epoch: Annotated[
        str | None,
        typer.Option("--epoch", metavar="DATE", help="Where the live cluster's life starts.  [default: now]"),
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
    """Serve a cluster over HTTP. Prints its URL on stdout once it answers; Ctrl-C ends it."""
    only_live = {"--seed": seed, "--jobs": jobs, "--scenario": scenario, "--epoch": epoch}
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
                _Asked(replay, seed, jobs, scenario, epoch, at, frozen, verbose, allow_edited, serve_unredacted),
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
    scenario: Path | None
    epoch: str | None
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


def _serve(asked: _Asked, sock: socket.socket, inherited: Inherited | None) -> None:
    # These take most of the start: before the epoch is taken, so that "now" is when the server is ready.
    from toolkit.clock import FrozenClock, RunningClock, wall_now  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.server.binding import is_everywhere, is_loopback, url_of  # noqa: PLC0415
    from toolkit.server.reload import Run  # noqa: PLC0415
    from toolkit.server.runner import run  # noqa: PLC0415
    from toolkit.server.source import live, replay, start_of  # noqa: PLC0415

    before = inherited.run if inherited is not None else None
    if asked.replay is not None:
        scenario = None
        source = replay(asked.replay, allow_edited=asked.allow_edited)
        if not (source.redacted or asked.serve_unredacted or is_loopback(sock)):
            msg = f"cannot serve {asked.replay} to others: it is not redacted; add --serve-unredacted if you mean it"
            raise UsageError(msg)
    else:
        scenario = _scenario(asked, before)
        source = live(scenario)
    timeline = source.cluster.timeline
    start = start_of(timeline, asked.at)
    anchor = before.anchor_wall if before is not None else wall_now()
    clock = FrozenClock(start) if asked.frozen else RunningClock(start, timeline.last, anchor)

    def ready() -> None:
        if before is None:
            say(source.about)
            say(f"to have this run again: {_again(asked, scenario)}")
            if is_everywhere(sock):
                say("reachable from other machines under this machine's name or address")
            result(url_of(sock))
        if inherited is not None:
            inherited.is_up(
                Run(scenario.seed, scenario.epoch, anchor) if scenario is not None else Run(None, None, anchor)
            )

    run(
        source.cluster, clock, sock, ready=ready, tell=say if asked.verbose else None, link=inherited and inherited.link
    )


def _scenario(asked: _Asked, before: Run | None) -> Scenario:
    from toolkit.clock import wall_now  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.model.instants import parse_instant  # noqa: PLC0415
    from toolkit.server.source import read_scenario  # noqa: PLC0415
    from toolkit.world.scenario import Scenario  # noqa: PLC0415

    table = read_scenario(asked.scenario) if asked.scenario is not None else {}
    given: dict[str, Any] = {}
    if asked.jobs is not None:
        given["jobs"] = asked.jobs
    if asked.seed is not None or "seed" not in table:
        given["seed"] = asked.seed if asked.seed is not None else secrets.randbelow(_MOST_SEED)
    if asked.epoch is not None or "epoch" not in table:
        given["epoch"] = parse_instant(asked.epoch) if asked.epoch is not None else wall_now()
    if before is not None:
        given |= {"seed": before.seed, "epoch": before.epoch}
    return Scenario.from_table(table, **given)


def _again(asked: _Asked, scenario: Scenario | None) -> str:
    """Write the command that has the same run again."""
    from toolkit.model.instants import format_instant  # noqa: PLC0415 - `toolkit --help` does without servers

    if scenario is None:
        words = ["toolkit serve --replay", shlex.quote(str(asked.replay))]
    else:
        words = [f"toolkit serve --live --seed {scenario.seed} --epoch {format_instant(scenario.epoch)}"]
        words += ["--jobs", str(scenario.jobs)]
        words += ["--scenario", shlex.quote(str(asked.scenario))] if asked.scenario is not None else []
    words += ["--at", shlex.quote(asked.at)] if asked.at is not None else []
    given = {
        "--frozen": asked.frozen,
        "--allow-edited": asked.allow_edited,
        "--serve-unredacted": asked.serve_unredacted,
    }
    words += [flag for flag, is_given in given.items() if is_given]
    return " ".join(words)
