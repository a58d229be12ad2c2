from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from toolkit.errors import FaultError
from toolkit.faults.faults import Faults, decide, faults_of
from toolkit.faults.named import NAMED
from toolkit.faults.rule import Facing, fault_from
from toolkit.faults.spoiling import Manner, Spoiling
from toolkit.faults.tally import Tally
from toolkit.world.commands import Command, MemoryLog

ROUTES = ("jobs", "executions", "state", "controllers")
EVERYTHING = (
    {"rate": 0.3, "delay": {"median": "100ms", "p99": "2s"}},
    {"route": "executions", "rate": 0.5, "status": 503, "times": 4},
    {"rate": 0.2, "answer": "reset"},
    {"rate": 0.4, "delay": {"least": "1ms", "most": "9ms"}, "answer": "truncated"},
)


def faults(*documents: dict[str, Any], seed: int = 1) -> Faults:
    """Make faults of a world."""
    return faults_of(seed, 0, [fault_from(document) for document in documents], [])


class Asking:
    """Requests to one world."""

    def __init__(self, these: Faults) -> None:
        """Begin."""
        self.these, self.tally = these, Tally()

    def ask(self, route: str, t: int = 0, method: str = "GET") -> Spoiling | None:
        """Ask a route."""
        got = decide(self.these, self.tally, Facing(route, method, f"/v1/{route}", self.tally.next(route), t))
        if got is not None:
            self.tally.count(got, route)
        return got


@given(st.lists(st.sampled_from(ROUTES), max_size=60), st.integers(0, 2**63))
def test_what_a_request_gets_depends_on_nothing_but_its_number_at_its_route(order: list[str], seed: int) -> None:
    """Whatever the order among routes: the same seed gives the same faults at the same numbers."""
    mixed, apart = Asking(faults(*EVERYTHING, seed=seed)), Asking(faults(*EVERYTHING, seed=seed))
    got = {route: [] for route in ROUTES}
    for route in order:
        got[route].append(mixed.ask(route))
    assert got == {route: [apart.ask(route) for _ in range(order.count(route))] for route in ROUTES}


def test_other_seeds_routes_and_faults_draw_otherwise() -> None:
    """What is hit differs by seed, by route, and by which fault it is."""
    half = {"rate": 0.5, "status": 500}
    draws = [
        [Asking(faults(half)), "jobs"],
        [Asking(faults(half, seed=2)), "jobs"],
        [Asking(faults(half)), "executions"],
        [Asking(faults({"route": "state", "status": 500}, half)), "jobs"],
    ]
    rows = {tuple(asking.ask(route) is not None for _ in range(64)) for asking, route in draws}
    assert len(rows) == len(draws)


@pytest.mark.parametrize("rate", [0, 0.001, 0.05, 0.5, 0.95, 1])
def test_a_rate_comes_out_over_many_requests(rate: float) -> None:
    """Of 20,000 requests the part that is asked for, within five standard deviations."""
    count = 20_000
    asking = Asking(faults({"rate": rate, "status": 500}))
    hits = sum(asking.ask("jobs") is not None for _ in range(count))
    assert abs(hits - rate * count) <= 5 * (count * rate * (1 - rate)) ** 0.5
    assert asking.tally.hits(1) == hits


def test_times_counts_the_requests_of_each_route() -> None:
    """The first two of each, so that the order among routes cannot matter; the list counts all."""
    asking = Asking(faults({"status": 500, "times": 2}))
    got = [
        asking.ask(route) is not None for route in ("jobs", "jobs", "executions", "jobs", "executions", "executions")
    ]
    assert got == [True, True, True, False, True, False]
    assert asking.tally.hits(1) == 4


