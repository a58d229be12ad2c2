from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.fronts import EPOCH, SCENARIO, ask, front, line_of, picture, told
from tests.serving import live_cluster, live_server
from toolkit.answers.answer import Cluster, Request, answer
from toolkit.clock import FrozenClock, SetClock, Setting
from toolkit.errors import CommandNotKept
from toolkit.model.instants import MINUTE, SECOND, format_instant
from toolkit.server import served as served_module
from toolkit.server import worlds as worlds_module
from toolkit.server.front import Front
from toolkit.server.served import BoundedLog
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.commands import MemoryLog

ACTIONS = (
    ("POST", "/v1/data/refresh", None),
    ("POST", "/_toolkit/clock", {"advance": "10m"}),
    ("POST", "/_toolkit/clock", {"advance": "1d"}),
    ("POST", "/_toolkit/clock", {"set": "+30s"}),
    ("POST", "/_toolkit/checkpoints", {"name": "here"}),
    ("POST", "/_toolkit/restore", {"name": "here"}),
    ("POST", "/_toolkit/reset", None),
    ("POST", "/v1/jobs?start=true", {"name": "n", "operations": [{"_op": "test-reader"}, {"_op": "noop"}]}),
    ("STOP", "", None),
    ("GET", "/v1/ex?size=2", None),
)
"""What a client does to a world; STOP stops its first running execution."""


def act(server: Any, action: tuple[str, str, Any], world: str | None) -> tuple[int, bytes]:
    """Do one thing and give what was answered."""
    method, target, body = action
    if method == "STOP":
        running = told(ask(server, "GET", "/v1/ex?status=running&size=1", None, world))
        method, target = "POST", f"/v1/ex/{running[0]['ex_id'] if running else 'none'}/_stop"
    ready = ask(server, method, target, body, world)
    return ready.status, ready.body


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from([None, "a", "b", "c"]), st.sampled_from(ACTIONS)), max_size=14))
def test_worlds_see_nothing_of_each_other(steps: list[tuple[str | None, tuple[str, str, Any]]]) -> None:
    """Under any interleaving each world answers as if it were alone on its server."""
    together = front()
    alone = {name: front() for name in (None, "a", "b", "c")}
    for name, action in steps:
        assert act(together, action, name) == act(alone[name], action, name)
    for name, server in alone.items():
        assert picture(together, name) == picture(server, name)


def test_a_world_begins_as_the_server_did() -> None:
    """Clock and commands of the world without a name are not another world's."""
    server = front()
    ask(server, "POST", "/v1/data/refresh")
    ask(server, "POST", "/_toolkit/clock", {"advance": "1h"})
    assert picture(server, "fresh") == picture(front())
    assert line_of(ask(server, "GET", "/v1/ex", None, "fresh"), "X-Toolkit-Instant") == format_instant(EPOCH)
    assert line_of(ask(server, "GET", "/v1/ex", None, "fresh"), "X-Toolkit-Sequence") == "0"


@pytest.mark.parametrize("name", ["t1", "tests/test_x.py::test_y[a b]", "ä", "100%"])
def test_a_path_names_a_world_as_well(name: str) -> None:
    """What follows its percent-encoded name is what is asked of it, the control API too."""
    server, quoted = (
        front(),
        httpx.URL("http://x", params={"n": name}).query.decode().removeprefix("n=").replace("+", "%20"),
    )
    below = f"/_toolkit/worlds/{quoted}"
    assert ask(server, "POST", f"{below}/_toolkit/clock", {"advance": "7m"}).status == 200
    assert told(ask(server, "GET", "/_toolkit/clock", None, name))["t"] == format_instant(EPOCH + 7 * MINUTE)
    assert ask(server, "GET", f"{below}/v1/ex").body == ask(server, "GET", "/v1/ex", None, name).body
    assert ask(server, "GET", f"{below}/v1/ex", None, name).status == 200
    assert told(ask(server, "GET", "/_toolkit/worlds"))["worlds"][0]["name"] == name
    assert ask(server, "DELETE", below).status == 200
    assert told(ask(server, "GET", "/_toolkit/worlds")) == {"worlds": []}


