"""The pytest plugin: the fixture `teraslice`, its mark, and bundles that are recorded when a test first names them.

Light: what a cluster needs is imported when a test first asks for one.
"""

from __future__ import annotations

import hashlib
import logging
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import pytest

from toolkit.errors import ToolkitError, UsageError
from toolkit.testing.marks import KEYS, OF_SERVE, said_by
from toolkit.testing.settings import check
from toolkit.testing.suite import Suite

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from toolkit.testing.house import House
    from toolkit.testing.teraslice import Teraslice

_SUITE: Final = pytest.StashKey[Suite]()
_CLUSTER: Final = pytest.StashKey["Teraslice"]()
_LONGEST_NAME: Final = 200
_DIGITS: Final = 8
_LOG: Final = logging.getLogger("toolkit.testing")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take from where missing bundles are recorded, and how old they may be."""
    group = parser.getgroup("teraslice")
    group.addoption(
        "--teraslice-record",
        metavar="URL",
        help="record the bundles that tests name and that are missing, once, from this cluster",
    )
    parser.addini("teraslice_bundles", "folders of bundles: those that no test uses are listed", "args", [])
    parser.addini("teraslice_max_age", "how old a recorded bundle may be, such as 30d", default="")
    parser.addini("teraslice_stale", "what becomes of a test whose bundle is older: warn or fail", default="warn")


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, and begin to note which bundles are used."""
    config.addinivalue_line("markers", f"teraslice({', '.join(f'{key}=...' for key in KEYS)}): what the cluster is")
    try:
        check(config)
    except UsageError as error:
        raise pytest.UsageError(str(error)) from None
    asked = config.args_source is pytest.Config.ArgsSource.ARGS and not _is_worker(config)
    left_out = any(config.getoption(name, None) for name in ("ignore", "ignore_glob", "lf", "collectonly"))
    config.stash[_SUITE] = Suite(config.rootpath, whole=not (asked or left_out))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Note the bundles that tests name, before any test is left out."""
    for item in items:
        for mark in item.iter_markers("teraslice"):
            config.stash[_SUITE].name(mark.kwargs.get("bundle"))


def pytest_deselected(items: list[pytest.Item]) -> None:
    """Note that not all tests are run."""
    for item in items[:1]:
        item.config.stash[_SUITE].whole = False


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a mark that cannot be read, whether or not its test uses the fixture."""
    _said(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failing test say how to serve the same world."""
    report = yield
    cluster = item.stash.get(_CLUSTER, None)
    if cluster is not None and report.failed:
        report.sections.append(("teraslice", f"to serve the same world: {cluster.reproduce}"))
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this worker what was used; a run that ended early knows nothing of the rest."""
    config = session.config
    suite = config.stash[_SUITE]
    suite.whole = suite.whole and not (session.shouldstop or session.shouldfail)
    if _is_worker(config):
        config.workeroutput["teraslice"] = suite.told()  # type: ignore[attr-defined]  # xdist's


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ANN401 - xdist's have no types
    """Take in what a worker tells; one that broke down leaves us without knowing."""
    suite = node.config.stash[_SUITE]
    told = getattr(node, "workeroutput", {}).get("teraslice")
    if told is None or error:
        suite.whole = False
    else:
        suite.take(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, exitstatus: int, config: pytest.Config) -> None:
    """Say what was recorded, and which bundles nobody uses."""
    suite = config.stash[_SUITE]
    for line in suite.recorded:
        terminalreporter.write_line(f"teraslice: {line}")
    ended = exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED}
    unused = suite.unused(config.getini("teraslice_bundles")) if ended else []
    if unused:
        terminalreporter.write_line(f"teraslice: no test uses {', '.join(unused)}; remove what is not needed")


@pytest.fixture(scope="session")
def _teraslice_house() -> Iterator[House]:
    """Keep the worlds of all tests of this process, and their one server, until the session ends."""
    from toolkit.server.opening import Options  # noqa: PLC0415 - see the module
    from toolkit.testing.house import House  # noqa: PLC0415

    house = House(Options(frozen=True))
    yield house
    house.close()


