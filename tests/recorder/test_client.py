from __future__ import annotations

import asyncio
import base64
import gzip
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, Reply
from tests.recorder.reading import read_json
from toolkit.model.wire import Literal
from toolkit.recorder.access import Access
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Answer, Client, Limits
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable


def ask(
    url: str, path: str = "/x", limits: Limits = QUICK, attempts: int | None = None, access: Access | None = None
) -> Answer[Any]:
    """Ask for one path."""

    async def asking() -> Answer[Any]:
        async with Client(parse_address(url), limits, access) as client:
            return await client.get(path, read_json, attempts=attempts)

    return asyncio.run(asking())


def fault_of(reply: Reply, limits: Limits = QUICK) -> tuple[Fault, int]:
    """Give the fault that an answer makes, and how often it was asked for."""
    with FakeCluster({"/x": reply}) as cluster:
        with pytest.raises(Fault) as caught:
            ask(cluster.url, limits=limits)
        return caught.value, cluster.asked["/x"]


def test_the_path_of_the_address_goes_in_front() -> None:
    """A cluster below a path of a proxy is asked below that path."""
    with FakeCluster({"/in/here/x": {"a": 1}}) as cluster:
        assert ask(cluster.url + "/in/here/").value == {"a": 1}


def test_what_is_shown_to_the_cluster() -> None:
    """Credentials and headers are sent with every request, and its encoding stays what can be unpacked."""
    access = Access(headers={"X-Key": "k", "user-agent": "mine", "accept-encoding": "br"}, login=("user", "p@s:s"))
    with FakeCluster({"/x": {}}) as cluster:
        ask(cluster.url, access=access)
        sent = cluster.seen[0][2]
        names = Client(parse_address(cluster.url), QUICK, access)._http.headers.multi_items()

    assert sent["authorization"] == "Basic " + base64.b64encode(b"user:p@s:s").decode()
    assert len({name.lower() for name, _ in names}) == len(names)
    assert (sent["x-key"], sent["user-agent"], sent["accept-encoding"]) == ("k", "mine", "gzip")


def test_cookies_are_not_kept() -> None:
    """What a cluster asked before has no effect on what it is asked later."""

    async def asking(url: str) -> None:
        async with Client(parse_address(url), QUICK) as client:
            await client.get("/x", read_json)
            await client.get("/x", read_json)

    with FakeCluster({"/x": Reply(headers=(("Set-Cookie", "a=b; Path=/"),))}) as cluster:
        asyncio.run(asking(cluster.url))

        assert ["cookie" in headers for _, _, headers in cluster.seen] == [False, False]


def test_numbers_stay_exact() -> None:
    """Floats and integers over 64 bit come as they were written."""
    with FakeCluster({"/x": Reply(body=b'{"f": 1.10, "i": 123456789012345678901234567890}')}) as cluster:
        value = ask(cluster.url).value

    assert value == {"f": Literal("1.10"), "i": Literal("123456789012345678901234567890")}


def test_the_server_may_say_its_instant() -> None:
    """An answer's `X-Toolkit-Instant` is the instant it was true at; without one it is the wall clock's."""
    stamp = (("X-Toolkit-Instant", "2026-01-01T00:00:00.007Z"),)
    with FakeCluster(
        {"/x": Reply(headers=stamp), "/y": {}, "/z": Reply(headers=(("X-Toolkit-Instant", "?"),))}
    ) as cluster:
        assert ask(cluster.url) == Answer({}, 1767225600007, stamped=True)
        assert not ask(cluster.url, "/y").stamped
        assert not ask(cluster.url, "/z").stamped


@pytest.mark.parametrize("reply", [Reply(500), Reply(503), Reply(429), Reply(body=b""), Reply(body=b'[{"a"')])
def test_what_may_pass_is_tried_again(reply: Reply) -> None:
    """Server errors, empty and broken answers are asked for three times."""
    _, asked = fault_of(reply)

    assert asked == QUICK.attempts


