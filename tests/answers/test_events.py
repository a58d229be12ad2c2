"""Events over HTTP: pages, cursors, filters, odd questions, and what they cost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from toolkit.answers.answer import Cluster, Request, Response, answer, begin, finish
from toolkit.model.events import Events
from toolkit.model.instants import HOUR, MINUTE, format_instant
from toolkit.timeline.events import KINDS
from toolkit.timeline.view import NEVER, Event
from toolkit.tracks.timeline import TrackTimeline
from toolkit.tracks.track import Change, Track
from toolkit.world.bundled import Bundled
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Iterator

SCENARIO = Scenario(seed=9)
T = SCENARIO.epoch


def live() -> Cluster:
    """A world that nobody has touched."""
    return Cluster(LiveTimeline(SCENARIO, MemoryLog()), MemoryLog(), "live")


def ask(cluster: Cluster, query: str = "", t: int = T + 4 * HOUR) -> Response:
    """Ask for events."""
    return answer(cluster, t, Request("GET", f"/_toolkit/events?{query}"))


def shown(response: Response) -> dict[str, Any]:
    """Read an answer, which is as documented."""
    assert response.status == 200, response.body
    msgspec.convert(json.loads(response.body), Events, strict=True)
    found: dict[str, Any] = json.loads(response.body)
    return found


def pages(cluster: Cluster, query: str, t: int = T + 4 * HOUR) -> Iterator[list[dict[str, Any]]]:
    """Give the pages of a question."""
    page = shown(ask(cluster, query, t))
    yield page["events"]
    while page["next"] is not None:
        page = shown(ask(cluster, f"{query}&after={page['next']}", t))
        yield page["events"]


def as_shown(event: Event) -> dict[str, Any]:
    """Write an event as it is answered."""
    return event._asdict() | {"t": format_instant(event.t), "id": event.id or None}


def test_events_are_those_of_the_timeline_up_to_now() -> None:
    """Without parameters the answer is the first hundred events from the start to the instant of the request."""
    cluster = live()
    expected = [as_shown(event) for event in cluster.timeline.events(T, T + 4 * HOUR)]
    response = ask(cluster)
    page = shown(response)

    assert page["events"] == expected[:100]
    assert (page["from"], page["to"]) == (format_instant(T), format_instant(T + 4 * HOUR))
    assert page["next"] is not None
    assert {"start", "status", "stop", "workers"} == {event["kind"] for event in expected}
    assert response.until == T + 4 * HOUR + 1


def test_both_ends_are_included_and_are_dates_or_offsets() -> None:
    """`from` and `to` are the instants of the first and the last events, given in any way; the answer then stays."""
    cluster = live()
    every = [event.t for event in cluster.timeline.events(T, T + 4 * HOUR)]
    first, last = every[3], every[30]
    expected = [format_instant(t) for t in every if first <= t <= last]
    for begin_at, end in (
        (format_instant(first), format_instant(last)),
        (f"+{first - T}ms", f" {last - T}ms"),
        (quote(f"+{first - T}ms"), quote(f"+{last - T}ms")),
    ):
        response = ask(cluster, f"from={begin_at}&to={end}&size=10000")

        assert [event["t"] for event in shown(response)["events"]] == expected
        assert response.until == NEVER


@settings(max_examples=15, deadline=None)
@given(
    size=st.integers(1, 60),
    kinds=st.none() | st.sets(st.sampled_from(KINDS), min_size=1),
    length=st.sampled_from([0, 1, 5 * MINUTE, 30 * MINUTE]),
    side=st.sampled_from(["live", "replay"]),
)
def test_pages_make_the_whole(size: int, kinds: set[str] | None, length: int, side: str) -> None:
    """Page after page gives every event once, in order, whatever the size and the filter, live and on replay."""
    cluster = live()
    if side == "replay":
        assert isinstance(cluster.timeline, LiveTimeline)
        tracks = {name: list(of) for name, of in Bundled(cluster.timeline, T, T + 4 * HOUR).tracks().items()}
        cluster = Cluster(TrackTimeline(tracks, T, T + 4 * HOUR), None, "replay")
    expected = [as_shown(event) for event in cluster.timeline.events(T, T + length)]
    expected = [event for event in expected if kinds is None or event["kind"] in kinds]
    query = f"to={quote(f'+{length}ms')}&size={size}" + (f"&kind={','.join(sorted(kinds))}" if kinds else "")
    found = list(pages(cluster, query))

    assert [event for page in found for event in page] == expected
    assert all(len(page) == size for page in found[:-1])
    assert found[-1] or not expected


def test_pages_part_events_of_one_instant() -> None:
    """Where many events share an instant, a page may end between any two of them."""
    docs = [{"ex_id": f"e{n}/ä", "_status": "running", "name": f"n{n}", "job_id": "j"} for n in range(5)]
    tracks = [Track(doc["ex_id"], doc, changes=[Change(T + 5, set={"_status": "completed"})]) for doc in docs]
    cluster = Cluster(TrackTimeline({"executions": tracks}, T, T + 10), None, "replay")
    found = [event["id"] for page in pages(cluster, "size=1", T + 10) for event in page]

    assert found == [doc["ex_id"] for doc in docs]


def test_one_record_is_followed() -> None:
    """With `id` only the events of that execution are there."""
    cluster = live()
    every = shown(ask(cluster, "size=10000"))["events"]
    ex_id = every[-1]["id"]

    assert shown(ask(cluster, f"id={ex_id}"))["events"] == [event for event in every if event["id"] == ex_id]
    assert shown(ask(cluster, "id=nope"))["events"] == []


def test_a_refresh_is_an_event_without_an_id() -> None:
    """A new world is told in one event."""
    log = MemoryLog()
    cluster = Cluster(LiveTimeline(SCENARIO, log), log, "live")
    log.append(T + MINUTE, {"do": "refresh"})
    nothing = dict.fromkeys(("id", "job_id", "name", "before", "after"))

    assert shown(ask(cluster, "kind=refresh"))["events"] == [
        {"t": format_instant(T + MINUTE), "kind": "refresh", **nothing}
    ]


GOOD = "MTc2NzIyNTYwMDAwNSBzdGFydCB4"
"""A cursor at five milliseconds after the start."""


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("size=0", "cannot show events: size is '0', it must be a whole number from 1 to 10000; leave it out for 100"),
        ("size=10001", "size is '10001'"),
        ("size=-1", "size is '-1'"),
        ("size=%D9%A3", "size is '٣'"),
        ("size=", "size is ''"),
        ("size=1&size=2", "size is given 2 times; give it once"),
        ("from=tomorrow", "from is 'tomorrow': cannot read the date 'tomorrow': write it like"),
        ("to=5m", "to is '5m': cannot read the date '5m': write it like 2026-01-01T00:00:00Z, or as an offset: +5m"),
        ("to=", "to is ''"),
        ("from=%2B5h", "from is 2026-01-01T05:00:00.000Z, it must not be later than to, which is 2026-01-01T04:00"),
        ("from=-1ms", "cannot look at 2025-12-31T23:59:59.999Z: the world is defined from"),
        ("to=2050-01-01", "cannot look at 2050-01-01T00:00:00.000Z: the world is defined from"),
        ("kind=starts", "kind is 'starts', it must be of node, refresh, start, status, stop, workers, with commas"),
        ("kind=start,", "kind is 'start,'"),
        ("after=x", "after is 'x', it must be what `next` was in an answer for the same from and to"),
        ("after=", "after is ''"),
        ("after=%C3%A4", "after is 'ä'"),
        ("after=_____w", "after is '_____w'"),
        ("after=YWJj", "after is 'YWJj'"),
        (f"after={GOOD}=", f"after is '{GOOD}='"),
        (f"after={GOOD}&from=%2B6ms", f"after is '{GOOD}'"),
    ],
)
def test_odd_questions_are_refused(query: str, told: str) -> None:
    """What cannot be read is named, with its value and with what is right."""
    response = ask(live(), query)

    assert response.status == 400
    assert told in json.loads(response.body)["message"]


def test_a_cursor_may_be_of_any_place() -> None:
    """A cursor at which there is no event (any more) goes on behind it."""
    cluster = live()

    assert shown(ask(cluster, f"after={GOOD}"))["events"] == shown(ask(cluster, "from=%2B6ms"))["events"]


def test_the_first_page_of_ten_years_costs_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the stretch, only as many executions are looked at as a page of events takes."""
    timeline = LiveTimeline(SCENARIO, MemoryLog())
    cluster = Cluster(timeline, MemoryLog(), "live")
    lives = timeline.session_at(T)[0].world.lives
    asked: list[int] = []
    monkeypatch.setattr(lives, "life", lambda number, of=lives.life: (asked.append(number), of(number))[1])
    page = shown(ask(cluster, f"to={format_instant(timeline.last)}&size=100"))

    assert len(page["events"]) == 100
    assert len(asked) < 1_000


def test_a_search_of_years_goes_in_steps() -> None:
    """What finds nothing lets others go on again and again, and ends with an empty last page."""
    cluster = live()
    steps = begin(cluster, T, Request("GET", "/_toolkit/events?to=%2B30d&id=nope"))
    assert not isinstance(steps, Response)
    for _ in range(180):
        next(steps)

    assert shown(finish(steps))["events"] == []


def test_pages_of_other_methods_do_not_exist() -> None:
    """Events are read, below `/_toolkit/` only."""
    assert answer(live(), T, Request("POST", "/_toolkit/events")).status == 405
    assert answer(live(), T, Request("GET", "/v1/_toolkit/events")).status == 405
