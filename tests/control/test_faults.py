from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.control.fronts import ask, told
from tests.serving import live_cluster
from toolkit.answers.answer import Cluster
from toolkit.clock import SetClock, Setting
from toolkit.errors import FaultError
from toolkit.faults.rule import fault_from
from toolkit.faults.spoiling import LONGEST
from toolkit.logfile import LogFile
from toolkit.server.front import Front
from toolkit.server.served import Settings
from toolkit.server.spoiled import Outcome, pieces, received
from toolkit.server.worlds import Worlds
from toolkit.tracks.timeline import TrackTimeline
from toolkit.world.commands import MemoryLog

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = "/_toolkit/faults"


def front_over(cluster: Cluster, *faults: dict[str, Any], seed: int | None = None) -> Front:
    """Make a front whose worlds begin with faults, frozen an hour after their start, or at their end."""
    first, last = cluster.timeline.first, cluster.timeline.last
    setting = Setting(min(first + 3_600_000, last), frozen=True)
    clock = SetClock(setting, first=first, last=last)
    given = Settings(setting, faults=tuple(map(fault_from, faults)), fault_seed=seed)
    return Front(cluster, clock, worlds=Worlds(cluster, clock, given))


def front_of(*faults: dict[str, Any], seed: int | None = None) -> Front:
    """Make one of the default scenario."""
    return front_over(live_cluster(), *faults, seed=seed)


ROUTES = ("/v1/jobs", "/v1/ex", "/v1/cluster/state", "/nowhere")
MIXED = (
    {"rate": 0.4, "status": 500},
    {"route": "/v1/*", "rate": 0.5, "answer": "empty", "times": 3},
    {"rate": 0.5, "delay": {"median": "1ms", "p99": "5ms"}},
)


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ROUTES)), max_size=40))
def test_worlds_are_alike_and_apart(order: list[tuple[str, str]]) -> None:
    """Each counts its own requests: the n-th to a route gets the same in every world, whoever else asks what."""
    mixed, alone = front_of(*MIXED), front_of(*MIXED)
    got: dict[str, dict[str, list[str]]] = {}
    for world, path in order:
        got.setdefault(world, {}).setdefault(path, []).append(ask(mixed, "GET", path, world=world).fault)
    wanted = {path: [ask(alone, "GET", path).fault for _ in order] for path in ROUTES}
    for paths in got.values():
        assert all(faults == wanted[path][: len(faults)] for path, faults in paths.items())


def test_a_reset_brings_back_the_faults_of_the_start_and_their_numbers() -> None:
    """What was added is gone, what was dropped is there, and the same requests get the same again."""
    front = front_of({"rate": 0.5, "status": 500})

    def asked() -> list[str]:
        return [ask(front, "GET", "/v1/jobs").fault for _ in range(20)]

    first = asked()
    ask(front, "DELETE", FAULTS)
    ask(front, "POST", FAULTS, {"delay": "1s"})
    assert asked() == ["delay 1000ms (fault 1)"] * 20
    ask(front, "POST", "/_toolkit/reset")
    assert asked() == first
    assert len(set(first)) == 2


def test_a_restore_goes_back_to_the_faults_and_numbers_of_the_checkpoint() -> None:
    """What came after it is as if it had not been; a second restore of the same is the same."""
    front = front_of({"rate": 0.5, "status": 500})

    def asked() -> list[str]:
        return [ask(front, "GET", "/v1/jobs").fault for _ in range(20)]

    asked()
    ask(front, "POST", "/_toolkit/checkpoints", {"name": "here"})
    after = asked()
    for _ in range(2):
        ask(front, "DELETE", f"{FAULTS}/1")
        ask(front, "GET", "/v1/jobs")
        ask(front, "POST", "/_toolkit/restore", {"name": "here"})
        assert asked() == after


def test_a_restore_of_another_process_begins_to_count() -> None:
    """A log on disk knows the faults at a checkpoint, but nobody knows the numbers any more."""
    log = MemoryLog()
    fault = {"do": "add_fault", "fault": {"rate": 0.5, "status": 500}, "id": 1}
    cluster = live_cluster()
    first = cluster.timeline.first
    log.append(first, fault)
    log.append(first, {"do": "checkpoint", "name": "here", "speed": 1_000, "frozen": True})
    front = front_over(Cluster(cluster.timeline, log, "live"))
    asked = [ask(front, "GET", "/v1/jobs").fault for _ in range(20)]
    ask(front, "POST", "/_toolkit/restore", {"name": "here"})
    assert [ask(front, "GET", "/v1/jobs").fault for _ in range(20)] == asked


def test_a_fault_is_in_the_log_and_in_the_journal() -> None:
    """The log keeps what was added, by id, and what was dropped; the journal says what each request got."""
    front = front_of()
    ask(front, "POST", FAULTS, {"status": 500, "from": "+30m"})
    ask(front, "GET", "/v1/jobs")
    ask(front, "GET", "/v1/ex", at="-31m")
    ask(front, "DELETE", f"{FAULTS}/1")
    world = front.worlds.base
    assert [command.entry for command in world.log.page(0, 10)] == [
        {"do": "add_fault", "fault": {"status": 500, "from": "+30m"}, "id": 1},
        {"do": "drop_faults", "id": 1},
    ]
    assert [asked.fault for asked in world.journal._kept] == ["status 500 (fault 1)", ""]


