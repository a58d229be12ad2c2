"""The README's session with curl, run as it stands there."""

from __future__ import annotations

import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.serving import PATIENCE, FastClock, live_server
from toolkit.world.named import NAMED
from toolkit.world.scenario import Scenario

README = Path(__file__).parents[2] / "README.md"
SCENARIO = Scenario.from_table(NAMED["empty"].table)
RATE = 20
"""How much faster than the wall's the cluster's clock runs, and the script sleeps."""


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine: the README's session is not run")
def test_the_commands_of_the_readme_do_what_it_says(tmp_path: Path) -> None:
    """A job starts, pauses, goes on, is scaled, stopped, started again and deleted; an asset is uploaded."""
    section = README.read_text("utf-8").partition("## Commands to the cluster")[2].partition("\n## ")[0]
    session, upload = (block for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) if "curl" in block)
    with zipfile.ZipFile(tmp_path / "mine.zip", "w") as bundle:
        bundle.writestr("asset.json", '{"name": "mine", "version": "1.0.0"}')
    with live_server(SCENARIO, FastClock(SCENARIO.epoch, RATE)) as server:
        script = re.sub(r"sleep (\d+)", lambda found: f"sleep {int(found[1]) / RATE}", session + upload)
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script.replace("http://127.0.0.1:5678", server.url)],  # noqa: S607
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )

    said = ['"paused"', '"running"', "2 workers have been enqueued", " running ", '"stopped"', '"ex_id"', '"stopped"']
    at = 0
    for text in [*said, '"_deleted": true', '"asset_id"']:
        assert text in done.stdout[at:], done.stdout
        at = done.stdout.index(text, at) + len(text)
    assert '"error"' not in done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine: the README's session is not run")
def test_the_clock_is_set_as_the_readme_does(tmp_path: Path) -> None:
    """Each command of the section on time and worlds is answered with a success, in the order in which they stand."""
    section = README.read_text("utf-8").partition("## Time, and everything else")[2].partition("\n## ")[0]
    blocks = [block for block in re.findall(r"```sh\n(.*?)```", section, re.DOTALL) if "curl" in block]
    assert len(blocks) >= 5
    with live_server(Scenario()) as server:
        script = "".join(blocks).replace("http://127.0.0.1:5678", server.url).replace("curl ", "curl -fsS ")
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    assert (done.returncode, done.stderr) == (0, "")
    for text in ('"t": "2026-01-01T00:10:00.000Z"', '"speed": 60', '"reproduce": "toolkit serve', '"name": "mine"'):
        assert text in done.stdout, text


def test_the_examples_of_the_readme_are_tests() -> None:
    """What it shows of tests in Python is word for word what is run as tests here."""
    shown = re.findall(r"<!-- run: (\S+) -->\n```python\n(.*?)```\n", README.read_text("utf-8"), re.DOTALL)

    assert len(shown) == 2
    for path, block in shown:
        assert (README.parent / path).read_text("utf-8") == block
