"""What is counted while recording, and how it is told: a line a frame, a line at the end, a part of the manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from toolkit.model.instants import format_duration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from toolkit.recorder.frames import Seen
    from toolkit.tracks.steps import FrameStep


class Tally(Struct, omit_defaults=True):
    """The counts of one recording, kept in the journal with every frame.

    Attributes:
        frames: How many there are.
        first: The instant of the first.
        last: The instant of the last.
        taken: The recorder's own time at which the last was taken, 0 in a journal that does not say it; a cluster of
            the toolkit has another.
        ticks: How many ticks are over, the missed ones before the last frame too.
        late: Ticks that began late.
        missed: Ticks that were left out: the frame before them took so long, or nobody was recording.
        resumed: How often the recording was taken up again.
        gaps: By source, the frames without it.
        absent: What the cluster has never had.
        cut: By list, what could not be reached.
        changes: Records that came, went or changed since the first frame.
        requests: Requests sent, attempts included.
        received: Bytes of the answers' bodies.
        credentials: Members that were dropped, being named like credentials.
        pseudonyms: Texts that were replaced.
        leaks: Texts that looked like secrets where none should be, and were replaced.
    """

    frames: int = 0
    first: int = 0
    last: int = 0
    taken: int = 0
    ticks: int = 0
    late: int = 0
    missed: int = 0
    resumed: int = 0
    gaps: dict[str, int] = {}
    absent: list[str] = []
    cut: dict[str, str] = {}
    changes: int = 0
    requests: int = 0
    received: int = 0
    credentials: int = 0
    pseudonyms: int = 0
    leaks: int = 0

    def take(self, frame: FrameStep, seen: Seen) -> None:
        """Count a frame."""
        if self.frames:
            self.changes += sum(len(step.changed) + len(step.gone) for step in frame.steps.values())
        self.first = self.first if self.frames else frame.t
        self.last = frame.t
        self.frames += 1
        for name in seen.gaps:
            self.gaps[name] = self.gaps.get(name, 0) + 1
        self.cut |= seen.cut
        self.absent = sorted(seen.absent)

    def summary(self, *, redacted: bool) -> str:
        """Tell the whole recording in a line."""
        parts = [f"recorded {_many(self.frames, 'frame')}"]
        if self.frames > 1:
            parts[0] += f" over {format_duration(round(self.last - self.first, -3))}"
        if self.gaps:
            gaps = ", ".join(f"{name} ({count:,})" for name, count in sorted(self.gaps.items()))
            parts.append(f"missing in some frames: {gaps}")
        if self.absent:
            parts.append(f"the cluster does not have: {', '.join(self.absent)}")
        parts += [f"not recorded of {name}: {what}" for name, what in sorted(self.cut.items())]
        if self.late or self.missed:
            parts.append(f"{_many(self.late, 'tick')} late, {self.missed:,} missed")
        if redacted:
            done = (
                f"redacted: {_many(self.credentials, 'credential')} dropped, {_many(self.pseudonyms, 'text')} replaced"
            )
            parts.append(
                f"{done} in all, {self.leaks:,} of them found by the leak gate" if self.leaks else f"{done} in all"
            )
        else:
            parts.append("nothing was redacted: do not share it before you have looked through it")
        return "; ".join(parts)


def described(sizes: Mapping[str, int], gaps: Mapping[str, str]) -> str:
    """Tell what a frame holds: counts and gaps, nothing from its records."""
    counts = ", ".join(f"{sizes[name]:,} {name}" for name in sorted(sizes))
    if not gaps:
        return counts
    return f"{counts or 'nothing'}; missing: {', '.join(f'{name}: {gaps[name]}' for name in sorted(gaps))}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
