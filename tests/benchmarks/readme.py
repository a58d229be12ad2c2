"""The README's table of figures, made from the JSON of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.benchmarks.figures import VERDICTS, spread

README = Path(__file__).parents[2] / "README.md"
MARKERS = ("<!-- benchmarks: python -m tests.benchmarks --table FILE.json -->", "<!-- end of benchmarks -->")


def table(document: dict[str, Any]) -> str:
    """Give the table as Markdown, with a line about the machine above it."""
    about = document["about"]
    facts = ", ".join(f"{name} {value}" for name, value in about["versions"].items())
    lines = [
        f"{about['cpus']} cores of {about['cpu']}, {about['system']}; load by {about['load generator']}; {facts}.",
        "",
        "| figure | ours | reference | ratio | target | |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_line(row) for row in document["figures"] if row["target"] or row["met"] is None]
    return "\n".join(lines)


def _line(row: dict[str, Any]) -> str:
    reference = f"{row['against']}: {spread(row['reference'])}" if row["reference"] else row["against"] or ""
    if not row["ours"]:
        reference = row["note"]
    cells = (row["what"], spread(row["ours"]), reference, spread(row["ratio"]), row["target"] or "reported")
    return f"| {' | '.join(cell.replace('|', chr(0x2758)) for cell in cells)} | {VERDICTS[row['met']]} |"


def written(readme: str, text: str) -> str:
    """Give the README with the table between its markers.

    Raises:
        ValueError: If it has no markers.
    """
    start, end = MARKERS
    if start not in readme or end not in readme:
        msg = f"cannot write the table: the README has no markers; put these two lines where it goes:\n{start}\n{end}"
        raise ValueError(msg)
    before, _, rest = readme.partition(start)
    return f"{before}{start}\n{text}\n{end}{rest.partition(end)[2]}"
