"""Lists read while they move, of every length and from clusters of every age."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.recorder.listing import Listing
from toolkit.model.instants import format_instant
from toolkit.query.mapping import ASSETS
from toolkit.query.sort import NEWEST_CREATED
from toolkit.recorder.fault import Fault
from toolkit.recorder.narrow import ListReader, Whole
from toolkit.recorder.pages import Ask, Entry, Gathered, Page, Reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.wire import Document

START = 1_700_000_000_000
SMALL = Reach(window=12, size=5, behind=6, overlap=2, front=2)
OLD = "what lies behind the newest 12: the cluster is too old for filter and sort"
BETWEEN = "what lies between the newest and the oldest 12: the cluster is too old for filter"
REFUSED = Fault("status 400")
UNWELL = Fault("status 500", again=True)
FIRST = "what lies behind the first 12"


class Moving:
    """A listing behind a reader; something may happen to it before each request but the first."""

    def __init__(self, listing: Listing, before: Callable[[list[Document]], None] | None = None) -> None:
        """Read a listing."""
        self.listing = listing
        self.reader = ListReader(listing._id, "_created" if listing._newest == NEWEST_CREATED else "_updated", SMALL)
        self._before = before

    async def get(self, ask: Ask) -> Page:
        """Answer a page."""
        if self._before and self.listing.asked:
            self._before(self.listing.records)
        wanted = {"size": str(ask.size), "from": str(ask.start), "sort": ask.sort, "filter": ask.filter}
        found = self.listing.find({name: value for name, value in wanted.items() if value})
        if found is None:
            raise REFUSED
        return Page([self.entry(record) for record in found], len(found))

    def entry(self, record: Document) -> Entry:
        """Give a record as the recorder has it."""
        date = "_created" if self.listing._newest == NEWEST_CREATED else "_updated"
        return Entry(record.get(self.listing._id, ""), record.get(date, ""), json.dumps(record).encode())

    def read(self, *, still: bool = False) -> Whole:
        """Read it all."""
        return asyncio.run(self.reader.read(self.get, still=still))


def dated(*dates: int) -> list[Document]:
    """Make a record for each date; ids do not follow dates."""
    return [
        {"ex_id": f"x{number * 7919 % 1009:04}-{number}", "_updated": format_instant(START + date), "v": 0}
        for number, date in enumerate(dates)
    ]


def ids(found: list[Entry] | list[Document]) -> list[str]:
    """Give the ids in order."""
    return [entry.key if isinstance(entry, Entry) else entry["ex_id"] for entry in found]


def newest_first(records: list[Document]) -> list[str]:
    """Give the ids of records in the order of their list."""
    return ids(sorted(sorted(records, key=lambda r: r["ex_id"]), key=lambda r: r["_updated"], reverse=True))


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_short_list_is_one_request(count: int) -> None:
    """A list that fits on a page is asked for once, and without further parameters."""
    moving = Moving(Listing(dated(*range(count))))

    assert moving.read() == Whole([moving.entry(record) for record in moving.listing.records[::-1]])
    assert moving.listing.asked == [{"size": "5", "from": "0"}]


@pytest.mark.parametrize(("count", "requests"), [(5, 3), (6, 4), (9, 4), (10, 4), (11, 5)])
def test_a_long_list_is_read_whole_with_few_requests(count: int, requests: int) -> None:
    """A list of many pages comes whole and in order: few requests.

    A request a page, one to see that a short one is the last, and one for the front unless it stands still.
    """
    for still in (False, True):
        moving = Moving(Listing(dated(*range(count))))

        assert ids(moving.read(still=still).entries) == newest_first(moving.listing.records)
        assert len(moving.listing.asked) == requests - still


@pytest.mark.parametrize("count", [12, 13, 25, 36, 100])
def test_a_list_behind_the_window_is_read_by_narrowing(count: int) -> None:
    """What lies behind the window is reached with filters, window after window."""
    moving = Moving(Listing(dated(*range(count))))

    whole = moving.read()

    assert (ids(whole.entries), whole.cut) == (newest_first(moving.listing.records), "")


@pytest.mark.parametrize("dates", [[5] * 40, [9] * 3 + [5] * 40 + [1] * 30, [9] * 13, [7] * 12 + [3] * 12])
def test_windows_of_one_instant_are_read_by_id(dates: list[int]) -> None:
    """More records of one date than the window holds are told apart by their ids."""
    moving = Moving(Listing(dated(*dates)))

    whole = moving.read()

    assert (sorted(ids(whole.entries)), whole.cut) == (sorted(ids(moving.listing.records)), "")


@pytest.mark.parametrize("count", [6, 20])
def test_undated_records_are_found_behind_everything(count: int) -> None:
    """Records without a date, which no range of dates finds, are asked for by themselves."""
    records = dated(*range(count))
    for number in range(15):
        records.append({"ex_id": f"none-{number}"})
    moving = Moving(Listing(records))

    whole = moving.read()

    assert (sorted(ids(whole.entries)), whole.cut) == (sorted(ids(records)), "")
    assert ids(whole.entries)[:count] == newest_first(records[:count])


@pytest.mark.parametrize("how", ["ignores", "refuses"])
def test_clusters_too_old_for_filter_are_read_from_both_ends(how: str) -> None:
    """Without `filter`, the window from either end is reached; what lies between is said to be missing."""
    for count, cut in ((13, ""), (20, ""), (30, BETWEEN)):
        moving = Moving(Listing(dated(*range(count)), **{how: ("filter",)}))
        whole = moving.read()
        expected = newest_first(moving.listing.records)

        assert (ids(whole.entries), whole.cut) == (expected if not cut else expected[:12] + expected[-12:], cut)

        moving.listing.asked.clear()
        assert moving.read() == whole
        assert not [query for query in moving.listing.asked if "filter" in query]


@pytest.mark.parametrize("how", ["ignores", "refuses"])
def test_clusters_too_old_for_both_are_read_to_the_window(how: str) -> None:
    """Without `filter` and `sort`, the newest are read, and it is said what is missing; that is learned once."""
    moving = Moving(Listing(dated(*range(30)), **{how: ("filter", "sort")}))
    expected = Whole([moving.entry(record) for record in moving.listing.records[:17:-1]], OLD)

    assert moving.read() == expected
    moving.listing.asked.clear()
    assert moving.read() == expected
    assert not [query for query in moving.listing.asked if query.keys() - {"size", "from"}]


def test_a_list_of_one_instant_on_an_old_cluster_is_cut() -> None:
    """Where neither dates nor ids lead on, it is said so."""
    moving = Moving(Listing(dated(*[5] * 40), ignores=("filter", "sort")))

    assert moving.read().cut == BETWEEN


def test_assets_are_read_by_their_creation() -> None:
    """A list without filters and with another date is read from both ends."""
    records = [{"id": f"a{number}", "_created": format_instant(START + number)} for number in range(20)]
    moving = Moving(Listing(records, id_field="id", mapping=ASSETS, newest=NEWEST_CREATED, ignores=("filter",)))

    whole = moving.read()

    assert ([entry.key for entry in whole.entries], whole.cut) == ([record["id"] for record in records[::-1]], "")


def test_a_cluster_with_a_smaller_window_is_read_whole() -> None:
    """A window that is smaller than Teraslice's own is noticed by its refusal."""
    moving = Moving(Listing(dated(*range(40)), window=11))

    whole = moving.read()

    assert (ids(whole.entries), whole.cut) == (newest_first(moving.listing.records), "")


