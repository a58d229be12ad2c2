"""Reading a list as it was read last time: where every page is the same one, so is the list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from toolkit.recorder.narrow import ListReader, Whole
    from toolkit.recorder.pages import Ask, Get, Page


class _Reading(NamedTuple):
    """What was asked for and what came, what came of it, and what the reader knew of the cluster before and after."""

    asked: list[tuple[Ask, Page]]
    whole: Whole
    state: tuple[object, ...]


@dataclass
class _Told:
    """A way to ask that has some answers already; what it is asked and told is noted.

    Attributes:
        ahead: Answers to what will be asked for first, in that order.
    """

    get: Get
    ahead: list[Page | Fault]

    def __post_init__(self) -> None:
        self.asked: list[tuple[Ask, Page]] = []
        self.faulty = False

    async def page(self, ask: Ask) -> Page:
        try:
            page = self._given() if self.ahead else await self.get(ask)
        except Fault:
            self.faulty = True
            raise
        self.asked.append((ask, page))
        return page

    def _given(self) -> Page:
        given = self.ahead.pop(0)
        if isinstance(given, Fault):
            raise given
        return given


class RepeatedReader:
    """Reads one list, frame after frame, and gives the very same one as long as its pages are the very same."""

    def __init__(self, reader: ListReader) -> None:
        """Read with a reader, which asks for the same if it is told the same and knows the same."""
        self._reader = reader
        self._last: _Reading | None = None

    async def read(self, get: Get, *, still: bool = False) -> Whole:
        """Read the list as `ListReader.read` does.

        Raises:
            Fault: If the cluster fails.
        """
        state = (still, *self._reader.state)
        last = self._last if self._last is not None and self._last.state == state else None
        ahead: list[Page | Fault] = []
        for ask, before in last.asked if last else ():
            try:
                page: Page | Fault = await get(ask)
            except Fault as fault:
                page = fault
            ahead.append(page)
            if page is not before:
                break
        else:
            if last:
                return last.whole
        told = _Told(get, ahead)
        whole = await self._reader.read(told.page, still=still)
        settled = not told.faulty and state == (still, *self._reader.state)
        self._last = _Reading(told.asked, whole, state) if settled else None
        return whole

    def forget(self) -> None:
        """Hold nothing of the last reading."""
        self._last = None
