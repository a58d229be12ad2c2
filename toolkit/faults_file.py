"""Faults by the name of a set, or from a TOML file with a table `[[faults]]` for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from toolkit.answers.spoilable import refuse_unknown
from toolkit.errors import FaultError
from toolkit.faults.faults import MOST_FAULTS
from toolkit.faults.named import NAMED
from toolkit.faults.rule import fault_from, rule_of
from toolkit.toml_file import Kind, read_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.faults import Fault

_LIKE: Final = "write tables such as [[faults]] with status = 503"
_FAULTS: Final = Kind("the faults", "set of faults", _LIKE, FaultError)


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
    document = read_table(text, NAMED, _FAULTS, say)
    if document is None:
        return list(NAMED[text].tables)
    tables = document.pop("faults", None)
    if document or not isinstance(tables, list):
        what = f"it says {next(iter(document))}" if document else "it has no tables [[faults]]"
        msg = f"cannot read the faults {text}: {what}; {_LIKE}"
        raise FaultError(msg)
    return tables
