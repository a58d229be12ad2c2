"""One clause of a query against the fields it names: one, several by a pattern, or all."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from luqum.tree import BaseGroup, Boost, Fuzzy, Phrase, Proximity, Range, SearchField

from toolkit.model.wire import Document
from toolkit.query import leaves
from toolkit.query.analysis import Wildcard, has_wildcard, unescaped
from toolkit.query.dates import uses_now
from toolkit.query.leaves import Check, Field
from toolkit.query.lexer import NoLucene
from toolkit.query.mapping import Kind, values
from toolkit.query.wording import QueryRefused
from toolkit.timeline.wanted import Leaf, Wanted, either

if TYPE_CHECKING:
    from collections.abc import Mapping as ReadOnly

    from toolkit.query.leaves import Bound, Test

Predicate = Callable[[Document], bool]


class Clause(NamedTuple):
    """A part of a query: its predicate, and what it wants as far as that can be told without a document."""

    matches: Predicate
    wanted: Wanted


Make = Callable[[Field], Check | None]
Group = Callable[[Any, "Fields", str | None], Clause | None]


class Fields:
    """The fields of an index, and what a query made of them.

    Attributes:
        cost: How many fields its clauses look at.
        uses_now: Whether one of its dates depends on the instant.
    """

    def __init__(self, text: str, mapping: ReadOnly[str, Kind], now: int) -> None:
        """Begin a query."""
        self.text = text
        self.cost = 0
        self.uses_now = False
        self._mapping = mapping
        self._now = now

    def find(self, name: str | None) -> tuple[list[str], bool]:
        """Give the fields of a name, all without one, and whether it named none or a pattern: then types may not fit.

        Raises:
            NoLucene: For a name with a bare wildcard, `*` alone excepted.
        """
        if name is None or name == "*":
            return list(self._mapping), True
        if has_wildcard(name):
            raise NoLucene(self.text)
        plain = self.plain(name)
        if "*" in plain:
            pattern = Wildcard(plain, lower=False)
            return [one for one in self._mapping if pattern.matches(one)], True
        return ([plain] if plain in self._mapping else []), False

    def plain(self, text: str) -> str:
        """Take the escapes out of a text.

        Raises:
            NoLucene: If one of them is none.
        """
        try:
            return unescaped(text)
        except ValueError:
            raise NoLucene(self.text) from None

    def match(self, name: str | None, make: Make) -> Clause | None:
        """Make a clause that holds if any value of any field of a name passes.

        Args:
            name: A field, a pattern, or `None` for all.
            make: Makes the test for a field; `None` if analysis leaves nothing of the clause.
        """
        names, lenient = self.find(name)
        checks: list[tuple[str, Check]] = []
        for one in names:
            try:
                check = make(leaves.Field(one, self._mapping[one], self._now))
            except QueryRefused:
                if not lenient:
                    raise
                continue
            if check is not None:
                checks.append((one, check))
            elif not lenient:
                return None
        self.cost += len(checks)
        wanted = either(Leaf(one, *check) for one, check in checks)
        tests = [(one, check.test) for one, check in checks]
        return Clause(_any_of(tests), wanted)

    def sees(self, name: str | None, *texts: str | None) -> None:
        """Note dates that depend on the instant."""
        if any(text is not None and uses_now(text) for text in texts):
            self.uses_now |= any(self._mapping[one] == Kind.DATE for one in self.find(name)[0])


def _any_of(tests: list[tuple[str, Test]]) -> Predicate:
    if len(tests) == 1:
        name, only = tests[0]
        return lambda document: any(map(only, values(document, name)))
    return lambda document: any(test(value) for one, test in tests for value in values(document, one))


def many_words(words: list[Any], fields: Fields, field: str | None) -> Clause | None:
    """Make the clause of several plain words in a row: analysed together, one value for what is not analysed."""
    text = fields.plain(" ".join(one.value for one in words))
    return _term(text, fields, field)


def clause(tree: Any, fields: Fields, field: str | None, group: Group) -> Clause | None:  # noqa: ANN401, PLR0911 - a table
    """Make one clause.

    Args:
        tree: luqum's.
        fields: The index.
        field: The field that a group around it names.
        group: Makes the clause of a group.
    """
    if isinstance(tree, Boost):
        return clause(tree.expr, fields, field, group)
    if isinstance(tree, SearchField):
        if tree.name == "_exists_" and not isinstance(tree.expr, BaseGroup):
            return _exists(tree.expr, fields)
        return clause(tree.expr, fields, tree.name, group)
    if isinstance(tree, BaseGroup):
        return group(tree.expr, fields, field)
    if isinstance(tree, Range):
        return _range(tree, fields, field)
    if isinstance(tree, Phrase):
        return _phrase(tree, 0, fields, field)
    if isinstance(tree, Proximity):
        return _phrase(tree.term, tree.degree, fields, field)
    if isinstance(tree, Fuzzy):
        return _word(tree.term.value, fields, field, float(tree.degree))
    return _word(tree.value, fields, field, None)


def _exists(tree: Any, fields: Fields) -> Clause | None:  # noqa: ANN401
    return fields.match(fields.plain(str(tree).strip('"')).replace("*", r"\*"), lambda _field: leaves.ANYTHING)


def _phrase(tree: Any, slop: int, fields: Fields, field: str | None) -> Clause | None:  # noqa: ANN401
    text = fields.plain(tree.value[1:-1])
    fields.sees(field, text)
    return fields.match(field, lambda one: leaves.phrase(one, text, slop))


def _word(raw: str, fields: Fields, field: str | None, degree: float | None) -> Clause | None:
    if raw == "*":
        if field is None or field == "*":
            return Clause(lambda _document: True, None)
        return fields.match(field, lambda _field: leaves.ANYTHING)
    if has_wildcard(raw):
        return fields.match(field, lambda one: leaves.wildcard(one, raw))
    text = fields.plain(raw)
    if degree is not None:
        if degree > 1 and degree != int(degree):
            raise NoLucene(fields.text)
        return fields.match(field, lambda one: leaves.fuzzy(one, text, degree))
    for sign in (">=", "<=", ">", "<"):
        if text.startswith(sign) and len(text) > len(sign):
            end, still = leaves.Bound(text[len(sign) :], len(sign) > 1), leaves.Bound(None, inside=True)
            return _span(end, still, fields, field) if sign[0] == ">" else _span(still, end, fields, field)
    return _term(text, fields, field)


def _term(text: str, fields: Fields, field: str | None) -> Clause | None:
    fields.sees(field, text)
    return fields.match(field, lambda one: leaves.term(one, text))


def _range(tree: Any, fields: Fields, field: str | None) -> Clause | None:  # noqa: ANN401
    return _span(
        leaves.Bound(_bound(tree.low, fields), tree.include_low),
        leaves.Bound(_bound(tree.high, fields), tree.include_high),
        fields,
        field,
    )


def _bound(tree: Any, fields: Fields) -> str | None:  # noqa: ANN401
    if isinstance(tree, Phrase):
        return fields.plain(tree.value[1:-1])
    return None if tree.value == "*" else fields.plain(tree.value)


def _span(low: Bound, high: Bound, fields: Fields, field: str | None) -> Clause | None:
    fields.sees(field, low.text, high.text)
    return fields.match(field, lambda one: leaves.span(one, low, high))
