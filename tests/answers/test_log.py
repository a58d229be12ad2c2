"""The command log over HTTP: pages of it, odd pages, and a log that cannot be written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from toolkit.answers.answer import Cluster, Request, Response, answer
from toolkit.errors import CommandNotKept
from toolkit.model.instants import SECOND, format_instant
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

SCENARIO = Scenario(seed=9, jobs=3)
T = SCENARIO.epoch


class FullLog(MemoryLog):
    """A log on a disk that is full."""

    def append(self, t: int, entry: dict[str, Any]) -> int:
        """Refuse."""
        del t, entry
        msg = "cannot keep the command: the disk is full"
        raise CommandNotKept(msg)


def ask(log: MemoryLog | None, target: str, t: int = T, method: str = "GET") -> Response:
    """Ask a cluster with that log."""
    cluster = Cluster(LiveTimeline(SCENARIO, log or MemoryLog()), log, "live" if log is not None else "replay")
    return answer(cluster, t, Request(method, target))


def filled() -> MemoryLog:
    """Make a log of twelve entries, not in the order of their instants."""
    log = MemoryLog()
    for number in range(12):
        log.append(T + (12 - number) * SECOND, {"do": "stop", "ex_id": str(number), "force": number % 2 == 0})
    return log


def test_the_log_is_shown_in_the_order_of_arrival() -> None:
    """Number, instant as a date, and the entry as it is; also what is later than the instant that is asked about."""
    shown = json.loads(ask(filled(), "/_toolkit/commands").body)

    assert shown["total"] == 12
    assert [command["sequence"] for command in shown["commands"]] == list(range(1, 13))
    assert shown["commands"][3] == {
        "sequence": 4,
        "t": format_instant(T + 9 * SECOND),
        "entry": {"do": "stop", "ex_id": "3", "force": False},
    }


@pytest.mark.parametrize(
    ("query", "sequences"),
    [
        ("", list(range(1, 13))),
        ("size=3", [1, 2, 3]),
        ("from=10", [11, 12]),
        ("from=4&size=2", [5, 6]),
        ("size=0", []),
        ("from=12", []),
        ("from=9007199254740992&size=10000", []),
    ],
)
def test_pages_of_the_log(query: str, sequences: list[int]) -> None:
    """`from` and `size` cut it like any list."""
    shown = json.loads(ask(filled(), f"/_toolkit/commands?{query}").body)

    assert (shown["total"], [command["sequence"] for command in shown["commands"]]) == (12, sequences)


def test_a_page_is_a_hundred_entries() -> None:
    """As with every list, that is the size if none is given."""
    log = MemoryLog()
    for _ in range(101):
        log.append(T, {"do": "settings"})
    shown = json.loads(ask(log, "/_toolkit/commands").body)

    assert (shown["total"], len(shown["commands"])) == (101, 100)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("size=10001", "size is '10001', it must be a whole number from 0 to 10000; leave it out for 100"),
        ("size=-1", "size is '-1'"),
        ("size=", "size is ''"),
        ("size=1&size=2", "size is '1,2'"),
        ("from=x", "from is 'x', it must be a whole number from 0 to 9007199254740992; leave it out for 0"),
        ("from=9007199254740993", "from is '9007199254740993'"),
        ("from=%D9%A3", "from is '\u0663'"),
        ("from=" + "9" * 5000, "from is '" + "9" * 60 + "'"),
    ],
)
def test_pages_that_cannot_be_are_refused(query: str, words: str) -> None:
    """With the value and the range, and in our words, for the route is ours."""
    response = ask(filled(), f"/_toolkit/commands?{query}")

    assert response.status == json.loads(response.body)["error"] == 400
    assert words in json.loads(response.body)["message"]


def test_a_replay_has_no_commands() -> None:
    """Nothing is logged there, which is no error."""
    response = ask(None, "/_toolkit/commands")

    assert (response.status, json.loads(response.body)) == (200, {"total": 0, "commands": []})


def test_the_log_is_read_only() -> None:
    """Entries come from commands, never from here, and it is at the root alone."""
    assert {ask(filled(), "/_toolkit/commands", method=method).status for method in ("POST", "DELETE")} == {405}
    assert ask(filled(), "/v1/_toolkit/commands").status == 405


def test_a_command_that_cannot_be_kept_is_a_500_and_did_not_happen() -> None:
    """The body is of Teraslice's shape, is not held, and the world is what it was."""
    log = FullLog()
    before = ask(log, "/v1/jobs").body
    response = ask(log, "/v1/data/refresh", method="POST")

    assert (response.status, response.until) == (500, 0)
    assert json.loads(response.body) == {"error": 500, "message": "cannot keep the command: the disk is full"}
    assert ask(log, "/v1/jobs").body == before
