from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

import toolkit as package
from tests.serving import PATIENCE, Process, toolkit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MARK = "toolkit/model/status.py"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the package, so that a test may change its code; gives the folder that holds it."""
    source = Path(package.__file__).parent
    shutil.copytree(source, tmp_path / "toolkit", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.fixture
def server(copy: Path) -> Iterator[Process]:
    """Serve from the copy with --reload."""
    arguments = ("serve", "--live", "--port", "0", "--reload", "--jobs", "3")
    with toolkit(*arguments, PYTHONPATH=str(copy), PYTHONSAFEPATH="1") as process:
        yield process


def eventually(fact: Callable[[], bool]) -> None:
    """Wait for a fact that another process makes true."""
    end = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < end, "it never became true"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Give the children of a process."""
    path = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(word) for word in path.read_text().split()]


def alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes in /proc")


def test_a_change_restarts_the_same_run_on_the_same_port(copy: Path, server: Process) -> None:
    """Same URL, seed, epoch and running time; the URL is said once; the new code is what answers."""
    url = server.url()
    before = httpx.get(f"{url}/v1/jobs")
    routes = copy / "toolkit" / "answers" / "routes.py"
    routes.write_text(routes.read_text().replace('"status": "ok"', '"status": "changed"'))
    server.err.next(lambda line: line.startswith("reloading: ") and "routes.py" in line)
    eventually(lambda: httpx.get(f"{url}/_toolkit/healthz").json()["status"] == "changed")
    after = httpx.get(f"{url}/v1/jobs")
    assert after.content == before.content
    assert after.headers["X-Toolkit-Instant"] > before.headers["X-Toolkit-Instant"]
    assert server.stop() == 0
    assert server.out.all() == [url]


def test_commands_survive_a_change_of_the_code(copy: Path, server: Process) -> None:
    """Without --log too: the refreshed world is still there, and the log goes on where it was."""
    url = server.url()
    httpx.post(f"{url}/v1/data/refresh")
    before = {path: httpx.get(url + path).content for path in ("/v1/jobs", "/_toolkit/commands")}
    mark = copy / MARK
    mark.write_text(mark.read_text() + "\n")
    server.err.next(lambda line: line.startswith("reloading: "))
    assert {path: httpx.get(url + path, timeout=PATIENCE).content for path in before} == before
    assert httpx.post(f"{url}/v1/data/refresh").headers["X-Toolkit-Sequence"] == "2"
    assert httpx.get(f"{url}/v1/jobs").content != before["/v1/jobs"]
    assert server.stop() == 0


def test_a_log_on_disk_is_carried_on_over_a_reload(copy: Path, tmp_path: Path) -> None:
    """The file has the commands of every child, at the same instant of a frozen clock."""
    log = tmp_path / "world.log"
    arguments = ("serve", "--live", "--port", "0", "--reload", "--jobs", "3", "--log", str(log), "--frozen")
    with toolkit(*arguments, PYTHONPATH=str(copy), PYTHONSAFEPATH="1") as server:
        url = server.url()
        first = httpx.post(f"{url}/v1/data/refresh").headers
        mark = copy / MARK
        mark.write_text(mark.read_text() + "\n")
        server.err.next(lambda line: line.startswith("reloading: "))
        second = httpx.post(f"{url}/v1/data/refresh", timeout=PATIENCE).headers
        assert server.stop() == 0
    assert second["X-Toolkit-Sequence"] == "2"
    assert first["X-Toolkit-Instant"] == second["X-Toolkit-Instant"]
    assert len(log.read_bytes().splitlines()) == 3


def test_broken_code_is_reported_and_mended_code_serves_again(copy: Path, server: Process) -> None:
    """A syntax error ends only the child; the next change starts it again, as the same run."""
    url = server.url()
    before = httpx.get(f"{url}/v1/jobs").content
    path = copy / MARK
    good = path.read_text()
    path.write_text("this is no Python\n" + good)
    server.err.next(lambda line: "SyntaxError" in line)
    server.err.next(lambda line: line.startswith("the server ended with exit code 1;"))
    path.write_text(good + "\n")
    assert httpx.get(f"{url}/v1/jobs", timeout=PATIENCE).content == before
    assert server.stop(signal.SIGINT) == 0


def test_a_killed_parent_leaves_no_child(server: Process) -> None:
    """The child notices and ends by itself."""
    server.url()
    (child,) = children(server.process.pid)
    assert server.stop(signal.SIGKILL) == -signal.SIGKILL
    eventually(lambda: not alive(child))


def test_a_stopped_parent_takes_its_child_along(server: Process) -> None:
    """After SIGTERM nobody is left, and the port is free."""
    url = server.url()
    (child,) = children(server.process.pid)
    assert server.stop() == 0
    assert not alive(child)
    with pytest.raises(httpx.ConnectError):
        httpx.get(url)
