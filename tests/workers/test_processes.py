from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.serving import PATIENCE, toolkit
from tests.workers.crews import FROZEN, JOB, JSON, Wire, crewed, workers_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def is_gone(pid: int) -> bool:
    """Wait until a process that is not ours has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    return bool(select.select([descriptor], [], [], PATIENCE)[0])


def test_the_url_comes_when_all_processes_answer_and_sigterm_ends_them() -> None:
    """One line on stdout, exit code 0, nothing about it on stderr and no process left, open connections or not."""
    with toolkit(*FROZEN, "--workers", "3") as process:
        url = process.url()
        workers = workers_of(process)
        assert len(workers) == 2
        idle = [Wire(url) for _ in range(8)]
        for wire in idle:
            wire.ask("GET", "/v1/jobs")
        assert process.stop() == 0
        for wire in idle:
            wire.sock.close()
        assert process.out.all() == [url]
        assert len(process.err.all()) == 2
        assert all(is_gone(pid) for pid in workers)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_all_processes_is_a_clean_end(number: int) -> None:
    """As Ctrl-C on a terminal sends it, and whoever stops a whole group."""
    command = [sys.executable, "-m", "toolkit", *FROZEN, "--workers", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(b"http://")
        os.killpg(process.pid, number)
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    assert len(said.splitlines()) == 2


def test_a_worker_that_is_killed_ends_the_server() -> None:
    """Exit code 1, and one line that says which process it was and how it ended."""
    with crewed(*FROZEN) as crew:
        os.kill(crew.worker, signal.SIGKILL)
        assert crew.process.wait() == 1
        assert crew.process.err.all()[-1].endswith(
            f"cannot go on: the worker process {crew.worker} was ended by signal 9; start the server again"
        )


def test_a_killed_owner_leaves_no_process_and_no_lock(tmp_path: Path) -> None:
    """The worker ends by itself, the port is free, and another server goes on with the log at once."""
    log = tmp_path / "log"
    arguments = ("serve", "--live", "--frozen", "--log", str(log))
    with crewed(*arguments, "--port", "0") as crew:
        wire = crew.to(crew.worker)
        wire.ask("POST", "/v1/jobs?start=false", JSON, body=JOB)
        os.kill(crew.owner, signal.SIGKILL)
        crew.process.wait()
        assert is_gone(crew.worker)
        port = crew.url.rpartition(":")[2]
    with crewed(*arguments, "--port", port) as crew:
        assert all(b"X-Toolkit-Sequence: 1\r\n" in wire.ask("GET", "/v1/jobs") for wire in crew.both())


def test_a_port_of_another_server_with_workers_is_in_use() -> None:
    """Two servers never share a port, though the processes of one do."""
    with crewed(*FROZEN) as crew:
        port = crew.url.rpartition(":")[2]
        for more in ((), ("--workers", "2")):
            code, said = refused("serve", "--live", "--port", port, *more)
            assert code == 1
            assert "the port is in use" in said[-1]


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--workers", "2", "--reload"), "cannot use --workers with --reload"),
        (("--workers", "0"), "'--workers': Input should be greater than or equal to 1"),
        (("--workers", "65"), "'--workers': Input should be less than or equal to 64"),
        (("--workers", "two"), "'--workers': Input should be a valid integer"),
    ],
)
def test_refusals(flags: Sequence[str], why: str) -> None:
    """What cannot be is exit code 2 and says why."""
    code, said = refused("serve", "--live", "--port", "0", *flags)
    assert code == 2
    assert why in "\n".join(said)


def refused(*arguments: str) -> tuple[int, list[str]]:
    """Run a command that ends by itself; gives its exit code and stderr."""
    with toolkit(*arguments) as process:
        return process.wait(), process.err.all()