@pytest.mark.parametrize(
    ("target", "world", "status", "words"),
    [
        ("/v1/ex", "", 400, "1 to 200 printable letters"),
        ("/v1/ex", "x" * 201, 400, "1 to 200 printable letters"),
        ("/v1/ex", "a\tb", 400, "cannot name a world"),
        ("/_toolkit/worlds/a/v1/ex", "b", 400, "cannot ask two worlds"),
        ("/_toolkit/worlds//v1/ex", None, 400, "cannot name a world ''"),
        ("/v1/ex", "caf\udce9", 400, "cannot name a world 'caf\\udce9'"),
        ("/_toolkit/worlds/caf%E9/v1/ex", None, 400, "its name is not UTF-8"),
    ],
)
def test_what_names_no_world_is_refused(target: str, world: str | None, status: int, words: str) -> None:
    """With a sentence, and no world is made."""
    server = front()
    refused = ask(server, "GET", target, None, world)
    assert refused.status == status
    assert words in told(refused)["message"]
    assert server.worlds.listed() == []


def test_an_unknown_world_is_not_dropped() -> None:
    """404, with where to look."""
    refused = ask(front(), "DELETE", "/_toolkit/worlds/none")
    assert refused.status == 404
    assert "cannot drop the world 'none'" in told(refused)["message"]


def test_worlds_are_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is refused while all are in use; the one that was idle longest goes when it was idle for an hour."""
    now = 0.0
    for module in (worlds_module, served_module):
        monkeypatch.setattr(module, "uptime", lambda: now)
    server = front(most_worlds=2)
    for name in ("old", "young"):
        now += 10
        assert ask(server, "GET", "/v1/ex", None, name).status == 200
    refused = ask(server, "GET", "/v1/ex", None, "third")
    assert refused.status == 409
    assert "there are 2, as many as there may be" in told(refused)["message"]
    now = 20.0 + worlds_module.IDLE
    assert ask(server, "GET", "/v1/ex", None, "third").status == 200
    assert [world["name"] for world in server.worlds.listed()] == ["third", "young"]


def test_a_server_may_keep_no_other_worlds() -> None:
    """With a bound of 0 every name is refused."""
    assert ask(front(most_worlds=0), "GET", "/v1/ex", None, "a").status == 409


def test_the_log_of_a_world_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that never stops writing gets a 500 with what to do, and the world stays as it was."""
    monkeypatch.setattr(served_module, "MOST_ENTRIES", 2)
    server = front()
    for _ in range(2):
        assert ask(server, "POST", "/v1/data/refresh", None, "a").status == 200
    before = picture(server, "a")
    refused = ask(server, "POST", "/v1/data/refresh", None, "a")
    assert (refused.status, picture(server, "a")) == (500, before)
    assert "drop the world" in told(refused)["message"]
    assert ask(server, "POST", "/_toolkit/clock", {"advance": "1m"}, "a").status == 500
    assert told(ask(server, "GET", "/_toolkit/clock", None, "a"))["t"] == format_instant(EPOCH)


