"""Which executions a job has: an index of a bundle's executions, built once."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from typing import TYPE_CHECKING, Final
from zlib import crc32

from toolkit.tracks.outline import Standing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from toolkit.tracks.outline import Run

_SHIFT: Final = 32


class JobIndex:
    """Positions of executions by the id of their job, in eight bytes each."""

    def __init__(self) -> None:
        """Start empty."""
        self._entries = array("Q")

    def reading(self, members: Iterable[tuple[int, Run]], place: int) -> Iterator[tuple[int, Run]]:
        """Index executions on their way to somewhere else.

        Args:
            members: Positions and outlines.
            place: Where the job's id stands among the watched values.
        """
        entries = array("Q")
        for position, member in members:
            if isinstance(member, Standing):
                entries.extend(
                    [
                        crc32(job_id.encode("utf-8", "surrogatepass")) << _SHIFT | at  # `_hash`, written out
                        for at, job_id in enumerate(member.columns[place], position)
                        if isinstance(job_id, str)
                    ]
                )
            else:
                for job_id in {values[place] for _, values in member.steps if isinstance(values[place], str)}:
                    entries.append(_hash(job_id) << _SHIFT | position)
            yield position, member
        self._entries = array("Q", sorted(entries))

    def of(self, job_id: str) -> Iterator[int]:
        """Give the positions of executions that may be a job's; another job's may be among them."""
        wanted = _hash(job_id)
        place = bisect_left(self._entries, wanted << _SHIFT)
        while place < len(self._entries) and self._entries[place] >> _SHIFT == wanted:
            yield self._entries[place] & (1 << _SHIFT) - 1
            place += 1


def _hash(job_id: str) -> int:
    return crc32(job_id.encode("utf-8", "surrogatepass"))
