"""The lines of a file of tracks: what is between the brackets, each with where it stands."""

from __future__ import annotations

import codecs
import os
from typing import TYPE_CHECKING, Final

from toolkit.bundle.words import BOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONGEST_LINE: Final = 64 * 1024 * 1024
"""A longer line is not a track; no recorder or generator comes near."""

_CHUNK: Final = 1024 * 1024


def listed(fd: int, refuse: Callable[[int, object], None]) -> Iterator[tuple[int, int, bytes]]:
    """Give the number, offset and text of every line between the brackets, the comma taken off.

    Args:
        fd: The file.
        refuse: Takes the number of a line and what is wrong with it, and may raise.
    """
    lines = _lines(fd)
    text, _ = next(lines, (b"", True))
    if text.rstrip() != b"[":
        marked = text.startswith(codecs.BOM_UTF8)
        refuse(1, BOM if marked else "is not the [ that starts a list")
        return
    number, offset, comma = 1, len(text) + 1, True
    for text, whole in lines:
        number += 1
        size = len(text) + 1
        if text[-1:] not in b",}":
            text = text.rstrip()  # noqa: PLW2901 - few lines end with blanks
        if text == b"]":
            break
        if not whole or size > LONGEST_LINE:
            refuse(number, "is too long" if size > LONGEST_LINE else "is cut off: the ] that ends the list is missing")
            return
        if not comma:
            refuse(number - 1, "has no comma at its end")
        comma = text.endswith(b",")
        yield number, offset, text[:-1] if comma else text
        offset += size
    else:
        refuse(number + 1, "is cut off: the ] that ends the list is missing")
        return
    if comma and number > 2:  # noqa: PLR2004 - the second line is the first track
        refuse(number - 1, "has a comma at its end, but is the last one")
    if any(text.strip() for text, _ in lines):
        refuse(number + 1, "comes after the ] that ends the list")


def _lines(fd: int) -> Iterator[tuple[bytes, bool]]:
    """Give every line without its end, and whether it has one; after one that is too long there is no other."""
    place, rest = 0, b""
    while len(rest) < LONGEST_LINE and (chunk := os.pread(fd, _CHUNK, place)):
        place += len(chunk)
        *lines, rest = (rest + chunk).split(b"\n")
        for text in lines:
            yield text, True
    if rest:
        yield rest, False
