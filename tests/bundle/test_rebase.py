"""Bundles read with another beginning: of every format and kind, and refused where a date cannot go along."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bundle.making import DATE, EPOCH, JOB, content, make, rewrite
from tests.bundle.test_deltas import deltas
from tests.bundle.test_deltas import recorded as with_frames
from tests.bundle.test_format_1 import GENERATED, GENERATED_TRACKS, INSTANTS, recorded, written
from tests.shifting import check_moved, targets
from toolkit.answers.answer import Cluster
from toolkit.bundle.lines import line
from toolkit.bundle.reader import read_bundle
from toolkit.bundle.rebase import ShiftCheck
from toolkit.bundle.typed import line_check
from toolkit.errors import BundleDamaged, InstantError
from toolkit.model.instants import DAY, EARLIEST, LATEST, format_instant
from toolkit.server.source import replay
from toolkit.tracks.kinds import KINDS
from toolkit.tracks.track import Track

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import DrawFn

SHIFTS = (0, 1, 400 * DAY + 1, -70 * 365 * DAY)


def alike(folder: Path, ms: int, *, allow_edited: bool = False) -> None:
    """Check that a bundle answers alike at another time, at both ends and in the middle."""
    before = read_bundle(folder, allow_edited=allow_edited).timeline
    after = read_bundle(folder, allow_edited=allow_edited, rebase_to=before.first + ms).timeline
    clusters = Cluster(before, None, "replay"), Cluster(after, None, "replay")

    assert (after.first, after.last) == (before.first + ms, before.last + ms)
    for t in (before.first, (before.first + before.last) // 2, before.last):
        check_moved(*clusters, t, ms, targets(clusters[0], t))


@pytest.mark.parametrize("ms", SHIFTS)
def test_every_kind_of_bundle_can_begin_elsewhere(tmp_path: Path, ms: int) -> None:
    """Generated and recorded ones, of format 1 too, answer alike at another time; no file changes."""
    folders = [
        make(tmp_path / "generated"),
        make(tmp_path / "recorded", "recorded"),
        with_frames(tmp_path / "frames"),
        recorded(tmp_path / "old recording"),
        written(tmp_path / "old", GENERATED, GENERATED_TRACKS),
    ]
    for folder in folders:
        kept = content(folder)
        alike(folder, ms)

        assert content(folder) == kept


def test_an_edited_bundle_can_begin_elsewhere(tmp_path: Path) -> None:
    """With `--allow-edited` what was edited is shifted, a date in escaped letters too; without, it is refused."""
    folder = make(tmp_path / "x")
    rewrite(folder, "jobs.json", f'"_updated":"{DATE}"', f'"_updated":"\\u0032{DATE[1:]}"')
    alike(folder, DAY, allow_edited=True)

    with pytest.raises(BundleDamaged, match="does not match its digest"):
        read_bundle(folder, rebase_to=EPOCH)


def test_a_recordings_frames_go_along(tmp_path: Path) -> None:
    """Frames and gaps are told where they are shown; the manifest is what is on disk."""
    bundle = read_bundle(recorded(tmp_path / "x"), rebase_to=INSTANTS[0] + DAY)

    assert list(bundle.frames.instants) == [t + DAY for t in INSTANTS]
    assert bundle.frames.gaps[0].first == INSTANTS[1] + DAY
    assert bundle.manifest.from_ == format_instant(INSTANTS[0])


def test_a_server_tells_by_how_much_dates_are_shifted(tmp_path: Path) -> None:
    """The line about the source has the shown instants, and the shift only if one was asked for."""
    folder = make(tmp_path / "x")

    assert replay(folder, allow_edited=False, rebase_to=EPOCH + DAY).about == (
        f"replay: {folder}, 2026-01-02T00:00:00.000Z to 2026-01-02T00:01:00.000Z, dates shifted by +1d"
    )
    assert replay(folder, allow_edited=False, rebase_to=EPOCH - 1).about.endswith(", dates shifted by -1ms")
    assert "shifted" not in replay(folder, allow_edited=False).about


@pytest.mark.parametrize("rebase_to", [LATEST, LATEST - 59_999, LATEST + 1, EARLIEST - 1, 10**18, -(10**18)])
def test_a_bundle_that_would_leave_the_calendar_is_refused(tmp_path: Path, rebase_to: int) -> None:
    """Neither its first nor its last instant may be beyond the years that a date can say."""
    folder = make(tmp_path / "x")
    found = refused(folder, rebase_to)

    assert re.fullmatch(r"moved by [-+]\w+ it goes beyond the years 1 to 9999", found)


def refused(folder: Path, rebase_to: int) -> str:
    """Why a bundle cannot begin at an instant, without what stands around it."""
    with pytest.raises(InstantError) as caught:
        read_bundle(folder, allow_edited=True, rebase_to=rebase_to)
    found = re.fullmatch(
        r"cannot shift the dates of the bundle \S+: (.*); choose a beginning nearer to the bundle's own",
        str(caught.value),
    )
    assert found, caught.value
    return found[1]


EDITS: list[tuple[tuple[str, str, str], int, str]] = [
    (
        ("jobs.json", f'"_created":"{DATE}"', '"_created":"9999-12-31T23:59:59.999Z"'),
        1,
        "jobs.json line 2 _created: 9999-12-31T23:59:59.999Z moved by +1ms",
    ),
    (
        ("errors.json", f'"_created":"{DATE}"', '"_created":"0001-01-01T00:00:00.000Z"'),
        -1,
        "errors.json line 2 _created: 0001-01-01T00:00:00.000Z moved by -1ms",
    ),
    (
        ("errors.json", '"request":"{}"', '"request":"{\\"end\\":\\"9999-12-31T23:59:59.999Z\\"}"'),
        1,
        "errors.json line 2 request: 9999-12-31T23:59:59.999Z moved by +1ms",
    ),
    (
        ("executions.json", '"_slicer_stats":{}', '"_slicer_stats":{"started":"\\u0039999-12-31T23:59:59.999Z"}'),
        DAY,
        "executions.json line 2 _slicer_stats.started: 9999-12-31T23:59:59.999Z moved by +1d",
    ),
    (
        ("executions.json", '"set":{', '"set":{"_updated":"9990-01-01T00:00:00.000Z",'),
        3660 * DAY,
        "executions.json line 2 _updated: 9990-01-01T00:00:00.000Z moved by +3660d",
    ),
]


@pytest.mark.parametrize(("edit", "ms", "message"), EDITS)
def test_a_date_that_would_leave_the_calendar_is_named(
    tmp_path: Path, edit: tuple[str, str, str], ms: int, message: str
) -> None:
    """One date of one record that cannot go along, and nothing is served; the file, the line and the field are told."""
    folder = make(tmp_path / "x")
    rewrite(folder, *edit)

    assert refused(folder, EPOCH + ms) == f"{message} is beyond the years 1 to 9999"


def test_a_date_that_moves_by_itself_is_looked_at_throughout(tmp_path: Path) -> None:
    """A counter of dates begins where it can be moved to, and leads to where it cannot."""
    folder = with_frames(tmp_path / "x")
    counter: dict[str, Any] = deltas("1*60", value=DATE)
    rewrite(folder, "controllers.json", '"counters":{', f'"counters":{{"started":{json.dumps(counter)},')
    length = 60_000

    assert read_bundle(folder, allow_edited=True, rebase_to=LATEST - length).timeline.last == LATEST
    rewrite(folder, "controllers.json", "1*60", "1*59 60000")
    assert refused(folder, LATEST - length).startswith("controllers.json line 2 started: ")


def test_dates_that_stay_may_say_what_they_like(tmp_path: Path) -> None:
    """The users' own dates, near an end of the calendar, are no reason to refuse."""
    folder = make(tmp_path / "x")
    rewrite(folder, "jobs.json", '"rate":1.0', '"until":"9999-12-31T23:59:59.999Z"')
    alike(folder, DAY, allow_edited=True)


@st.composite
def near_the_ends(draw: DrawFn) -> tuple[int, int]:
    """An instant, and an amount that brings it about to an end of the calendar, or anywhere."""
    t = draw(st.integers(EARLIEST, LATEST))
    end = draw(st.sampled_from([EARLIEST, LATEST]))
    ms = end - t + draw(st.sampled_from([-1, 0, 1]) | st.integers(-400 * DAY, 400 * DAY))
    return t, draw(st.sampled_from([ms, ms, ms % DAY - DAY // 2]))


@given(pair=near_the_ends())
def test_no_line_is_let_through_that_cannot_be_moved(pair: tuple[int, int]) -> None:
    """A line is refused exactly if a date on it would leave the calendar, whatever the year and the amount."""
    t, ms = pair
    ms = max(EARLIEST - LATEST, min(LATEST - EARLIEST, ms))
    text = line(Track("j1", JOB | {"_created": format_instant(t)}))
    check = ShiftCheck(line_check(KINDS["jobs"], EPOCH, EPOCH, generated=True), KINDS["jobs"], ms)
    if all(EARLIEST <= date + ms <= LATEST for date in (t, EPOCH)):
        assert check.check(text).id == "j1"
    else:
        with pytest.raises(InstantError):
            check.check(text)