def test_other_faults_are_the_lists() -> None:
    """A cluster that fails behind the window fails the list: half of it would look like deletions."""
    moving = Moving(Listing(dated(*range(30))))

    async def failing(ask: Ask) -> Page:
        if ask.filter:
            raise UNWELL
        return await moving.get(ask)

    with pytest.raises(Fault, match="status 500"):
        asyncio.run(moving.reader.read(failing))


@pytest.mark.parametrize("count", [5, 11, 12, 40])
def test_lists_without_dates_are_read_to_the_window(count: int) -> None:
    """A list whose records have no dates, or another order, is read page by page as far as the window goes."""
    records: list[Document] = [{"n": number, "ex_id": f"x{number}"} for number in range(count)]
    moving = Moving(Listing(records))

    async def as_they_are(ask: Ask) -> Page:
        return Page([moving.entry(record) for record in records[ask.start : ask.start + ask.size]], ask.size)

    async def without_order(ask: Ask) -> Page:
        found = records[ask.start : ask.start + ask.size]
        entries = [Entry("", f"{record['n'] % 3}", moving.entry(record).text) for record in found]
        return Page(entries, len(found))

    whole = asyncio.run(ListReader("ex_id", "_updated", SMALL).read(without_order))
    assert [json.loads(entry.text) for entry in whole.entries] == records[:12]
    assert whole.cut == (FIRST if count >= 12 else "")
    assert ids(asyncio.run(ListReader("ex_id", "_updated", SMALL).read(as_they_are)).entries) == ids(records[:12])


def test_unsorted_pages_that_do_not_join_are_asked_again() -> None:
    """Also in a list without dates, records that move forward are not jumped over."""
    records: list[Document] = [{"ex_id": f"x{number}"} for number in range(11)]
    moving = Moving(Listing(records))
    gone = iter([3])

    async def shrinking(ask: Ask) -> Page:
        if ask.start:
            del records[: next(gone, 0)]
        found = records[ask.start : ask.start + ask.size]
        return Page([moving.entry(record) for record in found], len(found))

    assert ids(asyncio.run(ListReader("ex_id", "_updated", SMALL).read(shrinking)).entries) == [
        f"x{number}" for number in range(11)
    ]


