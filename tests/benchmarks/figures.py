"""What was measured: paired values, their medians and spreads, as a table for people and as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from statistics import median
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Sequence

RATIO = "ratio"
OURS = "ours"
VERDICTS = {True: "met", False: "MISSED", None: ""}


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
        ours: Our value of each round; empty if it could not be measured, and then the note says why.
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
        """Whether the target is met; `None` if there is none, or nothing was measured."""
        if self.target is None or not self.ours:
            return None
        value = median(self.ratios if self.target.of == RATIO else self.ours)
        return value <= self.target.limit if self.target.at_most else value >= self.target.limit

    def of(self, world: str) -> Self:
        """Give the same figure, said to be of a world or a case."""
        return replace(self, what=f"{world}: {self.what}")

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


def missing(what: str, why: str, target: Target | None = None) -> Figure:
    """Give the figure of what could not be measured."""
    return Figure(what, [], target=target, note=why)


HEADINGS = ["case", "figure", "ours", "reference", "ratio", "target", "", "note"]


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Write figures, as their JSON has them, as a Markdown table: median [least, most]."""
    cells = [HEADINGS, *map(_cells, rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines) + "\n"


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["case"],
        row["what"],
        spread(row["ours"]),
        f"{row['against']}: {spread(row['reference'])}" if row["reference"] else row["against"] or "",
        spread(row["ratio"]),
        row["target"] or "",
        VERDICTS[row["met"]],
        row["note"] or "",
    ]


def spread(summary: dict[str, Any] | None) -> str:
    """Write a summary of rounds: median [least, most]."""
    if summary is None:
        return ""
    if len(summary["rounds"]) == 1:
        return short(summary["median"])
    return f"{short(summary['median'])} [{short(summary['least'])}, {short(summary['most'])}]"


def _summary(values: Sequence[float]) -> dict[str, Any] | None:
    if not values:
        return None
    return {"median": median(values), "least": min(values), "most": max(values), "rounds": list(values)}


def short(value: float) -> str:
    """Write a number with three digits that count, and large ones whole."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
