"""`toolkit diff`: how two clusters, or two instants of one, differ."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

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
from toolkit.cli.output import json_text, say
from toolkit.cli.way import Way
from toolkit.errors import BundleError, ToolkitError, UsageError

if TYPE_CHECKING:
    from toolkit.bundle.reader import Bundle
    from toolkit.study.sides import Side

_DIFFERENT: Final = 1
_TROUBLE: Final = 2


def diff(  # noqa: PLR0913 - the flags of the command
    a: Annotated[str, typer.Argument(metavar="A", help="A bundle, perhaps at an instant, or a cluster's URL.")],
    b: Annotated[str, typer.Argument(metavar="B", help="What to compare it with, likewise.")],
    *,
    all_: Annotated[
        bool, typer.Option("--all", help="Count values that always move, and names that are pseudonyms, too.")
    ] = False,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            "--ignore",
            metavar="PATH",
            help="Leave a field out, and all inside it: metadata, operations[].size, jobs:workers. Repeatable.",
        ),
    ] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Counts only.")] = False,
    limit: Annotated[
        int,
        typer.Option(
            "--limit",
            metavar="N",
            min=0,
            help="How many added, removed and changed records to print of each collection.",
        ),
    ] = 50,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object, values uncut.")] = False,
    allow_edited: Annotated[
        bool, typer.Option("--allow-edited", help="Compare bundles whose files were changed by hand.")
    ] = False,
    header_file: HeaderFile = None,
    basic_auth_file: BasicAuthFile = None,
    ca: Ca = None,
    client_cert: ClientCert = None,
    client_key: ClientKey = None,
    insecure: Insecure = False,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
) -> None:
    """Compare bundles, instants of one bundle, or live clusters.

    A bundle is compared at its end, or at the instant behind an @: snapshots/demo@2026-01-01T00:05:00Z is a date,
    snapshots/demo@+5m counts from its start, snapshots/demo@-5m from its end. A URL is read once, now, and only read.
    It needs the same flags as toolkit record to get in, which then are for both if both are URLs, and honours netrc
    and HTTP_PROXY and its like.

    Values that always move, such as controllers' counters and the cluster's totals, are counted and left out.

    Exit code 0 if nothing differs, 1 if something does, 2 if they could not be compared.
    """
    way = Way(header_file, basic_auth_file, ca, client_cert, client_key, insecure, concurrency, timeout)
    wanted = _Wanted(all_, tuple(ignore or ()), summary, limit, json, allow_edited, way)
    try:
        differs = _diff(a, b, wanted)
    except ToolkitError as error:
        # As with diff(1): 1 says that the two differ, and nothing else may.
        error.exit_code = _TROUBLE
        raise
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        trouble = BundleError(f"cannot compare them: {what}; check the paths and their permissions")
        trouble.exit_code = _TROUBLE
        raise trouble from error
    if differs:
        raise typer.Exit(_DIFFERENT)


class _Wanted(NamedTuple):
    """The flags of the command."""

    everything: bool
    ignore: tuple[str, ...]
    summary: bool
    limit: int
    json: bool
    edited: bool
    way: Way


def _diff(a: str, b: str, wanted: _Wanted) -> bool:
    from toolkit.cli.paper import paper, print_lines  # noqa: PLC0415 - `toolkit --help` does without
    from toolkit.model.wire import dumps  # noqa: PLC0415
    from toolkit.study.difference import Asked, compare  # noqa: PLC0415
    from toolkit.study.fields import Pattern  # noqa: PLC0415
    from toolkit.study.lines import Span  # noqa: PLC0415
    from toolkit.study.told_difference import difference_as_json, difference_lines  # noqa: PLC0415

    asked = Asked(all=wanted.everything, ignore=tuple(map(Pattern.parse, wanted.ignore)), limit=wanted.limit)
    one, other = _sides(a, b, wanted)
    difference = compare(one, other, asked)
    for hint in difference.hints:
        say(f"note: {hint}")
    if wanted.json:
        document = difference_as_json(one, other, difference, summary=wanted.summary)
        print_lines([[Span(json_text(dumps(document).decode()))]])
    else:
        print_lines(difference_lines(one, other, difference, paper(), summary=wanted.summary))
    return difference.differs


def _sides(a: str, b: str, wanted: _Wanted) -> tuple[Side, Side]:
    from toolkit.bundle.reader import read_bundle  # noqa: PLC0415 - `toolkit --help` does without
    from toolkit.study.sides import bundle_side, parse_side  # noqa: PLC0415

    asked = [parse_side(a), parse_side(b)]
    way = wanted.way
    if way.given and not any(side.url for side in asked):
        msg = f"cannot use {way.given} with bundles: it is for getting at a cluster; leave it out, or give a URL"
        raise UsageError(msg)
    bundles: dict[Path, Bundle] = {}
    found: dict[int, Side] = {}
    for place, side in enumerate(asked):
        if not side.url:
            path = side.path.resolve()
            bundle = bundles.get(path) or bundles.setdefault(path, read_bundle(side.path, allow_edited=wanted.edited))
            found[place] = bundle_side(side, bundle)
    urls = {place: side.url for place, side in enumerate(asked) if side.url}
    if urls:
        # Last, so that what cannot be compared bothers no cluster.
        from toolkit.study.live import read_clusters  # noqa: PLC0415 - httpx is slow to import

        found |= zip(urls, read_clusters(list(urls.values()), way.access(say), way.limits("compare")), strict=True)
    return found[0], found[1]
