"""One execution's life, second by second, is the recorded one: statuses, processes, counters, totals."""

from __future__ import annotations

import itertools

import pytest

from tests.contract.transcripts.series import (
    LAG,
    PUSHES,
    SPREAD,
    STEP,
    Series,
    apart,
    free_slots,
    lives,
    processes,
)

GROWING = ("processed", "failed", "subslices", "workers_joined", "workers_disconnected", "workers_reconnected")


@pytest.fixture(scope="module")
def life(cluster_url: str | None) -> tuple[Series, Series]:
    """Play the series: the recorded life, and the one here."""
    recorded, here = lives(cluster_url)
    first = here.acts[0].answer
    if first.status != recorded.acts[0].exchange.status:
        pytest.fail(f"the job was not accepted: {first.status} {first.body.decode()}")
    return recorded, here


def test_commands_are_answered_as_recorded(life: tuple[Series, Series]) -> None:
    """Status and body of each command agree; of the headers this file has the more important ones only."""
    found = [
        (result.exchange.target, difference)
        for result in life[1].acts
        for difference in result.found
        if difference.where != "header names"
    ]

    assert not found


def test_statuses_follow_each_other_as_recorded(life: tuple[Series, Series]) -> None:
    """From pending to stopped, each in its order."""
    recorded, here = ([status for status, _ in one.statuses()] for one in life)

    assert here == recorded


def test_each_status_comes_when_it_did(life: tuple[Series, Series], cluster_url: str | None) -> None:
    """A status is first seen within a poll, and what two recordings differ in, of when it was recorded."""
    slow = 20_000 if cluster_url else 0  # a machine that others use too, while it starts an execution
    for (status, t), (_, expected) in zip(life[1].statuses(), life[0].statuses(), strict=True):
        allowed = STEP + SPREAD.get(status, 1_000) + (slow if status == "running" else 0)
        assert abs(t - expected) <= allowed, (status, t, expected)


@pytest.mark.parametrize("name", GROWING)
def test_counters_never_fall(life: tuple[Series, Series], name: str) -> None:
    """What a controller counts grows from poll to poll."""
    values = [entry[name] for _, entry in life[1].controllers()]

    assert values == sorted(values)


@pytest.mark.parametrize("what", ["free slots", "execution_controller", "worker", "cluster_master", "assets_service"])
def test_slots_and_processes_are_the_recorded_ones(life: tuple[Series, Series], what: str) -> None:
    """At every poll as many as recorded about then, and the other way round."""
    measure = free_slots if what == "free slots" else processes(what)
    recorded, here = (one.polls["state"] for one in life)

    assert not apart(here, recorded, measure)
    assert not apart(recorded, here, measure)


@pytest.mark.parametrize("what", ["controllers", "workers", "joined", "disconnected"])
def test_controllers_are_the_recorded_ones(life: tuple[Series, Series], what: str) -> None:
    """There from running to stopping, with as many workers as recorded about then."""
    keys = {
        "controllers": ("slicers",),
        "workers": ("workers_available", "workers_active"),
        "joined": ("workers_joined",),
        "disconnected": ("workers_disconnected",),
    }[what]

    def measure(entries: list[dict[str, int]]) -> int:
        return sum(entry[key] for entry in entries for key in keys)

    recorded, here = (one.polls["controllers"] for one in life)

    assert not apart(here, recorded, measure)
    assert not apart(recorded, here, measure)


def test_totals_are_pushed_each_15_seconds_and_at_the_end(life: tuple[Series, Series]) -> None:
    """Nothing before 15 s after running, then one push after the other, the last when the controller shuts down."""
    (_, before), *pushes = life[1].stats()
    when = [t for t, _ in pushes]
    at = dict(life[1].statuses())

    assert abs(len(pushes) - len(life[0].stats()[1:])) <= 1
    first_running = next(t for status, t in life[1].statuses() if status == "running")
    assert PUSHES - 2 * STEP <= when[0] - first_running <= PUSHES + 2 * STEP
    assert all(PUSHES - 2 * STEP <= b - a <= PUSHES + 2 * STEP for a, b in itertools.pairwise(when[:-1]))
    assert 0 <= when[-1] - at["stopping"] <= LAG
    assert all(a[key] <= b[key] for (_, a), (_, b) in itertools.pairwise(pushes) for key in a)
    assert pushes[-1][1]["job_duration"] > before["job_duration"]
    assert all(push["job_duration"] == before["job_duration"] for _, push in pushes[:-1])


def test_statistics_are_written_while_stopping(life: tuple[Series, Series]) -> None:
    """An execution has no statistics while it runs, and keeps those of its last moment."""
    for poll in life[1].polls["execution"]:
        assert not poll.body["_slicer_stats"] or poll.body["_status"] in {"stopping", "stopped"}
    assert life[1].polls["execution"][-1].body["_slicer_stats"]["job_duration"] > 0
