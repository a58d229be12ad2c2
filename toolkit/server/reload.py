"""`serve --reload`: a parent that holds the socket and starts the server anew when the toolkit's code changes.

The parent binds once and never serves; clients that come between two servers wait in the socket's queue. Parent and
child share a link, a pair of sockets: the child says on it how it runs (so that the next one goes on with the same
time) or that it was asked wrongly, and it stops when the parent's end closes, however the parent ended. The world goes
from one child to the next in a command log: the one that was asked for, else a file without a name.
"""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import toolkit
from toolkit.signals import ending

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

VARIABLE = "TOOLKIT_RELOAD"
LOOK_EVERY = 0.5
PATIENCE = 5.0
"""Seconds in which a child has to stop before it is killed."""
_MOST_REPORT = 4_096

Stamps = dict[str, tuple[int, int]]


class Run(NamedTuple):
    """How a server runs: what the next one needs to go on as if nothing had happened.

    Attributes:
        start: The instant at which the clock started.
        anchor_wall: The wall time at which it did.
        token: The token of the control API, if it has one.
        rebased: Where the start of a rebased bundle went.
    """

    start: int
    anchor_wall: int
    token: str | None = None
    rebased: int | None = None


class Inherited(NamedTuple):
    """What a child gets from its parent.

    Attributes:
        sock: The listening socket.
        link: The child's end of the link.
        log: The descriptor of a command log without a name.
        run: How the server before it ran, `None` for the first.
    """

    sock: socket.socket
    link: socket.socket
    log: int
    run: Run | None

    @classmethod
    def from_environment(cls) -> Inherited | None:
        """Take over what the parent left, `None` if this process has no such parent."""
        text = os.environ.pop(VARIABLE, None)
        if text is None:
            return None
        given = json.loads(text)
        run = Run(*given["run"]) if given["run"] is not None else None
        return cls(socket.socket(fileno=given["sock"]), socket.socket(fileno=given["link"]), given["log"], run)

    def is_up(self, run: Run) -> None:
        """Tell the parent that the server answers, and how it runs."""
        self.link.sendall(json.dumps({"run": run}).encode())

    def refused(self, code: int) -> None:
        """Tell the parent that this process ends by intention with `code`: what was asked cannot be done."""
        self.link.sendall(json.dumps({"refused": code}).encode())


class _Signalled(Exception):
    """A signal to stop arrived."""


def package_stamps() -> Stamps:
    """Look at the toolkit's Python files: when each was changed and how large it is."""
    stamps = {}
    for path in Path(toolkit.__file__).parent.rglob("*.py"):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # an editor just moved it
        stamps[str(path)] = (status.st_mtime_ns, status.st_size)
    return stamps


def supervise(sock: socket.socket, arguments: list[str], say: Callable[[str], None]) -> int:
    """Run `toolkit <arguments>` on `sock`, again after each change of the code, until a signal; gives the exit code."""
    child: _Child | None = None

    def first(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 - the shape of a handler
        for each in ending():
            signal.signal(each, second)
        raise _Signalled

    def second(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the shape of a handler
        if child is not None:
            child.process.kill()
        os._exit(128 + number)

    for number in ending():
        signal.signal(number, first)
    run: Run | None = None
    stamps = package_stamps()
    try:
        with tempfile.TemporaryFile() as log:
            while True:
                child = _Child(sock, log.fileno(), arguments, run)
                stamps, run, code = _watch(child, stamps, run, say)
                child.stop()
                if code is not None:
                    return code
    except _Signalled:
        if child is not None:
            child.stop()
        return 0


class _Child:
    """One server process."""

    def __init__(self, sock: socket.socket, log: int, arguments: list[str], run: Run | None) -> None:
        self.link, theirs = socket.socketpair()
        given = {"sock": sock.fileno(), "link": theirs.fileno(), "log": log, "run": run}
        # The same package as ours, wherever we were started; in a group of its own, so that Ctrl-C reaches only us.
        found = [str(Path(toolkit.__file__).parent.parent), os.environ.get("PYTHONPATH", "")]
        self.process = subprocess.Popen(  # noqa: S603 - our own command
            [sys.executable, "-P", "-m", "toolkit", *arguments],
            env={**os.environ, VARIABLE: json.dumps(given), "PYTHONPATH": os.pathsep.join(filter(None, found))},
            pass_fds=(sock.fileno(), theirs.fileno(), log),
            process_group=0,
        )
        theirs.close()

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.link.close()


def _watch(
    child: _Child, stamps: Stamps, run: Run | None, say: Callable[[str], None]
) -> tuple[Stamps, Run | None, int | None]:
    """Wait for a change of the code; gives the files now, how the server runs, and a code if it ended for good."""
    running = True
    while True:
        heard = running and bool(select.select([child.link], [], [], LOOK_EVERY)[0])
        if heard:
            report = child.link.recv(_MOST_REPORT)
            if not report:
                running = False
                say(f"the server ended with exit code {child.process.wait()}; it starts again at the next change")
            elif "run" in (told := json.loads(report)):
                run = Run(*told["run"])
            elif run is None:
                child.process.wait()
                return stamps, run, int(told["refused"])
        elif not running:
            select.select([], [], [], LOOK_EVERY)
        now = package_stamps()
        if now != stamps:
            changed = sorted(path for path in now.keys() | stamps.keys() if now.get(path) != stamps.get(path))
            say(f"reloading: {changed[0]} changed")
            return now, run, None
