from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.fronts import EPOCH, ask, front, line_of, picture, told
from tests.serving import live_server
from toolkit.clock import SetClock, Setting
from toolkit.model.instants import DAY, HOUR, MINUTE, SECOND, format_duration, format_instant

CLOCK = "/_toolkit/clock"
STEPS = st.integers(0, 3 * DAY)


class Wall:
    """A monotonic clock in a test's hands, in nanoseconds."""

    def __init__(self) -> None:
        """Begin anywhere."""
        self.ns = 17

    def __call__(self) -> int:
        """Give the time."""
        return self.ns

    def sleep(self, ms: float) -> None:
        """Let milliseconds pass."""
        self.ns += round(ms * 1_000_000)


def instant(ready: Any) -> str:
    """Read an answer's instant."""
    return line_of(ready, "X-Toolkit-Instant")


@settings(max_examples=40)
@given(st.lists(STEPS, max_size=5), STEPS)
def test_seeking_forth_and_back_changes_nothing(detours: list[int], wanted: int) -> None:
    """Wherever the clock was before, an instant has the same bytes."""
    straight, wandering = front(), front()
    for detour in detours:
        ask(wandering, "POST", CLOCK, {"set": format_instant(EPOCH + detour)})
        picture(wandering)
    for server in (straight, wandering):
        assert ask(server, "POST", CLOCK, {"set": format_instant(EPOCH + wanted)}).status == 200

    assert picture(wandering) == picture(straight)


@settings(max_examples=40)
@given(STEPS, STEPS)
def test_two_steps_are_as_good_as_one(one: int, other: int) -> None:
    """advance(a) then advance(b) shows what advance(a + b) shows, and b back again what a shows."""
    twice, once = front(), front()
    for step in (one, other):
        ask(twice, "POST", CLOCK, {"advance": format_duration(step)})
    ask(once, "POST", CLOCK, {"advance": format_duration(one + other)})
    assert picture(twice) == picture(once)

    ask(twice, "POST", CLOCK, {"advance": f"-{format_duration(other)}"})
    alone = front()
    ask(alone, "POST", CLOCK, {"advance": format_duration(one)})

    assert picture(twice) == picture(alone)


def test_the_answer_is_of_the_new_instant() -> None:
    """Body and header of a POST say where the clock is now, and the log has one entry more."""
    server = front()
    made = ask(server, "POST", CLOCK, {"advance": "30d"})
    assert told(made) == {
        "t": format_instant(EPOCH + 30 * DAY),
        "speed": 1,
        "frozen": True,
        "loop": False,
        "first": format_instant(EPOCH),
        "last": format_instant(EPOCH + 3_652 * DAY),
    }
    assert instant(made) == format_instant(EPOCH + 30 * DAY)
    assert line_of(made, "X-Toolkit-Sequence") == "1"
    assert told(ask(server, "GET", CLOCK)) == told(made)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "the body says neither set, advance, speed nor frozen"),
        ([], "expected `object`"),
        ({"sped": 2}, "no field is called `sped`; did you mean speed?"),
        ({"set": 5}, "set: expected `str | null`"),
        ({"set": "soon"}, "cannot read the date 'soon'"),
        ({"set": "+1m", "advance": "1m"}, "set and advance are two instants"),
        ({"advance": "10"}, "cannot read the duration '10'"),
        ({"advance": "-1ms"}, "cannot set the clock to 2025-12-31T23:59:59.999Z"),
        ({"advance": "4000d"}, "it goes from 2026-01-01"),
        ({"set": "2025-12-31T23:59:59Z"}, "choose an instant in between"),
        ({"speed": 0}, "cannot run at speed 0"),
        ({"speed": -1}, "cannot run at speed -1"),
        ({"speed": 0.0001}, "three decimals at most"),
        ({"speed": 1_000_001}, "from 0.001 to 1000000"),
        ({"speed": "fast"}, "speed: expected `int | float | null`"),
        ({"frozen": "yes"}, "frozen: expected `bool | null`"),
    ],
)
def test_what_is_no_setting_changes_nothing(body: Any, words: str) -> None:
    """400, one sentence with the field or the value, and the clock is where it was."""
    server = front()
    refused = ask(server, "POST", CLOCK, body)
    assert (refused.status, told(refused)["error"]) == (400, 400)
    assert words in told(refused)["message"]
    assert told(ask(server, "GET", CLOCK))["t"] == format_instant(EPOCH)
    assert server.worlds.base.log.sequence == 0


def test_a_body_of_another_kind_is_refused_with_the_kinds_there_are() -> None:
    """Plain text is not read, and the answer says what would be."""
    refused = front().respond("POST", CLOCK, body=b'{"advance": "1m"}', content_type="text/plain")
    assert refused.status == 400
    assert "application/json or application/x-www-form-urlencoded" in told(refused)["message"]


