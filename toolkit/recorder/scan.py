"""Looking through a bundle that is about to be shared, once more: nothing that the leak gate finds may be in it.

Reads every file of a folder, one line at a time. What is told is where something is and what kind of thing it is,
never what it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.bundle.lines import read_json
from toolkit.bundle.manifest import FILES, NAME
from toolkit.bundle.words import under
from toolkit.model.wire import Literal, dumps
from toolkit.recorder.allowed import KINDS, Kind, is_date, is_id, is_version
from toolkit.recorder.harmless import WORDS
from toolkit.recorder.suspects import suspect

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolkit.recorder.gate import Gate

MOST: Final = 1_000
"""No more leaks than this are told."""
_CLUSTER: Final = frozenset({"info", "stats"})
_DOCUMENTS: Final = frozenset({"doc", "set"})
_BY_FIELD: Final = frozenset({"counters", "counts", "lists"})
_RUNS: Final = re.compile(r"[-0-9* ]*")
_ENVELOPE: Final = frozenset({
    "changes", "counters", "counts", "deltas", "doc", "id", "lists", "of",
    "per", "pieces", "set", "since", "spans", "t", "times",
    "unset", "until", "value",
})  # fmt: skip
_MANIFEST: Final = Kind()
_WORDS: Final = WORDS | FILES.keys() | {
    "answer", "assets", "credentials", "cut", "executions", "frames", "generated", "generator", "info", "kind", "late",
    "leaks", "missed", "ms", "pseudonyms", "recorded", "redacted", "redaction", "revision", "scenario", "skew", "stats",
    "ticks", "toolkit",
}  # fmt: skip
"""Words of the manifest besides those of errors."""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_SAID: Final = re.compile(r"[A-Za-z]+")


class Leak(NamedTuple):
    """One thing that must not get out.

    Attributes:
        file: The file in the folder.
        line: Its line, from 1.
        field: The path to it, such as `$.doc.name`; a key that is one itself is told by its place.
        what: What kind of thing it is.
    """

    file: str
    line: int
    field: str
    what: str


def scan_bundle(folder: Path, gate: Gate) -> list[Leak]:
    """Look through every file of a bundle.

    Args:
        folder: Its directory, which need not be in its place yet.
        gate: Knows what must not get out.

    Returns:
        What was found, at most the first 1,000; nothing if it may be shared.

    Raises:
        OSError: If it cannot be read.
    """
    found: list[Leak] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        for number, one in _manifest(path, gate) if name == NAME else _lines(path, name, gate):
            found.append(Leak(name, number, one.where, one.what))
            if len(found) == MOST:
                return found
    return found


class _Found(NamedTuple):
    where: str
    what: str
    text: str


def _lines(path: Path, name: str, gate: Gate) -> Iterator[tuple[int, _Found]]:
    kind = FILES[name].name if name in FILES else ""
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            track = text.strip().removesuffix(b",")
            scan = _Scan(gate)
            try:
                value = read_json(track) if track not in {b"", b"[", b"]"} else None
                own = value.get("id") if kind == "cluster" and isinstance(value, dict) else kind
                scan.envelope("$", KINDS.get(str(own), Kind()), value)
            except (ValueError, RecursionError):
                scan.text("$", track.decode("utf-8", "replace"))
            yield from ((number, one) for one in scan.found)


def _manifest(path: Path, gate: Gate) -> Iterator[tuple[int, _Found]]:
    raw = path.read_bytes()
    scan = _Scan(gate)
    try:
        scan.told("$", read_json(raw))
    except (ValueError, RecursionError):
        scan.text("$", raw.decode("utf-8", "replace"))
    for one in scan.found:
        yield raw.count(b"\n", 0, max(raw.find(dumps(one.text)), 0)) + 1, one


class _Scan:
    """Walks through JSON with the gate in hand."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self.found: list[_Found] = []

    def text(self, where: str, text: str) -> None:
        """Look at a text that may be anything."""
        what = self._gate.found(text)
        if what is not None:
            self.found.append(_Found(where, what, text))

    def envelope(self, where: str, kind: Kind, value: Any) -> None:  # noqa: ANN401 - JSON is what it is
        """Look at a track: documents in it are of a kind, everything else is ids, instants and names of fields."""
        if isinstance(value, dict):
            for key, at, inside in self._fields(where, kind, value):
                if key in _DOCUMENTS and isinstance(inside, dict):
                    self._document(at, kind, inside)
                elif key in _BY_FIELD and isinstance(inside, dict):
                    for place, (name, part) in enumerate(inside.items()):
                        within, found = self._named(f"{at}[key {place}]", kind, name)
                        self.envelope(
                            f"{at}[key {place}]" if found else under(at, name), within if key == "lists" else kind, part
                        )
                else:
                    self.envelope(at, kind, inside)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                self.envelope(f"{where}[{place}]", kind, item)
        elif isinstance(value, str) and value.startswith("/"):
            self._named(where, kind, value)
        elif isinstance(value, str) and not (_is_typed(value) or value in _CLUSTER or kind.knows(value)):
            self.text(where, value)

    def told(self, where: str, value: Any) -> None:  # noqa: ANN401 - JSON is what it is
        """Look at what the manifest says; our own words in it are no leak, whatever the user is called."""
        if isinstance(value, dict):
            for key, at, inside in self._fields(where, _MANIFEST, value):
                if at == "$.origin.cluster" and isinstance(inside, dict):
                    self._document(at, KINDS["info"], inside)
                elif key == "address" and isinstance(inside, str):
                    self.text(at, inside)
                else:
                    self.told(at, inside)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                self.told(f"{where}[{place}]", item)
        elif isinstance(value, str) and not (_is_typed(value) or _is_ours(value)):
            self.text(where, value)

    def _named(self, where: str, kind: Kind, name: str) -> tuple[Kind, bool]:
        """Look at the name of a field, or a JSON Pointer to one; give the kind of what is in it, and if it leaks."""
        before = len(self.found)
        for part in name[1:].split("/") if name.startswith("/") else [name]:
            key = part.replace("~1", "/").replace("~0", "~")
            if not kind.knows(key):
                self.text(where, key)
            kind = _inside(kind, key)
        return kind, len(self.found) > before

    def _fields(self, where: str, kind: Kind, value: dict[str, Any]) -> Iterator[tuple[str, str, Any]]:
        for place, (key, inside) in enumerate(value.items()):
            before = len(self.found)
            at = f"{where}[key {place}]"
            if key not in _ENVELOPE and not kind.knows(key) and not _is_ours(key):
                self.text(at, key)
            yield key, under(where, key) if len(self.found) == before else at, inside

    def _document(self, where: str, kind: Kind, document: dict[str, Any]) -> None:
        for key, at, inside in self._fields(where, kind, document):
            self._value(at, kind, key, inside)

    def _value(self, where: str, kind: Kind, key: str, value: Any) -> None:  # noqa: ANN401 - JSON is what it is
        if isinstance(value, str):
            if not kind.stays(key, value) and not is_date(value):
                self.text(where, kind.untyped(key, value))
        elif isinstance(value, dict):
            self._document(where, _inside(kind, key), value)
        elif isinstance(value, list):
            for place, item in enumerate(value):
                self._value(f"{where}[{place}]", kind, key, item)
        elif isinstance(value, Literal) and value.text.startswith('"'):
            self.text(where, value.text)
        elif not kind.knows(key) and not isinstance(value, bool):
            text = value.text if isinstance(value, Literal) else str(value)
            if self._gate.knows(text):
                self.text(where, text)


def _inside(kind: Kind, field: str) -> Kind:
    return KINDS[kind.inside.get(field, "data")]


def _is_typed(text: str) -> bool:
    """Tell whether a text is an id (a second record's, too), a date, a version, a digest or a run of numbers."""
    own, _, number = text.partition("#")
    typed = is_id(own) and (number.isdigit() or own == text)
    shaped = _DIGEST.fullmatch(text) or _RUNS.fullmatch(text)
    return typed or is_date(text) or is_version(text) or shaped is not None


def _is_ours(text: str) -> bool:
    """Tell whether a text says nothing but words that are in every bundle."""
    return suspect(text) is None and all(word.lower() in _WORDS for word in _SAID.findall(text))
