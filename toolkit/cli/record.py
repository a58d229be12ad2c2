"""`toolkit record`: a bundle from a real cluster."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.output import result, say


def record(  # noqa: PLR0913 - the flags of the command
    url: Annotated[str, typer.Argument(metavar="URL", help="The cluster, such as http://localhost:5678.")],
    *,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="DURATION", help="From one frame to the next; 5s if only --for is given."),
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="How long; --every alone goes on until Ctrl-C.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="The bundle; default snapshots/recording-<date and time>."),
    ] = None,
    no_redact: Annotated[
        bool, typer.Option("--no-redact", help="Keep names, addresses and credentials as they are; the bundle says so.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the bundle if it exists.")] = False,
) -> None:
    """Record a cluster into a bundle that serve --replay serves; without --every and --for, one frame.

    The cluster is only read. Names become pseudonyms and credentials are dropped before anything is written.
    """
    from toolkit.clock import wall_now  # noqa: PLC0415 - httpx is slow to import, and only this command needs it
    from toolkit.errors import UsageError  # noqa: PLC0415
    from toolkit.model.instants import format_instant, parse_duration  # noqa: PLC0415
    from toolkit.recorder.record import UNTIL_INTERRUPTED  # noqa: PLC0415
    from toolkit.recorder.record import record as make  # noqa: PLC0415

    every_ms = parse_duration("5s" if every is None else every)
    if every_ms == 0:
        msg = "cannot record every 0 ms: --every must be at least 1ms; leave it out for one frame"
        raise UsageError(msg)
    endless = 0 if every is None else UNTIL_INTERRUPTED
    for_ms = endless if for_ is None else parse_duration(for_)
    stamp = format_instant(wall_now()).partition(".")[0].replace("-", "").replace(":", "")
    target = output or Path("snapshots") / f"recording-{stamp}Z"
    path = make(url, every_ms=every_ms, for_ms=for_ms, target=target, redact=not no_redact, force=force, say=say)
    result(str(path))
