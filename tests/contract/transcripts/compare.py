"""One answer against the recorded one: everything in which they differ, each with its place."""

from __future__ import annotations

import base64
import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from tests.contract.transcripts import tables
from tests.contract.transcripts.ids import ID
from tests.contract.transcripts.values import DATE, cell, scalar

if TYPE_CHECKING:
    from tests.contract.transcripts.clusters import Answer
    from tests.contract.transcripts.exchanges import Exchange
    from tests.contract.transcripts.ids import Ids

SHOWN = 300
STACK = ("    at ", "Caused by: ")


class Difference(NamedTuple):
    """Where an answer differs from the recorded one, and in what.

    `where` is `status`, `header X`, `header names`, `body`, or a path in the body such as `body.0.ex._status`;
    ` (stack)` after it stands for the lines of a stack trace in that text.
    """

    where: str
    what: str


def differences(exchange: Exchange, answer: Answer, ids: Ids) -> list[Difference]:
    """Compare an answer; after another status nothing else is looked at."""
    if answer.status != exchange.status:
        return [
            Difference(
                "status",
                f"{answer.status}, recorded {exchange.status}: {shown(' '.join(answer.body.decode().split()))}",
            )
        ]
    comparison = _Comparison(exchange, ids)
    comparison.headers(answer)
    if exchange.method != "HEAD":
        comparison.body(answer)
    return comparison.found


def weak_etag(body: bytes) -> str:
    """Give Express's ETag of a body. Source: observed."""
    digest = base64.b64encode(hashlib.sha1(body, usedforsecurity=False).digest())[:27].decode()
    return f'W/"{len(body):x}-{digest}"'


def shown(value: object) -> str:
    """Give a value as one line that is not too long."""
    text = value.replace("\n", "\\n") if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


