"""The lines of a file of tracks: what is between the brackets, each with where it stands."""

from __future__ import annotations

import codecs
import os
from itertools import count
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.bundle.bulk import cut
from toolkit.bundle.words import BOM

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

LONGEST_LINE: Final = 64 * 1024 * 1024
"""A longer line is not a track; no recorder or generator comes near."""

_CHUNK: Final = 256 * 1024


class Lines(NamedTuple):
    """Lines of a file in a row, their ends and the commas before them taken off.

    Attributes:
        number: The first one's number, from 1.
        offset: Where the first one starts in the file.
        texts: What they say.
        starts: Where each one starts after the first.
        joined: All of them as the file has them, ends and commas included; empty if there is one line only.
    """

    number: int
    offset: int
    texts: list[bytes]
    starts: Sequence[int] = (0,)
    joined: bytes = b""

    def offsets(self) -> Iterator[int]:
        """Give where one line after the other starts in the file."""
        return map(self.offset.__add__, self.starts)

    def each(self) -> Iterator[tuple[int, int, bytes]]:
        """Give the number, offset and text of one line after the other."""
        return zip(count(self.number), self.offsets(), self.texts, strict=False)


def listed(fd: int, refuse: Callable[[int, object], None], *, many: bool = False) -> Iterator[Lines]:
    """Give the lines between the brackets.

    Args:
        fd: The file.
        refuse: Takes the number of a line and what is wrong with it, and may raise.
        many: Whether to give many at a time where each ends as we write it.
    """
    pieces = _pieces(fd, many=many)
    (text,) = next(pieces, _Piece([b""])).texts
    if text.rstrip() != b"[":
        refuse(1, BOM if text.startswith(codecs.BOM_UTF8) else "is not the [ that starts a list")
        return
    number, offset, comma = 1, len(text) + 1, True
    for texts, starts, joined, whole in pieces:
        number += 1
        if joined:
            if not comma:
                refuse(number - 1, "has no comma at its end")
            yield Lines(number, offset, texts, starts, joined)
            number, offset, comma = number + len(texts) - 1, offset + len(joined), True
            continue
        size = len(texts[0]) + 1
        text = texts[0].rstrip()
        if text == b"]":
            break
        if not whole or size > LONGEST_LINE:
            refuse(number, "is too long" if size > LONGEST_LINE else "is cut off: the ] that ends the list is missing")
            return
        if not comma:
            refuse(number - 1, "has no comma at its end")
        comma = text.endswith(b",")
        yield Lines(number, offset, [text[:-1] if comma else text])
        offset += size
    else:
        refuse(number + 1, "is cut off: the ] that ends the list is missing")
        return
    if comma and number > 2:  # noqa: PLR2004 - the second line is the first track
        refuse(number - 1, "has a comma at its end, but is the last one")
    if any(text.strip() for piece in pieces for text in piece.texts):
        refuse(number + 1, "comes after the ] that ends the list")


class _Piece(NamedTuple):
    """One line without its end; or many without commas and ends, where they start, and all of them as they were.

    `whole` tells whether a line has an end; after one that is too long there is no other.
    """

    texts: list[bytes]
    starts: Sequence[int] = (0,)
    joined: bytes = b""
    whole: bool = True


def _pieces(fd: int, *, many: bool) -> Iterator[_Piece]:
    """Read a file in chunks of whole lines; a chunk that has no line's end is read again, twice as large."""
    place, size = 0, _CHUNK
    while chunk := os.pread(fd, size, place):
        end = chunk.rfind(b"\n") + 1
        if not end:
            if len(chunk) < size or size > LONGEST_LINE:
                yield _Piece([chunk], whole=False)
                return
            size *= 2
            continue
        ours = many and place > 0  # what we wrote, but for the bracket that the first chunk begins with
        text = chunk[:end]
        found = cut(text) if ours and size == _CHUNK else None
        if found:
            yield _Piece(*found, text)
        else:
            for line in text.split(b"\n")[:-1]:
                yield _Piece([line])
        place, size = place + end, _CHUNK