def test_the_first_delay_and_the_first_harm_combine() -> None:
    """Later ones of a kind that is there already do nothing, and are not counted."""
    asking = Asking(faults({"delay": "5ms"}, {"delay": "7ms", "status": 500}, {"delay": "9ms"}, {"answer": "reset"}))
    got = asking.ask("jobs")
    assert got is not None
    assert (got.faults, got.delay, got.harm and got.harm.manner) == ((1, 2), 5, Manner.STATUS)
    assert got.told == "delay 5ms (fault 1), status 500 (fault 2)"
    assert [asking.tally.hits(number) for number in (1, 2, 3, 4)] == [1, 1, 0, 0]


def test_a_fault_tells_all_that_it_does() -> None:
    """A delay and a harm of one fault are both told."""
    got = Asking(faults({"delay": "5ms", "answer": "hang"})).ask("jobs")
    assert got == Spoiling((1,), "delay 5ms (fault 1), hang (fault 1)", 5, got and got.harm)


def test_a_request_that_nothing_hits_gets_nothing() -> None:
    """In another time, at another route, with nothing to harm: no fault, and nothing is counted."""
    asking = Asking(
        faults({"from": "+1s", "status": 500}, {"route": "state", "status": 500}, {"stale": "1m", "method": "POST"})
    )
    assert asking.ask("jobs") is None
    assert asking.ask("jobs", method="POST") is None
    assert asking.ask("jobs", t=1_000) is not None


def test_faults_in_force_are_what_the_log_makes_of_those_of_the_start() -> None:
    """Added with the id they say, dropped one by one or all together; after all are gone, ids begin again."""
    status = {"status": 500}
    log, initial = MemoryLog(), [fault_from(status), fault_from({"delay": "1s"})]

    def ids() -> tuple[list[int], int]:
        these = faults_of(1, 0, initial, log.in_force())
        return list(these.rules), these.given

    assert ids() == ([1, 2], 2)
    log.append(0, {"do": "add_fault", "fault": status, "id": 3})
    log.append(0, {"do": "drop_faults", "id": 1})
    log.append(0, {"do": "clock", "speed": 1, "frozen": True, "wall": 0})
    assert ids() == ([2, 3], 3)
    log.append(0, {"do": "drop_faults", "id": 3})
    log.append(0, {"do": "drop_faults", "id": 17})
    log.append(0, {"do": "add_fault", "fault": status})
    assert ids() == ([2, 4], 4)
    log.append(0, {"do": "drop_faults"})
    assert ids() == ([], 0)
    log.append(0, {"do": "add_fault", "fault": status, "id": 1})
    assert ids() == ([1], 1)
    log.append(0, {"do": "reset"})
    assert ids() == ([1, 2], 2)


def test_a_log_with_a_fault_that_cannot_be_is_refused() -> None:
    """The text says which entry and which field."""
    commands = [Command(7, 0, {"do": "add_fault", "fault": {"status": 200}})]
    with pytest.raises(FaultError, match=r"cannot use entry 7 of the command log: status: expected `int` >= 400"):
        faults_of(1, 0, [], commands)


def test_counts_are_copied_and_forgotten() -> None:
    """A copy goes its own way; a fault that is gone leaves no hits, all gone leave none."""
    asking = Asking(faults({"status": 500}, {"delay": "1s"}))
    asking.ask("jobs")
    copy = asking.tally.copy()
    asking.ask("jobs")
    assert (asking.tally.hits(1), copy.hits(1), copy.next("jobs")) == (2, 1, 2)
    asking.tally.forget(1)
    assert [asking.tally.hits(number) for number in (1, 2)] == [0, 2]
    asking.tally.forget(None)
    assert asking.tally.hits(2) == 0


@pytest.mark.parametrize("name", NAMED)
def test_every_named_set_does_something(name: str) -> None:
    """In 500 requests each of its faults hits."""
    asking = Asking(faults(*NAMED[name].tables))
    for _ in range(500):
        asking.ask("jobs")
    assert all(asking.tally.hits(number) for number in asking.these.rules)
    assert NAMED[name].about
