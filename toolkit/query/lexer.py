"""Lucene's query syntax in tokens, exactly as its own parser breaks it, for luqum's grammar to put together.

luqum's own lexer takes `&&`, `||` and `!` for words and lets pass what Lucene refuses. What is refused here also keeps
the tree flat: only brackets nest, and those are counted. Source: Lucene's classic query parser (`QueryParser.jj`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from luqum.head_tail import TokenValue
from luqum.tree import Phrase, Word
from ply.lex import LexToken

from toolkit.query.wording import cannot_create, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_CHARACTERS: Final = 10_000
MOST_DEPTH: Final = 50
MOST_CLAUSES: Final = 1_024
"""As many clauses as OpenSearch takes."""
AUTOMATIC: Final = -1
"""The edit distance of a bare `~`: by the length of the term."""
BARE: Final = frozenset({"+", "-", "!"})
"""Operators that stand alone, with a blank after them: words, to Lucene."""

_BLANK: Final = r"[ \t\n\r\u3000]"
_START: Final = r"""(?:[^ \t\n\r\u3000+\-!():^\[\]"{}~*?\\/]|\\.)"""
_PLAIN: Final = re.compile(
    rf"""(?P<blank>{_BLANK}+)
    |(?P<bare>[+\-!](?={_BLANK}))
    |(?P<sign>[+\-!])
    |(?P<phrase>"(?:[^"\\]|\\.)*")
    |(?P<regex>/(?:\\/|[^/])*/)
    |(?P<word>(?:{_START}|[*?])(?:{_START}|[*?+\-])*)
    |(?P<fuzzy>~(?P<degree>\d+(?:\.\d+)?)?)
    |\^(?P<boost>\d+(?:\.\d+)?)
    |(?P<mark>[():\[{{])""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_RANGE: Final = re.compile(
    rf"""(?P<blank>{_BLANK}+)
    |(?P<end>[\]}}])
    |(?P<phrase>"(?:\\"|[^"])+")
    |(?P<goop>[^ \]}}]+)""",
    re.VERBOSE | re.DOTALL,
)
_OPERATORS: Final = {"AND": "AND_OP", "&&": "AND_OP", "OR": "OR_OP", "||": "OR_OP", "NOT": "NOT"}
_SIGNS: Final = {"+": "PLUS", "-": "MINUS", "!": "NOT"}
_MARKS: Final = {"(": "LPAREN", ")": "RPAREN", ":": "COLUMN", "[": "LBRACKET", "{": "LBRACKET"}
_MODIFIERS: Final = frozenset({"PLUS", "MINUS", "NOT"})


class NoLucene(Exception):
    """A text that is no Lucene query."""


def lex(text: str) -> Iterator[LexToken]:
    """Break a query into luqum's tokens.

    Raises:
        NoLucene: If the text cannot be one.
        QueryRefused: If it is too long, too deep, or has too many clauses; or for a regular expression.
    """
    if len(text) > MOST_CHARACTERS:
        cannot_create(f"the query has {len(text)} characters, more than {MOST_CHARACTERS}")
    before, last, depth, clauses = "", "", 0, 0
    for token in _tokens(text):
        kind = token.type
        depth += (kind == "LPAREN") - (kind == "RPAREN")
        clauses += kind in {"TERM", "PHRASE"}
        if depth > MOST_DEPTH:
            cannot_create(f"the query is nested deeper than {MOST_DEPTH}")
        if clauses > MOST_CLAUSES:
            refuse(
                f"Query contains too many nested clauses; maxClauseCount is set to {MOST_CLAUSES}", "too_many_clauses"
            )
        # One modifier before a clause, none after a field; one field; one boost.
        if kind in _MODIFIERS and last in _MODIFIERS | {"COLUMN"}:
            raise NoLucene(text)
        if (kind == "COLUMN" and (last != "TERM" or before == "COLUMN")) or (kind == last == "BOOST"):
            raise NoLucene(text)
        before, last = last, kind
        yield token


def _tokens(text: str) -> Iterator[LexToken]:
    place, pattern, after_phrase = 0, _PLAIN, False
    while place < len(text):
        found = pattern.match(text, place)
        if found is None:
            raise NoLucene(text)
        kind, part = str(found.lastgroup), found[0]
        place = found.end()
        if kind == "blank":
            continue
        if kind in {"degree", "fuzzy"}:
            # For a phrase the number is a distance in places, whole; a bare one is none.
            degree = found["degree"] or (0 if after_phrase else AUTOMATIC)
            yield _token("APPROX", TokenValue(int(float(degree)) if after_phrase else degree))
        elif kind == "mark":
            pattern = _RANGE if part in "[{" else _PLAIN
            yield _token(_MARKS[part], TokenValue(part))
        elif kind == "end":
            pattern = _PLAIN
            yield _token("RBRACKET", TokenValue(part))
        else:
            yield _simple(kind, part, found["boost"] if pattern is _PLAIN else None)
        after_phrase = kind == "phrase"


def _simple(kind: str, part: str, boost: str | None) -> LexToken:
    if kind == "phrase":
        return _token("PHRASE", Phrase(part))
    if kind == "regex":
        cannot_create("regular expressions are refused, for the time they can take")
    if kind == "boost":
        return _token("BOOST", TokenValue(boost))
    if kind == "sign":
        return _token(_SIGNS[part], TokenValue(part))
    if kind == "goop" and part == "TO":
        return _token("TO", TokenValue(part))
    if kind == "word" and part in _OPERATORS:
        return _token(_OPERATORS[part], TokenValue(part))
    return _token("TERM", Word(part))


def _token(kind: str, value: object) -> LexToken:
    token = LexToken()
    token.type, token.value, token.lineno, token.lexpos = kind, value, 1, 0
    return token
