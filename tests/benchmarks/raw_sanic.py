"""The limit for a server made with Sanic: one route that sends ready-made bytes, by Sanic's ordinary means.

Usage: python -m tests.benchmarks.raw_sanic PATH FILE [encode], with the body in FILE and the header lines in
FILE.headers. With `encode` it makes the body at each request from the documents: orjson, then the 4-space format.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import orjson
from sanic import HTTPResponse, Request, Sanic

if TYPE_CHECKING:
    from collections.abc import Callable


def main(path: str, file: Path, *, encode: bool) -> None:
    """Serve until a signal."""
    lines = file.with_suffix(".headers").read_text().splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    make = _made(file.read_bytes(), encode=encode)
    sock = socket.create_server(("127.0.0.1", 0), backlog=1024)
    app: Sanic[Any, Any] = Sanic("raw", configure_logging=False)
    app.config.update(AUTO_EXTEND=False, ACCESS_LOG=False)

    async def stored(_: Request) -> HTTPResponse:
        return HTTPResponse(make(), headers=headers)

    async def up(*_: object) -> None:
        sys.stdout.write(f"http://127.0.0.1:{sock.getsockname()[1]}\n")
        sys.stdout.flush()

    app.add_route(stored, path, methods=["GET"])
    app.register_listener(up, "after_server_start")
    app.run(sock=sock, single_process=True, motd=False, access_log=False)


def _made(body: bytes, *, encode: bool) -> Callable[[], bytes]:
    if not encode:
        return lambda: body
    documents = orjson.loads(body)
    return lambda: msgspec.json.format(orjson.dumps(documents), indent=4)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), encode=sys.argv[3:] == ["encode"])
