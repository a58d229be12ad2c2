"""`python -m tests.benchmarks`: ours and the references by turns, in one session; prints medians and spreads."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.benchmarks import load, machine, readme, references
from tests.benchmarks.cases import CASES
from tests.benchmarks.comparing import Plan
from tests.benchmarks.figures import missing, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LIMIT = {True: 240, False: 1_500}
"""Seconds after which a run, quick or not, begins no further case and ends the one it is at."""
_CASE = 330
"""Seconds that one case may take."""


def main() -> int:
    """Run the chosen cases: 0 if all could be measured, whatever the figures are; 1 if one could not."""
    asked = _arguments()
    if asked.install:
        for name, became in references.install().items():
            _say(f"{name}: {became}")
        return 0
    if asked.table is not None:
        return _write_table(asked.table)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGALRM, _late)
    if not machine.PROC.joinpath("self/stat").exists():
        _say("cannot measure here: CPU time and memory are read from /proc, which Linux has")
        return 1
    if load.WRK is None:
        _say("wrk is not installed: the load comes from a pure-Python fallback, judge by CPU (Debian: install wrk)")
    about = machine.described() | {"load generator": load.NAME, "quick": asked.quick}
    rows: list[dict[str, Any]] = []
    failed = False
    try:
        for row in _measured(asked.only, quick=asked.quick):
            rows.append(row)
            failed = failed or row.pop("failed", False)
    finally:
        _end_all()
        # What there is is shown, also on Ctrl-C.
        about["load after"] = machine.busy()
        sys.stdout.write(_json(about, rows) if asked.json else _text(about, rows))
    return int(failed)


def _measured(names: Sequence[str], *, quick: bool) -> Iterator[dict[str, Any]]:
    until = time.monotonic() + _LIMIT[quick]
    with tempfile.TemporaryDirectory(prefix="toolkit-benchmarks-") as directory:
        plan = Plan(quick, 1 if quick else 3, 1 if quick else 3, Path(directory))
        for name in names:
            begun = time.monotonic()
            left = until - begun
            _say(f"measuring {name} ...")
            try:
                signal.setitimer(signal.ITIMER_REAL, max(0.001, min(left, _CASE)))
                figures = CASES[name](plan)
            except Exception as error:  # noqa: BLE001 - one case that cannot run leaves the others
                _say(f"cannot measure {name}: {error!r}")
                yield {"case": name, "failed": True} | missing(f"{name}", f"not measured: {error}").to_json()
            else:
                yield from ({"case": name} | figure.to_json() for figure in figures)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            _say(f"measured {name} in {time.monotonic() - begun:.0f} s")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=list(CASES), metavar="NAME[,NAME]", help=f"of {', '.join(CASES)}"
    )
    parser.add_argument(
        "--quick", action="store_true", help="few short rounds and smaller worlds, in some minutes: a look, no result"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with the values of every round")
    parser.add_argument("--table", type=Path, metavar="FILE.json", help="write the README's table from such JSON")
    parser.add_argument("--install", action="store_true", help="get the generic mock servers that are compared")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in CASES]:
        msg = f"there is no {', '.join(map(repr, unknown))}; there are {', '.join(CASES)}"
        raise argparse.ArgumentTypeError(msg)
    return names


def _write_table(file: Path) -> int:
    try:
        document = json.loads(file.read_bytes())
        if why := _no_result(document):
            _say(f"cannot write the table: {file} {why}; give what a whole run with --json printed")
            return 1
        whole = readme.written(readme.README.read_text("utf-8"), readme.table(document))
    except (KeyError, TypeError):
        _say(f"cannot write the table: {file} is not what --json prints; give what a whole run with --json printed")
        return 1
    except OSError as error:
        _say(f"cannot write the table: {error.filename}: {error.strerror}; give what a whole run with --json printed")
        return 1
    except ValueError as error:
        _say(str(error) if str(error).startswith("cannot") else f"cannot write the table: {file} is no JSON: {error}")
        return 1
    readme.README.write_text(whole, "utf-8")
    return 0


def _no_result(document: dict[str, Any]) -> str:
    """Say why figures are none for the README, nothing if they are."""
    if document["about"]["quick"]:
        return "is of a --quick run, which is a look and no result"
    lacking = sorted(CASES.keys() - {row["case"] for row in document["figures"]})
    return f"lacks {', '.join(lacking)}" if lacking else ""


def _text(about: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in about.items())
    legend = "median [least, most] of the rounds; ratio: ours over the reference's, round by round"
    return f"{facts}\n{legend}\n\n{table(rows)}"


def _json(about: dict[str, Any], rows: Sequence[dict[str, Any]]) -> str:
    return json.dumps({"about": about, "figures": rows}, indent=2, ensure_ascii=False) + "\n"


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _end_all() -> None:
    """End what was started but a moment ago when a signal came, before anybody could have it in hand."""
    for pid in machine.tree(os.getpid())[1:]:
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def _end(number: int, _: object) -> NoReturn:
    """Leave through every `with`, so that the servers end."""
    raise SystemExit(128 + number)


def _late(*_: object) -> NoReturn:
    msg = "it took too long"
    raise TimeoutError(msg)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
