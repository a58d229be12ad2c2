"""What a rule is, and the pictures it judges.

A rule looks at one record, at one record and what it was before, or at everything of one instant. It gives what it
finds wrong; when that is told, and how often, is the examiner's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import NamedTuple

from toolkit.model.wire import Document


class Severity(StrEnum):
    """How bad a finding is: what can never be, or what is only unusual when it lasts."""

    ERROR = "error"
    WARNING = "warning"


class Breach(NamedTuple):
    """What a rule finds wrong.

    Attributes:
        kind: The collection of the record.
        id: The record's key in it.
        field: Where in the record.
        seen: The values, in words.
    """

    kind: str
    id: str
    field: str
    seen: str


class Facts(NamedTuple):
    """What other records depend on in an execution; `None` where it does not say."""

    job_id: str | None
    status: str
    workers: int | None


class Picture(NamedTuple):
    """Everything of one instant that refers to each other.

    Attributes:
        jobs: The ids of the jobs.
        executions: By id.
        controllers: The documents by key.
        nodes: The documents by key.
        errors: Of each error record, by key, the execution it says it belongs to.
        totals: What the cluster's totals are.
        highest: The most that each of them was while the master that is there was; nothing if it is not known.
    """

    jobs: AbstractSet[str]
    executions: Mapping[str, Facts]
    controllers: Mapping[str, Document]
    nodes: Mapping[str, Document]
    errors: Mapping[str, str | None]
    totals: Document
    highest: Document


RecordTest = Callable[[str, str, Document], Iterator[Breach]]
"""Judges one record: its kind, its key and its document."""
StepTest = Callable[[str, str, Document, Document], Iterator[Breach]]
"""Judges what became of a record: its kind, its key, its document before and after."""
PictureTest = Callable[[Picture], Iterator[Breach]]
"""Judges what the records of one instant say of each other."""


class Rule(NamedTuple):
    """One invariant.

    Attributes:
        name: What findings call it; never changes.
        severity: An error if it can never be broken.
        about: What must hold, in plain words.
        record: Judges one record, of `kinds`.
        step: Judges two versions of a record, of `kinds`.
        picture: Judges everything of one instant; `kinds` are the lists that must have been seen for that.
        kinds: See above.
        whole: Which of them must be known to their last record: what is missing there is taken for wrong.
        settles: Whether it may be broken for a while: lists lag behind each other, and are not asked at one instant.
        lag_ms: For how long it may be on a real cluster, if that is known: an error that settles need not last longer.
    """

    name: str
    severity: Severity
    about: str
    kinds: tuple[str, ...]
    record: RecordTest | None = None
    step: StepTest | None = None
    picture: PictureTest | None = None
    whole: tuple[str, ...] = ()
    settles: bool = False
    lag_ms: int = 0
