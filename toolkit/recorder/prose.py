"""The free text of errors: what kind of error it was stays readable, whom it was about does not.

Words that reveal nothing, names of errors, ids, numbers, dates, punctuation and line breaks stay; every other token
becomes the pseudonym that it has everywhere. What follows the name of a credential goes whatever it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from toolkit.recorder.allowed import is_date, is_day
from toolkit.recorder.harmless import CODE, NAMES, WORDS
from toolkit.recorder.shapes import UUID, is_credential
from toolkit.recorder.suspects import suspect

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.recorder.pseudonyms import Pseudonyms

LONGEST: Final = 65_536
"""Letters of a line that are read; what is behind becomes one word."""
_FRAME: Final = re.compile(r"[ \t]{1,16}at ")
_TOKEN: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,20}://[^\s\"'`<>(){}]+|[^\s\"'`()\[\]{}<>,;|=\\]+(?:'[a-z]{1,2}(?![A-Za-z0-9]))?",
    re.ASCII,
)
_LEADING: Final = ".:!?*#-~$^&%/"
_TRAILING: Final = ".:!?*-~,;]"
_TYPED: Final = (
    re.compile(
        r"[-+]?[0-9]{1,13}(?:\.[0-9]{1,6})?(?:%|ms|s|m|h|d|w|b|kb|mb|gb|tb|st|nd|rd|th|x)?(?:/[0-9]{1,13})?",
        re.IGNORECASE,
    ),
    UUID,
    re.compile(r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?Z?"),
    re.compile(r"v?[0-9]{1,5}\.[0-9]{1,5}\.[0-9]{1,5}"),
)
"""Numbers, perhaps with a unit, ids, times and versions."""
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LINE: Final = re.compile(r"[0-9]{1,7}")
_PIECES: Final = re.compile(r"([/:.@+]+)")
_FOUR_NUMBERS: Final = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_CODE: Final = CODE | {"file", "node"}
_ASSIGNING: Final = re.compile("[:=]")
_AUTHORISING: Final = frozenset({"basic", "bearer"})


class Prose:
    """Redacts the texts of errors of one recording."""

    def __init__(self, pseudonyms: Pseudonyms, secret: Callable[[str], bool], leaking: Callable[[str], bool]) -> None:
        """Start.

        Args:
            pseudonyms: Makes what the other tokens become.
            secret: Tells whether a token that would stay must not.
            leaking: Tells whether a line that is made still holds what must not get out.
        """
        self._leaking = leaking
        self._pseudonyms = pseudonyms
        self._secret = secret

    def line(self, line: str) -> str:
        """Redact one line of a text."""
        if len(line) > LONGEST:
            return f"{self.line(line[:LONGEST])} {self._pseudonyms.word(line[LONGEST:])}"
        shown = self._shown(line)
        return self._pseudonyms.word(line) if self._leaking(shown) else shown

    def _shown(self, line: str) -> str:
        keep = self._in_frame if _FRAME.match(line) else self._in_message
        out: list[str] = []
        end, before = 0, ""
        for found in _TOKEN.finditer(line):
            core = _core(found[0])
            if not core:
                continue
            start = found.start() + found[0].index(core)
            between = line[end:start]
            # `password: x`, `"password":"x"`, `password=x` and `Bearer x`: what is said here is worth hiding.
            given = before.lower() in _AUTHORISING or (_ASSIGNING.search(between) and is_credential(before))
            out += (between, self._pseudonyms.text(core) if given else keep(core))
            end, before = start + len(core), core
        return "".join([*out, line[end:]])

    def _stays(self, core: str, known: frozenset[str]) -> bool:
        word = core.lower()
        ordinary = word in WORDS and core in {word, word.capitalize(), word.upper()}
        return (core in known or core in NAMES or ordinary) and not self._secret(core)

    def _in_message(self, core: str) -> str:
        if _is_typed(core) and not self._secret(core):
            return core
        return core if self._stays(core, NAMES) else self._pseudonyms.token(core)

    def _in_frame(self, core: str) -> str:
        """Redact a function's name or a place in the code, part by part."""
        scheme, mark, _ = core.partition("://")
        if (mark and scheme not in {"file", "node"}) or _FOUR_NUMBERS.search(core) or suspect(core):
            return self._pseudonyms.token(core)
        pieces = _PIECES.split(core)
        return "".join(self._piece(piece) if place % 2 == 0 and piece else piece for place, piece in enumerate(pieces))

    def _piece(self, piece: str) -> str:
        known = _LINE.fullmatch(piece) and not self._secret(piece)
        return piece if known or self._stays(piece, _CODE) else self._pseudonyms.token(piece)


def _is_typed(core: str) -> bool:
    """Tell whether a token is a number, an id, a date, a time or a version."""
    dated = _DAY.match(core) and (is_date(core) or is_day(core))
    return bool(dated) or any(shape.fullmatch(core) for shape in _TYPED)


def _core(token: str) -> str:
    """Give a token without the punctuation around it; empty if it is nothing else."""
    tail = token.rstrip(_TRAILING)
    core = tail if tail.startswith((".", "/", "-", "::")) else tail.lstrip(_LEADING)
    return core if core.strip(_LEADING) else ""
