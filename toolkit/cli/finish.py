"""`toolkit finish`: the bundle of a recording that was cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from toolkit.cli.output import result, say


def finish(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle that toolkit record was to write.")],
    *,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the bundle if it exists.")] = False,
) -> None:
    """Make the bundle of a recording that was killed, or whose disk was full: everything up to the last whole frame."""
    from toolkit.recorder.leaks import leak_gate  # noqa: PLC0415 - the recorder is slow to import
    from toolkit.recorder.finish import finish as make  # noqa: PLC0415 - as above
    from toolkit.recorder.finish import open_journal, target_of  # noqa: PLC0415 - as above

    with open_journal(directory) as journal:
        done = make(journal, target_of(journal, directory), force=force, look=leak_gate(()))
    say(done.tally.summary(redacted=done.head.redacted))
    result(str(done.path))