@pytest.fixture
def teraslice(request: pytest.FixtureRequest) -> Iterator[Teraslice]:
    """A Teraslice cluster of this test's own, frozen at its start, with seed 1 and epoch 2026-01-01T00:00:00Z.

    `teraslice.transport` and `.client()` answer in the process, `teraslice.url` is a real server on this machine;
    `@pytest.mark.teraslice(...)` says which cluster it is instead. In a fixture of wider scope use `toolkit.serve`.
    """
    item: pytest.Item = request.node
    try:
        cluster = _begin(item, request.getfixturevalue("_teraslice_house"))
    except ToolkitError as error:
        _fail(str(error))
    item.stash[_CLUSTER] = cluster
    yield cluster
    del item.stash[_CLUSTER]
    cluster.close()


def _begin(item: pytest.Item, house: House) -> Teraslice:
    from toolkit.testing.asked import wanted_of  # noqa: PLC0415 - see the module
    from toolkit.testing.teraslice import Teraslice  # noqa: PLC0415
    from toolkit.testing.wording import in_arguments  # noqa: PLC0415

    said, suite = _said(item), item.config.stash[_SUITE]
    asked = {key: value for key, value in said.items() if key in OF_SERVE}
    if "bundle" in said:
        asked["bundle"] = suite.path(said["bundle"])
        _have(item, asked["bundle"], said)
        _check_age(item, asked["bundle"], said)
    elif "scenario" in said:
        asked["scenario"] = suite.file(said["scenario"])
    if "faults" in said:
        faults = said["faults"]
        asked["faults"] = (
            [suite.file(one) for one in faults] if isinstance(faults, list | tuple) else suite.file(faults)
        )
    with in_arguments():
        wanted = wanted_of(asked, _LOG.warning, house.begun)
        cluster = Teraslice(house, house.add(_world(item), wanted.options), lambda: _folder(item.config))
        try:
            cluster.add_faults(wanted.faults)
        except ToolkitError:
            cluster.close()
            raise
    return cluster


def _world(item: pytest.Item) -> str:
    """Give the name of a test's world: its own name, as far as one may be such; no two have the same."""
    shown = re.sub(r"[\x00-\x1f\x7f]", "?", item.nodeid)
    if shown == item.nodeid and len(shown) <= _LONGEST_NAME:
        return shown
    digest = hashlib.sha256(item.nodeid.encode(errors="surrogatepass")).hexdigest()
    return f"{digest[:_DIGITS]} {shown[_DIGITS + 1 - _LONGEST_NAME :]}"


def _have(item: pytest.Item, bundle: Path, said: dict[str, Any]) -> None:
    """See to it that a bundle is there: it is recorded if the run says from where, and refused otherwise."""
    from toolkit.testing.recording import is_there, record_once  # noqa: PLC0415 - see the module

    # What is a file is not recorded either: whoever reads it says so.
    if is_there(bundle) or bundle.is_file():
        return
    suite, url = item.config.stash[_SUITE], item.config.getoption("teraslice_record")
    shown = suite.shown(bundle)
    if url is None:
        where = f" (paths are relative to {suite.root})" if shown != str(bundle) else ""
        _fail(
            f"cannot serve the bundle {shown}: it is not there{where}, and a test run touches no network unless asked; "
            "run pytest with --teraslice-record=URL to record it from a cluster"
        )
    notes: list[str] = []
    if record_once(bundle, url, said.get("record_for"), said.get("record_every"), notes.append):
        suite.recorded += [f"{shown}: {note}" for note in notes[-1:]]


def _check_age(item: pytest.Item, bundle: Path, said: dict[str, Any]) -> None:
    from toolkit.clock import wall_now  # noqa: PLC0415 - see the module
    from toolkit.testing.ages import StaleBundle, stale  # noqa: PLC0415

    max_age = said.get("max_age", item.config.getini("teraslice_max_age"))
    told = stale(bundle, item.config.stash[_SUITE].shown(bundle), max_age, wall_now()) if max_age else None
    if told is None:
        return
    if item.config.getini("teraslice_stale") == "fail":
        _fail(told)
    item.warn(StaleBundle(told))


def _said(item: pytest.Item) -> dict[str, Any]:
    try:
        return said_by(item.iter_markers("teraslice"))
    except UsageError as error:
        _fail(str(error))


def _fail(text: str) -> NoReturn:
    """Let a test fail with a line, and nothing of what led to it."""
    raise pytest.fail.Exception(text, pytrace=False) from None


def _folder(config: pytest.Config) -> Path:
    """Give the folder for logs: below pytest's cache, where the next run finds them and no commit does."""
    cache = getattr(config, "cache", None)
    return Path(tempfile.mkdtemp(prefix="toolkit-")) if cache is None else cache.mkdir("teraslice")


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")
