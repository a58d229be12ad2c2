"""One clause against one field: terms, phrases, wildcards, ranges, edit distances.

Each function gives a predicate over a document's values of the field, and what can be told beforehand of those that
pass. What OpenSearch refuses for a field's type is
refused when the clause is made, never for a document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import inf
from typing import Any, Final, NamedTuple

from toolkit.query.analysis import Wildcard, has_phrase, tokens, within
from toolkit.query.dates import NoDate, read_date, stored_date
from toolkit.query.mapping import STRINGS, WHOLE, Kind, number, truth, word
from toolkit.query.wording import cannot_create, refuse
from toolkit.timeline.wanted import Between, Exact, Like, Words

Test = Callable[[Any], bool]
"""A predicate over one value of a field."""


class Check(NamedTuple):
    """A clause against one field: its predicate, and what is known of values that pass, `None` if nothing is."""

    test: Test
    hint: Exact | Between | Words | Like | None = None


_FORMAT: Final = "strict_date_optional_time||epoch_millis"
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_SHORT, _MEDIUM = 3, 6
"""A bare `~` allows no edit below three characters, one below six, else two."""


class Bound(NamedTuple):
    """One end of a range: its text, `None` for open, and whether it is in the range."""

    text: str | None
    inside: bool


class _Limit(NamedTuple):
    at: float | None
    inside: bool


class Field(NamedTuple):
    """A mapped field, and what `now` is in a date."""

    name: str
    kind: Kind
    now: int


def _anything(_value: object) -> bool:
    return True


ANYTHING: Final = Check(_anything)
"""Matches every value: `field:*`."""


def term(field: Field, text: str) -> Check | None:
    """Match a term; `None` if analysis leaves nothing of it, so that there is no clause."""
    if field.kind == Kind.TEXT:
        wanted = frozenset(tokens(text))
        if not wanted:
            return None
        return Check(lambda value: not wanted.isdisjoint(tokens(word(value))), Words(wanted, every=False))
    return _exact(field, text)


def phrase(field: Field, text: str, slop: int) -> Check | None:
    """Match a phrase; for what is not analysed, that is the exact value."""
    if field.kind == Kind.TEXT:
        wanted = tokens(text)
        if not wanted:
            return None
        return Check(lambda value: has_phrase(tokens(word(value)), wanted, slop), Words(frozenset(wanted), every=True))
    return _exact(field, text)


def _exact(field: Field, text: str) -> Check:
    if field.kind == Kind.KEYWORD:
        return Check(lambda value: word(value) == text, Exact(frozenset({text})))
    if field.kind == Kind.DATE:
        low, high = (_date(field, text, end=end) for end in (False, True))
        return Check(lambda value: (at := stored_date(value)) is not None and low <= at <= high, Between(low, high))
    if field.kind == Kind.BOOLEAN:
        wanted = _truth(text)
        return Check(lambda value: truth(value) is wanted)
    exact = _number(field, text)
    limit = WHOLE.get(field.kind)
    if limit is not None and not -limit <= exact < limit:
        cannot_create(f"Value [{text}] is out of range for {_an(field.kind)}")
    return Check(lambda value: number(value) == exact)


def _an(kind: Kind) -> str:
    return f"an {kind}" if kind == Kind.INTEGER else f"a {kind}"


def _number(field: Field, text: str) -> float:
    if not _NUMBER.fullmatch(text.strip()):
        cannot_create(f'For input string: "{text}"' if text.strip() else "empty String")
    # Whole numbers stay exact: a float is not, beyond 2**53.
    whole = field.kind in WHOLE and text.strip().lstrip("+-").isdecimal()
    return int(text) if whole else float(text)


def _truth(text: str) -> bool:
    if text not in {"true", "false", ""}:
        cannot_create(f"Can't parse boolean value [{text}], expected [true] or [false]")
    return text == "true"


def _date(field: Field, text: str, *, end: bool) -> int:
    try:
        return read_date(text, field.now, end=end)
    except NoDate:
        said = f"failed to parse date field [{text}] with format [{_FORMAT}]"
        cannot_create(f"{said}: [{said}]")


def wildcard(field: Field, text: str) -> Check:
    """Match a term with `*` and `?`, escapes still in it."""
    if field.kind not in STRINGS:
        name = "prefix" if re.fullmatch(r"(?:[^*?\\]|\\.)*\*", text, re.DOTALL) else "wildcard"
        refuse(
            f"Can only use {name} queries on keyword, text and wildcard fields - not on [{field.name}] which is of "
            f"type [{field.kind}]"
        )
    pattern = Wildcard(text, lower=field.kind == Kind.TEXT)
    if field.kind == Kind.TEXT:
        return Check(lambda value: any(pattern.matches(token) for token in tokens(word(value))), pattern.hint)
    return Check(lambda value: pattern.matches(word(value)), pattern.hint)


def fuzzy(field: Field, text: str, degree: float) -> Check:
    """Match a term within an edit distance: a negative degree is by length, one below 1 an old-style similarity."""
    if field.kind not in STRINGS:
        cannot_create(
            f"Can only use fuzzy queries on keyword and text fields - not on [{field.name}] which is of type "
            f"[{field.kind}]"
        )
    if degree < 0:
        most = 0 if len(text) < _SHORT else 1 if len(text) < _MEDIUM else 2
    else:
        most = min(2, int(degree) if degree >= 1 or degree == 0 else int((1 - degree) * len(text)))
    if field.kind == Kind.KEYWORD:
        return Check(lambda value: within(text, word(value), most))
    wanted = text.lower()
    return Check(lambda value: any(within(wanted, token, most) for token in tokens(word(value))))


def span(field: Field, low: Bound, high: Bound) -> Check:
    """Match a range; ends that are open are `None`."""
    if field.kind == Kind.TEXT:
        low, high = (Bound(b.text if b.text is None else b.text.lower(), b.inside) for b in (low, high))
        return Check(lambda value: any(_between(token, low, high) for token in tokens(word(value))))
    if field.kind == Kind.KEYWORD:
        return Check(lambda value: _between(word(value), low, high))
    read: Callable[[Any], float | None] = stored_date if field.kind == Kind.DATE else number
    if field.kind == Kind.BOOLEAN:
        read = truth
    lowest, highest = _end(field, low, up=not low.inside), _end(field, high, up=high.inside)

    def test(value: Any) -> bool:  # noqa: ANN401 - JSON
        held = read(value)
        return held is not None and _between(held, lowest, highest)

    if field.kind != Kind.DATE:
        return Check(test)
    least, most = lowest.at, highest.at
    return Check(test, Between(-inf if least is None else least, inf if most is None else most))


def _end(field: Field, bound: Bound, *, up: bool) -> _Limit:
    """Read one end: a date's open parts are filled so that `>2026` begins after that year and `<=2026` ends with it."""
    if bound.text is None:
        return _Limit(None, bound.inside)
    if field.kind == Kind.DATE:
        return _Limit(_date(field, bound.text, end=up), bound.inside)
    return _Limit(_truth(bound.text) if field.kind == Kind.BOOLEAN else _number(field, bound.text), bound.inside)


def _between(value: Any, low: Bound | _Limit, high: Bound | _Limit) -> bool:  # noqa: ANN401 - text or number
    least, most = low[0], high[0]
    return (least is None or value > least or (low.inside and value == least)) and (
        most is None or value < most or (high.inside and value == most)
    )
