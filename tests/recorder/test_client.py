from __future__ import annotations

import asyncio
import base64
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, Reply
from tests.recorder.reading import read_json
from toolkit.errors import RecordError
from toolkit.model.wire import Literal
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Answer, Client, Limits, ReadOnlyTransport
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable


def ask(url: str, path: str = "/x", limits: Limits = QUICK, attempts: int | None = None) -> Answer[Any]:
    """Ask for one path."""

    async def asking() -> Answer[Any]:
        async with Client(parse_address(url), limits) as client:
            return await client.get(path, read_json, attempts=attempts)

    return asyncio.run(asking())


def fault_of(reply: Reply, limits: Limits = QUICK) -> tuple[Fault, int]:
    """Give the fault that an answer makes, and how often it was asked for."""
    with FakeCluster({"/x": reply}) as cluster:
        with pytest.raises(Fault) as caught:
            ask(cluster.url, limits=limits)
        return caught.value, cluster.asked["/x"]


class Unreachable(httpx.AsyncBaseTransport):
    """A network that must not be used."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Fail."""
        raise AssertionError(request)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_only_get_leaves(method: str) -> None:
    """A request that is not GET is refused before anything is sent."""
    guard = ReadOnlyTransport(Unreachable(), httpx.URL("http://h:1"))

    with pytest.raises(RecordError, match="only reads"):
        asyncio.run(guard.handle_async_request(httpx.Request(method, "http://h:1/")))


@pytest.mark.parametrize("url", ["http://other:1/", "http://h:2/", "https://h:1/"])
def test_no_other_host_is_asked(url: str) -> None:
    """A request to another host, port or scheme is refused before anything is sent."""
    guard = ReadOnlyTransport(Unreachable(), httpx.URL("http://h:1"))

    with pytest.raises(RecordError, match="another host"):
        asyncio.run(guard.handle_async_request(httpx.Request("GET", url)))


def test_a_post_through_the_client_does_not_arrive() -> None:
    """Even the client's own HTTP library cannot send a POST."""

    async def post(url: str) -> None:
        async with Client(parse_address(url), QUICK) as client:
            await client._http.post("/x")

    with FakeCluster({"/x": {}}) as cluster:
        with pytest.raises(RecordError, match="POST"):
            asyncio.run(post(cluster.url))
        assert not cluster.seen


def test_a_redirect_is_not_followed() -> None:
    """A redirect is a fault, not another request."""
    with FakeCluster({"/x": Reply(302, headers=(("Location", "/secret"),)), "/secret": {}}) as cluster:
        with pytest.raises(Fault, match="redirect"):
            ask(cluster.url)
        assert set(cluster.asked) == {"/x"}


def test_credentials_go_to_the_cluster() -> None:
    """Credentials of the address are sent as basic authentication, and the address's path goes in front."""
    with FakeCluster({"/in/here/x": {"a": 1}}) as cluster:
        ask(cluster.url.replace("//", "//user:p%40ss@") + "/in/here/")

        assert cluster.seen[0][2]["authorization"] == "Basic " + base64.b64encode(b"user:p@ss").decode()


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


@pytest.mark.parametrize("reply", [Reply(404), Reply(405), Reply(400), Reply(302), Reply(body=b" <html>"), Reply(204)])
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
    """No answer within the time limit is a silent fault."""
    fault, asked = fault_of(Reply(hang=True), Limits(timeout_s=0.05, attempts=2, backoff_s=0.001))

    assert (fault.reason, fault.silent, asked) == ("no answer within 0.05 s", True, 2)


def test_a_truncated_body_is_a_fault() -> None:
    """A body shorter than promised is a fault, not half an answer."""
    fault, _ = fault_of(Reply(body=b"[]", length=100))

    assert fault.reason == "the connection broke before the answer was complete"


def test_a_huge_body_is_a_fault() -> None:
    """A body over the bound is not read to its end."""
    fault, asked = fault_of(Reply(body=b"[" + b" " * 5000 + b"]"), Limits(body=1000))

    assert (fault.reason, asked) == ("the answer is larger than 1,000 bytes", 1)


@pytest.mark.parametrize("depth", [250, 500, 3000])
def test_json_nested_too_deep_is_a_fault(depth: int) -> None:
    """What could not be written into a bundle is not taken."""
    deep = b'{"a":' + b"[" * depth + b"1.5" + b"]" * depth + b"}"

    with FakeCluster({"/x": Reply(body=deep)}) as cluster, pytest.raises(Fault, match="nested too deep"):
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
