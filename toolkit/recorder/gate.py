"""The leak gate: what must not be in a recording, whatever redaction thought of it.

Pure. Knows the very texts that were used to get into the cluster, and what looks like a secret by its shape.
"""

from __future__ import annotations

import base64
import binascii
import re
from itertools import permutations
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, quote_plus, unquote

from toolkit.recorder.harmless import CODE, NAMES, WORDS
from toolkit.recorder.shapes import HOST, split_port
from toolkit.recorder.suspects import suspect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SHORTEST: Final = 4
"""Letters of a token; a shorter one is found in everything."""
_SURE: Final = 12
"""From here on a secret is found inside other letters too."""
_PAIRED: Final = 8
"""With more secrets than this, no two of them are taken for user and password."""
_CORE: Final = 6
_LONGEST: Final = 1 << 20
_ORDINARY: Final = frozenset(word.lower() for word in WORDS | NAMES | CODE) | {"example"}
_SCHEMES: Final = frozenset({"basic", "bearer", "apikey", "token", "negotiate", "digest"})
_GIVEN: Final = re.compile(r"[\s,;=&]+")


class Gate:
    """Looks for what must not get out."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Start with the credentials, the host and the user of a recording."""
        tokens: set[str] = set()
        for secret in secrets:
            tokens.update(_tokens(secret.strip()))
        forms = {form for token in tokens for form in _forms(token)}
        self._inside = sorted(form for form in forms if len(form) >= _SURE)
        whole = sorted(form for form in forms if SHORTEST <= len(form) < _SURE)
        self._whole = {form: re.compile(rf"(?<![^\W_]){re.escape(form)}(?![^\W_])") for form in whole}
        pairs = permutations(sorted(tokens), 2) if len(tokens) <= _PAIRED else ()
        texts = [*tokens, *(f"{user}:{password}" for user, password in pairs)]
        self._encoded = sorted({core for text in texts for core in _cores(text)})

    def found(self, text: str) -> str | None:
        """Tell what a text holds that must not get out, in a few words and never the text; `None` if nothing.

        What is behind the first million letters is not looked at, and so not let through either.
        """
        if len(text) > _LONGEST:
            return "a text too long to look through"
        return "a text used to reach the cluster" if self.knows(text) else suspect(text)

    def knows(self, text: str) -> bool:
        """Tell whether a text holds a credential, the host or the user of the recording, in any of its forms."""
        if len(text) < SHORTEST:
            return False
        low = text.casefold()
        if any(form in low for form in self._inside) or any(core in text for core in self._encoded):
            return True
        return any(form in low and shape.search(low) for form, shape in self._whole.items())


def _tokens(secret: str) -> Iterator[str]:
    """Give a secret and what of it is a secret of its own: a header's parts, a host's labels."""
    if len(secret) < SHORTEST:
        return
    yield secret
    scheme, _, given = secret.partition(" ")
    if given and scheme.lower() in _SCHEMES:
        yield from _tokens(given.strip())
        login = _decoded(given.strip()) if scheme.lower() == "basic" else ""
        user, _, password = login.partition(":")
        yield from (part for part in (login, user, password) if len(part) >= SHORTEST)
        return
    host = split_port(secret)[0]
    if HOST.fullmatch(host.lower()):
        yield host
        yield from (label for label in host.split(".") if len(label) >= SHORTEST and label.lower() not in _ORDINARY)
    parts = [part for part in _GIVEN.split(secret) if part != secret]
    yield from (part for part in parts if len(part) >= _SURE)


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _forms(token: str) -> Iterator[str]:
    """Give the texts that a token may be found as, in lower case."""
    raw = token.encode("utf-8", "surrogatepass")
    for form in (token, unquote(token), quote(raw, safe=""), quote_plus(raw), raw.hex()):
        yield form.casefold()


def _cores(text: str) -> Iterator[str]:
    """Give what a text is in base64, at each of the three places where it may start in a longer one."""
    raw = text.encode("utf-8", "surrogatepass")
    for start in range(3):
        encoded = base64.b64encode(b"\0" * start + raw).decode()
        # The letters at both ends depend on what is beside them.
        core = encoded[-(-start * 8 // 6) : (start + len(raw)) * 8 // 6]
        if len(core) >= _CORE:
            yield core
            yield core.replace("+", "-").replace("/", "_")
