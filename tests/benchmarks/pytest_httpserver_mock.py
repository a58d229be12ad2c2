"""pytest-httpserver as a process that answers one path with one body.

Usage: python -m tests.benchmarks.pytest_httpserver_mock FOLDER PATH FILE, with the packages in FOLDER.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path


def main(folder: str, path: str, file: Path) -> None:
    """Serve until a signal."""
    sys.path.insert(0, folder)
    from pytest_httpserver import HTTPServer  # type: ignore[import-not-found]  # noqa: PLC0415 - in that folder

    server = HTTPServer(host="127.0.0.1", port=0)
    server.expect_request(path).respond_with_data(file.read_bytes(), content_type="application/json; charset=utf-8")
    server.start()
    sys.stdout.write(f"http://127.0.0.1:{server.port}\n")
    sys.stdout.flush()
    signal.pause()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
