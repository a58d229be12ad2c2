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
        (429,),
        "status",
        "simplified",
        "a time-out: workers were taken away while those just added were being started; here that succeeds",
    ),
    Known((450, 451, 464, 576), "body*workers_*", "noise", "how many of the workers just added had joined by then"),
    Known(
        (477,),
        "status",
        "noise",
        "a race: the stop had answered, the search index did not know yet; here all agree at once",
    ),
    Known((513,), "body*", "noise", "the recover before it took 5.8 s to answer; here the answer comes at once"),
    Known(
        (519,),
        "body length",
        "noise",
        "the two newest executions were of runs that are not in the transcripts",
    ),
    Known(
        (523, 590, 591),
        "body.*",
        "simplified",
        "the executions of a deleted job were written one after the other; here at one instant, in order of id",
    ),
    Known((528,), "status", "noise", "a race: the controller was still there a moment after completion"),
    Known((537,), "body.4.error (stack)", "noise", "one of ten slices failed with a stack of its own"),
    Known((555,), "took", "noise", "the execution had stopped 15 ms after a look, and the next one was 3 s later"),
    Known(
        (562,),
        "body.*.active length",
        "simplified",
        "workers of executions that had failed were left behind and took slots; here they go",
    ),
    Known(
        (576, 589),
        "body.*._slicer_stats.*",
        "noise",
        "what an execution had done by the moment at which it was stopped, a second after it began to run",
    ),
    Known(
        (576,), "body.11 keys", "noise", "an execution of another file, which the set-up stopped before it had a port"
    ),
    Known((637,), "body.*.workers_*", "noise", "workers of runs that are not in the transcripts count too"),
)
