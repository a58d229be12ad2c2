"""The command line of the toolkit: one module a command.

Commands are small: they parse, call the library and print. What a command needs is imported when it runs, so that
`toolkit --help` is quick. Help is plain text, and `-h` is free for `serve --host`.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from toolkit import __version__
from toolkit.cli.check import check
from toolkit.cli.diff import diff
from toolkit.cli.finish import finish
from toolkit.cli.generate import generate
from toolkit.cli.inspect import inspect
from toolkit.cli.merge import merge
from toolkit.cli.migrate import migrate
from toolkit.cli.output import result, say
from toolkit.cli.record import record
from toolkit.cli.scenario import scenarios
from toolkit.cli.schema import schema
from toolkit.cli.scrub import scrub
from toolkit.cli.serve import serve
from toolkit.cli.validate import validate
from toolkit.errors import ToolkitError

app = typer.Typer(
    help="A Teraslice cluster to develop and test against: generated, live, recorded and replayed.\n\n"
    "Results go to stdout, talk to stderr. Exit codes: 0 done, 1 could not, 2 asked wrongly, 130 interrupted; "
    "diff, check and validate say with them what they found.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 120},
)


def _show_version(value: bool) -> None:  # noqa: FBT001 - the shape of a typer callback
    if value:
        result(f"toolkit {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _toolkit(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001, FBT002 - its callback does the work; a flag by name only
        bool, typer.Option("--version", help="Show the version and exit.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        result(context.get_help())


app.command()(generate)
app.command()(merge)
app.command()(serve)
app.command()(record)
app.command()(finish)
app.command()(scrub)
app.command()(inspect)
app.command()(diff)
app.command()(check)
app.command()(validate)
app.command()(schema)
app.command()(migrate)
app.add_typer(scenarios, name="scenario")


def _command(words: list[str]) -> str:
    """Give the command that words on the command line are for, as far as they say."""
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    return " ".join(["toolkit", *(word for word in words[:1] if word in known)])


def run() -> int:
    """Run what the command line says, and give the exit code: 0 done, 1 could not, 2 asked wrongly, 130 interrupted."""
    try:
        code = app(standalone_mode=False)
    except ToolkitError as error:
        say(f"error: {error}")
        return error.exit_code
    except typer.TyperException as error:
        # A flag that does not exist or a value that does not fit it: typer has the sentence, we keep it to one line.
        context = getattr(error, "ctx", None)
        command = context.command_path if context is not None else _command(sys.argv[1:])
        what = " ".join(error.format_message().split()).rstrip(".").replace(": Value error, ", ": ", 1)
        say(f"error: {what}; {command} --help shows what there is")
        return error.exit_code
    except typer.Abort:
        return 130
    except OSError as error:
        what = f"{error.filename}: {error.strerror}" if error.filename else error.strerror or str(error)
        advice = "check its permissions" if isinstance(error, PermissionError) else "free some space"
        say(f"error: the system refused: {what}; {advice} or choose another place, then run this again")
        return 1
    return code if isinstance(code, int) else 0
