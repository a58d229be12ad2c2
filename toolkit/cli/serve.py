"""`toolkit serve`: a cluster over HTTP, live or from a bundle."""

from __future__ import annotations

import sys
from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.output import result, say
from toolkit.errors import ToolkitError, UsageError

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from toolkit.server.opening import Opened, Options
    from toolkit.server.reload import Inherited
    from toolkit.server.workers.owner import Crew


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
    workers: Annotated[
        int,
        typer.Option("--workers", metavar="N", min=1, max=64, help="How many processes answer on the port; on Linux."),
    ] = 1,
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
        typer.Option(
            "--epoch",
            metavar="DATE",
            help="Where the live cluster's life, or a rebased bundle, starts.  [default: now]",
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Keep commands there; the same world goes on from it next time."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="DATE|+OFFSET", help="Start at this instant; +5m counts from the start."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option(
            "--until", metavar="DATE|+OFFSET", help="Hold there, or with --loop begin again.  [default: the end]"
        ),
    ] = None,
    speed: Annotated[
        float | None, typer.Option("--speed", metavar="N", help="How fast the clock runs; 60: a minute a second.")
    ] = None,
    frozen: Annotated[bool, typer.Option("--frozen", help="Stand still at the first instant.")] = False,
    loop: Annotated[bool, typer.Option("--loop", help="Begin again at the start after the end.")] = False,
    rebase: Annotated[
        bool, typer.Option("--rebase", help="Shift every date of a bundle so that its start is now, or at --epoch.")
    ] = False,
    auto_advance: Annotated[
        bool, typer.Option("--auto-advance", help="Let requests that wait move a frozen clock to their end.")
    ] = False,
    faults: Annotated[
        str | None,
        typer.Option(
            "--faults",
            metavar="NAME|FILE.toml",
            help="Let requests go wrong: a set such as flaky or slow, or a file's.",
        ),
    ] = None,
    worlds: Annotated[
        int, typer.Option("--worlds", metavar="N", min=0, max=100_000, help="How many worlds may have a name.")
    ] = 256,
    requests: Annotated[
        int, typer.Option("--requests", metavar="N", min=0, max=100_000, help="How many requests a world remembers.")
    ] = 1_000,
    token_file: Annotated[
        Path | None,
        typer.Option(
            "--token-file", metavar="FILE", help="The control API's token, for other machines.  [default: random]"
        ),
    ] = None,
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
    only_live = {"--seed": seed, "--jobs": jobs, "--scenario": scenario, "--log": log}
    only_live |= {"--epoch": None if rebase else epoch}
    only_replay = {"--allow-edited": allow_edited, "--serve-unredacted": serve_unredacted, "--rebase": rebase}
    _check_mode(live=live, replay=replay, only_live=only_live, only_replay=only_replay)
    _check_workers(workers, reload=reload)

    from toolkit.server.binding import bind  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.server.opening import Options  # noqa: PLC0415 - as above
    from toolkit.server.reload import Inherited, supervise  # noqa: PLC0415 - as above

    inherited = Inherited.from_environment()
    with inherited.sock if inherited is not None else bind(host, port) as sock:
        if reload and inherited is None:
            raise typer.Exit(supervise(sock, sys.argv[1:], say))
        options = Options(
            replay=replay,
            scenario=scenario,
            seed=seed,
            jobs=jobs,
            epoch=epoch,
            log=log,
            at=at,
            until=until,
            speed=speed,
            frozen=frozen,
            loop=loop,
            rebase=rebase,
            auto_advance=auto_advance,
            faults=faults,
            allow_edited=allow_edited,
            serve_unredacted=serve_unredacted,
            worlds=worlds,
            requests=requests,
        )
        try:
            _serve(options, sock, inherited, host=host, workers=workers, token_file=token_file, verbose=verbose)
        except ToolkitError as error:
            if inherited is not None:
                inherited.refused(error.exit_code)
            raise


