"""The pytest plugin, as runs of pytest in pytest."""

from __future__ import annotations

import re
import subprocess
import sys

import httpcore  # noqa: F401 - as below
import pytest

# What the runs inside need is imported outside of them once: pytester forgets what they import.
import toolkit.testing.serving
import toolkit.testing.teraslice
from tests.testing.suites import DEMO, INI, SUITE, plugin_run, worker_run
from toolkit.server.thread import ServerThread


@pytest.fixture
def inside(pytester: pytest.Pytester) -> pytest.Pytester:
    """Give a folder with strict settings."""
    pytester.makeini(INI)
    return pytester


def test_a_failing_test_prints_the_line_that_serves_its_world(inside: pytest.Pytester) -> None:
    """With what its mark says and where its clock is; a passing one prints nothing."""
    inside.makepyfile("""
        import pytest

        @pytest.mark.teraslice(seed=7, scenario="busy")
        def test_fails(teraslice):
            teraslice.clock.advance("5m")
            assert not teraslice.get("/v1/jobs")

        def test_passes(teraslice):
            pass
    """)

    result = plugin_run(inside)

    result.assert_outcomes(passed=1, failed=1)
    line = "toolkit serve --live --seed 7 --epoch 2026-01-01T00:00:00.000Z --jobs 40 --scenario busy"
    result.stdout.fnmatch_lines(
        ["*- teraslice -*", f"to serve the same world: {line} --at 2026-01-01T00:05:00.000Z --frozen"]
    )
    assert str(result.stdout).count("to serve the same world") == 1


def test_a_failing_test_with_commands_leaves_their_log(inside: pytest.Pytester) -> None:
    """It is in pytest's cache, and the line names it."""
    inside.makepyfile("""
        def test_fails(teraslice):
            teraslice.post_job({"name": "x", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]})
            assert False
    """)

    found = re.search(r"--log (\S+)", str(plugin_run(inside).stdout))

    assert found is not None
    assert b'"post_job"' in (inside.path / found[1]).read_bytes()


def test_without_a_cache_the_log_goes_to_a_temporary_folder(inside: pytest.Pytester) -> None:
    """The line names a file that is there, whichever plugins are on."""
    inside.makepyfile("""
        def test_fails(teraslice):
            teraslice.post_job({"name": "x", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]})
            assert False
    """)

    found = re.search(r"--log (\S+)", str(plugin_run(inside, "-p", "no:cacheprovider").stdout))

    assert found is not None
    assert b'"post_job"' in (inside.path / found[1]).read_bytes()


def test_the_closest_mark_wins(inside: pytest.Pytester) -> None:
    """Key by key; what is said of a live cluster does not stand beside a bundle."""
    inside.makepyfile(f"""
        import pytest

        pytestmark = pytest.mark.teraslice(seed=2, at="+1m")

        def seed(cluster):
            return cluster.get("/_toolkit/info")["seed"], cluster.clock.text[14:19]

        def test_module(teraslice):
            assert seed(teraslice) == (2, "01:00")

        @pytest.mark.teraslice(seed=3)
        class TestClass:
            def test_class(self, teraslice):
                assert seed(teraslice) == (3, "01:00")

            @pytest.mark.teraslice(seed=4, at="+2m")
            def test_function(self, teraslice):
                assert seed(teraslice) == (4, "02:00")

            @pytest.mark.teraslice(bundle={str(DEMO)!r}, at="+0s")
            def test_bundle(self, teraslice):
                assert seed(teraslice)[0] is None
    """)

    plugin_run(inside, "--strict-markers").assert_outcomes(passed=4)