class _Comparison:
    def __init__(self, exchange: Exchange, ids: Ids) -> None:
        self.exchange = exchange
        self.ids = ids
        self.found: list[Difference] = []

    def note(self, where: str, what: str) -> None:
        self.found.append(Difference(where, what))

    def headers(self, answer: Answer) -> None:
        recorded = [name for name, _ in self.exchange.answered]
        got = [name for name, _ in answer.headers]
        if got != recorded:
            self.note("header names", f"{got}, recorded {recorded}")
        own = {"content-length": str(len(answer.body)), "etag": weak_etag(answer.body)}
        for name, value in self.exchange.answered:
            key, had = name.lower(), answer.header(name.lower())
            if key in own and self.exchange.method == "HEAD":
                if bool(had) != bool(value):
                    self.note(f"header {key}", f"{had!r}, recorded {value!r}")
            elif had != own.get(key, value):
                self.note(f"header {key}", f"{had!r}, expected {own.get(key, value)!r}")

    def body(self, answer: Answer) -> None:
        text = answer.body.decode()
        if self.exchange.raw is not None:
            self.text("body", self.ids.translate(self.exchange.raw), text)
        elif not isinstance(self.exchange.expected, str):
            try:
                value = json.loads(text)
            except ValueError:
                self.note("body", f"no JSON: {shown(text)}")
                return
            if json.dumps(value, indent=4, ensure_ascii=False) != text:
                self.note("body", "not JSON with an indent of 4 and no newline at the end")
            self.value("body", "", self.exchange.expected, value, exact=False)
        elif self.exchange.path.startswith("/txt/"):
            self.table(self.exchange.expected, text)
        else:
            self.text("body", self.ids.translate(self.exchange.expected), text)

    def text(self, where: str, expected: str, got: str) -> None:
        """Compare texts line by line, stack traces apart."""
        if "\n    at " in expected:
            stacks = [[line for line in text.split("\n") if line.startswith(STACK)] for text in (expected, got)]
            if stacks[0] != stacks[1]:
                self.note(f"{where} (stack)", f"{len(stacks[1])} lines, recorded {len(stacks[0])}")
            expected, got = (
                "\n".join(line for line in text.split("\n") if not line.startswith(STACK)) for text in (expected, got)
            )
        if expected != got:
            self.note(where, f"{shown(got)!r}, expected {shown(expected)!r}")

    def value(self, where: str, key: str, expected: Any, got: Any, *, exact: bool) -> None:
        if isinstance(expected, dict) and isinstance(got, dict):
            self.members(where, expected, got, exact=exact or expected.get("lifecycle") == "once")
        elif isinstance(expected, list) and isinstance(got, list):
            self.items(where, key, expected, got, exact=exact)
        elif isinstance(expected, str) and isinstance(got, str):
            if ID.fullmatch(expected) and not self.ids.knows(expected) and key == "slice_id" and ID.fullmatch(got):
                self.ids.bind(expected, got)
            translated = self.ids.translate(expected)
            if "\n" in expected:
                self.text(where, translated, got)
            elif not scalar(key, translated, got, exact=exact):
                self.note(where, f"{shown(got)!r}, expected {shown(translated)!r}")
        elif not scalar(key, expected, got, exact=exact):
            self.note(where, f"{shown(got)}, expected {shown(expected)}")

    def members(self, where: str, expected: dict[str, Any], got: dict[str, Any], *, exact: bool) -> None:
        names = {key: self.ids.translate(key) for key in expected}
        if list(names.values()) != list(got):
            lacks = [name for name in names.values() if name not in got]
            more = [name for name in got if name not in names.values()]
            what = f"lacks {lacks}, has {more} besides" if lacks or more else f"in another order: {list(got)}"
            self.note(f"{where} keys", what)
        for key, name in names.items():
            if name in got and not (where == "body" and key == "name" and self.exchange.path in {"/", "/v1", "/v1/"}):
                self.value(f"{where}.{key}", key, expected[key], got[name], exact=exact)
        self._workers(where, expected, got)
        # What was written at one instant has one date; the other way round it may be a millisecond.
        dates = [key for key, value in expected.items() if isinstance(value, str) and DATE.fullmatch(value)]
        for first, second in itertools.pairwise(dates):
            if expected[first] == expected[second] and got.get(first) != got.get(second):
                self.note(f"{where}.{second}", f"not the same as {first}")

    def _workers(self, where: str, expected: dict[str, Any], got: dict[str, Any]) -> None:
        sums = [
            sum(number for key in ("workers_available", "workers_active") if isinstance(number := one.get(key), int))
            for one in (expected, got)
        ]
        if sums[0] != sums[1]:
            self.note(f"{where}.workers_active", f"{sums[1]} with the available ones, expected {sums[0]}")

    def items(self, where: str, key: str, expected: list[Any], got: list[Any], *, exact: bool) -> None:
        """Compare lists; records of executions that are not in the recording are left out on either side."""
        wanted = [one for one in expected if not self._unknown(one)]
        had = [one for one in got if not self._stray(one)]
        if "sort=job_id" in self.exchange.query and where == "body":
            wanted.sort(key=lambda one: self.ids.here(one["job_id"]) or "")
        if len(wanted) != len(had):
            self.note(f"{where} length", f"{len(had)}, expected {len(wanted)}: {shown(_names(had))}")
            return
        for i, (one, other) in enumerate(zip(wanted, had, strict=True)):
            self.value(f"{where}.{i}", key, one, other, exact=exact)
        numbers = [one["worker_id"] for one in had if isinstance(one, dict) and "worker_id" in one]
        if numbers != sorted(set(numbers)):
            self.note(f"{where}.worker_id", f"not ascending: {numbers}")

    def _unknown(self, one: Any) -> bool:
        return self._unheard(_identity(one))

    def _unheard(self, text: str) -> bool:
        return bool(ID.fullmatch(text)) and not self.ids.knows(text)

    def _stray(self, one: Any) -> bool:
        return _identity(one) in self.ids.strays

    def table(self, expected: str, text: str) -> None:
        recorded = tables.read(self.exchange.target, expected)
        got = tables.read(self.exchange.target, text)
        if recorded is None or got is None:
            self.text("body", self.ids.translate(expected), text)
            return
        for fault in tables.layout_faults(text, got):
            self.note("body layout", fault)
        if got.columns != recorded.columns:
            self.note("body columns", f"{got.columns}, recorded {recorded.columns}")
            return
        # An empty table has one row of blanks.
        wanted = [row for row in recorded.rows if any(row) and not any(map(self._unheard, row))]
        had = [row for row in got.rows if any(row) and self.ids.strays.isdisjoint(row)]
        if len(wanted) != len(had):
            self.note("body length", f"{len(had)} rows, expected {len(wanted)}: {shown(had)}")
            return
        for i, (row, other) in enumerate(zip(wanted, had, strict=True)):
            for column, one, value in zip(got.columns, row, other, strict=True):
                if not cell(column, self.ids.translate(one), value):
                    self.note(f"body.{i}.{column}", f"{value!r}, expected {self.ids.translate(one)!r}")


def _identity(one: Any) -> str:
    found = (one.get("ex_id") or one.get("job_id") or one.get("id")) if isinstance(one, dict) else None
    return found if isinstance(found, str) and ID.fullmatch(found) else ""


def _names(records: list[Any]) -> list[Any]:
    return [one.get("name", one) if isinstance(one, dict) else one for one in records]
