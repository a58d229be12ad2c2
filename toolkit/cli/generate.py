"""`toolkit generate`: write a bundle from a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.output import Progress, result, say

BEGIN = "2026-01-01T00:00:00Z"


def generate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="The seed: the same arguments give the same bytes.  [default: 1]")
    ] = None,
    begin: Annotated[
        str | None,
        typer.Option(
            "--from",
            metavar="DATE",
            help=f"The bundle's first instant.  [default: {BEGIN}, with --log the log's epoch]",
        ),
    ] = None,
    length: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long, such as 30m, 2h or 30d.")] = "1h",
    jobs: Annotated[int | None, typer.Option(metavar="N", help="How many jobs.  [default: 25]")] = None,
    epoch: Annotated[
        str | None, typer.Option(metavar="DATE", help="The world's start.  [default: the same as --from]")
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME|FILE.toml", help="What world: a name from `scenario list`, or a file.")
    ] = None,
    log: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The command log of serve --live: the bundle of that session.")
    ] = None,
    shard: Annotated[
        str | None,
        typer.Option(
            metavar="I/N", help="Only the I-th of N parts, each about an N-th of the work; toolkit merge joins them."
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="The bundle.  [default: snapshots/seed-<seed>]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the bundle if it exists.")] = False,  # noqa: FBT002 - a flag by name only
) -> None:
    """Write a bundle from a seed: a cluster's life for a while.

    A bundle is a directory of JSON files that serve --replay serves. The same arguments give the same bytes.
    """
    from toolkit.generate import generate as write  # noqa: PLC0415 - `toolkit --help` does without the world
    from toolkit.logfile import read_log  # noqa: PLC0415 - as above
    from toolkit.model.instants import parse_duration, parse_instant  # noqa: PLC0415 - as above
    from toolkit.scenarios import Wanted  # noqa: PLC0415 - as above
    from toolkit.world.part import WHOLE, parse_part  # noqa: PLC0415 - as above

    wanted = Wanted(scenario, seed, jobs, parse_instant(epoch) if epoch is not None else None)
    if log is not None:
        chosen, commands = read_log(log, say)
        wanted.refuse_others(chosen, log, say)
        first = chosen.epoch if begin is None else parse_instant(begin)
    else:
        first = parse_instant(BEGIN if begin is None else begin)
        chosen, commands = wanted.resolve(say, seed=1, epoch=first), None
    part = parse_part(shard) if shard is not None else WHOLE
    name = f"seed-{chosen.seed}" + (f"-part-{part.number}-of-{part.of}" if part.of > 1 else "")
    target = output or Path("snapshots") / name
    with Progress(f"writing {target}") as progress:
        last = first + parse_duration(length)
        path = write(chosen, first, last, target, commands, part=part, force=force, progress=progress)
    result(str(path))
