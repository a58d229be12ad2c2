"""The known differences from the recording, each with its reason. Whatever is not listed here must agree.

An entry that no difference needs any more fails the tests.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Literal, NamedTuple

Kind = Literal["noise", "simplified"]


class Known(NamedTuple):
    """Differences that are expected.

    Attributes:
        numbers: The exchanges.
        where: The place, as in `Difference.where`; `*` stands for anything.
        kind: `noise` if the recording has what is true of that day only, `simplified` if we do less than Teraslice.
        reason: Why.
    """

    numbers: tuple[int, ...]
    where: str
    kind: Kind
    reason: str

    def covers(self, number: int, where: str) -> bool:
        """Tell whether a difference is this one."""
        return number in self.numbers and fnmatchcase(where, self.where)


KNOWN: tuple[Known, ...] = (
    Known(
        (118, 119, 373),
        "body.message (stack)",
        "simplified",
        "the stack trace of Teraslice's asset loader; ours names no source files",
    ),
    Known(
        (519,),
        "body length",
        "noise",
        "the two newest executions were of runs that are not in the transcripts",
    ),
)
