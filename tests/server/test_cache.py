from __future__ import annotations

from toolkit.server.cache import AnswerCache


def put(cache: AnswerCache[str], key: str, *, until: int = 20, size: int = 1) -> None:
    """Keep `key` as its own answer, made at 10."""
    cache.put(key, key, t=10, until=until, size=size)


def test_an_answer_is_used_from_its_instant_to_its_until() -> None:
    """Neither before it was made nor from its `until` on."""
    cache: AnswerCache[str] = AnswerCache()
    put(cache, "a", until=20)
    assert [cache.get("a", t) for t in (9, 10, 19, 20)] == [None, "a", "a", None]


def test_the_cache_is_bounded_in_entries() -> None:
    """The oldest entry goes when there are too many."""
    cache: AnswerCache[str] = AnswerCache(most_entries=2)
    for key in "abc":
        put(cache, key)
    assert [cache.get(key, 10) for key in "abc"] == [None, "b", "c"]


def test_the_cache_is_bounded_in_bytes() -> None:
    """The oldest entries go when they are too large together; what alone is too large is not kept."""
    cache: AnswerCache[str] = AnswerCache(most_bytes=10)
    put(cache, "a", size=6)
    put(cache, "b", size=6)
    put(cache, "c", size=11)
    assert [cache.get(key, 10) for key in "abc"] == [None, "b", None]
    assert cache.bytes_held == 6


def test_an_answer_made_again_takes_the_place_of_the_old_one() -> None:
    """Its bytes are counted once, and an answer that holds no time removes it."""
    cache: AnswerCache[str] = AnswerCache()
    put(cache, "a", size=6)
    put(cache, "a", size=4)
    assert cache.bytes_held == 4
    put(cache, "a", until=0)
    assert (cache.get("a", 10), cache.bytes_held) == (None, 0)
