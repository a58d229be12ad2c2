"""`python -m toolkit.bundle.schema`: write the schemas of the package anew, after a change of the types."""

from __future__ import annotations

from pathlib import Path

from toolkit.bundle.schema import SCHEMAS
from toolkit.bundle.schema.making import made

for name, file in SCHEMAS.items():
    (Path(__file__).parent / file).write_bytes(made(name))
