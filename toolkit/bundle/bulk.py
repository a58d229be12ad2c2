"""Many lines at once: what lets a large file be checked at a fraction of the cost of its lines one by one."""

from __future__ import annotations

from operator import lt
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.tracks.outline import Standing

if TYPE_CHECKING:
    from array import array
    from collections.abc import Iterable, Sequence

    from toolkit.tracks.outline import Run

LARGE: Final = 16 * 1024 * 1024
"""Bytes from which on a file is worth the import of numpy, and a process of its own."""

_FEWEST: Final = 2
"""How many opening brackets each line has: the track's and its document's."""


class Read(NamedTuple):
    """What going through a file finds.

    Attributes:
        runs: Its tracks' outlines.
        offsets: Where each track's line starts, in bytes.
        sizes: How long it is.
    """

    runs: list[Run]
    offsets: array[int]
    sizes: array[int]


def cut(joined: bytes) -> tuple[list[bytes], list[int]] | None:
    """Cut lines at their ends.

    Args:
        joined: One line or more, each with its end.

    Returns:
        The lines without ends and commas, and where each starts; `None` if one does not end as we write it.
    """
    import numpy as np  # noqa: PLC0415 - a small bundle does without

    letters = np.frombuffer(joined, np.uint8)
    ends = np.flatnonzero(letters == ord("\n"))
    if (letters[ends - 1] != ord(",")).any() or (letters[ends - 2] != ord("}")).any():
        return None
    starts = [0, *(ends[:-1] + 1).tolist()]
    return [joined[start:end] for start, end in zip(starts, (ends - 1).tolist(), strict=True)], starts


def is_plain(joined: bytes, starts: Sequence[int], brackets: int) -> bool:
    r"""Tell whether lines are ASCII without `\u`, none of them with more than some opening brackets.

    Args:
        joined: The lines.
        starts: Where each starts.
        brackets: How many a line may have.
    """
    import numpy as np  # noqa: PLC0415 - a small bundle does without

    if not joined.isascii():
        return False
    letters = np.frombuffer(joined, np.uint8)
    if b"\\" in joined and ((letters[:-1] == ord("\\")) & (letters[1:] == ord("u"))).any():
        return False
    opening = (letters | 0x20) == ord("{")  # [ and { are this one bit apart
    count = np.count_nonzero(opening)
    if count <= brackets + _FEWEST * (len(starts) - 1):
        return True
    counts = np.diff(np.searchsorted(np.flatnonzero(opening), starts), append=count)
    return bool((counts <= brackets).all())


def is_ascending(ids: Sequence[str]) -> bool:
    """Tell whether each id is higher than the one before it."""
    return all(map(lt, ids, ids[1:]))


def follows(before: str, runs: Sequence[Run]) -> bool:
    """Tell whether runs that are ascending each start higher than the one before ends, the first than `before`."""
    for run in runs:
        if _first(run) <= before:
            return False
        before = last_id(run)
    return True


def together(runs: Iterable[Run]) -> list[Run]:
    """Give runs as few ones: those of tracks that stand still take in what follows them."""
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if isinstance(run, Standing) and isinstance(last, Standing):
            last.ids.extend(run.ids)
            for column, more in zip(last.columns, run.columns, strict=True):
                column.extend(more)
        else:
            found.append(run)
    return found


def last_id(run: Run) -> str:
    """Give the highest id of a run."""
    return run.ids[-1] if isinstance(run, Standing) else run.id


def _first(run: Run) -> str:
    return run.ids[0] if isinstance(run, Standing) else run.id