@pytest.mark.parametrize(
    ("mark", "why"),
    [
        (
            "seeds=3",
            "cannot read @pytest.mark.teraslice: it knows no 'seeds'; choose from allow_edited, at, auto_advance",
        ),
        ("'busy'", "cannot read @pytest.mark.teraslice: 'busy' has no name; write it like bundle='busy'"),
        ("scenario='nothing'", "cannot read the scenario nothing: "),
        ("at='soon'", "cannot read the date 'soon'"),
        ("bundle='snapshots/x', seed=3", "cannot serve a bundle with seed"),
        (
            "bundle='snapshots/x'",
            "cannot serve the bundle snapshots/x: it is not there (paths are relative to /",
        ),
        (
            "bundle='/nowhere/x'",
            "cannot serve the bundle /nowhere/x: it is not there, and a test run touches no network",
        ),
        ("bundle='snapshots'", "cannot serve the bundle snapshots: it is not there (paths are"),
        ("bundle='tox.ini'", "/tox.ini: it is a file; give the directory that holds a bundle.json"),
        ("bundle=5", "cannot read @pytest.mark.teraslice: bundle is 5, it takes the path of a bundle's directory"),
        ("bundle=5, scenario=None", "cannot read @pytest.mark.teraslice: bundle is 5, it takes"),
        ("scenario=5", "cannot read @pytest.mark.teraslice: scenario is 5, it takes the name of a scenario"),
        ("max_age='30 days'", "cannot read @pytest.mark.teraslice: max_age is '30 days', it takes a duration such as"),
        ("faults='shaky'", "cannot read the faults shaky: No such file or directory; give a file that is there, or"),
        ("faults=5", "cannot read @pytest.mark.teraslice: faults is 5, it takes the name of a set such as 'flaky'"),
        ("faults=[{'status': 200}]", "cannot add a fault: status: "),
        ("at='-1h'", "cannot start at -1h: that is outside of "),
    ],
)
def test_a_mark_that_cannot_be_is_refused_in_a_line(inside: pytest.Pytester, mark: str, why: str) -> None:
    """The test has an error, whose text is one line and no traceback."""
    inside.makepyfile(f"""
        import pytest

        @pytest.mark.teraslice({mark})
        def test_one(teraslice):
            pass
    """)
    if "seed=3" in mark:
        inside.mkdir("snapshots").joinpath("x").mkdir()
        inside.path.joinpath("snapshots/x/bundle.json").write_text("{}")

    result = plugin_run(inside)

    result.assert_outcomes(errors=1)
    assert str(result.stdout).partition("short test summary")[0].count(why) == 1
    assert not re.search("Traceback|During handling|INTERNALERROR| --at", str(result.stdout))


def test_a_key_that_is_none_is_not_given(inside: pytest.Pytester) -> None:
    """For every key; another mark's counts then."""
    inside.makepyfile("""
        import pytest
        from toolkit.testing.marks import KEYS

        @pytest.mark.teraslice(**dict.fromkeys(KEYS))
        def test_one(teraslice):
            assert teraslice.get("/_toolkit/info")["seed"] == 1

        @pytest.mark.teraslice(seed=7)
        class TestClass:
            @pytest.mark.teraslice(seed=None, bundle=None)
            def test_two(self, teraslice):
                assert teraslice.get("/_toolkit/info")["seed"] == 7
    """)

    plugin_run(inside).assert_outcomes(passed=2)


def test_a_mark_names_faults(inside: pytest.Pytester) -> None:
    """A set, a file below the folder of pytest's settings, one fault, or a list; the test's world begins with them."""
    inside.path.joinpath("some.toml").write_text("[[faults]]\nstatus = 418\n")
    inside.makepyfile("""
        import pytest

        @pytest.mark.teraslice(faults="flaky")
        def test_set(teraslice):
            assert len(teraslice.get("/_toolkit/faults")["faults"]) == 3

        @pytest.mark.parametrize("form", [
            pytest.param(0, marks=pytest.mark.teraslice(faults="some.toml")),
            pytest.param(1, marks=pytest.mark.teraslice(faults=["some.toml"])),
            pytest.param(2, marks=pytest.mark.teraslice(faults={"status": 418})),
            pytest.param(3, marks=pytest.mark.teraslice(faults=({"status": 418},))),
        ])
        def test_forms(teraslice, form, tmp_path, monkeypatch):
            with teraslice.client() as client:
                assert client.get("/v1/jobs").status_code == 418
    """)

    plugin_run(inside).assert_outcomes(passed=5)


def test_no_two_tests_have_the_same_log(inside: pytest.Pytester) -> None:
    """Ids that differ only in what a file's name cannot have, or before what of it is kept, have files of their own."""
    inside.makepyfile("""
        import pytest

        @pytest.mark.parametrize("word", ["a b", "a/b", "a?b", "x" + "y" * 300, "z" + "y" * 300, "a\x01b"])
        def test_fails(teraslice, word):
            teraslice.post_job({"name": "x", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]})
            assert False
    """)

    found = re.findall(r"--log (\S+)", str(plugin_run(inside).stdout))

    assert len(set(found)) == 6
    assert all((inside.path / log).is_file() for log in found)


def test_a_fixture_of_wider_scope_serves_by_itself(inside: pytest.Pytester) -> None:
    """`toolkit.serve` in a session's or a module's fixture: one cluster for its tests, beside those of their own."""
    inside.makepyfile("""
        import pytest, toolkit

        @pytest.fixture(scope="session")
        def shared():
            with toolkit.serve(seed=7) as cluster:
                yield cluster

        @pytest.fixture(scope="module")
        def url(shared):
            return shared.url

        def test_one(shared, url, teraslice):
            shared.clock.advance("1h")
            assert teraslice.clock.text[11:13] == "00"
            assert url == shared.url != teraslice.url

        def test_two(shared):
            assert shared.clock.text[11:13] == "01"
            assert shared.get("/_toolkit/info")["seed"] == 7
    """)

    plugin_run(inside).assert_outcomes(passed=2)


