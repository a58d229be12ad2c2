"""How damage is told: one line that can be printed anywhere, the field first, ending with what to do."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NoReturn

from toolkit.errors import BundleDamaged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

RESTORE: Final = "restore the file or make the bundle again"
BOM: Final = "starts with a byte order mark, which JSON has not: it is UTF-8 without one"

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST: Final = 400
"""A longer text is cut: a value may be as long as a file."""


def refuse(where: str, why: str) -> NoReturn:
    """Say that a field is not what it should be.

    Raises:
        BundleDamaged: Always; the text starts with the field.
    """
    msg = f"{where}: {why}"
    raise BundleDamaged(msg)


def some_of(names: Sequence[str], most: int) -> str:
    """Name so many of some things at most, and say whether there are more."""
    return ", ".join(names[:most]) + (" and more" if len(names) > most else "")


def under(where: str, name: str) -> str:
    """Name a field inside another one; a name that is no word is quoted and escaped."""
    return f"{where}.{name}" if _NAME.fullmatch(name) else f"{where}[{name[:_LONGEST]!a}]"


def damaged(bundle: Path, where: str, why: object, then: str = RESTORE) -> BundleDamaged:
    """Make the error for a damaged bundle.

    Args:
        bundle: Its directory.
        where: The file, and the line if there is one.
        why: What is wrong; what others wrote in it is made printable.
        then: What to do next.
    """
    said = one_line(str(why))
    error = BundleDamaged(f"cannot read the bundle {bundle}: {where} {said}; {then}")
    error.where, error.why = where, said
    return error


def one_line(text: str) -> str:
    """Keep a text on one line of a terminal, whatever names and values it shows."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + "..."
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in cut)
