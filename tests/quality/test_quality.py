"""The rules that keep the code in shape are part of the test command."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = Path(sysconfig.get_path("scripts"))

CHECKS = {
    "imports point one way": [str(SCRIPTS / "lint-imports"), "--no-cache"],
    "lint": [str(SCRIPTS / "ruff"), "check", "--no-cache", "."],
    "format": [str(SCRIPTS / "ruff"), "format", "--no-cache", "--check", "."],
    "types": [sys.executable, "-m", "mypy", "--no-incremental"],
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_check_passes(check: str) -> None:
    """import-linter, ruff and mypy find nothing."""
    done = subprocess.run(CHECKS[check], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_nothing_refers_to_what_a_clone_does_not_have() -> None:
    """No committed text names the folder of shared material or a path of a machine."""
    names = subprocess.run(
        [str(shutil.which("git")), "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    for name in names:
        text = (ROOT / name).read_bytes()
        for word in (b"../sha" + b"red", b"/wo" + b"rk/"):
            assert word not in text, (name, word)
