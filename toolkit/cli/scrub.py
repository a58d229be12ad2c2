"""`toolkit scrub`: redaction and the leak gate for a recording that is there already."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from toolkit.cli.options import Keep, KeepNames, RedactionKeyFile
from toolkit.cli.output import Progress, result, say


def scrub(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The recording, a bundle.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="The redacted bundle.  [default: in its place]"),
    ] = None,
    force: Annotated[bool, typer.Option("--force", "-f", help="Replace the output if it exists.")] = False,
    keep: KeepNames = None,
    redaction_key_file: RedactionKeyFile = None,
) -> None:
    """Redact a recording that is not, or not enough.

    Names become pseudonyms, credentials are dropped, and what looks like a secret is replaced, as toolkit record does
    it. If something still looks like a secret, nothing is written (exit code 1).
    """
    import secrets  # noqa: PLC0415 - with what follows; the recorder is slow to import

    from toolkit.recorder.credentials import read_key  # noqa: PLC0415
    from toolkit.recorder.record import KEY_BYTES  # noqa: PLC0415
    from toolkit.recorder.redact import Redactor  # noqa: PLC0415
    from toolkit.recorder.scrub import scrub as redact  # noqa: PLC0415

    key = read_key(redaction_key_file, say) if redaction_key_file else secrets.token_bytes(KEY_BYTES)
    keep_names = Keep.NAMES in (keep or ())
    target = output or directory
    with Progress(f"scrubbing {directory}") as progress:
        path, report = redact(
            directory,
            target,
            Redactor(key, keep_names=keep_names),
            keep_names=keep_names,
            force=force or output is None,
            done=progress,
        )
    say(
        f"credentials dropped: {report.credentials:,}; texts replaced: {report.pseudonyms:,}, "
        f"{report.leaks:,} of them found by the leak gate"
    )
    result(str(path))