def test_the_text_of_a_log_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Large entries count by their bytes."""
    monkeypatch.setattr(served_module, "MOST_TEXT", 40)
    log = BoundedLog(1)
    assert log.append(EPOCH, {"do": "refresh"}) == 1
    with pytest.raises(CommandNotKept):
        log.append(EPOCH, {"do": "stop", "ex_id": "x" * 40})
    assert log.sequence == 1


def test_going_back_to_a_checkpoint() -> None:
    """Commands, clock and later records are as they were; the log keeps all that happened."""
    server = front()
    ask(server, "POST", "/v1/data/refresh")
    ask(server, "POST", "/_toolkit/clock", {"advance": "3m"})
    mark = told(ask(server, "POST", "/_toolkit/checkpoints", {"name": "here"}))
    assert mark == {"name": "here", "t": format_instant(EPOCH + 3 * MINUTE), "sequence": 3, "speed": 1, "frozen": True}
    before = picture(server)
    for action in ACTIONS[:3]:
        act(server, action, None)
    assert picture(server) != before
    assert told(ask(server, "POST", "/_toolkit/restore", {"name": "here"}))["t"] == mark["t"]
    assert picture(server) == before
    assert told(ask(server, "GET", "/_toolkit/checkpoints")) == {"checkpoints": [mark]}
    assert told(ask(server, "GET", "/_toolkit/commands"))["total"] == 7
    ask(server, "POST", "/_toolkit/reset")
    assert picture(server) == picture(front())
    ask(server, "POST", "/_toolkit/restore", {"name": "here"})
    assert picture(server) == before


@pytest.mark.parametrize(
    ("target", "body", "status", "words"),
    [
        ("/_toolkit/checkpoints", {}, 400, "missing required field `name`"),
        ("/_toolkit/checkpoints", {"name": ""}, 400, "1 to 200 printable letters"),
        ("/_toolkit/restore", {"name": "none"}, 404, "there is none"),
        ("/_toolkit/restore", {"name": 3}, 400, "name: expected `str`"),
    ],
)
def test_what_is_no_checkpoint_is_refused(target: str, body: Any, status: int, words: str) -> None:
    """One sentence that names the field or the names there are."""
    refused = ask(front(), "POST", target, body)
    assert refused.status == status
    assert words in told(refused)["message"]


def test_checkpoints_are_bounded() -> None:
    """The hundred-and-first name is refused, a name that is there is taken again, and a wrong name lists the right."""
    server = front()
    for number in range(100):
        assert ask(server, "POST", "/_toolkit/checkpoints", {"name": str(number)}).status == 200
    assert ask(server, "POST", "/_toolkit/checkpoints", {"name": "x"}).status == 409
    assert ask(server, "POST", "/_toolkit/checkpoints", {"name": "7"}).status == 200
    assert "choose one of: 0, 1, 10" in told(ask(server, "POST", "/_toolkit/restore", {"name": "x"}))["message"]


def test_the_same_commands_after_a_reset_make_the_same_records() -> None:
    """Ids are keyed by what the world folds, not by how often the clock was set."""
    server = front()
    job = ACTIONS[7]
    first = act(server, job, None)
    act(server, ("POST", "/_toolkit/clock", {"advance": "1m"}), None)
    act(server, ("POST", "/_toolkit/reset", None), None)
    act(server, ("POST", "/_toolkit/clock", {"frozen": True}), None)
    assert act(server, job, None) == first


def test_a_log_that_was_fetched_is_the_same_world() -> None:
    """What is in force, written as a file for --log; a world without commands has one line."""
    from toolkit.world.loglines import read_lines  # noqa: PLC0415 - only here

    server = front()
    assert ask(server, "GET", "/_toolkit/log").body.count(b"\n") == 1
    for action in (ACTIONS[0], ACTIONS[6], ACTIONS[7], ACTIONS[1]):
        act(server, action, None)
    lines = read_lines(ask(server, "GET", "/_toolkit/log").body, "fetched")
    assert lines.scenario == SCENARIO
    assert [command.entry["do"] for command in lines.commands] == ["post_job", "clock"]


def test_a_waiting_request_moves_a_clock_that_may_be_moved() -> None:
    """With auto-advance a blocking stop is answered at its end, without it at once with the status it has."""
    for auto_advance, status, passed in ((True, "stopped", 9 * SECOND), (False, "stopping", 0)):
        server = front(auto_advance=auto_advance)
        with live_server(SCENARIO) as plain, httpx.Client(base_url=plain.url) as client:
            plain.front.worlds.base.auto_advance = auto_advance
            ex_id = told(ask(server, "GET", "/v1/ex?status=running&size=1"))[0]["ex_id"]
            stopped = client.post(f"/v1/ex/{ex_id}/_stop")
            assert stopped.json() == {"status": status}
            assert stopped.headers["X-Toolkit-Instant"] == format_instant(EPOCH + passed)


def test_a_jump_beyond_the_world_is_not_made_for_a_waiting_request() -> None:
    """At the end of the world a stop is answered with the status it has."""
    server = front(auto_advance=True)
    base = server.worlds.base
    assert base.await_instant(base.reading().last + 1) is None
    assert base.await_instant(EPOCH + 5) == EPOCH + 5
    assert base.await_instant(EPOCH + 3) == EPOCH + 5
    ask(server, "POST", "/_toolkit/clock", {"frozen": False})
    assert base.await_instant(EPOCH + MINUTE) is None


def test_a_log_that_is_full_keeps_no_instant(monkeypatch: pytest.MonkeyPatch) -> None:
    """Then nobody waits: the answer is what there is."""
    server = front(auto_advance=True)
    monkeypatch.setattr(served_module, "MOST_ENTRIES", 0)
    ask(server, "GET", "/v1/ex?size=1", None, "full")
    assert server.worlds.named("full").await_instant(EPOCH + 5) is None
    assert server.worlds.named("full").reading().t == EPOCH


def test_who_waits_in_other_threads_never_sets_a_clock_back() -> None:
    """Whichever waits for the latest instant wins, in any order of threads."""
    server = front(auto_advance=True)
    base = server.worlds.base
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(base.await_instant, [EPOCH + 1 + (n * 37) % 200 for n in range(200)]))
    finally:
        sys.setswitchinterval(interval)
    instants = [command.t for command in base.log.in_force() if command.entry["do"] == "clock"]
    assert instants == sorted(instants)
    assert base.reading().t == EPOCH + 200


def test_a_setting_repeated_does_not_hold_the_clock_up() -> None:
    """Who sets the speed again and again leaves the fraction of a millisecond that has passed."""
    passed = [0]
    clock = SetClock(Setting(EPOCH, 100), monotonic_ns=lambda: passed[0])
    for _ in range(40):
        passed[0] += 4_000_000
        setting, shown_ns = clock.standing
        clock.set(setting, shown_ns)
    assert clock.now() == EPOCH + 16
    clock.set(Setting(EPOCH, frozen=True))
    assert clock.standing == (Setting(EPOCH, frozen=True), 0)


@pytest.mark.parametrize(
    ("method", "target", "message"),
    [
        (
            "POST",
            "/_toolkit/reset?world=mine",
            "cannot POST /_toolkit/reset: no parameter is called 'world'; it takes none",
        ),
        ("GET", "/_toolkit/requests/count?methd=POST", "there are method, path, status, route"),
        ("GET", "/_toolkit/events?foo=1", "no parameter is called 'foo'; there are from, to, size, kind, id, after"),
        (
            "GET",
            "/_toolkit/requests?route=executionz",
            "no operation is called 'executionz'; write one such as execution",
        ),
        ("GET", "/_toolkit/requests?path=v1", "path is 'v1', it must begin with / or *"),
    ],
)
def test_a_slip_in_a_query_is_refused(method: str, target: str, message: str) -> None:
    """Of the toolkit's own routes, where an answer to another question would be believed."""
    server = front()
    refused = ask(server, method, target)
    assert refused.status == 400
    assert message in told(refused)["message"]
    assert ask(server, "GET", "/v1/ex?foo=1").status == 200
    assert ask(server, "GET", "/_toolkit/healthz").status == 200


