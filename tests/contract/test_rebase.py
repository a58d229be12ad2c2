"""A bundle whose dates are shifted answers, so much later, what it would have answered: with the dates shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorder.fake_cluster import StepClock
from tests.recorder.recording import record
from tests.recorder.series_server import Series, SeriesServer
from tests.shifting import SORTED, check_moved, instants_of, pair, same_changes, targets
from tests.snapshots.test_demo import DEMO
from tests.study.worlds import deleting_recordings
from tests.tracks.strategies import moving_recordings
from tests.world.test_session import EPOCH, session
from toolkit.answers.answer import Cluster, Request, answer
from toolkit.model.instants import DAY, MINUTE
from toolkit.server.source import replay
from toolkit.tracks.fold import Folded, Frame, fold, steps_of
from toolkit.tracks.frames import Frames
from toolkit.world.bundled import Bundled

if TYPE_CHECKING:
    from pathlib import Path

YEAR = 365 * DAY
SHIFTS = st.sampled_from([0, 1, -1, 999, -1_000, 61_001, 400 * DAY + 5, -40 * YEAR])
FAR = st.sampled_from([-2_020 * YEAR, -100 * YEAR + 1, 7_900 * YEAR + 3])
"""To where dates are before 1970, or nearly at an end of what can be written."""


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32), jobs=st.sampled_from([0, 3, 25]), ms=SHIFTS | FAR)
def test_a_session_is_answered_alike_at_another_time(seed: int, jobs: int, ms: int) -> None:
    """Whatever clients commanded: every read, at any instant, is the shifted answer, and holds as long."""
    _, _, timeline, instants = session(seed, jobs)
    first, last = EPOCH, instants[-1] + MINUTE
    before, after = pair(Folded(Bundled(timeline, first, last).tracks(), {}, Frames()), first, last, ms)
    clusters = Cluster(before, None, "replay"), Cluster(after, None, "replay")

    same_changes(before, after, ms)
    for t in instants_of(before):
        check_moved(*clusters, t, ms, [*targets(clusters[0], t, 4), *SORTED])


@settings(max_examples=60, deadline=None)
@given(frames=deleting_recordings() | moving_recordings(), ms=SHIFTS | FAR)
def test_a_recording_is_answered_alike_at_another_time(frames: list[Frame], ms: int) -> None:
    """Whatever was seen, dates that are none included: every frame, and in between, is the shifted answer."""
    before, after = pair(fold(steps_of(frames)), frames[0].t, frames[-1].t, ms)
    clusters = Cluster(before, None, "replay"), Cluster(after, None, "replay")

    same_changes(before, after, ms)
    for t in sorted({frame.t for frame in frames} | {max(frames[0].t, frame.t - 1) for frame in frames}):
        check_moved(*clusters, t, ms, targets(clusters[0], t))


@pytest.mark.parametrize("redact", [False, True])
def test_the_series_of_a_real_cluster_is_answered_alike_at_another_time(tmp_path: Path, *, redact: bool) -> None:
    """A recording of what a real cluster answered, redacted or not, is as shifted as any, from disk."""
    series, start = Series(), 1_800_000_000_000
    with SeriesServer(series) as server:

        def move(t: int) -> None:
            server.t = series.first + t - start

        length = series.last - series.first
        path = record(
            server.url, every_ms=1_300, for_ms=length, target=tmp_path / "series", redact=redact, force=False,
            around=StepClock(start, move).around(),
        )  # fmt: skip
    for ms in (0, 90_061_001, -2_000 * YEAR):
        before = replay(path, allow_edited=False).cluster
        after = replay(path, allow_edited=False, rebase_to=start + ms).cluster
        for t in [start, *range(start + 700, start + length, 9_100), before.timeline.last]:
            check_moved(before, after, t, ms, [*targets(before, t), *(SORTED if ms >= 0 else ())])


@pytest.mark.parametrize("ms", [0, 5, -3_000 * DAY, 330 * DAY + 12_345_678])
def test_the_demo_bundle_is_answered_alike_at_another_time(ms: int) -> None:
    """The bundle of the README, around its changes."""
    before = replay(DEMO, allow_edited=False).cluster
    after = replay(DEMO, allow_edited=False, rebase_to=before.timeline.first + ms).cluster
    for t in instants_of(before.timeline):  # type: ignore[arg-type]  # a bundle's
        check_moved(before, after, t, ms, [*targets(before, t, 12), *SORTED])


def test_a_shift_of_nothing_changes_no_byte() -> None:
    """Rebased to where it begins already, a bundle gives the same answers altogether, their tags included."""
    before = replay(DEMO, allow_edited=False).cluster
    after = replay(DEMO, allow_edited=False, rebase_to=before.timeline.first).cluster
    for t in (before.timeline.first, before.timeline.last):
        for target in [*targets(before, t), *SORTED]:
            request = Request("GET", target.replace("{t}", "2026-01-01T00:00:00.000Z"))

            assert answer(after, t, request) == answer(before, t, request)
