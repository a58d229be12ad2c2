"""`toolkit generate`: write a bundle from a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from toolkit.cli.output import Progress, result


def generate(  # noqa: PLR0913, PLR0917 - one parameter a flag
    seed: Annotated[
        int | None, typer.Option(help="The seed: the same arguments give the same bytes.  [default: 1]")
    ] = None,
    begin: Annotated[
        str, typer.Option("--from", metavar="DATE", help="The bundle's first instant.")
    ] = "2026-01-01T00:00:00Z",
    length: Annotated[str, typer.Option("--for", metavar="DURATION", help="How long, such as 30m, 2h or 30d.")] = "1h",
    jobs: Annotated[int | None, typer.Option(help="How many jobs.  [default: 25]")] = None,
    epoch: Annotated[
        str | None, typer.Option(metavar="DATE", help="The world's start.  [default: the same as --from]")
    ] = None,
    scenario: Annotated[Path | None, typer.Option(metavar="FILE.toml", help="Parameters of the world.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where.  [default: snapshots/seed-<seed>]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace a bundle that is there.")] = False,  # noqa: FBT002 - a flag by name only
) -> None:
    """Write a bundle: a cluster's life over a stretch of time, as JSON files, from a seed."""
    from toolkit.generate import generate as write  # noqa: PLC0415 - `toolkit --help` does without the world
    from toolkit.model.instants import parse_duration, parse_instant  # noqa: PLC0415 - as above
    from toolkit.server.source import read_scenario  # noqa: PLC0415 - as above
    from toolkit.world.scenario import Scenario  # noqa: PLC0415 - as above

    first = parse_instant(begin)
    table = read_scenario(scenario) if scenario is not None else {}
    given: dict[str, Any] = {name: value for name, value in (("seed", seed), ("jobs", jobs)) if value is not None}
    if epoch is not None or "epoch" not in table:
        given["epoch"] = first if epoch is None else parse_instant(epoch)
    chosen = Scenario.from_table(table, **given)
    target = output or Path("snapshots") / f"seed-{chosen.seed}"
    with Progress(f"writing {target}") as progress:
        path = write(chosen, first, first + parse_duration(length), target, force=force, progress=progress)
    result(str(path))