@pytest.mark.parametrize(("speed", "passed"), [(60, 60_000), (0.5, 500), (1_000_000, 10**9), (0.001, 1)])
def test_a_clock_runs_at_its_speed(speed: float, passed: int) -> None:
    """In a second of the wall it goes so many milliseconds, and says how long to sleep until then."""
    wall = Wall()
    clock = SetClock(Setting(EPOCH, round(speed * 1_000)), last=EPOCH + 3_652 * DAY, monotonic_ns=wall)
    seconds = clock.seconds_until(EPOCH + passed)
    assert seconds is not None
    assert seconds == pytest.approx(1)
    wall.sleep(1_000)
    assert clock.now() == EPOCH + passed
    assert clock.seconds_until(EPOCH + passed) == 0


@given(st.integers(1, 10**9), st.integers(0, 10**10), st.integers(1, DAY))
def test_a_clock_shows_an_instant_when_it_said_it_would(speed: int, slept: int, ahead: int) -> None:
    """After the seconds until an instant it shows that instant, and not a nanosecond earlier."""
    wall = Wall()
    clock = SetClock(Setting(EPOCH, speed), monotonic_ns=wall)
    wall.ns += slept
    due = clock.now() + ahead
    seconds = clock.seconds_until(due)
    assert seconds is not None
    begun = wall.ns
    wall.ns = begun + round(seconds * 10**9) + 1
    assert clock.now() >= due
    wall.ns = begun + round(seconds * 10**9) - 200 - round(seconds)
    assert wall.ns < begun or clock.now() <= due


def test_a_loop_begins_again_after_its_last_instant() -> None:
    """First and last are both shown, the lap after the end begins at the first, wherever the start was."""
    wall = Wall()
    clock = SetClock(Setting(EPOCH + 3), first=EPOCH, last=EPOCH + 4, loop=True, monotonic_ns=wall)
    shown = []
    for _ in range(8):
        shown.append(clock.now() - EPOCH)
        wall.sleep(1)
    assert shown == [3, 4, 0, 1, 2, 3, 4, 0]
    assert clock.seconds_until(EPOCH + 4) == pytest.approx(0.003)
    assert clock.seconds_until(EPOCH + 5) is None


def test_without_a_loop_the_last_instant_holds() -> None:
    """A clock that would be past its end stays there, and can be set back."""
    wall = Wall()
    clock = SetClock(Setting(EPOCH, 60_000), last=EPOCH + SECOND, monotonic_ns=wall)
    wall.sleep(HOUR)
    assert clock.now() == EPOCH + SECOND
    clock.set(Setting(EPOCH, 60_000))
    wall.sleep(10)
    assert clock.now() == EPOCH + 600


def test_another_speed_goes_on_from_where_the_clock_is() -> None:
    """Speeding up, freezing and running again never jump."""
    server = front(frozen=False)
    before = server.worlds.base.clock.now()
    for body in ({"speed": 60}, {"frozen": True}, {"speed": 0.5}, {"frozen": False}):
        reading = told(ask(server, "POST", CLOCK, body))
        after = server.worlds.base.clock.now()
        assert format_instant(before) <= reading["t"] <= format_instant(after)
        assert {name: reading[name] for name in body} == body
        before = after


def test_a_read_of_another_instant_leaves_the_clock_alone() -> None:
    """X-Toolkit-At is for one request; a write with it is refused."""
    server = front()
    later = ask(server, "GET", "/v1/ex", at="+10m")
    assert instant(later) == format_instant(EPOCH + 10 * MINUTE)
    assert told(ask(server, "GET", CLOCK))["t"] == format_instant(EPOCH)
    assert ask(server, "POST", CLOCK, {"advance": "1m"}, at="+10m").status == 400


def test_a_request_that_waits_hears_of_a_jump() -> None:
    """A blocking stop is answered as soon as the clock is set to its end, and when the clock is frozen."""
    import threading  # noqa: PLC0415 - only here

    import httpx  # noqa: PLC0415 - as above

    for setting, status in (({"advance": "5m"}, "stopped"), ({"frozen": True}, "stopping")):
        server = front(frozen=False)
        with live_server(clock=server.worlds.base.clock) as running, httpx.Client(base_url=running.url) as client:
            found = client.get("/v1/ex", params={"status": "running", "size": 1}).json()
            answers: list[httpx.Response] = []
            stop = threading.Thread(
                target=lambda: answers.append(httpx.post(f"{running.url}/v1/ex/{found[0]['ex_id']}/_stop", timeout=60))  # noqa: B023 - joined below
            )
            stop.start()
            while client.get("/_toolkit/commands").json()["total"] == 0:
                pass
            assert client.post("/_toolkit/clock", json=setting).status_code == 200
            stop.join(60)
            assert answers[0].json()["status"] == status
