"""How a recording's progress is told: which words, and when a line is due. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from toolkit.recorder.watching import Standing

_LEAST_S: Final = 10.0
_MOST_S: Final = 60.0
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_THOUSAND: Final = 1000


class Part(NamedTuple):
    """A few words of the progress; `bad` if a person should notice them."""

    text: str
    bad: bool = False


class Told(NamedTuple):
    """What the last frames were, for a log that does not have a line for each.

    Attributes:
        line_s: When the last line was due, in seconds of any clock.
        tenths: How many tenths were done then.
        gaps: The gaps until the last frame.
        gapped: Whether the last frame had any.
    """

    line_s: float
    tenths: int
    gaps: int
    gapped: bool


def next_told(before: Told | None, standing: Standing, now_s: float) -> tuple[bool, Told]:
    """Decide whether a frame gets a line in a log, and what to remember.

    The first and the last frame do, the first of several with gaps and the first without them again, and in between
    one for each tenth of the recording: not within 10 s of the line before it, but at least one a minute.
    """
    done = ticks_done(standing)
    tenths = done * 10 // standing.of if standing.of else 0
    if before is None:
        return True, Told(now_s, tenths, standing.gaps, standing.gaps > 0)
    gapped = standing.gaps > before.gaps
    passed = now_s - before.line_s
    due = (
        gapped != before.gapped
        or done == standing.of
        or passed >= _MOST_S
        or (passed >= _LEAST_S and tenths > before.tenths)
    )
    if not due:
        return False, before._replace(gaps=standing.gaps, gapped=gapped)
    return True, Told(now_s, tenths, standing.gaps, gapped)


def ticks_done(standing: Standing) -> int:
    """Count the ticks that are over, with a frame or without."""
    return standing.frames + standing.missed


def frame_number(standing: Standing) -> str:
    """Say which frame it is."""
    return f"frame {ticks_done(standing):,}" + ("" if standing.of is None else f" of {standing.of:,}")


def parts(standing: Standing) -> list[Part]:
    """Tell the counts."""
    told = [
        Part(_many(standing.requests, "request")),
        Part(amount(standing.received)),
        Part(_many(standing.changes, "change")),
        Part(_many(standing.gaps, "gap"), bad=True) if standing.gaps else Part("no gaps"),
    ]
    if standing.late:
        told.append(Part(f"{_many(standing.late, 'tick')} late", bad=True))
    if standing.missed:
        told.append(Part(f"{_many(standing.missed, 'tick')} missed", bad=True))
    return told


def frame_line(standing: Standing, told: str) -> str:
    """Tell a frame in a line of a log."""
    left = [] if standing.left_ms is None else [f"{watch(standing.left_ms)} left"]
    return f"{frame_number(standing)}: {told}; {', '.join([*left, *(part.text for part in parts(standing))])}"


def amount(size: int) -> str:
    """Write a number of bytes: `999 B`, `1.0 kB`, `45.2 MB`."""
    value, unit = float(size), 0
    # What would be rounded up to 1000.0 is 1.0 of the next unit.
    while value >= _THOUSAND - (0.05 if unit else 0) and unit < len(_UNITS) - 1:
        value, unit = value / _THOUSAND, unit + 1
    return f"{value:,.1f} {_UNITS[unit]}" if unit else f"{size} B"


def watch(ms: int) -> str:
    """Write a time as a stop-watch does, begun seconds counted whole: `0:05`, `12:31`, `1:02:03`."""
    minutes, seconds = divmod(-(-max(0, ms) // 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
