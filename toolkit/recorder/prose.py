"""The free text of errors: what kind of error it was stays readable, whom it was about does not.

Words that reveal nothing, names of errors, ids, numbers, dates, punctuation and line breaks stay; every other token
becomes the pseudonym that it has everywhere. What follows the name of a credential goes whatever it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from toolkit.model.credentials import is_credential
from toolkit.model.status import STATUSES
from toolkit.recorder.allowed import is_date, is_day
from toolkit.recorder.harmless import CODE, NAMES, WORDS
from toolkit.recorder.shapes import UUID
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
_ASSIGNING: Final = re.compile("[:=>]")
_REACH: Final = 6
"""So many tokens behind the name of a credential, and behind each that was replaced there, a number may be one."""
_TAIL: Final = 512
_LONG: Final = 4
_JOINED: Final = re.compile("[\"'`)]{0,2}, ?[\"'`(]{0,2}")
_LOGIN: Final = re.compile(r"[^\s@]{0,256}@")
_QUOTED: Final = re.compile(
    r"""[\["'`]([^\s\[\]"'`,]{1,256}(?:, ?[^\s\[\]"'`,]{1,256}){0,16})[\]"'`](?!\s{0,4}:)""", re.ASCII
)
"""A name, or several with commas between them, in brackets or quotes; what a colon follows is a field's name."""
_NAMED: Final = re.compile(
    r"(?i:index|indices|topics?|user|username|connection|host|hostname|alias|queue|table|bucket|database)"
)
_STATED: Final = frozenset({"status", "state"})
_NUMERIC: Final = re.compile(r"[-+]?[0-9][0-9.,:/%TZ_+-]*[A-Za-z]{0,2}", re.ASCII)
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
        return self._line(line, 0)

    def line_after(self, line: str) -> str:
        """Redact a line of a text behind one that `opens`."""
        return self._line(line, _REACH)

    def opens(self, line: str, *, after: bool) -> bool:
        """Tell whether a credential that a line names may be on the next one.

        Args:
            line: The line.
            after: Whether the one before it opens.
        """
        tail = line[-_TAIL:]
        reach, before = _REACH if after and tail == line else 0, ""
        for found in _TOKEN.finditer(tail):
            core = _core(found[0])
            reach = _REACH if _names(before, core) or (reach and _counts(core)) else max(reach - 1, 0)
            before = core
        return reach > 0

    def _line(self, line: str, reach: int) -> str:
        if len(line) > LONGEST:
            return f"{self._line(line[:LONGEST], reach)} {self._pseudonyms.word(line[LONGEST:])}"
        shown = self._shown(line, reach)
        return self._pseudonyms.word(line) if self._leaking(shown) else shown

    def _shown(self, line: str, reach: int) -> str:
        framed = _FRAME.match(line) is not None
        names = [] if framed else [found.span(1) for found in _QUOTED.finditer(line)][::-1]
        keep = self._in_frame if framed else self._in_message
        out: list[str] = []
        end, before, told = 0, ("", ""), False
        for found in _TOKEN.finditer(line):
            core = _core(found[0])
            if not core:
                continue
            start = found.start() + found[0].index(core)
            between = line[end:start]
            while names and names[-1][1] <= start:
                names.pop()
            named = bool(names and names[-1][0] <= start)
            assigned = _ASSIGNING.search(between) is not None
            # `password: x`, `"password":"x"`, `--password x` and `Bearer x`: what is said here is worth hiding.
            given = told or before[1].lower() in _AUTHORISING or _gives(before, assigned=assigned)
            # `Authorization: Some x`
            told = given and not told and "authoriz" in before[1].lower()
            hidden = reach and (_counts(core) or (_NUMERIC.fullmatch(core) and _JOINED.fullmatch(between)))
            if given or hidden:
                made = self._hidden(core)
            elif "://" in core and "@" not in core and _LOGIN.match(line, found.end()):
                made = self._pseudonyms.word(core)
            elif (named or (assigned and _NAMED.fullmatch(before[1]))) and not self._says(core, before):
                made = core if _is_typed(core) and not self._secret(core) else self._pseudonyms.text(core)
            else:
                made = keep(core)
            out += (between, made)
            reach = _REACH if hidden or given or _names(before[1], core) else max(reach - 1, 0)
            end, before = start + len(core), (before[1], f"--{core}" if line[:start].endswith("--") else core)
        return "".join([*out, line[end:]])

    def _hidden(self, core: str) -> str:
        """Replace what may be a credential: of an id the shape stays, of everything else nothing."""
        return self._pseudonyms.text(core) if UUID.fullmatch(core) else self._pseudonyms.word(core)

    def _says(self, core: str, before: tuple[str, str]) -> bool:
        """Tell whether a word in brackets or quotes is one of Teraslice's or Node's own: an error's, a status."""
        stated = core in STATUSES and _STATED.intersection(map(str.lower, before))
        return (core in NAMES or bool(stated) or before[1] == "reading") and not self._secret(core)

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


def _counts(core: str) -> bool:
    """Tell whether a token is a number of four digits or more, or an id."""
    if UUID.fullmatch(core):
        return True
    return _is_typed(core) and sum(map(str.isdigit, core)) >= _LONG


def _names(before: str, core: str) -> bool:
    """Tell whether a token names a credential, alone or with the one before it: `access key`, `key id`."""
    before = before.lstrip("-")
    return (
        is_credential(core)
        or (before.isalpha() and core.isalpha() and is_credential(f"{before}_{core}"))
        or (before.lower() == "key" and core.lower() == "id")
    )


def _gives(before: tuple[str, str], *, assigned: bool) -> bool:
    """Tell whether what follows two tokens is a credential for sure."""
    return (assigned or before[1].startswith("--")) and _names(*before)


def _is_typed(core: str) -> bool:
    """Tell whether a token is a number, an id, a date, a time or a version."""
    dated = _DAY.match(core) and (is_date(core) or is_day(core))
    return bool(dated) or any(shape.fullmatch(core) for shape in _TYPED)


def _core(token: str) -> str:
    """Give a token without the punctuation around it; empty if it is nothing else."""
    tail = token.rstrip(_TRAILING)
    core = tail if tail.startswith((".", "/", "-", "::")) else tail.lstrip(_LEADING)
    return core if core.strip(_LEADING) else ""
