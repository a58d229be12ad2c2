"""Names of operations and APIs: `op`, `op@asset`, `op@asset:1.2.3`, `op@<id>`, an API's with a tag after a colon.

Source: Teraslice's own reading of them; what is no text is refused in V8's words for what its code does with it.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from toolkit.jobs.refusal import refuse_job
from toolkit.jobs.values import plain
from toolkit.model.javascript import MISSING

ID_LENGTH: Final = 40
_NAME_AND_VERSION: Final = 2
_WITH_TAG: Final = 3


class Name(NamedTuple):
    """A name taken apart."""

    name: str
    asset: str | None
    tag: str | None

    def of_asset(self, asset_id: str) -> str:
        """Give the name with the asset's id in place of what named it."""
        return f"{self.name}@{asset_id}{f':{self.tag}' if self.tag else ''}"


def text_in(value: object, said: str) -> str:
    """Give a name's text.

    Args:
        value: What stands where a name should; `MISSING` for undefined.
        said: What Teraslice's code calls it.

    Raises:
        JobRefused: If it is no text.
    """
    value = plain(value)
    if isinstance(value, str):
        return value
    if value is MISSING or value is None:
        nothing = "undefined" if value is MISSING else "null"
        refuse_job(f"Cannot read properties of {nothing} (reading 'includes')")
    # A list has `includes`; it is when it is split that it fails.
    what = "identifier.split" if isinstance(value, list) else f"{said}.includes"
    return refuse_job(f"{what} is not a function")


def read_name(value: object, said: str = "identifier") -> Name:
    """Take a name apart.

    Args:
        value: What stands where a name should.
        said: What Teraslice's code calls it.

    Raises:
        JobRefused: If it is no text, or has too many colons.
    """
    whole = text_in(value, said)
    if "@" not in whole:
        parts = whole.split(":")
        return Name(parts[0], None, parts[1] if len(parts) > 1 else None)
    name, asset = whole.split("@")[:2]
    parts = asset.split(":")
    if len(parts) > _WITH_TAG:
        refuse_job(f'Invalid name for "{whole}", it has to many ":" characters')
    if len(parts) == _WITH_TAG:
        return Name(name, ":".join(parts[:2]), parts[2])
    if len(parts) == _NAME_AND_VERSION and len(parts[0]) == ID_LENGTH:
        return Name(name, parts[0], parts[1])
    return Name(name, asset, None)


def check_name(name: str) -> None:
    """Refuse a name that Teraslice does not look up.

    Raises:
        JobRefused: If it is private.
    """
    if name.startswith((".", "_")) or name == "node_modules":
        refuse_job(f"Invalid name: {name}, it is private or otherwise restricted")
