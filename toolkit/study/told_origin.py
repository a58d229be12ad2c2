"""Where a bundle comes from, as lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.model.instants import format_duration, format_instant
from toolkit.model.wire import dumps
from toolkit.study.lines import BAD, GOOD, Line, Paper, wrapped
from toolkit.study.origin import Generated, Recorded

if TYPE_CHECKING:
    from toolkit.tracks.frames import Gap

_MOST_GAPS: Final = 20
_LONGEST: Final = 400


def origin_lines(origin: Generated | Recorded, paper: Paper) -> list[Line]:
    """Tell where a bundle comes from."""
    return _generated(origin, paper) if isinstance(origin, Generated) else _recorded(origin, paper)


def _generated(origin: Generated, paper: Paper) -> list[Line]:
    what = f"seed {_text(origin.seed)}, {_text(origin.jobs)} jobs, generator revision {_text(origin.revision)}"
    lines = [
        *wrapped(paper, "generated", paper.shown(what)),
        *wrapped(paper, "epoch", paper.shown(_text(origin.epoch))),
        *wrapped(paper, "scenario", paper.shown(origin.scenario or _parameters(origin))),
    ]
    if origin.commands:
        lines += wrapped(paper, "session", f"with {origin.commands:,} commands that clients sent")
    return lines


def _parameters(origin: Generated) -> str:
    differs = ", ".join(f"{name} {_text(value)}" for name, value in origin.differs.items())
    return f"one of its own; other than the default: {differs}"[:_LONGEST]


def _recorded(origin: Recorded, paper: Paper) -> list[Line]:
    cluster = ", ".join(f"{name} {_text(value)}" for name, value in origin.cluster.items())
    lines = [
        *wrapped(paper, "recorded", paper.shown(f"from {origin.address or 'an unknown address'}")),
        *wrapped(paper, "cluster", paper.shown(cluster or "it said nothing of itself")[:_LONGEST]),
        *wrapped(paper, "frames", _frames(origin)),
    ]
    for gap in origin.gaps[:_MOST_GAPS]:
        lines += wrapped(paper, "gap", paper.shown(_gap(gap)), BAD)
    if len(origin.gaps) > _MOST_GAPS:
        lines += wrapped(paper, "", f"and {len(origin.gaps) - _MOST_GAPS:,} other gaps; --json has all", BAD)
    if origin.absent:
        lines += wrapped(paper, "lacking", paper.shown(f"the cluster does not have {', '.join(origin.absent)}"))
    for name, why in origin.cut.items():
        what = why or "the cluster lets nobody read further"
        lines += wrapped(paper, "not reached", paper.shown(f"{name}: {what}"), BAD)
    lines += wrapped(paper, "errors", "recorded" if origin.errors else "not recorded")
    if origin.insecure:
        loud = "INSECURE: recorded with --insecure, nobody checked that it was really the cluster"
        lines += wrapped(paper, "access", loud, BAD)
    return lines + _redaction(origin, paper)


def _redaction(origin: Recorded, paper: Paper) -> list[Line]:
    if not origin.redacted:
        loud = "NOT REDACTED: names, addresses and credentials are as the cluster gave them; do not share it"
        return wrapped(paper, "redaction", loud, BAD)
    report = ", ".join(_redacted(name, value) for name, value in origin.redaction.items() if name != "scanned")
    lines = wrapped(paper, "redaction", paper.shown(f"redacted: {report}" if report else "redacted"), GOOD)
    if not origin.scanned:
        loud = "NOT SCANNED: written with --no-scan, so that it may hold a secret; do not share it"
        lines += wrapped(paper, "", loud, BAD)
    return lines


def _redacted(name: str, value: Any) -> str:  # noqa: ANN401 - JSON is what it is
    """Tell one entry of a redaction's report."""
    if name in _REPORT and type(value) is int:
        return _REPORT[name].format(value)
    if name == "names" and value == "kept":
        return "names of jobs kept"
    if name == "names" and value == "pseudonyms":
        return "names of jobs replaced"
    told = name.replace("_", " ")
    return told if value is True else f"{told} {_text(value)}"


_REPORT: Final = {
    "credentials": "credentials dropped {:,}",
    "pseudonyms": "texts replaced {:,}",
    "leaks": "leaks replaced {:,}",
}


def _frames(origin: Recorded) -> str:
    parts = [f"{origin.frames:,}"]
    if origin.every_ms is not None and origin.frames > 1:
        parts[0] += f" every {format_duration(origin.every_ms)}"
    if origin.late or origin.missed:
        parts.append(f"{origin.late:,} tick{'' if origin.late == 1 else 's'} late, {origin.missed:,} missed")
    if origin.resumed:
        parts.append(f"resumed {origin.resumed:,} {'time' if origin.resumed == 1 else 'times'}")
    parts.append(f"skew {origin.skew_median_ms:,} ms in the median, {origin.skew_highest_ms:,} ms at most")
    return "; ".join(parts)


def _gap(gap: Gap) -> str:
    when = f"at {format_instant(gap.first)}"
    if gap.last > gap.first:
        when = f"from {format_instant(gap.first)} to {format_instant(gap.last)}, {gap.frames:,} frames"
    return f"{gap.source} {when}: {gap.reason}"


def _text(value: Any) -> str:  # noqa: ANN401 - JSON is what it is
    """Write a value of a manifest for a person."""
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_text(inside)}" for name, inside in value.items()) or "none"
    return "unknown" if value is None else dumps(value).decode()