@pytest.mark.parametrize(
    "reply", [Reply(404), Reply(405), Reply(400), Reply(302), Reply(304), Reply(body=b" <html>"), Reply(204)]
)
def test_what_will_not_pass_is_asked_once(reply: Reply) -> None:
    """Client errors, redirects and HTML are not asked for again."""
    _, asked = fault_of(reply)

    assert asked == 1


def test_an_answer_after_faults_counts() -> None:
    """A fault that passes leaves no trace."""
    replies: list[Any] = [Reply(500, headers=(("Retry-After", "0"),)), Reply(body=b"[", length=9), {"a": 1}]
    take: Callable[[object], Any] = lambda _: replies.pop(0)  # noqa: E731 - the table's entry
    with FakeCluster({"/x": take}) as cluster:
        assert ask(cluster.url).value == {"a": 1}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7.0), ("-7", 0.0), ("soon", 0.0), ("", 0.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0)],
)
def test_retry_after_is_read(text: str, seconds: float) -> None:
    """`Retry-After` is read as seconds or as a date; anything else asks for nothing."""
    fault, _ = fault_of(Reply(503, headers=(("Retry-After", text),)))

    assert fault.wait_s == seconds


def test_retry_after_is_bounded() -> None:
    """A cluster that asks for an hour is not waited for that long."""
    fault, asked = fault_of(Reply(503, headers=(("Retry-After", "3600"),)))

    assert (fault.wait_s, asked) == (3600.0, QUICK.attempts)


def test_a_cluster_that_hangs_is_given_up() -> None:
    """No answer within the time limit is a silent fault, after as many attempts as there may be."""

    async def asking(url: str) -> tuple[Fault, int]:
        async with Client(parse_address(url), Limits(timeout_s=0.05, attempts=2, backoff_s=0.001)) as client:
            with pytest.raises(Fault) as caught:
                await client.get("/x", read_json)
            return caught.value, client.requests

    with FakeCluster({"/x": Reply(hang=True)}) as cluster:
        fault, requests = asyncio.run(asking(cluster.url))

    assert (fault.reason, fault.silent, requests) == ("no answer within 0.05 s", True, 2)


def test_patience_ends_before_the_attempts_do() -> None:
    """No attempt begins when the patience is used up, however many there might be."""
    fault, asked = fault_of(Reply(503, headers=(("Retry-After", "5"),)), Limits(attempts=1000, patience_s=4))

    assert (fault.reason, fault.wait_s, asked) == ("status 503", 5.0, 1)


def test_a_truncated_body_is_a_fault() -> None:
    """A body shorter than promised is a fault, not half an answer."""
    fault, _ = fault_of(Reply(body=b"[]", length=100))

    assert fault.reason == "the connection broke before the answer was complete"


def test_a_huge_body_is_a_fault() -> None:
    """A body over the bound is not read to its end."""
    fault, asked = fault_of(Reply(body=b"[" + b" " * 5000 + b"]"), Limits(body=1000))

    assert (fault.reason, asked) == ("the answer is larger than 1,000 bytes", 1)


def packed(body: bytes) -> Reply:
    """Pack an answer."""
    return Reply(body=gzip.compress(body), headers=(("Content-Encoding", "gzip"),))


def test_a_packed_body_is_unpacked_and_counted() -> None:
    """A packed answer is read, and counted as large as it is, every attempt of it."""
    replies: list[Any] = [Reply(500, b"12345"), packed(b'{"a": 1}'), Reply(302, headers=(("Location", "/y"),))]

    async def asking(url: str) -> tuple[Any, int, int]:
        async with Client(parse_address(url), QUICK) as client:
            value = (await client.get("/x", read_json)).value
            await client.get("/x", read_json)
            return value, client.requests, client.received

    with FakeCluster({"/x": lambda _: replies.pop(0), "/y": Reply(body=b"{} ")}) as cluster:
        assert asyncio.run(asking(cluster.url)) == ({"a": 1}, 4, len(b'{"a": 1}') + len(b"{} "))


