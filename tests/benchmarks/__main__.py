"""`python -m tests.benchmarks`: ours and the references by turns, in one session; prints medians and spreads."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from tests.benchmarks import load, machine, processes, under_load
from tests.benchmarks.comparing import Plan
from tests.benchmarks.figures import Figure, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

CASES: dict[str, Callable[[Plan], list[Figure]]] = {
    "live": under_load.page_live,
    "lean": under_load.page_lean,
    "replay": under_load.page_replay,
    "controllers": under_load.controllers,
    "one": under_load.one_execution,
    "ts-topy": under_load.page_of_ts_topy,
    "many": under_load.page_of_many,
    "start": processes.start,
    "memory": processes.memory,
    "help": processes.help_,
    "generate": processes.generate,
}


def main() -> int:
    """Run the chosen cases: 0 if all could be measured, whatever the figures are; 1 if one could not."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, _end)
    if not machine.PROC.joinpath("self/stat").exists():
        _say("cannot measure here: CPU time and memory are read from /proc, which Linux has")
        return 1
    if load.WRK is None:
        _say("wrk is not installed: the load comes from a pure-Python fallback, judge by CPU (Debian: install wrk)")
    about = machine.described() | {"load generator": load.NAME, "quick": asked.quick}
    figures: list[tuple[str, Figure]] = []
    failed = 0
    with tempfile.TemporaryDirectory(prefix="toolkit-benchmarks-") as directory:
        plan = Plan(asked.quick, 2 if asked.quick else 5, 1 if asked.quick else 5, Path(directory))
        for name in asked.only:
            _say(f"measuring {name} ...")
            try:
                figures += [(name, figure) for figure in CASES[name](plan)]
            except Exception as error:  # noqa: BLE001 - one case that cannot run leaves the others
                _say(f"cannot measure {name}: {error!r}")
                failed = 1
    about["load after"] = machine.described()["load"]
    sys.stdout.write(_json(about, figures) if asked.json else _text(about, figures))
    return failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=_names, default=list(CASES), metavar="NAME[,NAME]", help=f"of {', '.join(CASES)}"
    )
    parser.add_argument("--quick", action="store_true", help="few short rounds and smaller worlds: a look, no result")
    parser.add_argument("--json", action="store_true", help="print JSON, with the values of every round")
    return parser.parse_args()


def _names(text: str) -> list[str]:
    names = text.split(",")
    if unknown := [name for name in names if name not in CASES]:
        msg = f"there is no {', '.join(unknown)}; there are {', '.join(CASES)}"
        raise argparse.ArgumentTypeError(msg)
    return names


def _text(about: dict[str, Any], figures: Sequence[tuple[str, Figure]]) -> str:
    facts = ", ".join(f"{name} {value}" for name, value in about.items())
    return f"{facts}\nmedian [least, most] of the rounds; ratio: ours over the reference's, round by round\n\n" + table(
        figures
    )


def _json(about: dict[str, Any], figures: Sequence[tuple[str, Figure]]) -> str:
    document = {"about": about, "figures": [{"case": case} | figure.to_json() for case, figure in figures]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _end(number: int, _: object) -> NoReturn:
    """Leave through every `with`, so that the servers end."""
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