def test_clusters_that_ignore_the_page_end() -> None:
    """A cluster that ignores `from`, ignores `size`, or never answers the same does not keep the recorder for ever."""
    asked = 0

    def page(name: str, count: int) -> Page:
        return Page([Entry(f"{name}{n}", format_instant(START - n), b"{}") for n in range(count)], count)

    async def same(ask: Ask) -> Page:
        return page("same", ask.size)

    async def everything(_ask: Ask) -> Page:
        return page("all", 40)

    async def fresh(ask: Ask) -> Page:
        nonlocal asked
        asked += 1
        return page(f"{asked}-", ask.size)

    async def undated(ask: Ask) -> Page:
        return Page([entry._replace(date="") for entry in page("same", ask.size).entries], ask.size)

    reader = ListReader("ex_id", "_updated", SMALL)
    assert asyncio.run(reader.read(everything)).cut == ""
    assert len(asyncio.run(reader.read(everything)).entries) == 40
    assert asyncio.run(reader.read(same)).cut == OLD
    assert asyncio.run(ListReader("ex_id", "_updated", SMALL).read(undated)).cut == ""
    assert asyncio.run(ListReader("ex_id", "_updated", SMALL).read(fresh)).cut
    assert asked < 100


@pytest.mark.parametrize("cap", [10, 20, 50, 100, 250])
@pytest.mark.parametrize("count", [9, 10, 11, 50, 99, 100, 101, 250, 450, 1_500])
@pytest.mark.parametrize("how", ["dates", "ties", "none"])
def test_short_pages_do_not_end_a_list(cap: int, count: int, how: str) -> None:
    """Whoever bounds a page, be it a cluster or a proxy, the list comes whole, once each, frame after frame."""
    records = dated(*(number if how == "dates" else number // 7 for number in range(count)))
    if how == "none":
        records = [{"ex_id": record["ex_id"]} for record in records]
    moving = Moving(Listing(records))
    moving.reader = ListReader("ex_id", "_updated")

    async def capped(ask: Ask) -> Page:
        return await moving.get(ask._replace(size=min(ask.size, cap)))

    for _ in range(2):
        whole = asyncio.run(moving.reader.read(capped))

        assert (sorted(ids(whole.entries)), whole.cut) == (sorted(ids(records)), "")


@pytest.mark.parametrize("short", [0, 1, 2])
def test_a_page_that_lacks_one_does_not_end_a_list(short: int) -> None:
    """A page that is one record short is no end, neither the first one nor one after it."""
    records = dated(*range(3_500))
    moving = Moving(Listing(records))
    reader = ListReader("ex_id", "_updated")
    asked = 0

    async def lacking(ask: Ask) -> Page:
        nonlocal asked
        asked += 1
        return await moving.get(ask._replace(size=ask.size - (asked == short + 1)))

    assert ids(asyncio.run(reader.read(lacking)).entries) == newest_first(records)


@pytest.mark.parametrize("dates", ["", "one", "many"])
@pytest.mark.parametrize("count", [5, 999, 1_000, 1_001, 1_500, 4_000])
def test_records_without_ids_are_counted(count: int, dates: str) -> None:
    """Records that nothing tells apart are as many as there are."""
    made = {
        "": lambda _: "",
        "one": lambda _: format_instant(START),
        "many": lambda n: format_instant(START - n // 900),
    }
    entries = [Entry("", made[dates](number), made[dates](number).encode()) for number in range(count)]

    async def get(ask: Ask) -> Page:
        found = entries[ask.start : ask.start + ask.size]
        return Page(found, len(found))

    assert asyncio.run(ListReader("ex_id", "_updated").read(get)).entries == entries


def test_a_list_that_moves_too_fast_is_a_gap() -> None:
    """A list that is rewritten whole between any two requests cannot be read, and that is said."""
    clock = iter(range(1, 1_000_000))

    def rewrite(records: list[Document]) -> None:
        for record in records:
            record["_updated"] = format_instant(START + 1_000 + next(clock))

    with pytest.raises(Fault, match="moves faster than it can be read"):
        Moving(Listing(dated(*range(15)), ignores=("filter",)), rewrite).read()


def test_entries_that_cannot_be_taken_do_not_end_a_list() -> None:
    """A page counts as full when its entries are, whether or not each of them is a record."""
    moving = Moving(Listing(dated(*range(9))))

    async def odd(ask: Ask) -> Page:
        page = await moving.get(ask)
        return Page(page.entries[:-1] if len(page.entries) > 1 else page.entries, page.length)

    assert len(asyncio.run(moving.reader.read(odd)).entries) >= 7


def test_an_older_version_does_not_replace_a_newer_one() -> None:
    """A record that a slower part of the cluster shows as it was before stays as it was written last."""
    gathered = Gathered()
    for date in ("2", "1", "3", "2"):
        gathered.take(Page([Entry("x", date, date.encode())], 1))

    assert gathered.newest_first() == [Entry("x", "3", b"3")]


def test_a_cluster_that_cannot_sort_by_id_hides_what_only_ids_tell_apart() -> None:
    """Where ids lead nowhere, what they would have led to is said to be missing; the rest is whole."""

    def reading(dates: list[int]) -> tuple[Moving, Whole]:
        moving = Moving(Listing(dated(*dates)))

        async def get(ask: Ask) -> Page:
            if ask.sort.startswith("ex_id"):
                raise REFUSED
            return await moving.get(ask)

        return moving, asyncio.run(moving.reader.read(get))

    moving, whole = reading(list(range(30)))
    assert (ids(whole.entries), whole.cut) == (newest_first(moving.listing.records), "those without a date")

    moving, whole = reading([9] * 30 + [5] * 30)
    assert whole.cut == "some of more than 12 of one date"
    assert len(whole.entries) == 2 * 12


def test_records_of_one_date_without_ids_are_cut() -> None:
    """More records of one date than the window holds, and no ids to go by: it is said that some are missing."""
    moving = Moving(Listing([{"n": n, "_updated": format_instant(START)} for n in range(30)]))

    whole = moving.read()

    assert (len(whole.entries), whole.cut) == (12, "some of more than 12 of one date")


Operation = tuple[str, int, int, int]
MOVES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(["delete", "update", "insert"]),
            st.just(0) | st.integers(0, 60),
            st.sampled_from([5, 3, 1]),
            st.integers(0, 1),
        ),
        min_size=1,
        max_size=3,
    ),
    max_size=12,
)


