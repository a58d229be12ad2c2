"""The command log in memory: what it keeps, in which order, and the ids that it gives."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.model.wire import Literal, dumps, loads
from toolkit.world.commands import Command, MemoryLog, as_kept, digest_of, line_of, parse
from toolkit.world.ids import Ids

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=5))
def test_what_is_kept_is_what_comes_back_from_a_line(entry: dict[str, Any]) -> None:
    """Keeping an entry again, or reading its line, gives the very entry, types and order included."""
    kept = as_kept(entry)

    assert repr(as_kept(kept)) == repr(kept)
    assert repr(parse(line_of(Command(1, 5, kept)))["entry"]) == repr(kept)
    assert dumps(kept) == dumps(entry)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2.5", 2.5),
        ("1.0", 1.0),
        ("1e-5", Literal("1e-5")),
        ("2.50", Literal("2.50")),
        ("1e400", Literal("1e400")),
        ("-0", Literal("-0")),
        ("123456789012345678901", Literal("123456789012345678901")),
        ('"\\ud800"', Literal('"\\ud800"')),
        ('"2.5"', "2.5"),
        ('[1.5,{"a":0.25}]', [1.5, {"a": 0.25}]),
    ],
)  # fmt: skip
def test_numbers_are_plain_where_that_loses_nothing(text: str, kept: object) -> None:
    """A fraction is a float if its text comes back; everything else that a parser would change keeps its text."""
    entry = {"do": "x", "value": loads(text.encode())}

    assert repr(as_kept(entry)["value"]) == repr(kept)
    assert dumps(as_kept(entry)) == dumps(entry)


def test_who_watches_a_log_is_told_when_an_entry_is_there() -> None:
    """The number of each entry from then on, at a moment at which the log has it."""
    log, told = MemoryLog(), []
    log.append(1, {"do": "refresh"})
    log.watch(lambda sequence: told.append((sequence, log.sequence, len(log.in_order()))))
    log.append(2, {"do": "refresh"})
    log.append(3, {"do": "reset"})
    assert told == [(2, 2, 2), (3, 3, 0)]


def test_what_is_appended_is_a_fact() -> None:
    """Changing an entry after it was appended changes nothing in the log."""
    log = MemoryLog()
    entry = {"do": "post_job", "job": {"name": "a"}}
    assert log.append(7, entry) == 1
    entry["job"] = "another"

    assert log.page(0, 10) == [Command(1, 7, {"do": "post_job", "job": {"name": "a"}})]


def test_pages_are_in_the_order_of_arrival() -> None:
    """Unlike the folded order, a page goes by sequence number; beyond the end there is nothing."""
    log = MemoryLog()
    for t in (5, 3, 5, 1):
        log.append(t, {"do": "refresh"})

    assert [command.t for command in log.page(0, 10)] == [5, 3, 5, 1]
    assert [command.sequence for command in log.page(1, 2)] == [2, 3]
    assert log.page(4, 10) == []


def test_ids_are_keyed_by_seed_kind_and_sequence() -> None:
    """An id stays the same until an entry is appended, differs by kind and seed, and is none of the generated ones."""
    log, other = MemoryLog(7), MemoryLog(8)
    first = log.new_id("job")
    assert first == log.new_id("job") == MemoryLog(7).new_id("job")
    assert first == "73b72110-0264-451d-ada8-e28cd39234a4"
    log.append(1, {"do": "refresh"})

    assert len({first, log.new_id("job"), log.new_id("ex"), other.new_id("job"), other.new_id("ex")}) == 5
    assert Ids(7, "job").number_of(first) is None
    assert Ids(7, "ex").number_of(MemoryLog(7).new_id("ex")) is None


def test_a_digest_is_that_of_the_lines() -> None:
    """The digest is the SHA-256 of the lines as a log on disk has them."""
    commands = [Command(1, 5, {"do": "refresh"}), Command(2, 6, {"do": "stop", "ex_id": "x", "force": False})]
    text = "".join(json.dumps(command._asdict(), separators=(",", ":")) + "\n" for command in commands)

    assert digest_of(commands) == hashlib.sha256(text.encode()).hexdigest()
