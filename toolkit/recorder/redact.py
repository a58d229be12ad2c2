"""Redaction: what a recording may show of a record, decided before anything touches the disk.

Pure: no files, no clock, no chance; the key comes from outside. What nobody knows is treated as suspect: a string
stays only where `toolkit.recorder.allowed` says so. Everything else becomes a pseudonym, the same one for the same
text throughout a recording, so that joins survive. Numbers, booleans, null and dates stay. Whatever a key that is named
like a credential holds is dropped, key and all. What is left goes through the leak gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.model.credentials import is_credential, words_of
from toolkit.model.wire import Document, Literal, dumps, loads
from toolkit.recorder.allowed import HARMLESS, KINDS, Kind, is_date, is_id, is_version
from toolkit.recorder.gate import SHORTEST, Gate
from toolkit.recorder.harmless import ASSETS, OPERATIONS
from toolkit.recorder.learning import Learned, Marks, compared
from toolkit.recorder.prose import Prose
from toolkit.recorder.pseudonyms import Pseudonyms
from toolkit.recorder.suspects import suspect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import httpx

    from toolkit.recorder.pseudonyms import Made

_DATA: Final = "data"
_LONGEST_JSON: Final = 65_536
_DEEPEST_JSON: Final = 3
_MOST_TEXTS: Final = 20_000
_MOST_REMEMBERED: Final = 4_000_000
_GIVING: Final = frozenset({"value", "val", "v", "values", "data", "default", "content", "text"})
_LONGEST_NAME: Final = 128


class Report(NamedTuple):
    """What was done: credentials dropped, texts replaced, and texts among them that only the leak gate found."""

    credentials: int
    pseudonyms: int
    leaks: int = 0


class Redactor:
    """Redacts the records of one recording.

    Deterministic: what a text becomes depends on the key, the flags and the text, never on what came before.
    """

    def __init__(self, key: bytes, *, keep_names: bool = False, secrets: Iterable[str] = ()) -> None:
        """Start.

        Args:
            key: Who does not have it cannot tell what a pseudonym stood for.
            keep_names: Whether the names of jobs stay.
            secrets: The credentials, the host and the user of the recording: none of them is ever left.
        """
        self._secrets = tuple(secrets)
        self.gate = Gate(self._secrets)
        self._keep_names = keep_names
        self._learned = Learned()
        self._use(Pseudonyms(key, lambda text: self.gate.found(text) is not None))
        self._memory: dict[tuple[object, str], tuple[str, int]] = {}
        self._remembered = 0
        self._credentials = self._replaced = self._leaks = 0

    @property
    def report(self) -> Report:
        """What was done until now."""
        return Report(self._credentials, self._replaced, self._leaks)

    def key(self, text: str) -> str:
        """Redact a text that is a key and an id, such as a node's; it joins with the same text in a record."""
        return text if text in HARMLESS else self._replace(text)

    def address(self, base: httpx.URL) -> str:
        """Redact an address; its scheme, its port and the number of its path's parts stay."""
        return self._replace(str(base).rstrip("/"))

    def document(self, kind: str, document: Document) -> Document:
        """Redact a record of a kind of `KINDS`; the order of its keys stays."""
        return self._object(KINDS[kind], document, 0)

    def learn(self, kind: str, document: Document, before: Document) -> None:
        """Use the pseudonyms of a recording that goes on without its key.

        Args:
            kind: A kind of `KINDS`.
            document: A record as the cluster has it now.
            before: The same record as it was redacted then; nothing is learned of one that has changed since.
        """
        marks, marker = self._marker()
        self._learn(compared(marks, marker.document(kind, document), before))

    def learn_key(self, text: str, before: str) -> None:
        """Use the pseudonym that a key such as a node's had in a recording that goes on without its key."""
        marks, marker = self._marker()
        self._learn(compared(marks, marker.key(text), before))

    def _marker(self) -> tuple[Marks, Redactor]:
        marks = Marks()
        marker = Redactor(b"", keep_names=self._keep_names, secrets=self._secrets)
        marker._use(marks)
        return marks, marker

    def _learn(self, found: list[tuple[Made, str]] | None) -> None:
        self._learned.take(found or ())
        self._memory.clear()

    def _use(self, pseudonyms: Pseudonyms) -> None:
        self._pseudonyms = pseudonyms
        pseudonyms.known = self._learned.known
        self._prose = Prose(pseudonyms, self._is_secret, self._is_leak)

    def _is_secret(self, text: str) -> bool:
        known = self.gate.knows(text)
        self._leaks += known
        return known

    def _is_leak(self, text: str) -> bool:
        leak = self.gate.found(text) is not None
        self._leaks += leak
        return leak

    def _object(self, kind: Kind, document: Document, depth: int) -> Document:
        out: Document = {}
        hidden = _given_credentials(kind, document)
        for key, value in document.items():
            if key in hidden or (not kind.knows(key) and is_credential(key)):
                self._credentials += 1
                continue
            name = key if kind.knows(key) else self.key(key)
            # Two keys with one pseudonym are as good as impossible, but nothing may be lost.
            while name in out:
                name += "-"
            out[name] = self._value(kind, key, value, depth)
        return out

    def _value(self, kind: Kind, key: str, value: Any, depth: int) -> Any:  # noqa: ANN401 - JSON is what it is
        if isinstance(value, str):
            return self._text(kind, key, value, depth)
        if isinstance(value, dict):
            return self._object(KINDS[kind.inside.get(key, _DATA)], value, depth)
        if isinstance(value, list):
            return [self._value(kind, key, item, depth) for item in self._without_credential(value)]
        if isinstance(value, Literal):
            if value.text.startswith('"'):
                return self._counted(value.text, self._made(self._pseudonyms.word, value.text))
            return self._number(kind, key, value, value.text)
        return self._number(kind, key, value, str(value))

    def _number(self, kind: Kind, key: str, value: object, text: str) -> object:
        """Keep a number, unless it is one that was used to reach the cluster and its field is not known."""
        if kind.knows(key) or len(text) < SHORTEST or isinstance(value, bool) or not self._is_secret(text):
            return value
        return self._counted(text, self._made(self._pseudonyms.word, text))

    def _without_credential(self, values: list[Any]) -> list[Any]:
        """Leave out what follows the name of a credential in a list; a text becomes a pseudonym anyway."""
        place = next((place for place, value in enumerate(values) if _names_credential(value)), len(values))
        kept = [value for value in values[place:] if isinstance(value, str) or value is None]
        self._credentials += len(kept) < len(values) - place
        return [*values[:place], *kept]

    def _text(self, kind: Kind, key: str, text: str, depth: int) -> str:
        if kind.stays(key, text) or is_date(text):
            return text
        if key in kind.prose:
            shown = self._lines(text)
            return self._counted(text, self._pseudonyms.word(text) if self._is_secret(shown) else shown)
        if key in kind.public:
            made = self._replace(text) if suspect(kind.untyped(key, text)) else self._named(text)
            return self._replace(text) if self._is_leak(kind.untyped(key, made)) else made
        if key in kind.titles and self._keep_names:
            return self._kept(text)
        if text[:1] in {"{", "["} and len(text) <= _LONGEST_JSON and depth < _DEEPEST_JSON:
            return self._json(kind.inside.get(key, _DATA), text, depth)
        return self._replace(text)

    def _lines(self, text: str) -> str:
        """Redact the lines of an error; what a credential's name is on may be behind it."""
        out: list[str] = []
        after = False
        for line in text.split("\n"):
            out.append(self._made(self._prose.line_after if after else self._prose.line, line))
            after = self._prose.opens(line, after=after)
        return "\n".join(out)

    def _json(self, kind: str, text: str, depth: int) -> str:
        """Redact JSON in a text, as what it holds."""
        try:
            value = loads(text.encode())
            made = dumps(self._value(Kind(inside={"": kind}), "", value, depth + 1)).decode()
        except (ValueError, TypeError, RecursionError):
            return self._replace(text)
        return self._counted(text, self._pseudonyms.word(text)) if self._is_leak(made) else made

    def _kept(self, text: str) -> str:
        return self._replace(text) if self._is_leak(text) else text

    def _named(self, text: str) -> str:
        """Redact the name of an operation, an API or an asset, part by part."""
        operation, at, asset = text.partition("@")
        api, colon, tag = operation.partition(":")
        if colon and (is_version(tag) or tag == "latest"):
            shown = self._asset(operation)
        else:
            shown = f"{self._public(api)}{colon}{self._public(tag)}"
        return f"{shown}{at}{self._asset(asset)}"

    def _public(self, text: str) -> str:
        return text if text in OPERATIONS or text in ASSETS or text in HARMLESS else self._replace(text)

    def _asset(self, text: str) -> str:
        name, colon, version = text.partition(":")
        if is_id(text) or (colon and (version == "latest" or is_version(version))):
            return text if is_id(text) else f"{self._public(name)}:{version}"
        return self._public(text)

    def _replace(self, text: str) -> str:
        return self._counted(text, self._made(self._pseudonyms.text, text))

    def _counted(self, text: str, made: str) -> str:
        self._replaced += made != text
        return made

    def _made(self, make: Callable[[str], str], text: str) -> str:
        """Make what a text becomes, and look through it; or give what it became before."""
        found = self._memory.get((make, text))
        if found is None:
            before = self._leaks
            made = make(text)
            found = self._pseudonyms.word(text) if self._is_leak(made) else made, self._leaks - before
            self._remembered += len(text) + len(made)
            if self._remembered > _MOST_REMEMBERED or len(self._memory) >= _MOST_TEXTS:
                self._memory.clear()
                self._remembered = len(text) + len(made)
            self._memory[make, text] = found
        else:
            self._leaks += found[1]
        return found[0]


def _given_credentials(kind: Kind, document: Document) -> frozenset[str]:
    """Give the fields of a pair such as `{"name": "PASSWORD", "value": "x"}` that hold a credential.

    Beside the name of a credential, in whatever field, that is what is called a value, and any number whose field is
    not known.
    """
    naming = [key for key, value in document.items() if isinstance(value, str | list) and _names_credential(value)]
    if not naming:
        return frozenset()
    return frozenset(
        key
        for key, value in document.items()
        if naming != [key] and (_GIVING & words_of(key) or (not kind.knows(key) and _is_number(value)))
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Literal)) and not isinstance(value, bool)


def _names_credential(value: object) -> bool:
    """Tell whether a value is the name of a credential, or a list with one."""
    if isinstance(value, list):
        return any(isinstance(one, str) and _names_credential(one) for one in value)
    return isinstance(value, str) and len(value) <= _LONGEST_NAME and is_credential(value)
