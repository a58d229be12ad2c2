"""Judging a cluster picture by picture: what is found is told once, with how often and until when.

Pure: looks come with their instants. A history of any length is judged in the memory of two versions of each record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

from toolkit.examine.holding import Holding
from toolkit.examine.rule import Breach, Rule, Severity
from toolkit.examine.rules import RULES
from toolkit.model.instants import MINUTE
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from toolkit.model.wire import Document

SETTLE_MS: Final = MINUTE
"""For how long something must last that is only unusual then."""
_MORE_MS: Final = 1_500
"""How much longer than the lists of a real cluster lag an error must last."""
_FEW: Final = 3
"""How many looks it takes to tell an error that is at all of them, where they end before that."""

_RECORD: Final = {name: [rule for rule in RULES if rule.record and name in rule.kinds] for name in KINDS}
_STEP: Final = {name: [rule for rule in RULES if rule.step and name in rule.kinds] for name in KINDS}
_PICTURE: Final = [rule for rule in RULES if rule.picture]


class Look(NamedTuple):
    """What a cluster showed at an instant.

    Attributes:
        t: The instant.
        records: By kind each record with its key, unique; a kind that is missing was not seen.
        exact: Whether all of it was true at that very instant.
        partial: Kinds of which not every record was seen.
    """

    t: int
    records: Mapping[str, Iterable[tuple[str, Document]]]
    exact: bool = False
    partial: AbstractSet[str] = frozenset()


class Finding(Struct):
    """Something found wrong, however often it was.

    Attributes:
        rule: The rule's name.
        severity: `error` or `warning`.
        kind: The collection of the record.
        id: The record's key in it.
        field: Where in the record.
        seen: The values, as they were first.
        first: The instant at which it was first so.
        last: The last one.
        times: At how many instants it was seen.
    """

    rule: str
    severity: str
    kind: str
    id: str
    field: str
    seen: str
    first: int
    last: int
    times: int = 1


class _Lasting(Struct):
    """A breach that may pass: since when it is there, and at how many instants it was that are not told yet."""

    since: int
    times: int = 1


_Broken = tuple[Rule, Breach]
_Name = tuple[str, str, str, str]
"""What makes two breaches the same: the rule, and the kind, the key and the field."""


class Examiner:
    """Takes looks in the order of their instants, and gathers findings.

    Attributes:
        looks: How many it took.
        records: How many records it saw, each counted once.
    """

    def __init__(self, settle_ms: int = SETTLE_MS) -> None:
        """Judge with a settle time.

        Args:
            settle_ms: For how long what may pass must last before it is told. An error need not last longer than the
                lists of a real cluster lag behind each other.
        """
        self._settle_ms = settle_ms
        self._holding = Holding()
        self._found: dict[_Name, Finding] = {}
        self._lasting: dict[_Name, _Lasting] = {}
        self._standing: dict[str, dict[str, list[_Broken]]] = {name: {} for name in KINDS}
        self._now: dict[_Name, _Broken] = {}
        self._first = self._last = 0
        self.looks = 0
        self.records = 0

    @property
    def findings(self) -> list[Finding]:
        """What was found: errors first, in the order of their instants."""
        found = [*self._found.values(), *self._throughout()]
        return sorted(found, key=lambda one: (one.severity, one.first, one.rule, one.kind, one.id, one.field))

    def still(self, kind: str, key: str, doc: Document) -> None:
        """Take a record that is there all the time and never changes; no look has it."""
        self.records += 1
        self._judge_record(kind, key, doc)
        self._holding.keep(kind, key, doc, still=True)

    def take(self, look: Look) -> None:
        """Take a look."""
        self._first, self._last = self._first if self.looks else look.t, look.t
        self.looks += 1
        now: dict[_Name, _Broken] = {}
        for kind in KINDS:
            if kind in look.records:
                self._take_kind(kind, look)
                for key, broken in self._standing[kind].items():
                    if self._holding.is_there(kind, key):
                        now.update({_name(rule, breach): (rule, breach) for rule, breach in broken})
        picture = self._holding.picture()
        seen = look.records.keys()
        judged = [rule for rule in _PICTURE if seen >= {*rule.kinds} and look.partial.isdisjoint(rule.whole)]
        for rule in judged:
            assert rule.picture is not None
            for breach in rule.picture(picture):
                now.setdefault(_name(rule, breach), (rule, breach))
        self._pass(now, seen, {rule.name for rule in _PICTURE} - {rule.name for rule in judged})
        self._settle(look, now)

    def _take_kind(self, kind: str, look: Look) -> None:
        present = set()
        for key, doc in look.records[kind]:
            present.add(key)
            before = self._holding.document(kind, key)
            if before is doc or before == doc:
                continue
            if before is None:
                self.records += 1
                self._holding.keep(kind, key, doc)
            elif not look.exact and self._holding.is_stale(kind, key, doc, look.t):
                continue
            else:
                self._judge_step(kind, key, (before, doc), look.t)
                self._holding.change(kind, key, doc, look.t)
            self._judge_record(kind, key, doc)
        self._holding.show(kind, present)

    def _judge_record(self, kind: str, key: str, doc: Document) -> None:
        broken = [
            (rule, breach)
            for rule in _RECORD[kind]
            if rule.record is not None
            for breach in rule.record(kind, key, doc)
        ]
        self._standing[kind].pop(key, None)
        if broken:
            self._standing[kind][key] = broken

    def _judge_step(self, kind: str, key: str, step: tuple[Document, Document], t: int) -> None:
        for rule in _STEP[kind]:
            assert rule.step is not None
            for breach in rule.step(kind, key, *step):
                self._note(rule, breach, _Lasting(t), t)

    def _pass(self, now: dict[_Name, _Broken], seen: AbstractSet[str], unjudged: AbstractSet[str]) -> None:
        """Forget what was there and is no longer: it begins anew. What could not be judged is as it was."""
        for name in [name for name in self._lasting if name not in now]:
            rule, kind, *_ = name
            if rule not in unjudged and kind in seen:
                del self._lasting[name]

    def _settle(self, look: Look, now: dict[_Name, _Broken]) -> None:
        """Note what lasts long enough, or need not last."""
        for name, (rule, breach) in now.items():
            lasting = self._lasting.setdefault(name, _Lasting(look.t, 0))
            lasting.times += 1
            at_once = not rule.settles or (look.exact and rule.severity is Severity.ERROR)
            if at_once or look.t - lasting.since >= self._settles_in(rule):
                self._note(rule, breach, lasting, look.t)
                lasting.times = 0
        self._now = now

    def _settles_in(self, rule: Rule) -> int:
        return min(self._settle_ms, rule.lag_ms + _MORE_MS) if rule.lag_ms else self._settle_ms

    def _throughout(self) -> list[Finding]:
        """Give the errors that were there at every look, where looking ended before they lasted long enough."""
        return [
            _finding(rule, breach, self._lasting[name], self._last)
            for name, (rule, breach) in self._now.items()
            if 0 < rule.lag_ms < self._last - self._first
            and name not in self._found
            and self._lasting[name].times == self.looks >= _FEW
        ]

    def _note(self, rule: Rule, breach: Breach, lasting: _Lasting, t: int) -> None:
        found = self._found.get(_name(rule, breach))
        if found is None:
            self._found[_name(rule, breach)] = _finding(rule, breach, lasting, t)
        else:
            found.last, found.times = t, found.times + lasting.times


def _finding(rule: Rule, breach: Breach, lasting: _Lasting, t: int) -> Finding:
    return Finding(rule.name, rule.severity.value, *breach, lasting.since, t, lasting.times)


def _name(rule: Rule, breach: Breach) -> _Name:
    return rule.name, breach.kind, breach.id, breach.field
