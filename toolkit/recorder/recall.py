"""What is remembered of one source from frame to frame, so that what stands still is not looked at again.

No texts are held: a record is known by a digest of its text, a page by the ETag that Express gives its bytes. What is
known has been cut, checked and given to whoever composes frames, in the last frame that had this source.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from toolkit.model.wire import etag
from toolkit.recorder.bodies import Cut, is_deep, is_utf8
from toolkit.recorder.pages import Entry, Page

if TYPE_CHECKING:
    from toolkit.recorder.narrow import Whole
    from toolkit.recorder.sources import Source

_DIGEST: Final = 16
_OPENING: Final = b"[\n    {"
_BETWEEN: Final = b",\n    {"
_CLOSING: Final = b"}\n]"
_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_REFUSALS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Found(NamedTuple):
    """What a body holds.

    Attributes:
        page: Its records.
        odd: What is no record, as `Cut` has it.
        tag: The ETag that Express would give it.
        safe: Whether the cluster gave it that one, so that it may be asked whether the body is still the same.
    """

    page: Page
    odd: list[bytes]
    tag: str
    safe: bool = False


class Recall:
    """What is remembered of one source."""

    def __init__(self, source: Source) -> None:
        """Start with nothing known."""
        self._source = source
        self._known: dict[bytes, Entry] = {}
        self._pages: dict[str, Found] = {}
        self._asked: dict[str, Found] = {}

    def held(self, target: str) -> Found | None:
        """Give what was last found at a target; only where a cluster can be asked whether it is still the same."""
        found = self._pages.get(target)
        return found if found is not None and found.safe else None

    def read(self, target: str, body: bytes) -> Found:
        """Read a body; what was found before if it is the same.

        Raises:
            Fault: As `Source.cut`.
        """
        before, tag = self._pages.get(target), etag(body)
        if before is not None and before.tag == tag and not before.odd:
            return before
        entries = self._quick(body)
        if entries is not None:
            return Found(Page(entries, len(entries)), [], tag)
        cut = self._source.cut(body)
        entries = self._entries(cut, [digest_of(key, text) for key, text in cut.records])
        return Found(Page(entries, len(cut.records) + len(cut.odd)), cut.odd, tag)

    def note(self, target: str, found: Found, tag: str) -> Found:
        """Keep what was found at a target, and the ETag that came with it, until `settle`; give it as it is kept."""
        safe = found.safe or found.tag == tag
        self._asked[target] = kept = found if found.safe == safe else found._replace(safe=safe)
        return kept

    def settle(self, whole: Whole) -> bool:
        """Know the records that were given, and let go of their texts; tell whether nothing else is held.

        A list in which keys are missing or doubled is not known: its records are told apart by their texts.
        """
        entries, asked, self._asked = whole.entries, self._asked, {}
        keys = {entry.key for entry in entries}
        if len(keys) < len(entries) or "" in keys:
            self._known, self._pages = {}, {}
            return False
        if any(entry.text for entry in entries) or len(entries) != len(self._known):
            self._known = {entry.digest: entry._replace(text=b"") if entry.text else entry for entry in entries}
            entries[:] = self._known.values()
        self._pages = {target: found for target, found in asked.items() if self._is_known(found)}
        return len(self._pages) == len(asked)

    def drop(self) -> None:
        """Forget what was asked for since the last `settle`: the source could not be read."""
        self._asked = {}

    def _is_known(self, found: Found) -> bool:
        entries = found.page.entries
        if found.odd or not all(entry.digest in self._known for entry in entries):
            return False
        entries[:] = [self._known[entry.digest] for entry in entries]
        return True

    def _quick(self, body: bytes) -> list[Entry] | None:
        """Cut a list as `JSON.stringify(list, null, 4)` writes it; `None` for anything else.

        Between two records of such a list stands what cannot stand inside one: a text has no line breaks, and whatever
        is deeper stands further right. That is not trusted, though. A piece that is a known record, or proves to be
        exactly one, is a record; if every piece is, the body is the list of them.
        """
        if not self._known or not body.startswith(_OPENING) or not body.endswith(_CLOSING):
            return None
        texts = [b"{" + piece for piece in body[len(_OPENING) : -2].split(_BETWEEN)]
        digests = [digest_of("", text) for text in texts]
        fresh = [text for text, digest in zip(texts, digests, strict=True) if digest not in self._known]
        if not all(map(_is_plain, fresh)) or not _are_records(fresh):
            return None
        return self._entries(Cut([("", text) for text in texts], []), digests)

    def _entries(self, cut: Cut, digests: list[bytes]) -> list[Entry]:
        pairs = list(zip(digests, cut.records, strict=True))
        fresh = Cut([record for digest, record in pairs if digest not in self._known], [])
        made = iter(self._source.entries(fresh))
        return [
            known if (known := self._known.get(digest)) is not None else next(made)._replace(digest=digest)
            for digest in digests
        ]


def read_anew(source: Source, body: bytes) -> Found:
    """Read a body of a source of which nothing is remembered.

    Raises:
        Fault: As `Source.cut`.
    """
    cut = source.cut(body)
    return Found(Page(source.entries(cut), len(cut.records) + len(cut.odd)), cut.odd, "")


def digest_of(key: str, text: bytes) -> bytes:
    """Tell a record by its key in a map, empty in a list, and its text, which holds no zero bytes."""
    return blake2b(key.encode() + b"\0" + text if key else text, digest_size=_DIGEST).digest()


def _is_plain(text: bytes) -> bool:
    return text.endswith(b"}") and is_utf8(text) and not is_deep(text)


def _are_records(texts: list[bytes]) -> bool:
    """Tell whether each of the texts is one JSON object."""
    try:
        found = _LIST.decode(b"[" + b",".join(texts) + b"]")
    except _REFUSALS:
        return False
    return list(map(bytes, found)) == texts
