"""The benchmarks can be run: a few cheap rows for a moment. What the figures are is not looked at."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.benchmarks import load, machine, peers, processes, readme, references, under_load
from tests.benchmarks.comparing import Plan
from tests.benchmarks.figures import OURS, Figure, Target, missing, table
from tests.benchmarks.servers import ROOT
from tests.serving import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = [sys.executable, "-m", "tests.benchmarks", "--quick"]
pytestmark = pytest.mark.skipif(not machine.PROC.joinpath("self/stat").exists(), reason="they read /proc")


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """As little as can be measured, with the load generator that is always there."""
    monkeypatch.setattr(load, "WRK", None)
    return Plan(quick=True, rounds=1, seconds=0.2, directory=tmp_path)


def test_a_row_under_load_is_measured_and_its_servers_end(plan: Plan) -> None:
    """One execution is asked for, of ours and of raw Sanic by turns."""
    before = machine.tree(os.getpid())

    cpu, rate = under_load.one_execution(plan)

    assert cpu.ours[0] > 0
    assert rate.reference[0] > 0
    assert cpu.against == under_load.LIMIT
    assert " against " not in cpu.note
    assert set(machine.tree(os.getpid())) <= set(before)


def test_a_row_about_a_process_is_measured(plan: Plan) -> None:
    """`toolkit --help` takes longer than a Python that does nothing."""
    wall, _ = processes.help_(plan)

    assert min(wall.ratios) > 1


def test_a_run_prints_json_from_which_the_readme_has_its_table(tmp_path: Path) -> None:
    """Every row of the run that has a target is a line between the markers, and a second time changes nothing."""
    done = subprocess.run(
        [*RUN, "--only", "help", "--json"], cwd=ROOT, capture_output=True, timeout=PATIENCE, check=True
    )
    document = json.loads(done.stdout)
    (tmp_path / "README.md").write_text("before\n" + "\nold\n".join(readme.MARKERS) + "\nafter\n")

    text = readme.table(document)
    written = readme.written((tmp_path / "README.md").read_text(), text)

    assert [row["what"] for row in document["figures"]] == ["toolkit --help: s", "toolkit --help: CPU s"]
    assert "| toolkit --help: s | " in written
    assert "| ours ≤ 0.2 | " in written
    assert "old" not in written
    assert written.startswith("before\n<!-- benchmarks: ")
    assert written.endswith("<!-- end of benchmarks -->\nafter\n")
    assert readme.written(written, text) == written


def test_a_readme_without_markers_is_left_alone() -> None:
    """The error gives the lines to put there."""
    with pytest.raises(ValueError, match="no markers; put these two lines"):
        readme.written("no table here", "")


def test_a_reference_that_is_not_there_is_said(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each generic mock server has its row, with how to get it."""
    monkeypatch.setattr(references, "CACHE", plan.directory / "nothing")

    figures = peers.generic(plan)

    assert [figure.what.split(" with ")[0] for figure in figures] == [
        f"page of 100 against {one.name}" for one in references.GENERIC
    ]
    assert all(figure.note.startswith("not there: ") for figure in figures)
    assert "not there: " in readme.table(_document(figures))


@pytest.mark.parametrize(
    ("figure", "verdict", "ratio"),
    [
        (Figure("a", [1, 2, 3], "b", [2, 2, 2], Target(1)), "met", "1 [0.5, 1.5]"),
        (Figure("a", [1, 2, 3], "b", [2, 2, 2], Target(1.1, at_most=False)), "MISSED", "1 [0.5, 1.5]"),
        (Figure("a", [1, 2, 3], "b", [2, 2, 2], Target(2, OURS)), "met", "1 [0.5, 1.5]"),
        (Figure("a", [500], target=Target(499, OURS)), "MISSED", ""),
        (Figure("a", [500]), "", ""),
        (missing("a", "not there", Target(1)), "", ""),
    ],
)
def test_a_row_says_whether_its_target_is_met(figure: Figure, verdict: str, ratio: str) -> None:
    """The median decides, of the ratios or of our own values; what was not measured is neither."""
    cells = [cell.strip() for cell in table(_document([figure])["figures"]).splitlines()[2].split("|")[1:-1]]

    assert cells[4] == ratio
    assert cells[6] == verdict


@pytest.mark.parametrize("protocol", ["HTTP/1.0", "HTTP/1.1"])
def test_requests_of_the_fallback_have_a_number_that_never_comes_twice(plan: Plan, protocol: str) -> None:
    """Also over several loads, and where the server closes after each answer."""
    header = load.Header("X-Number: {}", step=7)
    with _counting(protocol) as (url, seen):
        answered = sum(load.press(url, plan.seconds, header, connections=2).requests for _ in range(2))

    assert len(seen) >= answered > 0
    assert len(set(seen)) == len(seen)
    assert all(number % 7 == 0 for number in seen)


def test_an_interrupted_run_leaves_no_process() -> None:
    """Ctrl-C while servers run: what was measured is shown, and every process that was started is gone."""
    run = subprocess.Popen([*RUN, "--only", "help,one"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert run.stdout is not None
    assert run.stderr is not None
    with run.stdout, run.stderr:
        while b"measuring one" not in run.stderr.readline():
            assert run.poll() is None
        end = time.monotonic() + PATIENCE
        while not (family := machine.tree(run.pid)[1:]) and time.monotonic() < end:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        run.wait(PATIENCE)
        shown = run.stdout.read()
        said = run.stderr.read()

    assert run.returncode == 128 + signal.SIGINT
    assert b"Traceback" not in said
    assert family
    assert not any(machine.PROC.joinpath(str(pid)).exists() for pid in family)
    assert b"toolkit --help: s" in shown


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "No such file or directory"),
        ("[", "is no JSON"),
        ("[]", "is not what --json prints"),
        ('{"figures": []}', "is not what --json prints"),
        ('{"about": {"quick": true}, "figures": []}', "is of a --quick run"),
        ('{"about": {"quick": false}, "figures": [{"case": "help"}]}', "lacks at, controllers, "),
    ],
)
def test_only_a_whole_run_becomes_the_table(tmp_path: Path, text: str | None, why: str) -> None:
    """Anything else is refused in a line, and the README stays as it is."""
    file, before = tmp_path / "figures.json", readme.README.read_bytes()
    if text is not None:
        file.write_text(text)
    done = subprocess.run([*RUN, "--table", str(file)], cwd=ROOT, capture_output=True, text=True, check=False)
    (line,) = done.stderr.splitlines()

    assert done.returncode == 1
    assert line.startswith("cannot write the table: ")
    assert why in line
    assert readme.README.read_bytes() == before


def _document(figures: list[Figure]) -> dict[str, Any]:
    about = machine.described() | {"load generator": load.NAME}
    return {"about": about, "figures": [{"case": "a"} | figure.to_json() for figure in figures]}


@contextmanager
def _counting(protocol: str) -> Iterator[tuple[str, list[int]]]:
    """Run a server that notes the numbers it is sent."""
    seen: list[int] = []

    class Noting(BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_GET(self) -> None:
            seen.append(int(self.headers["X-Number"]))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Noting) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", seen
        finally:
            server.shutdown()
            thread.join()
