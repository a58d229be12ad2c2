from __future__ import annotations

import email.utils
from typing import Any

import pytest

from tests.serving import live_cluster
from toolkit.answers.answer import Request, answer, begin
from toolkit.model.instants import MINUTE, format_instant, parse_instant
from toolkit.server import front as front_module
from toolkit.server.front import Front
from toolkit.server.ready import Ready, http_date
from toolkit.world.scenario import Scenario

EPOCH = Scenario().epoch


class ManualClock:
    """A clock that shows what it is told."""

    def __init__(self, t: int = EPOCH) -> None:
        """Show `t`."""
        self.t = t

    def now(self) -> int:
        """Give the instant."""
        return self.t

    def seconds_until(self, t: int) -> float | None:
        """Give nothing: nobody sleeps here."""
        raise NotImplementedError


def headers_of(ready: Ready) -> dict[str, str]:
    """Read header lines."""
    return {name.decode(): value.decode() for name, value in ready.lines}


@pytest.mark.parametrize("target", ["/v1/cluster/controllers", "/v1/ex?size=3", "/v1/cluster/state", "/v1/ex/unknown"])
def test_an_answer_from_the_cache_is_the_answer_of_its_instant(target: str) -> None:
    """Whatever was asked before, and at whatever instants, the bytes are those of the clock's instant."""
    cluster, clock = live_cluster(), ManualClock()
    front = Front(cluster, clock)
    steps = [0, 1, 1, 700, 3, 2_000, 90_000, 1, 400, -60_000, 5 * MINUTE, 0, -MINUTE]
    for step in steps:
        clock.t += step
        wanted = answer(cluster, clock.t, Request("GET", target))
        given = front.respond("GET", target, None, None)
        assert (given.status, given.body) == (wanted.status, wanted.body)
        assert given.lines[: len(wanted.headers)] == tuple((n.encode(), v.encode()) for n, v in wanted.headers)


def test_a_request_is_answered_once_while_its_answer_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """`begin` is asked again exactly when the answer's `until` is reached."""
    asked: list[int] = []

    def counted(cluster: Any, t: int, request: Request, desk: Any) -> Any:
        asked.append(t)
        return begin(cluster, t, request, desk)

    monkeypatch.setattr(front_module, "begin", counted)
    cluster, clock = live_cluster(), ManualClock()
    front = Front(cluster, clock)
    until = answer(cluster, EPOCH, Request("GET", "/v1/ex")).until
    for clock.t in (EPOCH, EPOCH + 1, until - 1, until):
        front.respond("GET", "/v1/ex", None, None)
    assert asked == [EPOCH, until]


def test_a_write_is_seen_by_the_next_read() -> None:
    """After a refresh no cached page of the old world is served, and the sequence number moves on."""
    cluster, clock = live_cluster(), ManualClock()
    front = Front(cluster, clock)
    before = front.respond("GET", "/v1/jobs", None, None)
    written = front.respond("POST", "/v1/data/refresh", None, None)
    after = front.respond("GET", "/v1/jobs", None, None)
    assert (before.status, written.status, after.status) == (200, 200, 200)
    assert before.body != after.body
    assert [headers_of(each)["X-Toolkit-Sequence"] for each in (before, written, after)] == ["0", "1", "1"]


def test_a_write_is_never_answered_from_the_cache() -> None:
    """The same POST twice is two entries in the log."""
    cluster = live_cluster()
    front = Front(cluster, ManualClock())
    for _ in range(2):
        front.respond("POST", "/v1/data/refresh", None, None)
    assert cluster.log is not None
    assert cluster.log.sequence == 2


def test_a_client_that_has_the_bytes_gets_304() -> None:
    """With the ETag of the answer: no body, no Content-Type; with another one, or no-cache: the body."""
    front = Front(live_cluster(), ManualClock())
    full = front.respond("GET", "/v1/jobs", None, None)
    tag = headers_of(full)["ETag"]
    not_modified = front.respond("GET", "/v1/jobs", tag, None)
    assert (not_modified.status, not_modified.body) == (304, b"")
    assert "Content-Type" not in headers_of(not_modified)
    assert headers_of(not_modified)["ETag"] == tag
    for if_none_match, cache_control in (('W/"1-other"', None), (tag, "no-cache")):
        again = front.respond("GET", "/v1/jobs", if_none_match, cache_control)
        assert (again.status, again.body) == (200, full.body)


def test_a_condition_does_not_leak_into_other_answers() -> None:
    """A 304 leaves nothing behind for a client that asks without a condition, and HEAD nothing for GET."""
    front = Front(live_cluster(), ManualClock())
    assert front.respond("GET", "/v1/jobs", "*", None).status == 304
    head = front.respond("HEAD", "/v1/jobs", None, None)
    full = front.respond("GET", "/v1/jobs", None, None)
    assert (head.status, head.body) == (200, b"")
    assert headers_of(head)["Content-Length"] == str(len(full.body)) != "0"


def test_every_answer_says_its_instant() -> None:
    """`Date` and `X-Toolkit-Instant` are the clock's, refusals included."""
    clock = ManualClock()
    front = Front(live_cluster(), clock)
    for step in (0, 999, 1, 3_600_000):
        clock.t += step
        for ready in (front.respond("GET", "/", None, None), front.refuse(400, "no")):
            headers = headers_of(ready)
            assert headers["X-Toolkit-Instant"] == format_instant(clock.t)
            assert headers["Date"] == email.utils.formatdate(clock.t // 1000, usegmt=True)


@pytest.mark.parametrize("text", ["1969-12-31T23:59:59Z", "2024-02-29T00:00:00Z", "2026-11-22T23:59:59.999Z"])
def test_dates_are_written_as_http_wants_them(text: str) -> None:
    """The same text as the standard library's, whatever the locale."""
    t = parse_instant(text)
    assert http_date(t).decode() == email.utils.formatdate(t // 1000, usegmt=True)


def test_one_read_can_ask_for_another_instant() -> None:
    """`X-Toolkit-At`, a date or a signed offset, moves one read and nothing else; a second one comes from the cache."""
    front = Front(live_cluster(), ManualClock(EPOCH + MINUTE))
    now = front.respond("GET", "/v1/cluster/controllers", None, None)
    for at, t in (("+5m", EPOCH + 6 * MINUTE), ("-1m", EPOCH), (format_instant(EPOCH + 7), EPOCH + 7)):
        asked = [front.respond("GET", "/v1/cluster/controllers", None, None, at) for _ in range(2)]
        expected = answer(live_cluster(), t, Request("GET", "/v1/cluster/controllers"))
        assert [ready.body for ready in asked] == [expected.body] * 2
        assert headers_of(asked[0])["X-Toolkit-Instant"] == format_instant(t)
    assert front.respond("GET", "/v1/cluster/controllers", None, None) == now


@pytest.mark.parametrize(
    ("method", "at", "words"),
    [
        ("POST", "+5m", "X-Toolkit-At is for reads"),
        ("GET", "soon", "or as an offset: +5m"),
        ("GET", "-1d", "the world is defined from"),
        ("GET", "+999999999999999d", "beyond the years"),
    ],
)
def test_an_instant_that_cannot_be_had_is_a_400(method: str, at: str, words: str) -> None:
    """A write at another instant, a text that is none and an instant outside the world are refused; nothing happens."""
    front = Front(live_cluster(), ManualClock())
    ready = front.respond(method, "/v1/data/refresh" if method == "POST" else "/v1/jobs", None, None, at)

    assert ready.status == 400
    assert words in ready.body.decode()
    assert headers_of(ready)["X-Toolkit-Sequence"] == "0"
