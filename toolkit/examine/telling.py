"""Findings for people, a line each, and for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from toolkit.bundle.words import one_line
from toolkit.examine.rules import RULES
from toolkit.model.instants import shown_instant

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from toolkit.examine.examiner import Examiner, Finding

_ABOUT = {rule.name: rule.about for rule in RULES}


class Told(Struct, omit_defaults=True):
    """One finding as it is told: a breach of a rule, or damage of a file.

    Attributes:
        severity: `error` or `warning`.
        rule: What was broken.
        seen: What was seen.
        file: The bundle's file, if there is one.
        line: The line in it.
        kind: The collection of the record.
        id: The record.
        field: Where in the record, or in the line.
        first: When it was first so, as a date.
        last: When it was last so.
        times: At how many instants.
    """

    severity: str
    rule: str
    seen: str
    file: str = ""
    line: int = 0
    kind: str = ""
    id: str = ""
    field: str = ""
    first: str = ""
    last: str = ""
    times: int = 0

    def text(self) -> str:
        """Tell it in a line."""
        parts = [f"{self.severity}:"]
        if self.file:
            parts.append(f"{self.file} line {self.line}:" if self.line else f"{self.file}:")
        if self.kind:
            parts.append(f"{self.kind} {self.id}")
        parts += [f"{self.field}:" if self.field and not self.kind else self.field, self.seen]
        if self.first:
            often = "" if self.times == 1 else f", {self.times:,} times until {self.last}"
            parts.append(f"at {self.first}{often}")
        return one_line(f"{' '.join(part for part in parts if part)} [{self.rule}]")


class Outcome(Struct):
    """All that was found.

    Attributes:
        looks: Instants that were looked at.
        records: Records that were seen, each counted once.
        found: The findings, errors first.
        more: Errors and warnings that are not among them, because there were too many.
    """

    looks: int
    records: int
    found: list[Told]
    more: tuple[int, int] = (0, 0)

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(told.severity == "error" for told in self.found) + self.more[0]

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return sum(told.severity == "warning" for told in self.found) + self.more[1]

    def lines(self, limit: int) -> Iterator[str]:
        """Tell it to a person: a line a finding, as many as the limit, and a last line."""
        for told in self.found[:limit]:
            yield told.text()
        left = self.errors + self.warnings - min(limit, len(self.found))
        if left:
            yield f"and {left:,} more; --limit shows more of them"
        yield (
            f"{_many(self.looks, 'instant')}, {_many(self.records, 'record')}, {len(RULES)} rules: "
            f"{_many(self.errors, 'error')}, {_many(self.warnings, 'warning')}"
        )

    def document(self, limit: int) -> dict[str, Any]:
        """Tell it to a program."""
        return {
            "instants": self.looks,
            "records": self.records,
            "rules": len(RULES),
            "errors": self.errors,
            "warnings": self.warnings,
            "findings": [
                msgspec.to_builtins(told) | ({"about": _ABOUT[told.rule]} if told.rule in _ABOUT else {})
                for told in self.found[:limit]
            ],
        }


def told_of(findings: Sequence[Finding]) -> list[Told]:
    """Make what is told of findings."""
    return [
        Told(
            one.severity,
            one.rule,
            one.seen,
            kind=one.kind,
            id=one.id,
            field=one.field,
            first=shown_instant(one.first),
            last=shown_instant(one.last),
            times=one.times,
        )
        for one in findings
    ]


def outcome_of(examiner: Examiner) -> Outcome:
    """Make the outcome of an examination."""
    return Outcome(examiner.looks, examiner.records, told_of(examiner.findings))


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
