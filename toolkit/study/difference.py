"""How two clusters differ: records added, removed and changed, by collection.

Both sides are read side by side in the order of their ids, so that the cost in memory is what is told, not what there
is. Swapping the sides swaps added with removed and before with after, and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from toolkit.model.wire import dumps
from toolkit.study.fields import FieldChange, Path, Pattern, changed_fields
from toolkit.study.kept import Kept
from toolkit.study.movers import name_of
from toolkit.study.moving import always_moves
from toolkit.study.sides import CLUSTER
from toolkit.tracks.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from toolkit.model.wire import Document
    from toolkit.study.sides import Side

LIMIT: Final = 50


@dataclass(frozen=True)
class Asked:
    """What counts as a difference, and how much of it is told.

    Attributes:
        all: Count what always moves and what redaction replaces, too.
        ignore: Fields that do not count.
        limit: Records told of each collection: so many added, removed and changed ones; the rest is counted.
    """

    all: bool = False
    ignore: tuple[Pattern, ...] = ()
    limit: int = LIMIT


@dataclass(frozen=True)
class Single:
    """A record that only one side has."""

    id: str
    name: str


@dataclass(frozen=True)
class Changed:
    """A record that differs, with the fields that do."""

    id: str
    name: str
    fields: list[FieldChange]


@dataclass
class Part:
    """One collection's differences.

    Attributes:
        a: Records on the one side.
        b: On the other.
        added: Records only `b` has.
        removed: Records only `a` has.
        changed: Records that differ in a field that counts.
        moving: Values that differ, but always move.
        ignored: Values that differ, but were asked to be ignored.
        veiled: Values that differ, but are or would be pseudonyms.
        told_added: The first of these records, likewise the two below.
    """

    a: int = 0
    b: int = 0
    added: int = 0
    removed: int = 0
    changed: int = 0
    moving: int = 0
    ignored: int = 0
    veiled: int = 0
    told_added: list[Single] = field(default_factory=list)
    told_removed: list[Single] = field(default_factory=list)
    told_changed: list[Changed] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether there is a difference that counts."""
        return bool(self.added or self.removed or self.changed)


@dataclass(frozen=True)
class Difference:
    """How two sides differ.

    Attributes:
        parts: By collection, in the order of a bundle's files.
        left_out: By collection (or `info`, `stats`), why it was not compared.
        hints: What a person should know about the comparison.
    """

    parts: dict[str, Part]
    left_out: dict[str, str]
    hints: list[str]

    @property
    def differs(self) -> bool:
        """Whether there is a difference that counts."""
        return any(part.differs for part in self.parts.values())


def compare(a: Side, b: Side, asked: Asked | None = None) -> Difference:
    """Compare two sides.

    Raises:
        BundleDamaged: If a file was changed since it was opened.
    """
    asked = asked or Asked()
    hints = []
    veiled = a.names != b.names or a.redacted != b.redacted
    if veiled and a.redacted and b.redacted:
        hints.append(f"the two recordings have pseudonyms of their own: {_instead(asked)}")
    elif veiled:
        hints.append(f"{'A' if a.redacted else 'B'} is redacted, the other is not: {_instead(asked)}")
    hints += [f"{letter} {note}" for letter, side in (("A", a), ("B", b)) for note in side.notes]
    left_out = {
        name: f"{letter}: {side.unknown[name]}"
        for letter, side in (("B", b), ("A", a))
        for name in sorted(side.unknown)
    }
    if veiled and not asked.all:
        left_out.setdefault("nodes", "they are known by their names, and those are pseudonyms")
    with_deleted = a.kind == b.kind == "generated"
    parts = {}
    for name in KINDS:
        if name not in left_out:
            comparing = _Comparing(name, asked, Kept() if veiled and not asked.all else None)
            one = _told(a.records(name, with_deleted=with_deleted), name, left_out)
            other = _told(b.records(name, with_deleted=with_deleted), name, left_out)
            parts[name] = comparing.run(one, other)
    return Difference(parts, {name: left_out[name] for name in sorted(left_out)}, hints)


def _instead(asked: Asked) -> str:
    if asked.all:
        return "names differ wherever they are pseudonyms"
    return "only what redaction keeps is compared; --all compares everything"


def _told(
    records: Iterator[tuple[str, Document]], name: str, left_out: dict[str, str]
) -> Iterator[tuple[str, Document]]:
    return (entry for entry in records if name != CLUSTER or entry[0] not in left_out)


class _Comparing:
    """One collection while it is compared."""

    def __init__(self, name: str, asked: Asked, kept: Kept | None) -> None:
        self._name = name
        self._asked = asked
        self._kept = kept
        self._part = Part()

    def run(self, a: Iterator[tuple[str, Document]], b: Iterator[tuple[str, Document]]) -> Part:
        """Compare two rows of records, both sorted by id."""
        one, other = next(a, None), next(b, None)
        while one is not None or other is not None:
            if other is None or (one is not None and one[0] < other[0]):
                assert one is not None, "one of them is there"
                self._part.a += 1
                self._part.removed += 1
                self._tell(self._part.told_removed, *one)
                one = next(a, None)
            elif one is None or other[0] < one[0]:
                self._part.b += 1
                self._part.added += 1
                self._tell(self._part.told_added, *other)
                other = next(b, None)
            else:
                self._part.a += 1
                self._part.b += 1
                self._pair(one[0], one[1], other[1])
                one, other = next(a, None), next(b, None)
        return self._part

    def _tell(self, told: list[Single], record_id: str, doc: Document) -> None:
        if len(told) < self._asked.limit:
            told.append(Single(record_id, name_of(self._name, doc)))

    def _pair(self, record_id: str, before: Document, after: Document) -> None:
        if before is after or dumps(before) == dumps(after):
            return
        veiled: frozenset[Path] = frozenset()
        if self._kept is not None:
            veiled = self._kept.veiled(self._name, record_id, before) | self._kept.veiled(self._name, record_id, after)
        fields = [change for change in changed_fields(before, after) if self._counts(change.path, veiled)]
        if fields:
            self._part.changed += 1
            if len(self._part.told_changed) < self._asked.limit:
                name = name_of(self._name, before) or name_of(self._name, after)
                self._part.told_changed.append(Changed(record_id, name, fields))

    def _counts(self, path: Path, veiled: frozenset[Path]) -> bool:
        """Tell whether a field that differs counts, and note why it does not."""
        if any(pattern.matches(self._name, path) for pattern in self._asked.ignore):
            self._part.ignored += 1
        elif not self._asked.all and always_moves(self._name, path):
            self._part.moving += 1
        elif any(path[:length] in veiled for length in range(1, len(path) + 1)):
            self._part.veiled += 1
        else:
            return True
        return False
