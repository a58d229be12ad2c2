from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from tests.serving import live_cluster, toolkit
from toolkit.answers.answer import Request, answer
from toolkit.bundle.writer import write_bundle
from toolkit.generate import generate
from toolkit.model.instants import MINUTE
from toolkit.world.scenario import Scenario

if TYPE_CHECKING:
    from pathlib import Path

SCENARIO = Scenario(jobs=5)
FIRST = SCENARIO.epoch
REPLAY = ("serve", "--port", "0", "--replay")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate five minutes of a small cluster."""
    target = tmp_path_factory.mktemp("bundles") / "small"
    return generate(SCENARIO, FIRST, FIRST + 5 * MINUTE, target, force=False, progress=None)


@pytest.mark.parametrize(
    ("flags", "t"),
    [
        ((), FIRST),
        (("--at", "+1m30s"), FIRST + 90_000),
        (("--at", "2026-01-01T00:05:00Z"), FIRST + 5 * MINUTE),
    ],
)
def test_a_bundle_is_served_like_the_cluster_it_came_from(bundle: Path, flags: tuple[str, ...], t: int) -> None:
    """At its start, at an offset from it and at its end: the bytes of the live world at that instant."""
    cluster = live_cluster(SCENARIO)
    with toolkit(*REPLAY, str(bundle), *flags, "--frozen") as process:
        url = process.url()
        for target in ("/v1/ex", "/v1/jobs", "/v1/cluster/controllers", "/v1/cluster/state", "/v1/ex/none"):
            assert httpx.get(url + target).content == answer(cluster, t, Request("GET", target)).body
        assert httpx.post(f"{url}/v1/data/refresh").status_code == 409
        assert process.stop() == 0
        assert process.out.all() == [url]


def test_a_replay_holds_its_last_instant(bundle: Path) -> None:
    """A clock that started at the end stays there."""
    with toolkit(*REPLAY, str(bundle), "--at", "+5m", "-v") as process:
        url = process.url()
        instants = {httpx.get(url).headers["X-Toolkit-Instant"] for _ in range(20)}
        assert instants == {"2026-01-01T00:05:00.000Z"}
        assert process.stop() == 0


def test_a_replay_moves(bundle: Path) -> None:
    """Without --frozen it plays from the bundle's start."""
    with toolkit(*REPLAY, str(bundle)) as process:
        url = process.url()
        instants = [httpx.get(url).headers["X-Toolkit-Instant"] for _ in range(50)]
        assert instants[0] >= "2026-01-01T00:00:00.000Z"
        assert instants == sorted(instants)
        assert instants[0] < instants[-1]
        process.stop()


@pytest.mark.parametrize("at", ["+5m1ms", "2025-12-31T23:59:59Z"])
def test_an_instant_outside_the_bundle_is_refused(bundle: Path, at: str) -> None:
    """Exit code 2, one line with the bundle's reach."""
    with toolkit(*REPLAY, str(bundle), "--at", at) as process:
        assert process.wait() == 2
        (line,) = process.err.all()
    assert "2026-01-01T00:00:00.000Z to 2026-01-01T00:05:00.000Z" in line


def test_an_edited_bundle_is_served_only_with_its_flag(bundle: Path, tmp_path: Path) -> None:
    """Without --allow-edited: exit code 1, one line that names the file."""
    edited = tmp_path / "edited"
    edited.mkdir()
    for file in bundle.iterdir():
        (edited / file.name).write_bytes(file.read_bytes())
    jobs = edited / "jobs.json"
    jobs.write_text(jobs.read_text().replace('"name":"', '"name":"edited-'))
    with toolkit(*REPLAY, str(edited)) as process:
        assert process.wait() == 1
        (line,) = process.err.all()
        assert "jobs.json" in line
    with toolkit(*REPLAY, str(edited), "--allow-edited") as process:
        assert all(job["name"].startswith("edited-") for job in httpx.get(f"{process.url()}/v1/jobs").json())
        process.stop()


@pytest.mark.parametrize("origin", [{"kind": "recorded", "redacted": False}, {"kind": "recorded"}])
def test_an_unredacted_recording_stays_on_this_machine(tmp_path: Path, origin: dict[str, object]) -> None:
    """It is served on loopback, refused elsewhere, and served there with the flag that says so."""
    path = write_bundle(tmp_path / "raw", {}, first=FIRST, last=FIRST, origin=origin)
    everywhere = ("--host", "0.0.0.0")  # noqa: S104 - this is what is tested
    with toolkit(*REPLAY, str(path)) as process:
        assert httpx.get(process.url() + "/v1/jobs").content == b"[]"
        process.stop()
    with toolkit(*REPLAY, str(path), *everywhere) as process:
        assert process.wait() == 2
        (line,) = process.err.all()
        assert "--serve-unredacted" in line
    with toolkit(*REPLAY, str(path), *everywhere, "--serve-unredacted") as process:
        process.url()
        assert process.stop() == 0


def test_a_redacted_recording_may_leave_this_machine(tmp_path: Path) -> None:
    """No flag is needed for what was redacted."""
    origin = {"kind": "recorded", "redacted": True}
    path = write_bundle(tmp_path / "clean", {}, first=FIRST, last=FIRST, origin=origin)
    assert json.loads((path / "bundle.json").read_text())["origin"] == origin
    with toolkit(*REPLAY, str(path), "--host", "0.0.0.0") as process:  # noqa: S104 - this is what is tested
        process.url()
        assert process.stop() == 0