@pytest.mark.parametrize(
    ("method", "target", "near"),
    [
        ("GET", "/_toolkit/reset", "; there is POST /_toolkit/reset"),
        ("GET", "/_toolkit/clok", "; there is GET /_toolkit/clock"),
        ("GET", "/_toolkit/zzzzzzzzzzzzzzzzzzzzzz/yyyyyyyyyyyyyy/xxxxxxxxxxxx/wwww", ""),
    ],
)
def test_an_unknown_control_route_names_the_nearest(method: str, target: str, near: str) -> None:
    """In the answer itself: it is no route of Teraslice's."""
    refused = ask(front(), method, target)
    assert refused.status == 405
    assert told(refused)["message"] == f"cannot {method} endpoint {target}{near}"


@pytest.mark.parametrize("target", ["clock", "checkpoints", "faults", "requests/find"])
def test_half_a_character_is_refused(target: str) -> None:
    """A text that is no Unicode is a 400 of one line."""
    server = front()
    sent = rb'{"set": "\ud800", "name": "\ud800", "message": "\ud800", "path": "\ud800"}'
    refused = server.respond("POST", f"/_toolkit/{target}", None, None, None, sent, "application/json")
    assert refused.status == 400


def test_a_stretch_that_is_none_yet_may_be_one_later() -> None:
    """A refusal for the instant of the request does not outlive it."""
    server = front()
    target = "/_toolkit/events?from=%2B10m"
    assert ask(server, "GET", target).status == 400
    ask(server, "POST", "/_toolkit/clock", {"advance": "20m"})
    assert ask(server, "GET", target).status == 200


