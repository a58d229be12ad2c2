"""What was measured: paired values, their medians and spreads, as a table for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

RATIO = "ratio"
OURS = "ours"


@dataclass(frozen=True, slots=True)
class Target:
    """What a median should reach.

    Attributes:
        limit: The number.
        of: Which median: that of the ratios or that of our own values.
        at_most: Whether less is better.
    """

    limit: float
    of: str = RATIO
    at_most: bool = True

    def text(self) -> str:
        """Write it for the table."""
        return f"{self.of} {'≤' if self.at_most else '≥'} {self.limit:,g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One thing measured, in rounds, with a reference's values of the same rounds if there is a reference.

    Attributes:
        what: What it is, with its unit.
        ours: Our value of each round.
        against: Who the reference is, empty if there is none.
        reference: Its value of each round.
        target: What is wanted, if anything is.
        note: What a reader must know to understand the numbers.
    """

    what: str
    ours: Sequence[float]
    against: str = ""
    reference: Sequence[float] = field(default=())
    target: Target | None = None
    note: str = ""

    @property
    def ratios(self) -> list[float]:
        """Ours over the reference's, round by round."""
        return [mine / theirs for mine, theirs in zip(self.ours, self.reference, strict=True)] if self.reference else []

    @property
    def met(self) -> bool | None:
        """Whether the target is met; `None` if there is none."""
        if self.target is None:
            return None
        value = median(self.ratios if self.target.of == RATIO else self.ours)
        return value <= self.target.limit if self.target.at_most else value >= self.target.limit

    def to_json(self) -> dict[str, Any]:
        """Give all of it, every round included."""
        return {
            "what": self.what,
            "ours": _summary(self.ours),
            "against": self.against or None,
            "reference": _summary(self.reference),
            "ratio": _summary(self.ratios),
            "target": self.target.text() if self.target is not None else None,
            "met": self.met,
            "note": self.note or None,
        }

    def row(self, case: str) -> list[str]:
        """Give the cells of the table's row."""
        verdict = {True: "met", False: "MISSED", None: ""}[self.met]
        return [
            case,
            self.what,
            _spread(self.ours),
            f"{self.against}: {_spread(self.reference)}" if self.reference else "",
            _spread(self.ratios),
            self.target.text() if self.target is not None else "",
            verdict,
            self.note,
        ]


HEADINGS = ["case", "figure", "ours", "reference", "ratio", "target", "", "note"]


def table(figures: Sequence[tuple[str, Figure]]) -> str:
    """Write figures as a Markdown table: median [least, most]."""
    rows = [HEADINGS, *(figure.row(case) for case, figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in rows
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _summary(values: Sequence[float]) -> dict[str, Any] | None:
    if not values:
        return None
    return {"median": median(values), "least": min(values), "most": max(values), "rounds": list(values)}


def _spread(values: Sequence[float]) -> str:
    if not values:
        return ""
    if len(values) == 1:
        return _short(values[0])
    return f"{_short(median(values))} [{_short(min(values))}, {_short(max(values))}]"


def _short(value: float) -> str:
    """Write a number with three digits that count, and large ones whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
