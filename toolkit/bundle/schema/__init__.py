"""The published JSON Schema of a bundle: `bundle.json` for the manifest, `tracks.json` for every other file.

Both are made from the types that the reader uses: `python -m toolkit.bundle.schema` writes them anew.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Final

SCHEMAS: Final = {"manifest": "bundle.json", "tracks": "tracks.json"}
"""The schemas by what they describe."""


def schema_text(name: str) -> str:
    """Give a schema of the package, `manifest` or `tracks`."""
    return files(__name__).joinpath(SCHEMAS[name]).read_text("utf-8")