def test_a_server_with_other_faults_than_at_its_start_says_how_to_have_them_again(tmp_path: Path) -> None:
    """The log that it answers holds them, and a server that goes on with it does the same to the same requests."""
    server = front_of({"delay": "1s"})
    line = told(ask(server, "GET", "/_toolkit/info"))["reproduce"]
    ask(server, "POST", FAULTS, {"rate": 0.5, "status": 500})
    asked = [ask(server, "GET", "/v1/jobs").fault for _ in range(20)]

    assert told(ask(server, "GET", "/_toolkit/info"))["reproduce"] != line
    path = tmp_path / "world.log"
    path.write_bytes(ask(server, "GET", "/_toolkit/log").body)
    log = LogFile.open(path, pytest.fail)
    again = front_over(Cluster(live_cluster().timeline, log, "live"), {"delay": "1s"})
    assert [ask(again, "GET", "/v1/jobs").fault for _ in range(20)] == asked
    log.close()


def test_an_instant_that_cannot_be_is_refused_as_ever() -> None:
    """A fault that hits nothing of it leaves the refusal; it counts as a request of now."""
    front = front_of({"delay": "1s"})
    ready = ask(front, "GET", "/v1/jobs", at="soon")
    assert (ready.status, ready.fault) == (400, "delay 1000ms (fault 1)")


def test_the_seed_of_the_draws_is_the_scenarios_or_the_one_that_is_given() -> None:
    """A replay, which has none, has 1."""
    replay = Cluster(TrackTimeline({}, 0, 1), None, "replay")
    seeds = [told(ask(server, "GET", FAULTS))["seed"] for server in (front_of(seed=77), front_of(), front_over(replay))]
    assert seeds == [77, 1, 1]


def test_a_replay_has_faults_too() -> None:
    """They are added, do what they say, and go."""
    server = front_over(Cluster(TrackTimeline({}, 0, 1), None, "replay"))
    ask(server, "POST", FAULTS, {"status": 500})
    assert ask(server, "GET", "/v1/jobs").status == 500
    ask(server, "POST", "/_toolkit/reset")
    assert ask(server, "GET", "/v1/jobs").status == 200


def test_a_world_cannot_begin_with_a_fault_that_cannot_be() -> None:
    """Dates that only its start makes impossible are refused there."""
    with pytest.raises(FaultError, match="to: it is not after from"):
        front_of({"status": 500, "from": "2030-01-01T00:00:00Z", "to": "+1m"})


RECEIVED = [
    ({"status": 500}, 5, Outcome.ANSWERED, 0),
    ({"delay": "4s"}, 5, Outcome.ANSWERED, 4_000),
    ({"delay": "6s"}, 5, Outcome.READ_TIMEOUT, 5_000),
    ({"delay": "6s"}, None, Outcome.ANSWERED, 6_000),
    ({"delay": "6s", "answer": "reset"}, 5, Outcome.READ_TIMEOUT, 5_000),
    ({"delay": "1s", "answer": "reset"}, 5, Outcome.READ_ERROR, 1_000),
    ({"answer": "empty"}, 5, Outcome.ANSWERED, 0),
    ({"answer": "invalid_json"}, 5, Outcome.ANSWERED, 0),
    ({"answer": "truncated"}, 5, Outcome.REMOTE_PROTOCOL_ERROR, 0),
    ({"answer": "hang"}, 5, Outcome.READ_TIMEOUT, 5_000),
    ({"answer": "hang"}, None, Outcome.REMOTE_PROTOCOL_ERROR, LONGEST),
    ({"drip": {"lasts": "20s"}}, 5, Outcome.ANSWERED, 20_000),
    ({"drip": {"lasts": "4m"}}, 0.01, Outcome.READ_TIMEOUT, 10),
    ({"delay": "1s", "drip": {"lasts": "2s"}}, None, Outcome.ANSWERED, 3_000),
]


@pytest.mark.parametrize(("fault", "timeout", "outcome", "after"), RECEIVED)
def test_a_client_in_the_same_process_gets_what_one_over_a_socket_does(
    fault: dict[str, Any], timeout: float | None, outcome: Outcome, after: int
) -> None:
    """Without sleeping: the answer, or which error httpx raises, and how long it would have taken."""
    got = received(ask(front_of(fault), "GET", "/v1/jobs"), timeout)
    assert (got.outcome, got.after) == (outcome, after)
    assert not outcome.value or issubclass(getattr(httpx, outcome.value), httpx.TransportError)


def test_an_answer_without_fault_is_received_at_once() -> None:
    """And a body of nothing cannot be broken off."""
    assert received(ask(front_of(), "GET", "/v1/jobs"), None) == (Outcome.ANSWERED, 0)
    empty = ask(front_of({"answer": "truncated"}), "GET", "/v1/jobs")._replace(body=b"")
    assert received(empty, None).outcome is Outcome.ANSWERED


@given(st.integers(0, 10**6), st.integers(0, LONGEST))
def test_pieces_are_the_whole_body_in_the_whole_time(size: int, lasts: int) -> None:
    """They end one after the other, the last at the end; no piece is empty unless there is nothing."""
    gap, ends = pieces(size, lasts)
    assert ends[-1] == size
    assert size == 0 or all(begin < end for begin, end in zip([0, *ends], ends, strict=False))
    assert 0 <= lasts - gap * len(ends) < len(ends)
