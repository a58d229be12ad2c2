"""Lucene filters: luqum puts the tokens together, this makes predicates of them by Lucene's rules.

Clauses are required, optional or prohibited as Lucene's classic parser decides from left to right: AND makes both
neighbours required, whatever stands around them; OR is the default; a group of nothing but NOT matches all the rest.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from luqum.exceptions import ParseError
from luqum.parser import parser
from luqum.tree import AndOperation, BaseOperation, Group, Not, OrOperation, Plus, Prohibit, Word

from toolkit.query.analysis import has_wildcard
from toolkit.query.clauses import Clause, Fields, Predicate, clause, many_words
from toolkit.query.lexer import BARE, NoLucene, lex
from toolkit.query.wording import cannot_parse
from toolkit.timeline.wanted import Either, Wanted, both, either

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly

    from toolkit.model.wire import Document
    from toolkit.query.mapping import Kind

_KEPT: Final = 256
"""How many parsed queries are kept."""
_NOTHING: Final = Clause(lambda _document: False, Either(()))


class Query(NamedTuple):
    """A query that is ready to run.

    Attributes:
        matches: Tells whether a document is found.
        cost: How much work a document is, roughly: the number of fields that are looked at.
        uses_now: Whether it depends on the instant.
        wanted: What it finds, as far as that can be told without a document.
    """

    matches: Predicate
    cost: int
    uses_now: bool
    wanted: Wanted


class _Piece(NamedTuple):
    """A clause as it stands in a query: what joins it to the one before, its modifier, its tree."""

    joined: str
    modifier: str
    tree: Any


def compile_query(text: str, mapping: ReadOnly[str, Kind], now: int) -> Query:
    """Make a query of a text.

    Args:
        text: In Lucene's syntax.
        mapping: What the index has.
        now: What `now` is in dates.

    Raises:
        QueryRefused: In OpenSearch's words, for what is no query or cannot be run.
    """
    try:
        fields = Fields(text, mapping, now)
        made = _group(_parsed(text), fields, None) or _NOTHING
    except (NoLucene, ParseError):
        cannot_parse(text)
    return Query(made.matches, max(1, fields.cost), fields.uses_now, made.wanted)


@lru_cache(maxsize=_KEPT)
def _parsed(text: str) -> Any:  # noqa: ANN401 - luqum has no types
    tokens = lex(text)
    return parser.parse(tokenfunc=lambda: next(tokens, None))


def _pieces(tree: Any) -> list[_Piece]:  # noqa: ANN401
    """Undo luqum's precedences: Lucene has none, it reads clauses from left to right."""
    pieces: list[_Piece] = []
    waiting = [("", tree)]
    while waiting:
        joined, one = waiting.pop()
        if isinstance(one, BaseOperation):
            between = "AND" if isinstance(one, AndOperation) else "OR" if isinstance(one, OrOperation) else ""
            first, *rest = one.operands
            waiting += [(between, operand) for operand in reversed(rest)]
            waiting.append((joined, first))
        else:
            modifier = "NOT" if isinstance(one, Not | Prohibit) else "+" if isinstance(one, Plus) else ""
            pieces.append(_Piece(joined, modifier, one.a if modifier else one))
    return pieces


def _group(tree: Any, fields: Fields, field: str | None) -> Clause | None:  # noqa: ANN401
    """Make the clause of a group; `None` if analysis leaves nothing of it."""
    required: list[bool | None] = []
    made: list[Clause] = []
    pieces = _pieces(tree)
    place = 0
    while place < len(pieces):
        joined, modifier, one = pieces[place]
        run = _run(pieces, place)
        if joined == "AND" and required and required[-1] is False:
            required[-1] = True
        if run > 1:
            found = many_words([piece.tree for piece in pieces[place : place + run]], fields, field)
        elif isinstance(one, Group):
            found = _group(one.expr, fields, field)
        else:
            found = clause(one, fields, field, _group)
        place += run
        if found is not None:
            made.append(found)
            required.append(None if modifier == "NOT" else modifier == "+" or joined == "AND")
    return _joined(made, required)


def _run(pieces: list[_Piece], place: int) -> int:
    """Count the plain words that are one clause together, because nothing but blanks stands between them."""

    def follows(i: int) -> bool:
        after = pieces[i + 1] if i + 1 < len(pieces) else None
        return _is_plain(pieces[i]) and not (
            after is not None and (after.joined or (isinstance(after.tree, Word) and after.tree.value == "*"))
        )

    end = place + 1
    if _is_plain(pieces[place]):
        while end < len(pieces) and follows(end):
            end += 1
    return end - place


def _is_plain(piece: _Piece) -> bool:
    return (
        not piece.joined
        and not piece.modifier
        and isinstance(piece.tree, Word)
        and piece.tree.value not in BARE
        and not has_wildcard(piece.tree.value)
    )


def _joined(made: list[Clause], required: list[bool | None]) -> Clause | None:
    if not made:
        return None
    if required == [False]:
        return made[0]
    rows = list(zip(made, required, strict=True))
    musts = [one for one, how in rows if how]
    nots = [one for one, how in rows if how is None]
    shoulds = [] if musts else [one for one, how in rows if how is False]
    # What is prohibited is left to the predicate: what may match it need not.
    wanted = both(one.wanted for one in musts) if not shoulds else either(one.wanted for one in shoulds)
    return Clause(_all_of(*([one.matches for one in part] for part in (musts, nots, shoulds))), wanted)


def _all_of(musts: list[Predicate], nots: list[Predicate], shoulds: list[Predicate]) -> Predicate:
    def matches(document: Document) -> bool:
        return (
            all(one(document) for one in musts)
            and not any(one(document) for one in nots)
            and (not shoulds or any(one(document) for one in shoulds))
        )

    return matches
