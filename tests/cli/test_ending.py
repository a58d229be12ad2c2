from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from tests.serving import PATIENCE, toolkit

if TYPE_CHECKING:
    from pathlib import Path

ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
BEGUN = """
import signal, sys
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "typer":
            signal.raise_signal({number})
sys.meta_path.insert(0, Finder())
from toolkit.__main__ import main
main()
"""
"""A signal comes while the command line is imported."""


@pytest.mark.parametrize("number", ENDING)
def test_generate_leaves_nothing_when_it_is_told_to_end(tmp_path: Path, number: signal.Signals) -> None:
    """Not its hidden directory either; the exit code says which signal it was, and nothing else is said."""
    with toolkit("generate", "--jobs", "1000000", "--output", str(tmp_path / "place" / "x")) as process:
        until = time.monotonic() + PATIENCE
        while not list(tmp_path.glob("place/.toolkit-*/*.json")):
            assert time.monotonic() < until
            time.sleep(0.01)
        assert process.stop(number) == 128 + number
        assert list(tmp_path.iterdir()) == []
        assert not any("Traceback" in line for line in process.err.all())


@pytest.mark.parametrize("number", ENDING)
def test_a_signal_while_the_program_begins_is_a_quiet_end(number: signal.Signals) -> None:
    """Who is impatient sees no traceback."""
    code = BEGUN.format(number=int(number))
    done = subprocess.run([sys.executable, "-c", code, "scenario", "list"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (128 + number, "", "")


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("more", [[], ["--workers", "2"], ["--reload"]], ids=["one", "workers", "reload"])
def test_a_server_ends_well_with_each_of_them(number: signal.Signals, more: list[str]) -> None:
    """A terminal that is closed is an end like any other."""
    with toolkit("serve", "--live", "--port", "0", *more) as process:
        process.url()
        assert process.stop(number) == 0
        assert not any("Traceback" in line for line in process.err.all())


def test_what_is_to_survive_its_terminal_does() -> None:
    """`nohup` has the signal ignored."""
    code = "import signal, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); from toolkit.__main__ import main; main()"
    command = [sys.executable, "-c", code, "serve", "--live", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("http://")
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
