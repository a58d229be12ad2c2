"""The toolkit as users have it: installed with what it depends on, and nothing that only its development needs.

Sanic imports trustme, and typer pydantic, where they find them; in a development environment they do.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.benchmarks.servers import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 120


def installed(directory: Path) -> Path:
    """Install the toolkit into an environment of its own, once for a directory; gives the folder of its commands.

    Raises:
        CalledProcessError: If that cannot be done, for instance without a network.
    """
    environment = directory / "installed"
    commands = environment / "bin"
    if not environment.exists():
        # The wheel is built from the checkout; nothing is written into it.
        for command in (
            ["uv", "venv", "--quiet", str(environment)],
            ["uv", "pip", "install", "--quiet", "--python", str(commands / "python"), str(ROOT)],
            [str(commands / "python"), "-m", "compileall", "-q", str(environment)],
        ):
            subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=True)
    return commands
