"""A real cluster's transcripts, played against a server of ours or, with `--cluster-url`, against any cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.transcripts.exchanges import FILES
from tests.contract.transcripts.known import KNOWN

if TYPE_CHECKING:
    from tests.contract.transcripts.player import Played, Result


def unlisted(results: list[Result]) -> list[str]:
    """Give the differences that are not known, one a line."""
    return [
        f"#{one.exchange.n} {one.exchange.method} {one.exchange.target}: {where}: {what}"
        for one in results
        for where, what in one.found
        if not any(known.covers(one.exchange.n, where) for known in KNOWN)
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_answer_agrees_with_the_recorded_one(played: Played, name: str) -> None:
    """Status, headers, error texts, keys and their order, types, values, tables: all but the known differences."""
    found = unlisted(played.results[name])

    assert not found, "\n".join([f"{len(found)} differences", *found])


def test_what_was_to_happen_between_the_files_did(played: Played) -> None:
    """Jobs are deleted, executions stopped and assets uploaded as the recording presupposes."""
    assert not played.trouble, "\n".join(played.trouble)


def test_every_known_difference_is_still_there(played: Played) -> None:
    """An entry that nothing needs is taken off the list."""
    if not played.ours:
        pytest.skip("the list is of our own server's differences")
    found = [
        (result.exchange.n, where)
        for results in played.results.values()
        for result in results
        for where, _ in result.found
    ]
    stale = [
        (number, known.where)
        for known in KNOWN
        for number in known.numbers
        if not any(number == n and known.covers(n, where) for n, where in found)
    ]

    assert not stale
