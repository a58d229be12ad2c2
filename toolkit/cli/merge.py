"""`toolkit merge`: the bundle of parts that were generated apart."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from toolkit.cli.output import result


def merge(
    parts: Annotated[list[Path], typer.Argument(metavar="PART...", help="What generate --shard wrote, in any order.")],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The bundle.")],
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the bundle if it exists.")] = False,
) -> None:
    """Join the parts of a bundle that were generated apart.

    The bundle has the same bytes as if it had been generated at once. A part that is missing, there twice or of another
    bundle is an error, and nothing is written then.
    """
    from toolkit.bundle.merge import merge as join  # noqa: PLC0415 - `toolkit --help` does without bundles

    result(str(join(parts, output, force=force)))
