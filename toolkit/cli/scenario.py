"""`toolkit scenario`: the scenarios that have a name, and any scenario as a file to edit."""

from __future__ import annotations

from typing import Annotated

import typer

from toolkit.cli.output import result, say

scenarios = typer.Typer(
    help="List the scenarios that have a name, or show one as a file.",
    rich_markup_mode=None,
)


@scenarios.callback(invoke_without_command=True)
def _scenarios(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        result(context.get_help())


@scenarios.command("list")
def list_scenarios() -> None:
    """Print the names that --scenario takes, with what they are for."""
    from toolkit.world.named import NAMED  # noqa: PLC0415 - `toolkit --help` does without the world

    width = max(map(len, NAMED))
    for name, named in NAMED.items():
        result(f"{name:<{width}}  {named.about}")


@scenarios.command("show")
def show_scenario(
    scenario: Annotated[str, typer.Argument(metavar="NAME|FILE.toml", help="A name, or a file; the name wins.")],
) -> None:
    """Print a scenario as TOML, every parameter with what it means.

    Edited and in a file, --scenario takes it back.
    """
    from toolkit.scenarios import shown_scenario  # noqa: PLC0415 - `toolkit --help` does without the world

    result(shown_scenario(scenario, say))
