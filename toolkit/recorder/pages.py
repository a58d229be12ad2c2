"""Reading a list page by page while it moves: nothing doubled, nothing lost.

Teraslice's lists are newest `_updated` first. A record that is written while the pages are read jumps to the front,
behind the reader's back; one that is deleted pulls the rest forward. What stands still keeps its order, and a page is
true at one instant: it holds everything between its first and its last date. So a page must begin at a date that was
complete before, or it is asked again from further back; and at the end, the front is read in one request down to the
date at which the reading began, which finds all that was written since. A cluster whose clocks disagree by more than
the front is deep may hide a record for one frame.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from toolkit.recorder.fault import Fault

WINDOW: Final = 10_000
"""How far into a list Teraslice's search reaches: `from` and `size` together."""
SIZE: Final = 1_000
"""Records on a page: most clusters' lists are one, which is then true at one instant."""
_CAPS: Final = frozenset({10, 20, 25, SIZE - 1})
_ROUND: Final = 50
_TOO_FAST: Final = "a list that moves faster than it can be read"
LATEST: Final = "\U0010ffff"
"""After every date and id."""


class Reach(NamedTuple):
    """How far and how wide a list is read.

    Attributes:
        window: How far into a list the cluster's search reaches.
        size: Records on a page.
        behind: Records on a page behind the window, where each costs the cluster more, however long it is.
        overlap: Records of the page before that a page asks for again.
        front: Records that the front has at first.
        most: How many records the cluster puts on a page, however many are asked for; 0 if it has no such bound.
    """

    window: int = WINDOW
    size: int = SIZE
    behind: int = 2_500
    overlap: int = 20
    front: int = 100
    most: int = 0

    def asked(self, start: int, end: int) -> int:
        """Give the size of the page at a place of a list that was read up to another."""
        return self.bounded(min(end + self.size, self.window) - start)

    def bounded(self, size: int) -> int:
        """Give as much of a size as the cluster puts on a page."""
        return min(size, self.most) if self.most else size

    def back(self, overlap: int) -> int:
        """Give a larger overlap than one with which pages did not join; 0 if a page cannot be more than overlap."""
        wider = max(1, overlap * 5)
        if not self.most or wider < self.most:
            return wider
        return self.most - 1 if overlap < self.most - 1 else 0

    def capped(self, most: int) -> Reach:
        """Give the reach on a cluster that puts no more than so many records on a page."""
        return self._replace(most=most, overlap=min(self.overlap, most // 2))


class Entry(NamedTuple):
    """A record of a list: its id and date (empty without), and its text.

    The text of a record that is known may be empty; then its digest tells it.
    """

    key: str
    date: str
    text: bytes
    digest: bytes = b""


class Page(NamedTuple):
    """What one request gave.

    Attributes:
        entries: The records.
        length: How many there were, those that could not be taken included.
    """

    entries: list[Entry]
    length: int


class Ask(NamedTuple):
    """One request for a page; without `sort`, the list's own order."""

    start: int
    size: int
    sort: str = ""
    filter: str = ""


Get = Callable[[Ask], Awaitable[Page]]


class Ignored(Exception):
    """The cluster answered, but not what it was asked for: it does not know `sort` or `filter`."""


class Way(NamedTuple):
    """An order in which a list, or a part of it, is read.

    Attributes:
        rank: What the order goes by.
        down: Whether it goes down.
        sort: The order as it is asked for.
        filter: The part, as it is asked for.
        admits: Tells whether a record belongs to the part.
    """

    rank: Callable[[Entry], str]
    down: bool = False
    sort: str = ""
    filter: str = ""
    admits: Callable[[Entry], bool] = bool

    def before(self, one: Entry, other: Entry) -> bool:
        """Tell whether a record must come before another."""
        return self.rank(one) > self.rank(other) if self.down else self.rank(one) < self.rank(other)

    def check(self, page: list[Entry]) -> None:
        """Check that a page is in this order, and of this part.

        Raises:
            Ignored: If it is not.
        """
        disordered = any(self.before(later, one) for one, later in pairwise(page))
        if disordered or not all(map(self.admits, page)):
            raise Ignored


def by_date(entry: Entry) -> str:
    """Rank by date; a record without one is the oldest."""
    return entry.date


NEWEST: Final = Way(by_date, down=True)
"""The order of a list that nobody asked to sort."""


@dataclass
class Gathered:
    """The records of a list as pages bring them: each once, as it was written last."""

    found: dict[str | bytes | tuple[bytes, int], Entry] = field(default_factory=dict)

    def take(self, page: Page, before: Counter[bytes] | None = None) -> bool:
        """Take a page, read later than those before; tell whether it brought anything new.

        Args:
            page: The page.
            before: Which texts without an id are in front of it, and how often: the next one is another record.
        """
        fresh = False
        times = Counter(before or {})
        for entry in page.entries:
            name: str | bytes | tuple[bytes, int] = entry.key
            if not entry.key:
                name = (entry.text, times[entry.text]) if times[entry.text] else entry.text
                times[entry.text] += 1
            held = self.found.get(name)
            if held is None or held.date < entry.date:
                fresh = True
                self.found.pop(name, None)
                self.found[name] = entry
            elif held.date == entry.date:
                self.found[name] = entry
        return fresh

    def newest_first(self) -> list[Entry]:
        """Give all of them; what is of one date is in the order it came."""
        return sorted(self.found.values(), key=by_date, reverse=True)


@dataclass
class _Line:
    """Pages in a row, which are taken so that records without an id are told apart by their places."""

    gathered: Gathered
    _last: list[Entry] = field(default_factory=list)
    _before: Counter[bytes] = field(default_factory=Counter)

    def take(self, page: Page, overlap: int) -> bool:
        """Take the next page, which begins so much before the end of the last one; tell whether it is new."""
        shared = self._last[-overlap:] if overlap else []
        # Where the list has moved in between, a place tells nothing.
        still = bool(shared) and len(shared) == overlap and page.entries[:overlap] == shared
        before = self._before - _nameless(shared) if still else Counter[bytes]()
        self._last, self._before = page.entries, before + _nameless(page.entries)
        return self.gathered.take(page, before)


def _nameless(entries: list[Entry]) -> Counter[bytes]:
    return Counter(entry.text for entry in entries if not entry.key)


def may_be_capped(length: int) -> bool:
    """Tell whether a page that is shorter than asked looks as if somebody bounded it, rather than the list's end."""
    return length > 0 and (length in _CAPS or length % _ROUND == 0)


async def goes_on(get: Get, way: Way, place: Reach, end: int, gathered: Gathered) -> bool:
    """Tell whether a list has something behind a page that was shorter than asked."""
    page = await get(Ask(end, place.asked(end, end), way.sort, way.filter))
    return any(identity(entry) not in gathered.found for entry in page.entries)


def identity(entry: Entry) -> str | bytes:
    """Tell a record apart: by its id, or by all it holds."""
    return entry.key or entry.text


def is_refusal(fault: Fault) -> bool:
    """Tell whether a cluster does not know what it was asked, rather than being unwell."""
    return fault.absent or fault.reason == "status 400"


async def read_stretch(  # noqa: PLR0913 - what is read, and how
    get: Get,
    way: Way,
    gathered: Gathered,
    reach: Reach,
    *,
    first: Page | None = None,
    enough: Callable[[Entry], bool] | None = None,
) -> Entry | None:
    """Read in one order from its begin to its end, or to the end of the window.

    Args:
        get: Asks for a page.
        way: The order.
        gathered: Takes the records.
        reach: How far to go.
        first: The first page, if it was read already.
        enough: Tells whether what comes after a record is not needed.

    Returns:
        `None` if there is nothing left; else a record such that everything before it, and whatever stood still the
        whole time, was read.

    Raises:
        Ignored: If the cluster gives another order or part.
        Fault: If the cluster fails.
    """
    end, overlap, last = 0, 0, None
    line = _Line(gathered)
    while True:
        start = max(0, end - overlap)
        size = reach.asked(start, end)
        try:
            page = first or await get(Ask(start, size, way.sort, way.filter))
        except Fault as fault:
            if last and is_refusal(fault):  # a cluster whose window is smaller
                return last
            raise
        first = None
        way.check(page.entries)
        if start and last and not (page.entries and way.before(page.entries[0], last)):
            overlap = _wider(reach, overlap)
            continue
        line.take(page, end - start)
        if page.length > size or not page.entries or (enough and enough(page.entries[-1])):
            return None
        last, began, end, overlap = page.entries[-1], end, start + page.length, reach.overlap
        if page.length < size:
            if not await _is_cut_short(get, way, reach, gathered, began, end, page.length):
                return None
            reach = reach.capped(page.length)
            overlap = reach.overlap
        if end >= reach.window:
            return last


async def _is_cut_short(  # noqa: PLR0913, PLR0917 - where the page is
    get: Get, way: Way, reach: Reach, gathered: Gathered, began: int, end: int, length: int
) -> bool:
    if not began and not may_be_capped(length):
        return False
    try:
        return end > began and await goes_on(get, way, reach, end, gathered)
    except Fault as fault:
        if is_refusal(fault):
            return False
        raise


def _wider(reach: Reach, overlap: int) -> int:
    """Go further back for a page that joins.

    Raises:
        Ignored: If pages are too short for it.
    """
    wider = reach.back(overlap)
    if not wider:
        raise Ignored
    return wider


async def read_unsorted(get: Get, gathered: Gathered, reach: Reach, first: Page) -> bool:
    """Read a list that has no dates or another order, as far as pages that join lead.

    Returns:
        Whether there may be more behind the window.
    """
    line = _Line(gathered)
    line.take(first, 0)
    end, overlap = first.length, reach.overlap
    while True:
        start = max(0, end - overlap)
        size = reach.asked(start, end)
        page = await get(Ask(start, size))
        if start and not (page.entries and identity(page.entries[0]) in gathered.found):
            overlap = reach.back(overlap)
            if not overlap:
                raise Fault(_TOO_FAST)
            continue
        fresh = line.take(page, end - start)
        if page.length > size or not fresh:
            return False
        began, end, overlap = end, start + page.length, reach.overlap
        if page.length < size:
            if not await _is_cut_short(get, NEWEST, reach, gathered, began, end, page.length):
                return False
            reach = reach.capped(page.length)
            overlap = reach.overlap
        if end >= reach.window:
            return True


async def read_front(get: Get, gathered: Gathered, reach: Reach, since: str) -> None:
    """Read what was written since a date, and what was of that date, in one request.

    Raises:
        Fault: If that is more than the window.
    """
    widest = reach.bounded(reach.window)
    size = min(reach.front, widest)
    while True:
        page = await get(Ask(0, size))
        NEWEST.check(page.entries)
        if page.length < size or not page.entries or page.entries[-1].date < since:
            break
        if size == widest:
            if page.entries[-1].date > since:
                raise Fault(_TOO_FAST)
            break
        size = min(size * 10, widest)
    gathered.take(page)
