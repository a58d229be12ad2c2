"""Bundles in tests: recorded once when they are missing, listed when nobody uses them, refused when too old."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import httpcore  # noqa: F401 - pytester forgets what runs inside import, so it is imported outside
import pytest

import toolkit
import toolkit.testing.ages
import toolkit.testing.recording
import toolkit.testing.served
from tests.recorder.fake_cluster import FakeCluster, Reply, plain
from tests.testing.suites import INI, plugin_run, worker_run
from toolkit.bundle.reader import read_bundle
from toolkit.clock import FrozenClock
from toolkit.errors import RecordError, UsageError
from toolkit.model.instants import parse_instant
from toolkit.recorder.address import parse_address
from toolkit.recorder.plan import Plan
from toolkit.recorder.record import Surroundings, record
from toolkit.testing.ages import stale
from toolkit.testing.recording import record_once
from toolkit.testing.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from toolkit.testing import Teraslice

TWO_TESTS = """
import pytest

@pytest.mark.teraslice(bundle="snapshots/x")
@pytest.mark.parametrize("number", range(4))
def test_jobs(teraslice, number):
    assert len(teraslice.get("/v1/jobs?size=100")) == 25
"""


@pytest.fixture
def inside(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a folder with strict settings that names its bundles."""
    pytester.makeini(f"{INI}teraslice_bundles = snapshots\n")
    return pytester


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Teraslice]:
    """Give a cluster to record, on a machine without proxies, and forget which bundles others served."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(toolkit.testing.served, "BUNDLES", set())
    with toolkit.serve() as served:
        yield served


def test_a_bundle_is_recorded_once(inside: pytest.Pytester, cluster: Teraslice) -> None:
    """The first test that names it records it, redacted; from then on no run asks the cluster."""
    inside.makepyfile(TWO_TESTS)
    option = f"--teraslice-record={cluster.url}"

    result = plugin_run(inside, option)

    result.assert_outcomes(passed=4)
    result.stdout.fnmatch_lines(["teraslice: snapshots/x: recorded 1 frame; redacted: *"])
    bundle = read_bundle(inside.path / "snapshots" / "x")
    assert (bundle.manifest.origin["redacted"], len(bundle.frames.instants)) == (True, 1)
    assert sorted(path.name for path in (inside.path / "snapshots").iterdir()) == ["x"]
    asked = len(cluster.requests)
    for more in ((), (option,)):
        result = plugin_run(inside, *more)
        result.assert_outcomes(passed=4)
        assert "teraslice:" not in str(result.stdout)
    assert len(cluster.requests) == asked


def test_workers_record_a_bundle_once(inside: pytest.Pytester, cluster: Teraslice) -> None:
    """Of two workers that miss the same bundle one records it, and the summary says so once."""
    inside.makepyfile(TWO_TESTS)

    result = worker_run(inside, f"--teraslice-record={cluster.url}")

    result.assert_outcomes(passed=4)
    assert str(result.stdout).count("teraslice: snapshots/x: recorded") == 1
    assert sum(asked.path.startswith("/v1/cluster/state") for asked in cluster.requests) == 1


def test_half_a_recording_is_not_kept(tmp_path: Path) -> None:
    """A cluster that breaks down meanwhile leaves nothing that later runs would believe."""

    def breaking(_: object) -> object:
        return [] if fake.asked["/v1/jobs"] == 1 else Reply(500)

    fake = FakeCluster(plain() | {"/v1/jobs": breaking})
    with fake, pytest.raises(RecordError, match=r"\d+ lists could not be read meanwhile, and nothing was kept"):
        record_once(tmp_path / "x", fake.url, "300ms", "100ms", lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_bundle_may_have_several_frames(inside: pytest.Pytester, cluster: Teraslice) -> None:
    """The mark says for how long and how often."""
    inside.makepyfile("""
        import pytest

        @pytest.mark.teraslice(bundle="snapshots/y", record_for="1s", record_every="100ms")
        def test_one(teraslice):
            pass
    """)

    plugin_run(inside, f"--teraslice-record={cluster.url}").assert_outcomes(passed=1)

    assert len(read_bundle(inside.path / "snapshots" / "y").frames.instants) >= 2


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:1", "cannot record http://127.0.0.1:1"),
        ("nowhere", "cannot use 'nowhere' as a cluster's address"),
    ],
)
def test_what_cannot_be_recorded_is_an_error_in_a_line(inside: pytest.Pytester, url: str, why: str) -> None:
    """Every test that needs the bundle says why there is none."""
    inside.makepyfile(TWO_TESTS)

    result = plugin_run(inside, f"--teraslice-record={url}")

    result.assert_outcomes(errors=4)
    assert why in str(result.stdout)
    assert not (inside.path / "snapshots" / "x").exists()


def _make(inside: pytest.Pytester, cluster: Teraslice, *names: str) -> None:
    """Record bundles into the folder, by a suite that is gone afterwards."""
    for name in names:
        toolkit.testing.recording.record_once(inside.path / name, cluster.url, None, None, lambda _: None)


def test_bundles_that_nobody_uses_are_listed(inside: pytest.Pytester, cluster: Teraslice) -> None:
    """With and without workers; those that a mark names or that a test serves by itself are used."""
    _make(inside, cluster, "snapshots/x", "snapshots/old/one", "snapshots/by_hand")
    inside.makepyfile(
        TWO_TESTS
        + """
def test_by_hand():
    import toolkit

    with toolkit.serve(bundle="snapshots/by_hand") as cluster:
        assert cluster.get("/v1/jobs")