class Life:
    """Applies drawn operations before each request, and keeps every version that any record had."""

    def __init__(self, records: list[Document], moves: list[list[Operation]]) -> None:
        """Begin with records."""
        self.always = {record["ex_id"] for record in records}
        self.versions = {(record["ex_id"], json.dumps(record)) for record in records}
        self._moves = iter(moves)
        self._now = START + 1_000
        self.written = 0
        self._made = 0

    def go_on(self, records: list[Document]) -> None:
        """Apply what happens between two requests."""
        for what, place, count, later in next(self._moves, []):
            self._now += later
            for _ in range(count):
                if what == "insert":
                    self._made += 1
                    self._write(records, {"ex_id": f"new-{self._made}", "v": 0})
                elif records:
                    newest = sorted(records, key=lambda record: record["_updated"], reverse=True)
                    old = newest[place % len(newest)]
                    records.remove(old)
                    if what == "update":
                        self._write(records, {**old, "v": old["v"] + 1})
                    else:
                        self.always.discard(old["ex_id"])

    def _write(self, records: list[Document], record: Document) -> None:
        record["_updated"] = format_instant(self._now)
        self.written += 1
        records.append(record)
        self.versions.add((record["ex_id"], json.dumps(record)))


@settings(max_examples=300)
@given(
    dates=st.builds(
        lambda count, tied: [number // tied for number in range(count)],
        st.integers(8, 12) | st.integers(8, 60),
        st.sampled_from([1, 1, 2, 7, 60]),
    ),
    moves=MOVES,
    ignores=st.sampled_from([(), ("filter",), ("filter", "sort")]),
)
def test_nothing_is_lost_or_doubled_while_a_list_moves(
    dates: list[int], moves: list[list[Operation]], ignores: tuple[str, ...]
) -> None:
    """Every record that was there the whole time is there once, as it was written last; the rest as it was some time.

    Where the cluster is too old to reach everything, it is said that something is missing. Only a list of which as
    much is written as the window holds cannot be read.
    """
    records = dated(*dates)
    life = Life(records, moves)
    moving = Moving(Listing(records, ignores=ignores), life.go_on)

    whole = None
    with suppress(Fault):
        whole = moving.read()
    if whole is None:
        assert life.written >= SMALL.window
        return

    found: list[Any] = [(entry.key, json.loads(entry.text)) for entry in whole.entries]
    assert len(found) == len({key for key, _ in found})
    assert all((key, json.dumps(record)) in life.versions for key, record in found)
    assert [entry.date for entry in whole.entries] == sorted((e.date for e in whole.entries), reverse=True)
    if not whole.cut:
        now = {record["ex_id"]: record for record in records if record["ex_id"] in life.always}
        assert now == {key: record for key, record in found if key in life.always}
    assert not (whole.cut and not ignores)
