"""What may be given to `toolkit.serve`, to the mark and to a cluster's methods: one table, and one sentence of refusal.

Light: pytest imports it in every run.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from toolkit.errors import UsageError
from toolkit.model.instants import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN: Final = 60


class Kind(NamedTuple):
    """What an argument takes.

    Attributes:
        takes: In words.
        fits: Tells whether a value is that; what a text says is read later, unless nobody else would.
    """

    takes: str
    fits: Callable[[object], bool]


def _one_of(*types: type) -> Callable[[object], bool]:
    return lambda value: isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _is_duration(value: object) -> bool:
    try:
        return isinstance(value, str) and parse_duration(value) >= 0
    except UsageError:
        return False


def _is_fault(value: object) -> bool:
    return isinstance(value, str | os.PathLike | Mapping)


def _is_faults(value: object) -> bool:
    return _is_fault(value) or (isinstance(value, list | tuple) and all(map(_is_fault, value)))


_FLAG: Final = Kind("True or False", _one_of(bool))
_COUNT: Final = Kind("a whole number", _one_of(int))
_DATE: Final = Kind("a date such as '2026-01-01T00:00:00Z', or a datetime", _one_of(str, datetime))
_INSTANT: Final = Kind(
    "a date such as '2026-01-01T00:00:00Z', an offset such as '+5m', or a datetime", _one_of(str, datetime)
)
_DURATION: Final = Kind("a duration such as '30d', '10m' or '5s'", _is_duration)
_NAME: Final = Kind("a text", _one_of(str))
ARGUMENTS: Final = {
    "scenario": Kind("the name of a scenario, or the path of a file", _one_of(str, os.PathLike)),
    "seed": _COUNT,
    "jobs": _COUNT,
    "epoch": _DATE,
    "log": Kind("the path of a file", _one_of(str, os.PathLike)),
    "bundle": Kind("the path of a bundle's directory", _one_of(str, os.PathLike)),
    "rebase": _FLAG,
    "allow_edited": _FLAG,
    "at": _INSTANT,
    "until": _INSTANT,
    "frozen": _FLAG,
    "speed": Kind("a number such as 60", _one_of(int, float)),
    "loop": _FLAG,
    "auto_advance": _FLAG,
    "faults": Kind(
        "the name of a set such as 'flaky', a file, a fault as a dict such as {'status': 503}, or a list of these",
        _is_faults,
    ),
    "port": _COUNT,
    "max_age": _DURATION,
    "record_for": _DURATION,
    "record_every": _DURATION,
    "within": _DURATION,
    "by": Kind("a duration such as '10m' or '-10m', or a timedelta", _one_of(str, timedelta)),
    "path": Kind("a path such as '/v1/jobs'", _one_of(str)),
    "job": Kind("a job's configuration as a dict", _one_of(Mapping)),
    "name": _NAME,
    "story": _NAME,
}
"""Every argument by its name: those of `toolkit.serve`, those that the mark has besides, and those of methods."""


def given(problem: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is said without what is `None`, which is the same as not said.

    Args:
        problem: What cannot be done with a wrong one, such as `cannot serve a cluster`.
        said: Values by their names in `ARGUMENTS`.

    Raises:
        UsageError: If one is not what it takes; the text says which, what it is, and what it takes.
    """
    there = {name: value for name, value in said.items() if value is not None}
    for name, value in there.items():
        refuse_unfit(problem, name, value)
    return there


def refuse_unfit(problem: str, name: str, value: object) -> None:
    """Refuse a value that is not what its argument takes.

    Raises:
        UsageError: If it is not.
    """
    kind = ARGUMENTS[name]
    if not kind.fits(value):
        msg = f"{problem}: {name} is {shown(value)}, it takes {kind.takes}"
        raise UsageError(msg)


def shown(value: object) -> str:
    """Show a value of somebody's in a line."""
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
