"""Redaction: what a recording may show of a record, decided before anything touches the disk.

Pure: no files, no clock, no chance; the key comes from outside. What nobody knows is treated as suspect: a string
stays only where `toolkit.recorder.allowed` says so. Everything else becomes a pseudonym, the same one for the same
text throughout a recording, so that joins survive. Numbers, booleans and null stay. Whatever a key that is named like
a credential holds is dropped, key and all.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.wire import Document, Literal
from toolkit.recorder.allowed import KINDS, NAME_FIELDS, Kind, is_credential, is_id, is_name, is_plain_key, is_version

if TYPE_CHECKING:
    import httpx

_HARMLESS: Final = frozenset({"", "N/A"})
_DATA: Final = "data"
_DIGITS: Final = 12


class Report(NamedTuple):
    """What was done: how many credentials were dropped, and how many texts became pseudonyms."""

    credentials: int
    pseudonyms: int
    leaks: int = 0


class Redactor:
    """Redacts the records of one recording."""

    def __init__(self, key: bytes) -> None:
        """Start with a key; who does not have it cannot tell what a pseudonym stood for."""
        self._key = key
        self._credentials = 0
        self._pseudonyms = 0

    @property
    def report(self) -> Report:
        """What was done until now."""
        return Report(self._credentials, self._pseudonyms)

    def pseudonym(self, text: str) -> str:
        """Give the name that stands for a text in this recording: `p-` and 12 hex digits."""
        self._pseudonyms += 1
        # Keys of JSON objects may hold what UTF-8 cannot say.
        return f"p-{hmac.digest(self._key, text.encode('utf-8', 'surrogatepass'), 'sha256').hex()[:_DIGITS]}"

    def key(self, text: str) -> str:
        """Redact a text that is a key and an id, such as a node's; it joins with the same text in a record."""
        return text if text in _HARMLESS else self.pseudonym(text)

    def address(self, base: httpx.URL) -> str:
        """Redact an address; its scheme, its port and the number of its path's parts stay."""
        port = f":{base.port}" if base.port else ""
        parts = [self.pseudonym(part) for part in base.path.split("/") if part]
        return "/".join([f"{base.scheme}://{self.pseudonym(base.host)}{port}", *parts])

    def document(self, kind: str, document: Document) -> Document:
        """Redact a record of a kind of `KINDS`; the order of its keys stays."""
        return self._object(KINDS[kind], document)

    def _object(self, kind: Kind, document: Document) -> Document:
        out: Document = {}
        for key, value in document.items():
            if not kind.knows(key) and is_credential(key):
                self._credentials += 1
                continue
            kept = kind.knows(key) or (kind.plain_keys and is_plain_key(key))
            name = key if kept else self.pseudonym(key)
            # Two keys with one pseudonym are as good as impossible, but nothing may be lost.
            while name in out:
                name += "-"
            out[name] = self._value(kind, key, value)
        return out

    def _value(self, kind: Kind, key: str, value: Any) -> Any:  # noqa: ANN401 - JSON is what it is
        if isinstance(value, str):
            return self._text(kind, key, value)
        if isinstance(value, dict):
            return self._object(KINDS[kind.inside.get(key, _DATA)], value)
        if isinstance(value, list):
            return [self._value(kind, key, item) for item in value]
        if isinstance(value, Literal) and value.text.startswith('"'):
            return self.pseudonym(value.text)
        return value

    def _text(self, kind: Kind, key: str, text: str) -> str:
        if text in _HARMLESS:
            return text
        if key in NAME_FIELDS and key in kind.names:
            return self._name(text)
        check = kind.strings.get(key)
        return text if check is not None and check(text) else self.pseudonym(text)

    def _name(self, text: str) -> str:
        operation, at, asset = text.partition("@")
        shown = operation if is_name(operation) else self.pseudonym(operation)
        if not at:
            return shown
        return f"{shown}@{asset if is_id(asset) else self._asset(asset)}"

    def _asset(self, text: str) -> str:
        name, colon, version = text.partition(":")
        kept = version == "latest" or is_version(version)
        return f"{self.pseudonym(name)}:{version}" if colon and kept else self.pseudonym(text)
