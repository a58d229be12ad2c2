"""`toolkit schema`: the JSON Schema of a bundle's files."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from toolkit.cli.output import result


class _Part(StrEnum):
    MANIFEST = "manifest"
    TRACKS = "tracks"


def schema(
    part: Annotated[
        _Part, typer.Argument(metavar="manifest|tracks", help="Of bundle.json, or of any of the other files.")
    ] = _Part.MANIFEST,
) -> None:
    """Print the JSON Schema (draft 2020-12) of a bundle's files."""
    from toolkit.bundle.schema import schema_text  # noqa: PLC0415 - `toolkit --help` does without

    result(schema_text(part.value).rstrip("\n"))
