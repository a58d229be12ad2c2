"""What is counted while recording, and how it is told: a line a frame, a line at the end, a part of the manifest."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from toolkit.model.instants import format_duration

if TYPE_CHECKING:
    from toolkit.recorder.frames import Seen
    from toolkit.recorder.redact import Report
    from toolkit.tracks.fold import Frame


@dataclass
class Tally:
    """The counts of one recording.

    Attributes:
        frames: How many there are.
        first: The instant of the first.
        last: The instant of the last.
        late: Ticks that began late.
        missed: Ticks that were left out, because the frame before them took so long.
        gaps: By source, the frames without it.
        cut: By list what could not be reached.
        absent: What the cluster has never had.
    """

    frames: int = 0
    first: int = 0
    last: int = 0
    late: int = 0
    missed: int = 0
    gaps: Counter[str] = field(default_factory=Counter)
    cut: dict[str, str] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()

    def take(self, t: int, seen: Seen) -> None:
        """Count a frame."""
        self.first = self.first if self.frames else t
        self.last = t
        self.frames += 1
        self.gaps.update(seen.gaps.keys())
        self.cut |= seen.cut
        self.absent = seen.absent

    def noted(self) -> dict[str, Any]:
        """Give what the manifest keeps."""
        return {
            "ticks": {"late": self.late, "missed": self.missed},
            "absent": sorted(self.absent),
            "cut": dict(sorted(self.cut.items())),
        }

    def summary(self, report: Report | None) -> str:
        """Tell the whole recording in a line; without a report nothing was redacted."""
        parts = [f"recorded {_many(self.frames, 'frame')}"]
        if self.frames > 1:
            parts[0] += f" over {format_duration(round(self.last - self.first, -3))}"
        if self.gaps:
            gaps = ", ".join(f"{name} ({count:,})" for name, count in sorted(self.gaps.items()))
            parts.append(f"missing in some frames: {gaps}")
        if self.absent:
            parts.append(f"the cluster does not have: {', '.join(sorted(self.absent))}")
        if self.late or self.missed:
            parts.append(f"{_many(self.late, 'tick')} late, {self.missed:,} missed")
        if report is None:
            parts.append("nothing was redacted: do not share it before you have looked through it")
        else:
            credentials = _many(report.credentials, "credential")
            parts.append(f"redacted: {credentials} dropped, {_many(report.pseudonyms, 'text')} replaced in all")
        return "; ".join(parts)


def described(frame: Frame) -> str:
    """Tell what a frame holds: counts and gaps, nothing from its records."""
    names = sorted(frame.collections.keys() - {"cluster"})
    counts = ", ".join(f"{len(frame.collections[name]):,} {name}" for name in names)
    return f"{counts or 'nothing'}; missing: {', '.join(frame.gaps)}" if frame.gaps else counts


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
