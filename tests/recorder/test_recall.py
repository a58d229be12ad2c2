"""What stands still is not looked at again, and what is recorded is the same as if it had been."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.recorder.fake_cluster import QUICK
from toolkit.answers.answer import Cluster
from toolkit.clock import FrozenClock
from toolkit.model.instants import HOUR
from toolkit.model.wire import dumps, etag, pretty
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Answer, Before, Client
from toolkit.recorder.compose import Composer
from toolkit.recorder.entries import frame_entry
from toolkit.recorder.fault import Fault
from toolkit.recorder.frames import FrameReader, Seen
from toolkit.recorder.narrow import Whole
from toolkit.recorder.recall import Recall, read_anew
from toolkit.recorder.redact import Redactor, Report
from toolkit.recorder.sources import SOURCES
from toolkit.server.thread import ServerThread
from toolkit.world.commands import MemoryLog
from toolkit.world.scenario import Scenario
from toolkit.world.timeline import LiveTimeline

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")
BY_NAME = {source.name: source for source in SOURCES}
_ILL = "status 500"
DATES = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z", ""]
TEXTS = [
    "acme", "}", "\n    },\n    {", '"', "\\", "é", "\U0001f600", "\ue000", "10.0.0.1", "password", "{", "[\n    {",
    "2026-01-01T00:00:00.000Z", "1.5",
]  # fmt: skip
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-5, 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(TEXTS), inner, max_size=2),
    max_leaves=4,
)
RECORDS = st.fixed_dictionaries(
    {"ex_id": st.sampled_from(["a", "b", "c", "d", "e", "é"]), "_updated": st.sampled_from(DATES)},
    optional={"name": st.sampled_from(TEXTS), "processed": st.integers(0, 3), "other": VALUES},
)
ODD = st.sampled_from([{"ex_id": 7}, {"other": 1}, {"ex_id": ""}])
LISTS = st.lists(RECORDS, max_size=6, unique_by=lambda record: record["ex_id"]) | st.lists(RECORDS | ODD, max_size=5)
WRITERS: list[Callable[[Any], bytes]] = [
    lambda value: json.dumps(value, indent=4, ensure_ascii=False).encode(),
    lambda value: json.dumps(value, indent=4, ensure_ascii=False).encode(),
    lambda value: json.dumps(value, indent=4).encode(),
    lambda value: json.dumps(value, indent=2).encode(),
    lambda value: json.dumps(value).encode(),
    lambda value: json.dumps(value, indent=4).replace("\n", "\r\n").encode(),
    lambda value: json.dumps(value, indent=4).replace("\\ue000", "\\ud800").encode(),
    lambda value: json.dumps(value, indent=4, ensure_ascii=False).replace("é", "\xff").encode("latin-1", "replace"),
]
BODIES = st.tuples(st.sampled_from(WRITERS), LISTS).map(lambda pair: pair[0](pair[1]))
BROKEN = [
    b"[\n    {\n    },\n    {\n    }\n]",
    b'[\n    {"ex_id": "a", "x": [1,\n    {}]},\n    {}\n]',
    b'[\n    {"ex_id": "a", "x": [1,\n    {"ex_id": "b"}]}\n]',
    b'[\n    {"ex_id": "a"},\n    {"ex_id": "b"\n]',
    b'[\n    {"ex_id": "a"} {},\n    {"ex_id": "b"}\n]',
    b'[\n    {"ex_id": "a"}, {"ex_id": "c"},\n    {"ex_id": "b"}\n]',
    b'[\n    {"ex_id": "a"}, 7, {"ex_id": "c"},\n    {"ex_id": "b"}\n]',
    b'[\n    {"ex_id": "a"},\n    {"ex_id": "' + b"[" * 300 + b'"}\n]',
    b'[\n    {"ex_id": "a"},\n    {"x": ' + b"[" * 300 + b"]" * 300 + b"}\n]",
    b'[\n    {"ex_id": "a"},\n    {"x": "\xff"}\n]',
]


def found(read: Callable[[], Any]) -> Any:
    """Give what reading gives, or why it does not."""
    try:
        return read()
    except Fault as fault:
        return fault.reason, fault.again


@given(st.lists(BODIES | st.sampled_from(BROKEN), min_size=1, max_size=6))
def test_a_body_is_read_as_if_nothing_was_remembered(bodies: list[bytes]) -> None:
    """In whatever way a list is written, and whatever is in it: the same records, odd ones and faults as without."""
    source = BY_NAME["executions"]
    recall = Recall(source)
    texts: dict[str, bytes] = {}
    for body in bodies:
        anew = found(lambda body=body: read_anew(source, body))  # type: ignore[misc]
        read = found(lambda body=body: recall.read("/", body))  # type: ignore[misc]
        if not hasattr(anew, "page"):
            assert read == anew
            continue
        filled = [(entry.key, entry.date, entry.text or texts[entry.key]) for entry in read.page.entries]
        assert filled == [entry[:3] for entry in anew.page.entries]
        assert (read.page.length, read.odd) == (anew.page.length, anew.odd)
        texts = {key: text for key, _, text in filled}
        recall.note("/", read, "")
        recall.settle(Whole(read.page.entries))


def test_what_is_known_has_no_text_and_what_is_new_has_one() -> None:
    """A record that changed is read, those around it are not, wherever they stand."""
    recall = Recall(BY_NAME["executions"])
    records = [{"ex_id": f"x{n}", "_updated": DATES[0], "text": TEXTS[n]} for n in range(5)]
    first = recall.read("/", pretty(records))
    recall.note("/", first, "")
    assert recall.settle(Whole(first.page.entries))

    records[3] = {"ex_id": "x3", "_updated": DATES[1]}
    then = recall.read("/", pretty([records[3], *records[:3], {"ex_id": "new"}, records[4]]))

    assert [(entry.key, bool(entry.text)) for entry in then.page.entries] == [
        ("x3", True), ("x0", False), ("x1", False), ("x2", False), ("new", True), ("x4", False),
    ]  # fmt: skip


def test_a_list_that_is_written_in_another_way_is_known_by_its_records_texts() -> None:
    """Records are known whatever stands between them; a record that is indented in another way is read."""
    recall = Recall(BY_NAME["executions"])
    first = recall.read("/", b'[{"ex_id":"a"},{"ex_id":"b"}]')
    recall.note("/", first, "")
    recall.settle(Whole(first.page.entries))

    assert [entry.text for entry in recall.read("/", b'[ {"ex_id":"b"}, {"ex_id": "a"} ]').page.entries] == [
        b"", b'{"ex_id": "a"}',
    ]  # fmt: skip


class Express:
    """Answers as a cluster does, or as something that is in front of it; what is missing in the table fails."""

    def __init__(self, tagged: Callable[[bytes], str]) -> None:
        """Tag answers."""
        self.bodies: dict[str, bytes | list[Any]] = {}
        self.sent = 0
        self._tagged = tagged

    async def get(
        self,
        path: str,
        read: Callable[[bytes], T],
        *,
        before: Before[T] | None = None,
        **_more: Any,
    ) -> Answer[T]:
        """Stand in for `Client.get`."""
        await asyncio.sleep(0)
        parts = urlsplit(path)
        body = self.bodies.get(parts.path)
        if body is None:
            raise Fault(_ILL)
        if isinstance(body, list):
            query = dict(parse_qsl(parts.query))
            body = pretty(body[int(query["from"]) :][: int(query["size"])])
        tag = self._tagged(body)
        if before is not None and before.tag == tag:
            return Answer(before.value, 0, stamped=False, tag=tag)
        self.sent += len(body)
        return Answer(read(body), 0, stamped=False, tag=tag)


def recorded(
    frames: Sequence[dict[str, bytes | list[Any]]], tagged: Callable[[bytes], str], *, brief: bool, errors: bool = False
) -> tuple[list[bytes], Report, int]:
    """Record frames: what the journal gets, what was redacted, and how many bytes were sent."""
    cluster = Express(tagged)
    redactor = Redactor(b"key")
    composer = Composer(redactor)

    async def reading() -> list[bytes]:
        reader = FrameReader(cast("Client", cluster), "URL", errors, brief=brief)
        entries = []
        for t, cluster.bodies in enumerate(frames):
            entries.append(dumps(frame_entry(composer.frame(t, await reader.read(t)), {})))
        return entries

    return asyncio.run(reading()), redactor.report, cluster.sent


NODES = st.dictionaries(st.sampled_from(["n1", "n2", "nodes", "", "é"]), RECORDS, max_size=3)
FRAMES = st.lists(
    st.fixed_dictionaries(
        {"/v1/jobs": st.just(b"[]")},
        optional={
            "/v1/ex": BODIES,
            "/v1/cluster/controllers": BODIES | st.just(b"[]"),
            "/v1/cluster/state": st.tuples(st.sampled_from(WRITERS[:6]), NODES).map(lambda pair: pair[0](pair[1])),
            "/v1/cluster/stats": st.sampled_from([b'{"controllers":{"processed":1}}', b"{}"]),
        },
    ),
    min_size=1,
    max_size=3,
)
TAGS: list[Callable[[bytes], str]] = [etag, lambda _: "", lambda _: 'W/"1"', lambda body: f'"{len(body)}"']


@pytest.mark.parametrize("errors", [False, True])
@given(order=st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=6), frames=FRAMES, tagged=st.sampled_from(TAGS))
def test_a_recording_is_the_same_as_if_nothing_was_remembered(
    *, order: list[int], frames: list[dict[str, bytes | list[Any]]], tagged: Callable[[bytes], str], errors: bool
) -> None:
    """Frames that come again, change and fail: the journal and what was redacted are the same to the byte.

    An ETag that is no digest of the body, which may stay while the body changes, is not trusted.
    """
    chosen = [{"/v1/jobs": b"[]"}, *(frames[number % len(frames)] for number in order)]
    brief, plain = (recorded(chosen, tagged, brief=brief, errors=errors) for brief in (True, False))

    assert brief[:2] == plain[:2]


@pytest.mark.parametrize("tagged", [etag, lambda _: ""])
def test_a_long_list_that_moves_is_recorded_as_if_nothing_was_remembered(tagged: Callable[[bytes], str]) -> None:
    """Of a list of several pages, records move to the front, come, go, and stand still for a while."""
    listed = [
        {"ex_id": f"x{n}", "_updated": f"2026-01-01T00:{59 - n // 60:02}:{59 - n % 60:02}.000Z"} for n in range(2_500)
    ]
    still: dict[str, bytes | list[Any]] = {"/v1/jobs": b"[]", "/v1/cluster/state": b"{}"}
    frames = [still | {"/v1/ex": listed}] * 3
    for second, number in enumerate((7, 1_200, 2_499)):
        moved = listed[number] | {"_updated": f"2026-01-01T01:00:0{second}.000Z"}
        listed = [moved, *listed[:number], *listed[number + 1 :]]
        frames += [still | {"/v1/ex": listed}] * 2
    frames += [still | {"/v1/ex": listed[:1_900]}, still, still | {"/v1/ex": listed}]

    brief, plain = (recorded(frames, tagged, brief=brief) for brief in (True, False))

    assert brief[:2] == plain[:2]
    assert (brief[2] * 2 < plain[2]) == (tagged is etag)


def test_a_live_server_sends_what_stands_still_once() -> None:
    """Of a cluster that stands still, the second frame is asked for and not sent; what it is told is the same."""
    timeline = LiveTimeline(Scenario(jobs=60), MemoryLog())

    async def reading(url: str) -> tuple[list[Seen], list[int]]:
        async with Client(parse_address(url), QUICK) as client:
            reader = FrameReader(client, "URL", brief=True)
            seen, received = [], [0]
            for number in range(3):
                seen.append(await reader.read(number))
                received.append(client.received)
            return seen, received

    clock = FrozenClock(timeline.first + HOUR)
    with ServerThread(Cluster(timeline, None, "live"), clock) as server:
        (first, second, third), received = asyncio.run(reading(server.url))

    whole, rest = received[1], received[2] - received[1]
    assert rest * 20 < whole
    assert received[3] - received[2] == rest
    assert first.same == frozenset()
    assert second.same == third.same == {"nodes", "controllers", "jobs", "executions", "assets"}
    assert all(first.records[name] for name in second.same)
    for name in second.same:
        assert second.records[name] == [(key, b"") for key, _ in first.records[name]]
