"""The bundle in `snapshots/` is what the README's own command makes, byte for byte."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "snapshots" / "demo"


def readme_command() -> list[str]:
    """Find the README's command that makes the demo bundle."""
    found = re.search(
        r"^(?:uv run )?toolkit (generate .*--output snapshots/demo)$", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    assert found
    return shlex.split(found[1])


@pytest.mark.parametrize("hash_seed", ["0", "1", "4242"])
def test_the_readme_command_makes_the_same_bytes_under_any_hash_seed(tmp_path: Path, hash_seed: str) -> None:
    """Every file of the regenerated bundle equals the stored one."""
    environment = os.environ | {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT), "TZ": f"Etc/GMT+{hash_seed[0]}"}
    subprocess.run(
        [sys.executable, "-m", "toolkit", *readme_command()],
        cwd=tmp_path,
        env=environment,
        check=True,
        capture_output=True,
    )
    made = tmp_path / "snapshots" / "demo"

    assert sorted(path.name for path in made.iterdir()) == sorted(path.name for path in DEMO.iterdir())
    for path in DEMO.iterdir():
        assert (made / path.name).read_bytes() == path.read_bytes(), path.name


def test_the_demo_bundle_is_small_enough_to_read() -> None:
    """A few dozen jobs, a third of a megabyte in all, each file JSON with a record a line."""
    sizes = {path.name: path.stat().st_size for path in DEMO.iterdir()}

    assert sum(sizes.values()) < 350_000
    assert all(name.endswith(".json") for name in sizes)
