"""`toolkit inspect`: what a bundle is."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003 - typer reads the annotations
from typing import Annotated

import typer

from toolkit.cli.check import refuse_address
from toolkit.cli.output import json_text

COLUMNS = 60
"""Into how many stretches the time of the statuses' bars is cut at most."""


def inspect(
    bundle: Annotated[Path, typer.Argument(metavar="DIR", help="The bundle, such as snapshots/demo.")],
    *,
    json: Annotated[
        bool, typer.Option("--json", help="Print everything as one JSON object, all gaps and nodes included.")
    ] = False,
    allow_edited: Annotated[
        bool, typer.Option("--allow-edited", help="Look at a bundle whose files were changed by hand.")
    ] = False,
) -> None:
    """Show what a bundle is, what is in it, and what moved.

    The bars show how many executions were in each status over the bundle's time: a column is as high as the most there
    were in its stretch of the time, and a row's highest column is the highest number of that row.
    """
    from toolkit.bundle.reader import read_bundle  # noqa: PLC0415 - `toolkit --help` does without
    from toolkit.cli.paper import paper, print_lines  # noqa: PLC0415
    from toolkit.model.wire import dumps  # noqa: PLC0415
    from toolkit.study.lines import Span  # noqa: PLC0415
    from toolkit.study.picture import picture  # noqa: PLC0415
    from toolkit.study.report import report_as_json, report_on  # noqa: PLC0415

    refuse_address(bundle, "inspect", "record it first, with toolkit record, or give the URL to toolkit check")
    report = report_on(bundle, read_bundle(bundle, allow_edited=allow_edited), COLUMNS, allow_edited=allow_edited)
    print_lines([[Span(json_text(dumps(report_as_json(report)).decode()))]] if json else picture(report, paper()))