def test_a_test_may_close_its_cluster(inside: pytest.Pytester) -> None:
    """What fails afterwards still says how to serve the same world, and nothing else goes wrong."""
    inside.makepyfile("""
        def test_fails(teraslice):
            teraslice.close()
            assert False
    """)

    result = plugin_run(inside)

    result.assert_outcomes(failed=1)
    assert "to serve the same world: toolkit serve" in str(result.stdout)


def test_a_mark_is_looked_at_without_the_fixture(inside: pytest.Pytester) -> None:
    """A key that no mark knows is an error even where nobody would read it."""
    inside.makepyfile("""
        import pytest

        @pytest.mark.teraslice(sed=3)
        def test_one():
            pass
    """)

    plugin_run(inside).assert_outcomes(errors=1)


def test_each_test_has_a_world_of_its_own(inside: pytest.Pytester) -> None:
    """What one does, the next does not see; every URL is another port, and gone after its test."""
    inside.makepyfile("""
        import httpx, pytest

        JOB = {"name": "mine", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}
        urls = []

        @pytest.mark.parametrize("number", range(5))
        def test_one(teraslice, number):
            for url in urls:
                with pytest.raises(httpx.ConnectError):
                    httpx.get(url, trust_env=False)
            assert teraslice.url not in urls
            urls.append(teraslice.url)
            teraslice.clock.advance("1h")
            with httpx.Client(base_url=teraslice.url, trust_env=False) as client:
                assert "mine" not in client.get("/txt/jobs?size=100").text
                client.post("/v1/jobs", json=JOB)
                assert "mine" in client.get("/txt/jobs?size=100").text
            assert len(teraslice.requests) == 3
            assert teraslice.clock.text == "2026-01-01T01:00:00.000Z"
    """)

    plugin_run(inside).assert_outcomes(passed=5)


def test_a_client_that_is_left_open_hinders_nobody(inside: pytest.Pytester) -> None:
    """The end of a test closes the connections to its port: the client meets a closed connection, not another world."""
    inside.makepyfile("""
        import httpx, pytest

        client = httpx.Client(trust_env=False)
        urls = []

        def test_one(teraslice):
            urls.append(teraslice.url)
            assert client.get(f"{teraslice.url}/v1/jobs").status_code == 200

        def test_two(teraslice):
            with pytest.raises(httpx.TransportError):
                client.get(f"{urls[0]}/v1/jobs")
            client.close()
    """)

    plugin_run(inside).assert_outcomes(passed=2)


def test_nothing_is_left_when_the_session_ends(inside: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's thread is gone and its socket closed; where no URL is asked for, there was none."""
    started: list[ServerThread] = []
    start = ServerThread.start

    def note(self: ServerThread) -> None:
        start(self)
        started.append(self)

    monkeypatch.setattr(ServerThread, "start", note)
    inside.makepyfile(test_quiet="def test_one(teraslice):\n    assert teraslice.get('/v1/jobs')")
    plugin_run(inside).assert_outcomes(passed=1)
    assert not started
    inside.makepyfile(
        test_loud="""
        import pytest

        @pytest.mark.parametrize("number", range(2))
        def test_one(teraslice, number):
            assert teraslice.url
        """
    )
    plugin_run(inside).assert_outcomes(passed=3)
    assert len(started) == 1
    assert not started[0]._thread.is_alive()
    assert started[0]._sock.fileno() == -1


def test_a_suite_passes_in_any_order_and_in_several_processes(inside: pytest.Pytester) -> None:
    """Tests in different worlds and instants, in any order and under xdist: all pass."""
    inside.makepyfile(**SUITE)

    runs = [plugin_run(inside, *more) for more in ((), ("--order=backwards",), ("--order=shuffled",))]
    runs.append(worker_run(inside))

    assert [run.parseoutcomes() for run in runs] == [{"passed": 48}] * 4


def test_the_plugin_is_light() -> None:
    """Until a cluster is asked for, neither the server's framework nor the client's is imported, nor numpy."""
    code = """
import sys, toolkit, toolkit.testing.plugin
print(sorted({"sanic", "httpx", "numpy", "msgspec", "uvloop", "anyio"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_public_names_are_there() -> None:
    """Each of `__all__` is imported when it is asked for; another one is no attribute."""
    for package in (toolkit, toolkit.testing):
        assert package.__all__ == sorted(package.__all__)
        for name in package.__all__:
            assert name in dir(package)
            assert getattr(package, name) is not None
        with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
            package.nothing  # noqa: B018 - asking is the test
