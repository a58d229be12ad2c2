"""What `@pytest.mark.teraslice` may say, and what a test's marks say together.

Light: pytest imports it in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from toolkit.errors import UsageError
from toolkit.testing.arguments import given

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIVE: Final = frozenset({"scenario", "seed", "jobs"})
_REPLAY: Final = frozenset({"bundle", "rebase", "allow_edited", "max_age", "record_for", "record_every"})
OF_SERVE: Final = frozenset(
    {"scenario", "seed", "jobs", "bundle", "rebase", "allow_edited", "epoch", "at", "until"}
    | {"frozen", "speed", "loop", "auto_advance", "faults"}
)
"""The keys that are those of `toolkit.serve`."""
KEYS: Final = (*sorted(OF_SERVE), "max_age", "record_every", "record_for")
_PROBLEM: Final = "cannot read @pytest.mark.teraslice"


class Mark(Protocol):
    """A mark, as pytest has it."""

    @property
    def args(self) -> tuple[Any, ...]:
        """What it says without a name."""

    @property
    def kwargs(self) -> Mapping[str, Any]:
        """What it says by name."""


def said_by(marks: Iterable[Mark]) -> dict[str, Any]:
    """Give what the marks of a test say, the closest one first: of one key, the closest counts.

    One that names a bundle puts aside what others say of a live cluster, and the other way round. A key that is `None`
    is as if that mark did not have it.

    Raises:
        UsageError: If one says what no mark may.
    """
    said: dict[str, Any] = {}
    aside: frozenset[str] = frozenset()
    for mark in marks:
        if mark.args:
            nameless = repr(mark.args[0])
            msg = f"{_PROBLEM}: {nameless} has no name; write it like bundle={nameless}"
            raise UsageError(msg)
        for key in mark.kwargs:
            if key not in KEYS:
                msg = f"{_PROBLEM}: it knows no {key!r}; choose from {', '.join(KEYS)}"
                raise UsageError(msg)
        here = given(_PROBLEM, mark.kwargs)
        said = {key: value for key, value in here.items() if key not in aside} | said
        if "bundle" in said:
            aside = _LIVE
        elif _LIVE & said.keys():
            aside = _REPLAY
    return said
