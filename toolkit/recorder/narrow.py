"""Whole lists, also those that are longer than the window of Teraslice's search.

Behind the window a list is read by narrowing it: a Lucene `filter` up to the oldest date seen, window after window.
Should a whole window be of one date, it is read in the order of the ids. Clusters from before 2026 do not know
`filter`; there the list is read from its other end, and what lies between cannot be reached.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from toolkit.recorder.fault import Fault
from toolkit.recorder.pages import (
    LATEST,
    NEWEST,
    Ask,
    Entry,
    Gathered,
    Get,
    Ignored,
    Page,
    Reach,
    Way,
    by_date,
    goes_on,
    is_refusal,
    may_be_capped,
    read_front,
    read_stretch,
    read_unsorted,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


class Whole(NamedTuple):
    """A list in its order, and what of it could not be reached, in words; empty if nothing."""

    entries: list[Entry]
    cut: str = ""


class ListReader:
    """Reads one list, frame after frame, and remembers what the cluster knows."""

    def __init__(self, id_field: str, date_field: str, reach: Reach | None = None) -> None:
        """Read a list whose records have an id and a date in these fields."""
        self._id = id_field
        self._date = date_field
        self._reach = reach or Reach()
        self._behind = self._reach._replace(size=self._reach.behind)
        self._filters = True
        self._sorts = True

    @property
    def state(self) -> tuple[object, ...]:
        """What is known of the cluster: what is asked for depends on nothing else, and on what comes."""
        return self._reach, self._behind, self._filters, self._sorts

    async def read(self, get: Get, *, still: bool = False) -> Whole:
        """Read the list.

        Args:
            get: Asks for a page.
            still: Whether every page is of one instant, so that nothing moves while it is read.

        Raises:
            Fault: If the cluster fails.
        """
        reach = self._reach
        first = await get(Ask(0, reach.bounded(reach.size)))
        if first.length != reach.bounded(reach.size):
            if first.length > reach.size or not await self._is_capped(get, first):
                return Whole(first.entries)
            reach = self._reach
        try:
            if not first.entries or not first.entries[0].date:
                raise Ignored  # noqa: TRY301 - the same as a page in another order
            gathered = Gathered()
            last = await read_stretch(get, NEWEST, gathered, reach, first=first)
            since = first.entries[0].date
            cut = await self._beyond(get, gathered, last) if last else ""
            if not still:
                await read_front(get, gathered, reach, since)
        except Ignored:
            gathered = Gathered()
            more = await read_unsorted(get, gathered, reach, first)
            return Whole(list(gathered.found.values()), f"what lies behind the first {reach.window:,}" if more else "")
        return Whole(gathered.newest_first(), cut)

    async def _is_capped(self, get: Get, first: Page) -> bool:
        """Tell whether the cluster puts fewer records on a page than it is asked for, and keep to that from then on."""
        if not may_be_capped(first.length):
            return False
        gathered = Gathered()
        gathered.take(first)
        if not await goes_on(get, NEWEST, self._reach, first.length, gathered):
            return False
        self._reach = self._reach.capped(first.length)
        self._behind = self._behind.capped(first.length)
        return True

    async def _beyond(self, get: Get, gathered: Gathered, last: Entry) -> str:
        """Read what lies behind the window, as the cluster lets it; say what could not be reached."""
        if self._filters:
            cut = await _tried(self._narrowed(get, gathered, last))
            if cut is not None:
                return cut
            self._filters = False
        if self._sorts:
            cut = await _tried(self._from_the_other_end(get, gathered, last))
            if cut is not None:
                return cut
            self._sorts = False
        return f"what lies behind the newest {self._reach.window:,}: the cluster is too old for filter and sort"

    async def _narrowed(self, get: Get, gathered: Gathered, last: Entry) -> str:
        newest, inside, cut = last.date, True, ""
        while newest:
            reached = await read_stretch(get, self._until(newest, inside=inside), gathered, self._behind)
            if reached is None:
                break
            if inside and reached.date == newest:
                cut = await self._of_one_date(get, gathered, newest) or cut
                inside = False
            else:
                newest, inside = reached.date, True
        undated = f"(* AND -{self._date}:*)"
        without = await _tried(self._by_id(get, gathered, undated, lambda entry: not entry.date))
        return cut or ("those without a date" if without is None else without)

    def _until(self, newest: str, *, inside: bool) -> Way:
        opening = "[" if inside else "{"
        closing = "]" if inside else "}"
        return Way(
            by_date,
            down=True,
            filter=f"{self._date}:{opening}* TO {_quoted(newest)}{closing}",
            admits=lambda entry: "" < entry.date <= newest if inside else "" < entry.date < newest,
        )

    async def _of_one_date(self, get: Get, gathered: Gathered, date: str) -> str:
        part = f"{self._date}:[{_quoted(date)} TO {_quoted(date)}]"
        cut = await _tried(self._by_id(get, gathered, part, lambda entry: entry.date == date))
        return self._too_many() if cut is None else cut

    async def _by_id(self, get: Get, gathered: Gathered, part: str, belongs: Callable[[Entry], bool]) -> str:
        """Read a part in the order of the ids, window after window."""
        lowest, narrowed = "", part
        while True:
            way = Way(
                lambda entry: entry.key or LATEST,
                sort=f"{self._id}:asc",
                filter=narrowed,
                admits=lambda entry, lowest=lowest: belongs(entry) and (entry.key or LATEST) >= lowest,  # type: ignore[misc]
            )
            reached = await read_stretch(get, way, gathered, self._behind)
            if reached is None:
                return ""
            if reached.key <= lowest:
                return self._too_many()
            lowest = reached.key
            narrowed = f"{part} AND {self._id}:[{_quoted(lowest)} TO *]"

    def _too_many(self) -> str:
        return f"some of more than {self._reach.window:,} of one date"

    async def _from_the_other_end(self, get: Get, gathered: Gathered, last: Entry) -> str:
        def date(entry: Entry) -> str:
            return entry.date or LATEST

        way = Way(date, sort=f"{self._date}:asc")
        first = await get(Ask(0, self._behind.asked(0, 0), way.sort))
        if first.entries and date(first.entries[0]) > last.date:
            raise Ignored
        reached = await read_stretch(
            get, way, gathered, self._behind, first=first, enough=lambda entry: date(entry) > last.date
        )
        between = f"what lies between the newest and the oldest {self._reach.window:,}"
        return f"{between}: the cluster is too old for filter" if reached else ""


async def _tried(reading: Awaitable[str]) -> str | None:
    """Give what a way of reading says; `None` if the cluster does not know that way."""
    try:
        return await reading
    except Ignored:
        return None
    except Fault as fault:
        if not is_refusal(fault):
            raise
        return None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", r"\\").replace('"', r"\"") + '"'