def test_many_clients_at_once_each_have_their_world() -> None:
    """64 workers against one server, each with its own instant and commands, see what they would see alone."""
    with live_server(SCENARIO) as server:

        def work(number: int) -> tuple[bytes, bytes]:
            with httpx.Client(base_url=server.url, headers={"X-Toolkit-World": f"w{number}"}) as client:
                for _ in range(3):
                    client.post("/_toolkit/clock", json={"advance": f"{number}m"}).raise_for_status()
                    if number % 2:
                        client.post("/v1/data/refresh").raise_for_status()
                at = client.get("/v1/ex", headers={"X-Toolkit-At": f"+{number}s"})
                return client.get("/v1/ex").content, at.content

        with ThreadPoolExecutor(16) as pool:
            seen = list(pool.map(work, range(64)))
    for number, (now, at) in enumerate(seen):
        alone = front()
        for _ in range(3):
            ask(alone, "POST", "/_toolkit/clock", {"advance": f"{number}m"})
            if number % 2:
                ask(alone, "POST", "/v1/data/refresh")
        assert ask(alone, "GET", "/v1/ex").body == now
        assert ask(alone, "GET", "/v1/ex", at=f"+{number}s").body == at


def test_what_only_a_server_or_a_live_cluster_has() -> None:
    """Without a server there is nothing to control (501), and a replay has no log to give (409)."""
    alone = answer(live_cluster(SCENARIO), EPOCH, Request("GET", "/_toolkit/clock"))
    assert (alone.status, "no server keeps it" in json.loads(alone.body)["message"]) == (501, True)
    replay = Front(Cluster(TrackTimeline({}, EPOCH, EPOCH + MINUTE), None, "replay"), FrozenClock(EPOCH))
    refused = ask(replay, "GET", "/_toolkit/log")
    assert (refused.status, "a replay has no commands" in told(refused)["message"]) == (409, True)
    assert ask(replay, "POST", "/_toolkit/clock", {"advance": "30s"}).status == 200
    assert ask(replay, "POST", "/_toolkit/clock", {"advance": "31s"}).status == 400


def test_a_restore_that_names_no_checkpoint_changes_nothing() -> None:
    """In a log that was written by hand it is passed over."""
    log = MemoryLog()
    log.append(EPOCH, {"do": "refresh"})
    log.append(EPOCH, {"do": "checkpoint", "name": "a", "speed": 1_000, "frozen": True})
    log.append(EPOCH, {"do": "refresh"})
    for to in (1, 9):
        log.append(EPOCH, {"do": "restore", "name": "a", "to": to})
        log.append(EPOCH, {"do": "restore", "name": "b", "to": 2})
    assert len(log.in_order()) == 2
    log.append(EPOCH, {"do": "restore", "name": "a", "to": 2})
    assert [command.sequence for command in log.in_order()] == [1]