"""
    )

    for run in (plugin_run, worker_run):
        result = run(inside)
        result.assert_outcomes(passed=5)
        assert [line for line in result.outlines if line.startswith("teraslice:")] == [
            "teraslice: no test uses snapshots/old/one; remove what is not needed"
        ]


@pytest.mark.parametrize("some", [("-k", "jobs"), ("test_part.py",), ("--collect-only",), ("--ignore=test_part.py",)])
def test_nothing_is_listed_where_not_all_tests_were_there(
    inside: pytest.Pytester, cluster: Teraslice, some: tuple[str, ...]
) -> None:
    """A part of the suite does not know what the rest uses."""
    _make(inside, cluster, "snapshots/x")
    inside.makepyfile(test_part="def test_part():\n    pass\n\ndef test_jobs():\n    pass\n")

    for run in (plugin_run, worker_run):
        assert "teraslice:" not in str(run(inside, *some).stdout)


def test_nothing_is_listed_where_a_run_ended_early(inside: pytest.Pytester, cluster: Teraslice) -> None:
    """After the first failure with -x, or a module that cannot be imported, the rest is not known."""
    _make(inside, cluster, "snapshots/x")
    inside.makepyfile("def test_one():\n    assert False\n\ndef test_two():\n    pass\n")

    assert "teraslice: no test uses" in str(plugin_run(inside).stdout)
    assert "teraslice:" not in str(plugin_run(inside, "-x").stdout)
    inside.makepyfile(test_broken="import nothing_of_that_name")
    assert "teraslice:" not in str(plugin_run(inside).stdout)


@pytest.mark.parametrize("where", ["mark", "ini"])
@pytest.mark.parametrize("stale_is", ["warn", "fail"])
def test_a_bundle_that_is_too_old_warns_or_fails(
    inside: pytest.Pytester, cluster: Teraslice, where: str, stale_is: str
) -> None:
    """As the settings say; the age is that of the last frame."""
    old = Surroundings(clock=FrozenClock(parse_instant("2026-01-02T00:00:00Z")))
    place = inside.mkdir("snapshots") / "x"
    record(Plan(parse_address(cluster.url), place), toolkit.testing.recording._Watcher(lambda _: None), old)
    ini = "teraslice_max_age = 1d\n" if where == "ini" else ""
    inside.makeini(f"{INI}teraslice_stale = {stale_is}\n{ini}".replace("= error", "= default"))
    mark = ', max_age="36h"' if where == "mark" else ""
    inside.makepyfile(f"""
        import pytest

        @pytest.mark.teraslice(bundle="snapshots/x"{mark})
        def test_one(teraslice):
            pass
    """)

    result = plugin_run(inside)

    text = "the bundle snapshots/x is too old: it was recorded .* ago, max_age is "
    assert re.search(text + ("36h" if where == "mark" else "1d"), str(result.stdout))
    if stale_is == "fail":
        result.assert_outcomes(errors=1)
    else:
        result.assert_outcomes(passed=1, warnings=1)
        assert "StaleBundle" in str(result.stdout)


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ("teraslice_stale = ignore", "cannot use teraslice_stale = ignore: it is warn or fail"),
        (
            "teraslice_max_age = 30 days",
            "cannot use teraslice_max_age: max_age is '30 days', it takes a duration such as*",
        ),
        ("teraslice_bundles = . nowhere", "cannot use teraslice_bundles = nowhere: there is no such folder in /*"),
    ],
)
def test_settings_that_cannot_be_are_refused(inside: pytest.Pytester, setting: str, why: str) -> None:
    """Pytest ends with its usage error, which says what there is to choose from."""
    inside.makeini(f"[pytest]\n{setting}\n")

    result = inside.runpytest_subprocess("-p", "no:schemathesis")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{why}"])


def test_only_recorded_bundles_grow_old(tmp_path: Path, cluster: Teraslice) -> None:
    """A bundle that was generated can be made again; one that was just recorded is young, whatever its cluster's time.

    One that does not say when it was recorded is as old as its last frame.
    """
    from tests.testing.suites import DEMO  # noqa: PLC0415 - the only use

    toolkit.testing.recording.record_once(tmp_path / "x", cluster.url, None, None, lambda _: None)
    ms = 86_400_000
    manifest = json.loads((tmp_path / "x" / "bundle.json").read_text())
    del manifest["origin"]["recorded"]
    (tmp_path / "x" / "bundle.json").write_text(json.dumps(manifest))
    end = read_bundle(tmp_path / "x").timeline.last

    record(Plan(parse_address(cluster.url), tmp_path / "y"), toolkit.testing.recording._Watcher(lambda _: None))
    manifest = read_bundle(tmp_path / "y").manifest
    assert stale(tmp_path / "y", "y", "1m", parse_instant(manifest.origin["recorded"]) + 59_000) is None
    assert manifest.to == "2026-01-01T00:00:00.000Z"
    assert stale(DEMO, "demo", "1d", 2**42) is None
    assert stale(tmp_path / "x", "x", "1d", end + ms) is None
    assert "recorded 1d1m ago" in (stale(tmp_path / "x", "x", "1d", end + ms + 60_001) or "")
    with pytest.raises(UsageError, match="cannot read the duration 'old'"):
        stale(tmp_path / "x", "x", "old", end)


def test_what_workers_tell_is_put_together(tmp_path: Path) -> None:
    """A bundle is used if one worker used it; if one does not know all, nobody does."""
    for name in "abc":
        (tmp_path / name).mkdir()
        (tmp_path / name / "bundle.json").touch()
    here, there, half = (Suite(tmp_path, whole=whole) for whole in (True, True, False))
    here.name("a")
    there.name(tmp_path / "b")
    there.recorded.append("b")

    here.take(there.told())
    assert (here.unused(["."]), here.recorded) == (["c"], ["b"])
    here.take(half.told())
    assert here.unused(["."]) == []
    assert here.shown(tmp_path.parent) == str(tmp_path.parent)
