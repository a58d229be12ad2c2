"""`toolkit check`: whether a cluster, live or stored, does what can never be."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from toolkit.cli.options import (  # noqa: TC001 - typer reads the annotations
    BasicAuthFile,
    Ca,
    ClientCert,
    ClientKey,
    Concurrency,
    HeaderFile,
    Insecure,
    Timeout,
)
from toolkit.cli.output import Progress, json_text, result, say
from toolkit.cli.way import Way
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from toolkit.examine.examiner import Examiner
    from toolkit.examine.telling import Outcome

_ADDRESS: Final = re.compile(r"[\w.-]+:\d+(/.*)?|[^/]*:[^/]*@.*")
"""A host with its port, or a user with a password and a host."""
FOR, EVERY, SETTLE, LIMIT = "10s", "500ms", "60s", 100


def check(  # noqa: PLR0913 - the flags of the command
    what: Annotated[
        str, typer.Argument(metavar="URL|DIR", help="A cluster, such as http://localhost:5678, or a bundle.")
    ],
    *,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help=f"How long to look at a URL.  [default: {FOR}]")
    ] = None,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="DURATION", help=f"From one look at a URL to the next.  [default: {EVERY}]"),
    ] = None,
    settle: Annotated[
        str, typer.Option("--settle", metavar="DURATION", help="How long what is only unusual must last to be told.")
    ] = SETTLE,
    allow_edited: Annotated[
        bool, typer.Option("--allow-edited", help="Check a bundle whose files were changed by hand.")
    ] = False,
    header_file: HeaderFile = None,
    basic_auth_file: BasicAuthFile = None,
    ca: Ca = None,
    client_cert: ClientCert = None,
    client_key: ClientKey = None,
    insecure: Insecure = False,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=0, help="How many findings to print.")] = LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find what can never be in a cluster, live or in a bundle.

    What can never be is an error; what is only unusual, for longer than --settle, is a warning. An error in what
    several lists say must last for some seconds, whatever --settle is: the lists of a real cluster lag.

    A URL is looked at for a while, and only read; Ctrl-C ends that early. It needs the same flags as toolkit record to
    get in, and honours netrc and HTTP_PROXY and its like.

    Exit code 0 if there are no errors, 1 if there are.
    """
    from toolkit.examine.telling import outcome_of  # noqa: PLC0415 - `toolkit --help` does without
    from toolkit.model.instants import parse_duration  # noqa: PLC0415

    way = Way(header_file, basic_auth_file, ca, client_cert, client_key, insecure, concurrency, timeout)
    settle_ms = parse_duration(settle)
    if _is_address(what):
        if allow_edited:
            msg = "cannot use --allow-edited with a URL: it is about the files of a bundle; leave it out"
            raise UsageError(msg)
        every_ms, for_ms = (parse_duration(text) for text in (every or EVERY, for_ or FOR))
        examiner = _examine_url(what, every_ms, for_ms, settle_ms, way)
    else:
        if for_ is not None or every is not None:
            given = "--for" if for_ is not None else "--every"
            msg = f"cannot use {given} with a bundle: all its frames are looked at; leave it out, or give a URL"
            raise UsageError(msg)
        if way.given:
            msg = f"cannot use {way.given} with a bundle: it is for getting at a cluster; leave it out, or give a URL"
            raise UsageError(msg)
        examiner = _examine_bundle(Path(what), settle_ms, allow_edited=allow_edited)
    tell(outcome_of(examiner), limit, as_json=as_json)


def tell(outcome: Outcome, limit: int, *, as_json: bool) -> None:
    """Print an outcome, and exit with 1 if there are errors."""
    from toolkit.model.wire import pretty  # noqa: PLC0415 - `toolkit --help` does without

    if as_json:
        result(json_text(pretty(outcome.document(limit)).decode()))
    else:
        for line in outcome.lines(limit):
            result(line)
    if outcome.errors:
        raise typer.Exit(1)


def _is_address(text: str) -> bool:
    """Tell a cluster's address, also one without http:// in front or with credentials, from a bundle's directory.

    What is told of such an address shows no credentials, which what is told of a directory's name would.
    """
    return "://" in text or (_ADDRESS.fullmatch(text) is not None and not Path(text).exists())


def refuse_address(bundle: Path, doing: str, instead: str) -> None:
    """Refuse a cluster's address where a bundle is needed; it is not shown, for it may hold credentials.

    Raises:
        UsageError: If it is one, and no directory.
    """
    # A path has lost one of the slashes.
    if (re.match(r"[A-Za-z]+:/", str(bundle)) or _is_address(str(bundle))) and not bundle.exists():
        msg = f"cannot {doing} a URL: it takes a bundle's directory; {instead}"
        raise UsageError(msg)


def _examine_url(url: str, every_ms: int, for_ms: int, settle_ms: int, way: Way) -> Examiner:
    from toolkit.examine.polling import Poll, examine_live  # noqa: PLC0415 - httpx is slow to import
    from toolkit.recorder.address import parse_address  # noqa: PLC0415

    if every_ms == 0:
        msg = f"cannot check with --every 0: it must be at least 1ms; leave it out for {EVERY}"
        raise UsageError(msg)
    limits, address = way.limits("check"), parse_address(url)
    poll = Poll(address, every_ms, for_ms, settle_ms, limits, way.access(say)(address))
    with Progress(f"checking {address.shown}") as progress:
        return examine_live(poll, progress.say, progress)


def _examine_bundle(path: Path, settle_ms: int, *, allow_edited: bool) -> Examiner:
    from toolkit.bundle.reader import read_bundle  # noqa: PLC0415 - `toolkit --help` does without
    from toolkit.examine.stored import Stored, examine_stored  # noqa: PLC0415

    bundle = read_bundle(path, allow_edited=allow_edited)
    with Progress(f"checking {path}") as progress:
        return examine_stored(
            Stored(bundle.manifest, bundle.timeline, bundle.frames), settle_ms, progress.say, progress
        )
