"""Zip archives read from memory, with a bound on everything that an archive can claim.

Only names and single entries are read, nothing is unpacked. Errors are in the words of the library that Teraslice
unpacks with (yauzl) where it has them, in ours where a bound is the toolkit's own.
"""

from __future__ import annotations

import struct
import zlib
from typing import Final, NamedTuple

from toolkit.jobs.refusal import refuse_asset

MAGIC: Final = b"PK\x03\x04"
MOST_ENTRIES: Final = 20_000
_ENTRY: Final = b"PK\x01\x02"
_END: Final = b"PK\x05\x06"
_END_SIZE: Final = 22
_ENTRY_SIZE: Final = 46
_HEADER_SIZE: Final = 30
_LONGEST_COMMENT: Final = 65_535
_STORED: Final = 0
_DEFLATED: Final = 8
_ENCRYPTED: Final = 1
_STRONGLY_ENCRYPTED: Final = 64


class Entry(NamedTuple):
    """One file of an archive: its name, and where its bytes are."""

    name: str
    method: int
    packed: int
    size: int
    at: int


def entries(body: bytes) -> list[Entry]:
    """List the files of an archive, in its order.

    Raises:
        AssetRefused: If it is damaged, encrypted, compressed in an unusual way or has too many entries.
    """
    end = body.rfind(_END, max(0, len(body) - _END_SIZE - _LONGEST_COMMENT))
    if end < 0 or len(body) - end < _END_SIZE:
        refuse_asset("end of central directory record signature not found")
    disk, _, _, count, _, at, comment = struct.unpack_from("<HHHHIIH", body, end + 4)
    if disk:
        refuse_asset(f"multi-disk zip files are not supported: found disk number: {disk}")
    found = len(body) - end - _END_SIZE
    if comment != found:
        refuse_asset(f"invalid comment length. expected: {found}. found: {comment}")
    if count > MOST_ENTRIES:
        refuse_asset(f"an asset with more than {MOST_ENTRIES} files is not read")
    listed = []
    for _ in range(count):
        entry, at = _entry(body, at)
        listed.append(entry)
    return listed


def _entry(body: bytes, at: int) -> tuple[Entry, int]:
    if body[at : at + 4] != _ENTRY or len(body) - at < _ENTRY_SIZE:
        refuse_asset(f"invalid central directory file header signature: 0x{body[at : at + 4][::-1].hex()}")
    flags, method, _, _, _, packed, size, name_size, extra, comment, _, _, _, start = struct.unpack_from(
        "<HHHHIIIHHHHHII", body, at + 8
    )
    name_at = at + _ENTRY_SIZE
    name = body[name_at : name_at + name_size].decode("utf-8", "replace")
    if "\\" in name:
        refuse_asset(f"invalid characters in fileName: {name}")
    if name.startswith("/") or name[1:3] == ":/":
        refuse_asset(f"absolute path: {name}")
    if ".." in name.split("/"):
        refuse_asset(f"invalid relative path: {name}")
    if flags & _STRONGLY_ENCRYPTED:
        refuse_asset("strong encryption is not supported")
    if flags & _ENCRYPTED:
        refuse_asset("entry is encrypted, and options.decrypt !== false")
    if method not in {_STORED, _DEFLATED}:
        refuse_asset(f"unsupported compression method: {method}")
    return Entry(name, method, packed, size, start), name_at + name_size + extra + comment


def read(body: bytes, entry: Entry, most: int) -> bytes | None:
    """Read one file.

    Args:
        body: The archive.
        entry: The file.
        most: How many bytes it may have.

    Returns:
        Its bytes, nothing if they are more than `most`, whatever the archive says of their number.

    Raises:
        AssetRefused: If it is damaged.
    """
    if body[entry.at : entry.at + 4] != MAGIC or len(body) - entry.at < _HEADER_SIZE:
        refuse_asset(f"invalid local file header signature: 0x{body[entry.at : entry.at + 4][::-1].hex()}")
    name_size, extra = struct.unpack_from("<HH", body, entry.at + 26)
    start = entry.at + _HEADER_SIZE + name_size + extra
    data = body[start : start + entry.packed]
    if entry.method == _DEFLATED:
        try:
            data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, most + 1)
        except zlib.error as error:
            refuse_asset(str(error).rpartition(": ")[2])
    if len(data) > most:
        return None
    if len(data) < entry.size:
        refuse_asset(f"not enough bytes in the stream. expected {entry.size}. got only {len(data)}")
    if len(data) > entry.size:
        refuse_asset(f"too many bytes in the stream. expected {entry.size}. got at least {len(data)}")
    return data