def _check_mode(
    *, live: bool, replay: Path | None, only_live: Mapping[str, object], only_replay: Mapping[str, object]
) -> None:
    if live == (replay is not None):
        what = "two things at once" if live else "without knowing what"
        msg = f"cannot serve {what}: give exactly one of --live and --replay BUNDLE"
        raise UsageError(msg)
    mode, other, wrong = ("--live", "--replay", only_replay) if live else ("--replay", "--live", only_live)
    for flag, value in wrong.items():
        if value is not None and value is not False:
            msg = f"cannot use {flag} with {mode}: it belongs to {other}; leave it out"
            raise UsageError(msg)


def _check_workers(workers: int, *, reload: bool) -> None:
    if workers == 1:
        return
    if reload:
        msg = "cannot use --workers with --reload: one process is started anew at each change; leave one of them out"
        raise UsageError(msg)
    if sys.platform != "linux":
        msg = "cannot use --workers here: only Linux spreads the connections to a port over processes; leave it out"
        raise UsageError(msg)


def _serve(  # noqa: PLR0913 - one fact each
    options: Options,
    sock: socket.socket,
    inherited: Inherited | None,
    *,
    host: str,
    workers: int,
    token_file: Path | None,
    verbose: bool,
) -> None:
    # These take most of the start: before the epoch is taken, so that "now" is when the server is ready.
    from toolkit.server.binding import is_everywhere, is_loopback, url_of  # noqa: PLC0415 - `toolkit --help` does without servers
    from toolkit.server.front import Front  # noqa: PLC0415
    from toolkit.server.guard import Guard, token_of  # noqa: PLC0415
    from toolkit.server.opening import Resumed, open_worlds  # noqa: PLC0415
    from toolkit.server.reload import Run  # noqa: PLC0415
    from toolkit.server.runner import run  # noqa: PLC0415

    before = inherited.run if inherited is not None else None
    alone = is_loopback(sock)
    token = before.token if before is not None else token_of(token_file, alone=alone)
    resumed = None
    if inherited is not None:
        resumed = Resumed(inherited.log)
        if before is not None:
            resumed = Resumed(inherited.log, before.start, before.anchor_wall, before.rebased)
    opened = open_worlds(options, say, resumed)
    if not (opened.source.redacted or options.serve_unredacted or alone):
        msg = f"cannot serve {options.replay} to others: it is not redacted; add --serve-unredacted if you mean it"
        raise UsageError(msg)

    crew = _crew(opened, sock, workers - 1) if workers > 1 else None

    def ready() -> None:
        if before is None:
            say(opened.source.about)
            if options.log is not None:
                say(_about_log(options.log, opened))
            say(f"to have this run again: {opened.again}")
            if is_everywhere(sock):
                say("reachable from other machines under this machine's name or address")
            if token is not None and token_file is None:
                say(f"token of the control API: {token}")
            result(url_of(sock))
        if inherited is not None:
            inherited.is_up(Run(opened.worlds.settings.start.t, opened.set_wall, token, opened.rebased))

    front = Front(opened.source.cluster, opened.clock, worlds=opened.worlds, guard=Guard(host, token))
    run(front, sock, ready=ready, tell=say if verbose else None, link=inherited and inherited.link, crew=crew)


def _crew(opened: Opened, sock: socket.socket, count: int) -> Crew:
    from toolkit.server.workers.owner import Crew  # noqa: PLC0415 - one process does without

    return Crew(opened, sock, count)


def _about_log(path: Path, opened: Opened) -> str:
    from toolkit.model.instants import format_instant  # noqa: PLC0415 - `toolkit --help` does without servers

    log, start = opened.source.cluster.log, opened.worlds.settings.start.t
    commands = log.in_order() if log is not None else []
    later = sum(command.t > start for command in commands)
    ahead = f", {later} of them still to come" if later else ""
    return f"command log {path}: {len(commands)} commands{ahead}; it is {format_instant(start)}"
