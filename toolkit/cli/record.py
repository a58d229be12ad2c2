"""`toolkit record`: a bundle from a real cluster."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from toolkit.cli.options import (
    BasicAuthFile,
    Ca,
    ClientCert,
    ClientKey,
    HeaderFile,
    Insecure,
    Keep,
    KeepNames,
    RedactionKeyFile,
)
from toolkit.cli.output import say
from toolkit.cli.way import Way
from toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def record(  # noqa: PLR0913 - the flags of the command
    url: Annotated[
        str | None, typer.Argument(metavar="URL", help="The cluster, such as http://localhost:5678.")
    ] = None,
    *,
    every: Annotated[
        str | None,
        typer.Option("--every", metavar="DURATION", help="From one frame to the next.  [default: 5s with --for]"),
    ] = None,
    for_: Annotated[
        str | None, typer.Option("--for", metavar="DURATION", help="How long; --every alone goes on until Ctrl-C.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", metavar="DIR", help="The bundle.  [default: snapshots/recording-<date and time>]"
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the bundle if it exists.")] = False,
    resume: Annotated[
        Path | None, typer.Option("--resume", metavar="DIR", help="Go on with a recording that was cut off.")
    ] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Record the errors of failing executions too.")] = False,
    no_redact: Annotated[
        bool, typer.Option("--no-redact", help="Keep names, addresses and credentials as they are; the bundle says so.")
    ] = False,
    keep: KeepNames = None,
    redaction_key_file: RedactionKeyFile = None,
    header_file: HeaderFile = None,
    basic_auth_file: BasicAuthFile = None,
    ca: Ca = None,
    client_cert: ClientCert = None,
    client_key: ClientKey = None,
    insecure: Insecure = False,
    concurrency: Annotated[
        int, typer.Option("--concurrency", metavar="N", min=1, max=64, help="Requests under way at once.")
    ] = 4,
    timeout: Annotated[str, typer.Option("--timeout", metavar="DURATION", help="For one request.")] = "10s",
    retries: Annotated[
        int, typer.Option("--retries", metavar="N", min=0, max=100, help="Further attempts after one that failed.")
    ] = 2,
    max_requests_per_second: Annotated[
        float | None,
        typer.Option("--max-requests-per-second", metavar="N", help="No more than this, retries included."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors and the result, nothing else.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object for each frame and one for the bundle, one a line.")
    ] = False,
) -> None:
    """Record a cluster into a bundle, which serve --replay serves.

    Without --every and --for it is one frame. The cluster is only read. Names become pseudonyms and credentials are
    dropped before anything is written.

    Credentials come from files or netrc, never from the command line; HTTP_PROXY and its like are honoured.

    Ctrl-C makes the bundle of what there is (exit code 0). Should the recording be killed, or the disk be full, then
    toolkit finish makes the bundle, or --resume goes on.
    """
    from toolkit.cli.progress import watcher_for  # noqa: PLC0415 - as all of these; httpx is slow to import
    from toolkit.clock import wall_now  # noqa: PLC0415
    from toolkit.model.instants import format_instant, parse_duration  # noqa: PLC0415
    from toolkit.recorder.address import parse_address  # noqa: PLC0415
    from toolkit.recorder.client import Limits  # noqa: PLC0415
    from toolkit.recorder.credentials import read_key  # noqa: PLC0415
    from toolkit.recorder.plan import UNTIL_INTERRUPTED, Plan, Resumption  # noqa: PLC0415
    from toolkit.recorder.record import record as make  # noqa: PLC0415
    from toolkit.recorder.record import resume as go_on  # noqa: PLC0415

    _check_flags(
        {"--quiet": quiet, "--json": as_json},
        {"--no-redact": no_redact, "--keep": keep},
        {"--no-redact": no_redact, "--redaction-key-file": redaction_key_file},
    )
    timeout_ms = parse_duration(timeout)
    every_ms = parse_duration("5s" if every is None else every)
    if 0 in (every_ms, timeout_ms):
        flag = "--timeout" if every_ms else "--every"
        msg = f"cannot record with {flag} 0: it must be at least 1ms; {_ADVICE[flag]}"
        raise UsageError(msg)
    if max_requests_per_second is not None and not 0 < max_requests_per_second < float("inf"):
        msg = (
            f"cannot record with --max-requests-per-second {max_requests_per_second:g}: it must be a number above 0; "
            "leave it out for as many as it takes"
        )
        raise UsageError(msg)
    limits = Limits(
        timeout_s=timeout_ms / 1000,
        attempts=retries + 1,
        patience_s=max(timeout_ms, every_ms) / 1000,
        together=concurrency,
        per_second=max_requests_per_second,
    )
    access = Way(header_file, basic_auth_file, ca, client_cert, client_key, insecure).access(say)
    address = None if url is None else parse_address(url)
    watcher = watcher_for(quiet=quiet, as_json=as_json, shown=address.shown if address else "")
    if resume is not None:
        held = {"--every": every, "--output": output, "--force": force, "--errors": errors}
        _check_held(resume, held | {"--no-redact": no_redact, "--keep": keep})
        key = read_key(redaction_key_file, say) if redaction_key_file else None
        with _interrupt_told(), watcher:
            longer = None if for_ is None else parse_duration(for_)
            done = go_on(Resumption(resume, address, access, limits, key, longer), watcher)
        watcher.done(done.path)
        return
    if address is None:
        msg = "cannot record: no URL is given; name the cluster, such as http://localhost:5678, or use --resume DIR"
        raise UsageError(msg)
    endless = 0 if every is None else UNTIL_INTERRUPTED
    stamp = format_instant(wall_now()).partition(".")[0].replace("-", "").replace(":", "")
    plan = Plan(
        address=address,
        access=access(address),
        limits=limits,
        every_ms=every_ms,
        for_ms=endless if for_ is None else parse_duration(for_),
        target=output or Path("snapshots") / f"recording-{stamp}Z",
        errors=errors,
        redact=not no_redact,
        keep_names=Keep.NAMES in (keep or ()),
        key=read_key(redaction_key_file, say) if redaction_key_file else None,
        force=force,
    )
    with _interrupt_told(), watcher:
        done = make(plan, watcher)
    watcher.done(done.path)


_ADVICE = {"--every": "leave it out for one frame", "--timeout": "leave it out for 10s"}


@contextlib.contextmanager
def _interrupt_told() -> Iterator[None]:
    """Say what became of an interrupted recording, under --quiet too: it is no talk but why there is no result."""
    try:
        yield
    except KeyboardInterrupt as error:
        if error.args:
            with contextlib.suppress(OSError):
                say(str(error))
        raise


def _check_flags(*pairs: Mapping[str, object]) -> None:
    for pair in pairs:
        if all(pair.values()):
            one, other = pair
            msg = f"cannot record with both {one} and {other}: they exclude each other; leave out one of them"
            raise UsageError(msg)


def _check_held(folder: Path, flags: Mapping[str, object]) -> None:
    given = [flag for flag, value in flags.items() if value]
    if given:
        msg = (
            f"cannot resume {folder} with {', '.join(given)}: a recording goes on as it was begun; leave that out, "
            "or begin another one without --resume"
        )
        raise UsageError(msg)
