from __future__ import annotations

import errno
import subprocess
import sys
from typing import NoReturn

import pytest

from tests.serving import toolkit
from toolkit import __version__
from toolkit.cli import app as app_module
from toolkit.cli.output import Progress, result, say
from toolkit.errors import BundleNotFound, ScenarioError, ToolkitError, UsageError

FREE = "free some space or choose another place, then run this again"
MAY = "check its permissions"
HEAVY = ("sanic", "httpx", "numpy", "msgspec", "uvloop", "rich")


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process; gives the exit code."""
    monkeypatch.setattr(sys, "argv", ["toolkit", *arguments])
    return app_module.run()


def test_the_version_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """`toolkit --version` names the tool and the version of the package."""
    assert run(monkeypatch, "--version") == 0
    assert capsys.readouterr() == (f"toolkit {__version__}\n", "")


def test_no_arguments_show_the_help(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A bare `toolkit` says what there is, as `toolkit --help` does."""
    assert run(monkeypatch) == 0
    bare = capsys.readouterr().out
    assert run(monkeypatch, "--help") == 0
    assert bare == capsys.readouterr().out
    assert "serve" in bare
    assert "generate" in bare


@pytest.mark.parametrize(
    "command",
    [
        "generate",
        "serve",
        "record",
        "finish",
        "scrub",
        "inspect",
        "diff",
        "check",
        "validate",
        "schema",
        "migrate",
        "scenario list",
        "scenario show",
    ],
)
def test_every_command_has_plain_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """Help is text without boxes, and every flag in it has a sentence."""
    assert run(monkeypatch, *command.split(), "--help") == 0
    out = capsys.readouterr().out
    assert out.isascii()
    assert f"{command} [OPTIONS]" in out


@pytest.mark.parametrize("group", [(), ("scenario",)])
def test_the_list_of_commands_is_not_cut(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], group: tuple[str, ...]
) -> None:
    """On a terminal of 80 columns each command has a whole sentence, on one line."""
    monkeypatch.setenv("COLUMNS", "80")
    assert run(monkeypatch, *group, "--help") == 0
    lines = capsys.readouterr().out.partition("Commands:\n")[2].splitlines()

    assert lines
    assert all(line.startswith("  ") and line[2] != " " and line.endswith(".") for line in lines)
    assert not any(line.endswith("...") for line in lines)


def test_help_is_quick_because_it_imports_nothing_heavy() -> None:
    """`toolkit --help` and `toolkit serve --help` load no server, client or world."""
    code = (
        "import sys\n"
        "from toolkit.__main__ import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        f"    print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    for arguments in (
        ["--help"],
        ["serve", "--help"],
        ["record", "--help"],
        ["check", "--help"],
        ["scenario", "--help"],
        ["--version"],
    ):
        done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (ToolkitError("cannot: because; do this"), 1, "error: cannot: because; do this"),
        (BundleNotFound("no bundle"), 1, "error: no bundle"),
        (UsageError("asked wrongly"), 2, "error: asked wrongly"),
        (ScenarioError("jobs is -1"), 2, "error: jobs is -1"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/tmp/x"),  # noqa: S108 - a name in a message
            1,
            f"error: the system refused: /tmp/x: No space left on device; {FREE}",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/tmp/x"),  # noqa: S108 - a name in a message
            1,
            f"error: the system refused: /tmp/x: Permission denied; {FREE.replace('free some space', MAY)}",
        ),
        (
            OSError("odd"),
            1,
            f"error: the system refused: odd; {FREE}",
        ),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    line: str,
) -> None:
    """What a command raises on purpose, and what the system refuses, ends without a traceback."""

    def fail(**_: object) -> NoReturn:
        raise error

    monkeypatch.setattr(app_module, "app", fail)
    assert run(monkeypatch) == code
    assert capsys.readouterr() == ("", f"{line}\n")


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C in a command that does not handle it ends without a traceback."""

    def interrupted(**_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("toolkit.cli.serve._check_mode", interrupted)
    assert run(monkeypatch, "serve", "--live") == 130
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("sevre",), "sevre"),
        (("--sed",), "--sed"),
        (("schema", "x"), "error: Invalid value for 'manifest|tracks': 'x' is not one of 'manifest', 'tracks'; "),
    ],
)
def test_what_does_not_exist_is_a_usage_error(arguments: tuple[str, ...], words: str) -> None:
    """Exit code 2, one line that names the word and where to look."""
    with toolkit(*arguments) as process:
        assert process.wait() == 2
        (line,) = process.err.all()
    assert line.startswith("error: ")
    assert words in line
    assert "--help" in line


def test_results_go_to_stdout_and_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """One line each, where it belongs."""
    result("the path")
    say("something about it")
    assert capsys.readouterr() == ("the path\n", "something about it\n")


def test_progress_is_silent_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """A log file gets no rewritten lines."""
    with Progress("writing") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_progress_is_one_rewritten_line_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Drawn when the percent changes, removed at the end; nothing to do is no reason to fail."""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with Progress("writing") as progress:
        for done in (0, 0, 1, 2):
            progress(done, 2)
        progress(0, 0)
    text = capsys.readouterr().err
    assert text == "\rwriting: 0 %\rwriting: 50 %\rwriting: 100 %\rwriting: 0 %\r\033[K"

    with Progress("looking") as progress:
        progress.say("one")
        progress(1, 2)
        progress.say("two")
        progress(1, 2)
    assert capsys.readouterr().err == "one\n\rlooking: 50 %\r\033[Ktwo\n\rlooking: 50 %\r\033[K"
