from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from toolkit.recorder.pages import SIZE, WINDOW, Pages, read_pages

if TYPE_CHECKING:
    from collections.abc import Callable

    from toolkit.model.wire import Document


class MovingList:
    """A list, newest first, that something happens to before each request but the first."""

    def __init__(self, count: int, before: Callable[[list[Document], int], None] | None = None) -> None:
        """Make `count` records."""
        self.records: list[Document] = [{"id": f"r{number}", "v": 0} for number in range(count)]
        self.asked: list[tuple[int, int]] = []
        self._before = before

    async def get(self, start: int, size: int) -> list[Document]:
        """Answer a page."""
        assert start + size <= WINDOW
        if self.asked and self._before:
            self._before(self.records, len(self.asked))
        self.asked.append((start, size))
        return [dict(record) for record in self.records[start : start + size]]

    def read(self) -> Pages:
        """Read it all."""
        return asyncio.run(read_pages(self.get, "id"))


def ids(records: list[Document]) -> list[str]:
    """Give the ids in order."""
    return [record["id"] for record in records]


@pytest.mark.parametrize("count", [0, 1, SIZE - 1])
def test_a_short_list_is_one_request(count: int) -> None:
    """A list that fits on a page is asked for once."""
    moving = MovingList(count)

    assert (moving.read().records, len(moving.asked)) == (moving.records, 1)


@pytest.mark.parametrize("count", [SIZE, SIZE + 1, 2 * SIZE - 20, 3456, WINDOW - 1])
def test_a_long_list_is_read_whole(count: int) -> None:
    """A list of many pages comes whole and in order."""
    moving = MovingList(count)

    assert moving.read() == Pages(moving.records, cut=False)


@pytest.mark.parametrize("count", [WINDOW, WINDOW + 2000])
def test_the_window_ends_a_list(count: int) -> None:
    """What lies behind the window is not asked for, and it is said that something may lie there."""
    moving = MovingList(count)

    assert moving.read() == Pages(moving.records[:WINDOW], cut=True)


def test_records_that_jump_to_the_front_are_not_lost() -> None:
    """A record that is written while the pages are read is found at the front, once, as it is now."""

    def write(records: list[Document], number: int) -> None:
        record = records.pop(2400 - number)
        records.insert(0, {**record, "v": number})

    moving = MovingList(2500, write)
    read = moving.read().records

    assert sorted(ids(read)) == sorted(ids(moving.records))
    assert read[0]["v"] > 0


@pytest.mark.parametrize("gone", [5, 60, 300])
def test_deleted_records_do_not_hide_others(gone: int) -> None:
    """When records vanish while the pages are read, the ones that move forward are read all the same."""

    def delete(records: list[Document], number: int) -> None:
        if number == 1:
            del records[:gone]

    moving = MovingList(2500, delete)
    read = ids(moving.read().records)

    assert set(ids(moving.records)) <= set(read)
    assert len(read) == len(set(read))


def test_a_cluster_that_ignores_from_ends() -> None:
    """A page that brings nothing new is the last one."""

    async def same(_start: int, size: int) -> list[Document]:
        return [{"id": str(number)} for number in range(size)]

    pages = asyncio.run(read_pages(same, "id"))

    assert (len(pages.records), pages.cut) == (SIZE, False)


def test_a_cluster_that_ignores_size_ends() -> None:
    """A page larger than asked for is taken as it is."""

    async def everything(_start: int, _size: int) -> list[Document]:
        return [{"id": str(number)} for number in range(WINDOW + 5)]

    pages = asyncio.run(read_pages(everything, "id"))

    assert (len(pages.records), pages.cut) == (WINDOW + 5, False)


def test_a_cluster_that_never_answers_the_same_ends() -> None:
    """Records that are always new do not keep the recorder busy for ever."""
    asked = 0

    async def fresh(_start: int, size: int) -> list[Document]:
        nonlocal asked
        asked += 1
        return [{"id": f"{asked}-{number}"} for number in range(size)]

    asyncio.run(read_pages(fresh, "id"))

    assert asked < 100


def test_records_without_an_id_are_kept() -> None:
    """Records that cannot be told apart by id are told apart by what they hold."""
    records: list[Document] = [{"n": number} for number in range(SIZE + 3)]

    async def get(start: int, size: int) -> list[Document]:
        return records[start : start + size]

    assert asyncio.run(read_pages(get, "id")).records == records