@pytest.mark.parametrize("encoding", ["", " ,", "identity", "Identity, identity", "identity , X-GZIP", "gzip,"])
def test_lists_of_encodings_are_read(encoding: str) -> None:
    """An encoding that is a list, and says no more than one that was asked for, is that one."""
    body = gzip.compress(b"{}") if "gzip" in encoding.lower() else b"{}"
    with FakeCluster({"/x": Reply(body=body, headers=(("Content-Encoding", encoding),))}) as cluster:
        assert ask(cluster.url).value == {}


def test_every_attempt_and_redirect_takes_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of requests a second counts attempts and redirects too."""
    replies: list[Any] = [Reply(500), Reply(302, headers=(("Location", "/y"),))]
    turns: list[int] = []

    async def asking(url: str) -> int:
        async with Client(parse_address(url), replace(QUICK, per_second=1000)) as client:
            turn = client._pacer.turn

            async def counted() -> None:
                await turn()
                turns.append(client.requests)

            monkeypatch.setattr(client._pacer, "turn", counted)
            await client.get("/x", read_json)
            return client.requests

    with FakeCluster({"/x": lambda _: replies.pop(0), "/y": {}}) as cluster:
        assert asyncio.run(asking(cluster.url)) == 3

    assert turns == [0, 1, 2]


def test_a_body_that_unpacks_into_too_much_is_a_fault() -> None:
    """A small packed body is not unpacked beyond the bound."""
    fault, asked = fault_of(packed(b" " * 10_000_000), Limits(body=100_000))

    assert (fault.reason, asked) == ("the answer is larger than 100,000 bytes", 1)


@pytest.mark.parametrize(
    ("reply", "reason", "asked"),
    [
        (packed(b"[1, 2]")._replace(body=gzip.compress(b"[1, 2]")[:-4]), "the connection broke", QUICK.attempts),
        (packed(b"")._replace(body=b"[1, 2]"), "an answer that cannot be unpacked", QUICK.attempts),
        (Reply(headers=(("Content-Encoding", "gzip, gzip"),)), "an answer that is packed in a way", 1),
        (Reply(headers=(("Content-Encoding", "br"),)), "an answer that is packed in a way", 1),
    ],
)
def test_what_cannot_be_unpacked_is_a_fault(reply: Reply, reason: str, asked: int) -> None:
    """A packed body that is cut or damaged may be whole the next time; one packed otherwise will not."""
    fault, times = fault_of(reply)

    assert fault.reason.startswith(reason)
    assert times == asked


@pytest.mark.parametrize("depth", [250, 500, 3000])
def test_json_nested_too_deep_is_a_fault(depth: int) -> None:
    """What could not be written into a bundle is not taken as a record."""
    deep = b"[" * depth + b"1.5" + b"]" * depth

    with FakeCluster({"/x": Reply(body=deep)}) as cluster, pytest.raises(Fault, match="1 entry that is no record"):
        ask(cluster.url)


def test_nothing_listening_is_a_silent_fault() -> None:
    """Where nothing listens, the fault says so at once."""
    with FakeCluster({}) as cluster:
        url = cluster.url
    with pytest.raises(Fault, match="cannot connect") as caught:
        ask(url)

    assert caught.value.silent


def test_no_more_requests_than_allowed_are_under_way() -> None:
    """At most `together` requests wait for their answers at once."""
    limits = Limits(timeout_s=0.2, attempts=1, together=2)

    async def asking(url: str) -> list[Any]:
        async with Client(parse_address(url), limits) as client:
            return await asyncio.gather(
                client.get("/hang", read_json),
                client.get("/hang", read_json),
                client.get("/x", read_json),
                return_exceptions=True,
            )

    with FakeCluster({"/hang": Reply(hang=True), "/x": {}}) as cluster:
        outcomes = asyncio.run(asking(cluster.url))

        assert [type(outcome) for outcome in outcomes] == [Fault, Fault, Answer]
        assert cluster.seen[-1][1] == "/x"
