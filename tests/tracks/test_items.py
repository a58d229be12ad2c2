from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.wire import Literal, dumps
from toolkit.tracks.items import ItemBook
from toolkit.tracks.track import Item

ENTRY = st.sampled_from([{"w": 1}, {"w": 2}, {"w": True}, {"w": Literal("1.0")}, {"w": 3, "x": 1}, {"x": 1, "w": 3}])
LISTS = st.lists(st.lists(ENTRY, max_size=6), min_size=1, max_size=8)


@given(LISTS)
def test_every_list_comes_back(lists: list[list[dict[str, Any]]]) -> None:
    """The entries that exist at an instant are the list that was seen: every entry, its text and its place."""
    book = ItemBook()
    for t, items in enumerate(lists):
        book.take(t or None, items)
    for t, items in enumerate(lists):
        there = [
            item.doc
            for item in book.items
            if (item.since is None or item.since <= t) and (item.until is None or t < item.until)
        ]
        assert dumps(there) == dumps(items)


def test_an_entry_that_stays_is_kept_once() -> None:
    """Of a list in which one entry comes and one goes, what stays is one entry, whatever moves around it."""
    book = ItemBook()
    a, b, c = {"w": "a" * 50}, {"w": "b" * 50}, {"w": "c" * 50}
    book.take(None, [a, b])
    book.take(5, [b, c])
    assert book.items == [Item(a, None, 5), Item(b), Item(c, 5)]
    assert book.whole == 4 * len(dumps(a))
    assert book.size == 3 * (len(dumps(a)) + 60)
