"""Options that several commands have: how to get into a cluster, how patient to be, and what redaction does."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Keep(StrEnum):
    """What redaction may leave as it is."""

    NAMES = "names"


KeepNames = Annotated[
    list[Keep] | None,
    typer.Option("--keep", metavar="names", help="Redact all but this; names are the names of jobs."),
]
RedactionKeyFile = Annotated[
    Path | None,
    typer.Option(
        "--redaction-key-file",
        metavar="FILE",
        help="At least 16 secret bytes; the same key gives the same pseudonyms.  [default: a random one]",
    ),
]
HeaderFile = Annotated[
    Path | None,
    typer.Option("--header-file", metavar="FILE", help="Headers to send, credentials too: lines like Name: value."),
]
BasicAuthFile = Annotated[
    Path | None, typer.Option("--basic-auth-file", metavar="FILE", help="One line, user:password; else netrc counts.")
]
Ca = Annotated[
    Path | None,
    typer.Option("--ca", metavar="PATH", help="Trust these certificates only, a PEM file or a directory of them."),
]
ClientCert = Annotated[
    Path | None,
    typer.Option("--client-cert", metavar="FILE", help="The certificate to show, PEM, perhaps with its key."),
]
ClientKey = Annotated[
    Path | None,
    typer.Option("--client-key", metavar="FILE", help="The key of --client-cert, if it is not in that file."),
]
Insecure = Annotated[
    bool, typer.Option("--insecure", help="Do not check the cluster's certificate: anyone in between can read and lie.")
]
Concurrency = Annotated[
    int | None,
    typer.Option("--concurrency", metavar="N", min=1, max=64, help="Requests under way at once.  [default: 4]"),
]
Timeout = Annotated[str | None, typer.Option("--timeout", metavar="DURATION", help="For one request.  [default: 10s]")]
