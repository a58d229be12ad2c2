"""`toolkit` commands in processes, healthy or altered, and all that they said."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import NamedTuple


class Ran(NamedTuple):
    """A command that ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The one line that begins with `error:`, which must be the last one."""
        line = self.err.splitlines()[-1]
        assert line.startswith("error: ")
        assert self.err.count("error: ") == 1
        assert "Traceback" not in self.err
        return line


def run(*arguments: object, altered: str = "", **environment: str) -> Ran:
    """Run `toolkit` with arguments, altered as `tests.recorder.altered` says."""
    program = ["tests.recorder.altered", altered] if altered else ["toolkit"]
    done = subprocess.run(
        [sys.executable, "-m", *program, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    return Ran(done.returncode, done.stdout, done.stderr)
