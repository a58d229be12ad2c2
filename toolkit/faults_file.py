"""Faults by the name of a set, or from a TOML file with a table `[[faults]]` for each."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from toolkit.answers.spoilable import refuse_unknown
from toolkit.errors import FaultError
from toolkit.faults.faults import MOST_FAULTS
from toolkit.faults.named import NAMED
from toolkit.faults.rule import fault_from, rule_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.faults import Fault

_LIKE: Final = "write tables such as [[faults]] with status = 503"


def read_faults(text: str, say: Callable[[str], None]) -> tuple[Fault, ...]:
    """Read faults: a set by its name, else a TOML file.

    Args:
        text: The name or the path; a name wins over a file that is called so.
        say: Told when there is such a file.

    Raises:
        FaultError: If there is no set of that name and no such file, or a fault in it cannot be.
    """
    tables = _tables(text, say)
    if len(tables) > MOST_FAULTS:
        msg = f"cannot read the faults {text}: there are {len(tables)}, and may be {MOST_FAULTS}; leave some out"
        raise FaultError(msg)
    faults = []
    for number, table in enumerate(tables, 1):
        try:
            fault = fault_from(table)
            refuse_unknown(fault)
            rule_of(fault, 0)
        except FaultError as error:
            msg = f"cannot read the faults {text}: number {number}: {error}"
            raise FaultError(msg) from None
        faults.append(fault)
    return tuple(faults)


def _tables(text: str, say: Callable[[str], None]) -> list[Any]:
    path = Path(text)
    if text in NAMED:
        if path.exists():
            say(f"note: {text} is the set of faults of that name; for the file write ./{text}")
        return list(NAMED[text].tables)
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        names = ", ".join(NAMED)
        msg = f"cannot read the faults {text}: {error.strerror}; give a file that is there, or one of {names}"
        raise FaultError(msg) from None
    except RecursionError:
        msg = f"cannot read the faults {text}: it is nested too deep; {_LIKE}"
        raise FaultError(msg) from None
    except ValueError as error:
        msg = f"cannot read the faults {text}: {error}; {_LIKE}"
        raise FaultError(msg) from None
    tables = document.pop("faults", None)
    if document or not isinstance(tables, list):
        what = f"it says {next(iter(document))}" if document else "it has no tables [[faults]]"
        msg = f"cannot read the faults {text}: {what}; {_LIKE}"
        raise FaultError(msg)
    return tables
