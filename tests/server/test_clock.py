from __future__ import annotations

from toolkit.clock import FrozenClock, RunningClock, SetClock, Setting, wall_now

START = 1_767_225_600_000
FAR = START + 10**12


def test_a_frozen_clock_stands_still() -> None:
    """A frozen clock shows its instant, and what is later never comes."""
    clock = FrozenClock(START)
    assert [clock.now(), clock.now()] == [START, START]
    assert clock.seconds_until(START) == 0
    assert clock.seconds_until(START + 1) is None


def test_a_running_clock_starts_at_its_start_and_never_runs_backwards() -> None:
    """The first reading is the start or a little later, and readings never fall."""
    clock = RunningClock(START, FAR)
    readings = [clock.now() for _ in range(1000)]
    assert START <= readings[0] < START + 60_000
    assert readings == sorted(readings)


def test_a_running_clock_holds_its_last_instant() -> None:
    """A clock that began long ago shows its last instant and says that nothing later comes."""
    clock = RunningClock(START, START + 5, anchor_wall=wall_now() - 60_000)
    assert clock.now() == START + 5
    assert clock.seconds_until(START + 5) == 0
    assert clock.seconds_until(START + 6) is None


def test_a_clock_of_another_process_goes_on() -> None:
    """A clock given when another one started shows what that one would show by now."""
    clock = RunningClock(START, FAR, anchor_wall=wall_now() - 3_600_000)
    assert 3_600_000 <= clock.now() - START < 3_660_000


def test_a_clock_that_is_set_as_another_one_is_shows_the_same() -> None:
    """At every moment, however long ago the other one was set, at any speed."""
    moment = 1_000_000
    one = SetClock(Setting(START), last=FAR, monotonic_ns=lambda: moment)
    other = SetClock(Setting(START + 7, frozen=True), last=FAR, monotonic_ns=lambda: moment)
    one.set(Setting(START + 50, speed=333))
    for _ in range(5):
        moment += 1_234_567_891
        other.set_since(*one.since)
        assert other.now() == one.now() > START + 50
        assert other.setting == one.setting


def test_an_anchor_in_the_future_counts_as_now() -> None:
    """A machine whose wall clock was set back does not take the clock below its start."""
    assert RunningClock(START, FAR, anchor_wall=wall_now() + 3_600_000).now() >= START


def test_a_running_clock_says_how_long_to_sleep() -> None:
    """What comes in ten minutes is about ten minutes away; what is past is not away at all."""
    clock = RunningClock(START, FAR)
    seconds = clock.seconds_until(START + 600_000)
    assert seconds is not None
    assert 540 < seconds <= 600
    assert clock.seconds_until(START - 1) == 0
