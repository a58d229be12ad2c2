"""The time series of a real cluster, recorded and replayed."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from tests.recorder.fake_cluster import StepClock
from tests.recorder.recording import record
from tests.recorder.replaying import Replayed
from tests.recorder.series_server import INFO, PATHS, Series, SeriesServer
from toolkit.model.wire import dumps, pretty
from toolkit.recorder import record as recording
from toolkit.recorder.redact import Redactor

START = 1_800_000_000_000
EVERY = 1_300
KEY = b"k" * 32
KINDS = {
    "/v1/jobs": "jobs",
    "/v1/ex": "executions",
    "/v1/cluster/controllers": "controllers",
    "/v1/cluster/stats": "stats",
}


class Played(NamedTuple):
    """A series, its recording, and whether that is redacted."""

    series: Series
    replayed: Replayed
    redacted: bool

    def expected(self, path: str, t: int) -> Any:
        """Give what was seen of a path at an instant, redacted as the recording is."""
        seen = self.series.at(path, self.series.first + t - START)
        if not self.redacted:
            return seen
        redactor = Redactor(KEY)
        if path == "/v1/cluster/state":
            return {redactor.key(key): redactor.document("nodes", node) for key, node in seen.items()}
        if isinstance(seen, list):
            return [redactor.document(KINDS[path], record) for record in seen]
        return redactor.document(KINDS[path], seen)


@pytest.fixture(scope="module", params=[False, True], ids=["as it was", "redacted"])
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Record the whole series at instants that do not fall on its own."""
    series = Series()
    lines: list[str] = []
    with SeriesServer(series) as server, pytest.MonkeyPatch.context() as patch:
        patch.setattr(recording.secrets, "token_bytes", lambda _size: KEY)

        def move(t: int) -> None:
            server.t = series.first + t - START

        path = record(
            server.url,
            every_ms=EVERY,
            for_ms=series.last - series.first,
            target=tmp_path_factory.mktemp("series") / "series",
            redact=request.param,
            force=False,
            say=lines.append,
            around=StepClock(START, move).around(),
        )
    assert len(lines) == (series.last - series.first) // EVERY + 2
    return Played(series, Replayed(path), request.param)


def test_each_frame_gives_back_what_was_seen(played: Played) -> None:
    """Replayed at a frame's instant, the lists are what was seen, byte for byte; in between the last frame holds."""
    frames = [
        played.replayed.first + EVERY * number for number in range((played.series.last - played.series.first) // EVERY)
    ]
    for t in frames:
        for path in PATHS:
            expected = played.expected(path, t)
            if path == "/v1/cluster/stats":
                record = played.replayed.bundle.timeline.shelf("cluster").find("stats", t).value
                assert record is not None
                assert dumps(record.fields) == dumps(expected)
            else:
                assert played.replayed.text(path, t) == pretty(expected)
                assert played.replayed.text(path, t + EVERY - 1) == pretty(expected)


def test_the_manifest_tells_the_recording(played: Played) -> None:
    """The manifest says where the frames lie, what the cluster is, and whether it was redacted."""
    manifest = played.replayed.bundle.manifest
    info = Redactor(KEY).document("info", INFO) if played.redacted else INFO

    assert len(played.replayed.bundle.frames.instants) == (played.series.last - played.series.first) // EVERY + 1
    assert not played.replayed.bundle.frames.gaps
    assert manifest.origin["kind"] == "recorded"
    assert manifest.origin["cluster"] == info
    assert manifest.origin["redacted"] is played.redacted
    assert manifest.origin["absent"] == ["assets"]
    assert manifest.origin["ticks"] == {"late": 0, "missed": 0}
    assert ("127.0.0.1" in manifest.origin["address"]) is not played.redacted
