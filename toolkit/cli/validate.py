"""`toolkit validate`: everything that is wrong with a bundle."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from toolkit.cli.check import LIMIT, SETTLE, refuse_address, tell
from toolkit.cli.output import Progress


def validate(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle.")],
    *,
    settle: Annotated[
        str, typer.Option("--settle", metavar="DURATION", help="How long what is only unusual must last to be told.")
    ] = SETTLE,
    allow_edited: Annotated[
        bool, typer.Option("--allow-edited", help="Do not compare files with their digests and counts.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="How many findings to print.")] = LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find everything that is wrong with a bundle.

    Its files, digests, counts and joins, and what toolkit check finds. Each finding names its file, line and field.

    Exit code 0 if there are no errors, 1 if there are.
    """
    from toolkit.examine.survey import survey  # noqa: PLC0415 - `toolkit --help` does without
    from toolkit.model.instants import parse_duration  # noqa: PLC0415

    refuse_address(bundle, "validate", "give the URL to toolkit check, or record it first, with toolkit record")
    with Progress(f"validating {bundle}") as progress:
        outcome = survey(bundle, parse_duration(settle), progress.say, progress, allow_edited=allow_edited)
    tell(outcome, limit, as_json=as_json)
