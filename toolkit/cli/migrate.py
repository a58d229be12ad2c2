"""`toolkit migrate`: a bundle of an earlier format becomes one of the present."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from toolkit.cli.output import result, say


def migrate(directory: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle.")]) -> None:
    """Bring a bundle to the present format, in place.

    Bundles of earlier formats can be served and read as they are, too.
    """
    from toolkit.bundle.migrate import migrate as bring  # noqa: PLC0415 - `toolkit --help` does without bundles

    before, after = bring(directory)
    say(f"it has format {after} already" if before == after else f"format {before} became {after}")
    result(str(directory))
