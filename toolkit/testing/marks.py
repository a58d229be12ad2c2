"""What `@pytest.mark.teraslice` may say, and what a test's marks say together.

Light: pytest imports it in every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_LIVE: Final = frozenset({"scenario", "seed", "jobs"})
_REPLAY: Final = frozenset({"bundle", "rebase", "allow_edited", "max_age", "record_for", "record_every"})
OF_SERVE: Final = frozenset(
    {"scenario", "seed", "jobs", "bundle", "rebase", "allow_edited", "epoch", "at", "until"}
    | {"frozen", "speed", "loop", "auto_advance"}
)
"""The keys that are those of `toolkit.serve`."""
KEYS: Final = (*sorted(OF_SERVE), "faults", "max_age", "record_every", "record_for")


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

    One that names a bundle puts aside what others say of a live cluster, and the other way round.

    Raises:
        ValueError: If one says what no mark may.
    """
    said: dict[str, Any] = {}
    aside: frozenset[str] = frozenset()
    for mark in marks:
        if mark.args:
            given = repr(mark.args[0])
            msg = f"cannot read @pytest.mark.teraslice: {given} has no name; write it like bundle={given}"
            raise ValueError(msg)
        for key in mark.kwargs:
            if key not in KEYS:
                msg = f"cannot read @pytest.mark.teraslice: it knows no {key!r}; choose from {', '.join(KEYS)}"
                raise ValueError(msg)
        said = {key: value for key, value in mark.kwargs.items() if key not in aside} | said
        if "bundle" in said:
            aside = _LIVE
        elif _LIVE & said.keys():
            aside = _REPLAY
    return said
