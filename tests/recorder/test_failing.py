"""Error records between frames: what is kept, what is asked for again, and what is let go."""

from __future__ import annotations

import asyncio

from toolkit.recorder.failing import ErrorReader, Errors
from toolkit.recorder.fault import Fault
from toolkit.recorder.narrow import Whole
from toolkit.recorder.pages import Entry

EXECUTION = b'{"ex_id":"x","_slicer_stats":{"failed":1}}'
OTHER = b'{"ex_id":"y","_slicer_stats":{"failed":1}}'


class Lists:
    """Error lists that a test may take away."""

    def __init__(self, keep: int) -> None:
        """Read them, keeping so many bytes."""
        self.up = True
        self.asked: list[str] = []
        self.reader = ErrorReader(self._read, keep)

    async def _read(self, ex_id: str, _only_try: bool) -> Whole:  # noqa: FBT001 - what the reader takes
        self.asked.append(ex_id)
        if not self.up:
            reason = "status 500"
            raise Fault(reason, again=True)
        return Whole([Entry(f"{ex_id}-1", "d", b"{" + b" " * 98 + b"}")], "some" if ex_id == "y" else "")

    def frame(self, *executions: bytes) -> Errors:
        """Read a frame."""
        return asyncio.run(self.reader.frame(executions, []))


def test_what_does_not_fit_is_asked_for_again() -> None:
    """Beyond the bytes that may be kept, errors are asked for at every frame; what is let go makes room."""
    lists = Lists(keep=150)
    for _ in range(2):
        errors = lists.frame(EXECUTION, OTHER)
        assert [entry.key for entry in errors.entries or []] == ["x-1", "y-1"]
        assert errors.cut == "some"
    assert lists.asked == ["x", "y", "y"]

    lists.frame(OTHER)
    lists.frame(OTHER)
    assert lists.asked == ["x", "y", "y", "y"]


def test_errors_that_were_let_go_do_not_seem_deleted() -> None:
    """If errors that were seen can be neither read nor remembered, the collection is a gap, not without them."""
    lists = Lists(keep=150)
    lists.frame(EXECUTION, OTHER)
    lists.up = False
    errors = lists.frame(EXECUTION, OTHER)

    assert (errors.entries, errors.gap) == (None, "1 execution: status 500")


def test_without_the_list_of_controllers_counts_stay() -> None:
    """A frame without controllers or executions asks for nothing new."""
    lists = Lists(keep=1_000)
    controllers = [b'{"ex_id":"z","failed":1}']
    execution = b'{"ex_id":"z"}'
    for _ in range(2):
        asyncio.run(lists.reader.frame([execution], controllers))
        asyncio.run(lists.reader.frame([execution], None))
        asyncio.run(lists.reader.frame(None, None))

    assert lists.asked == ["z"]
