"""`toolkit finish`: the bundle of a recording that was cut off."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from toolkit.cli.output import result, say


def finish(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle that toolkit record was to write.")],
    *,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the bundle if it exists.")] = False,
    no_scan: Annotated[
        bool, typer.Option("--no-scan", help="Write it even if something looks like a secret; the bundle says so.")
    ] = False,
) -> None:
    """Make the bundle of a recording that was cut off.

    Everything is in it up to the last whole frame. If something looks like a secret, it is not written: the error names
    file and field, and the recording stays as it is (exit code 1).
    """
    from toolkit.recorder.finish import finish as make  # noqa: PLC0415 - the recorder is slow to import
    from toolkit.recorder.finish import open_journal, target_of  # noqa: PLC0415 - as above

    with open_journal(directory) as journal:
        done = make(journal, target_of(journal, directory), force=force, scan=not no_scan)
    say(done.tally.summary(redacted=done.head.redacted))
    if done.damage:
        say(f"warning: {done.damage}")
    result(str(done.path))
