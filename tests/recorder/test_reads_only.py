"""A recording only reads, and only from its cluster: every way out of that, tried."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.recorder.fake_cluster import QUICK, FakeCluster, Reply
from toolkit.errors import RecordError
from toolkit.recorder.access import Access, Proxy
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client
from toolkit.recorder.fault import Fault
from toolkit.recorder.transport import ReadOnlyTransport

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BASE = httpx.URL("http://h:1")
METHODS = ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT", "gEt ", "GET\r\nDELETE", ""]


class Unreachable(httpx.AsyncBaseTransport):
    """A network that must not be used."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Fail."""
        raise AssertionError(request)


def refused(request: httpx.Request, match: str) -> None:
    """Check that a request does not pass the guard."""
    guard = ReadOnlyTransport(Unreachable(), BASE)
    with pytest.raises(RecordError, match=match):
        asyncio.run(guard.handle_async_request(request))


@pytest.mark.parametrize("method", METHODS)
def test_only_get_passes(method: str) -> None:
    """A request that is not GET is refused before anything is sent, however its method is written."""
    refused(httpx.Request(method, "http://h:1/"), "only reads")


def test_a_method_changed_later_does_not_pass() -> None:
    """It counts what would be sent, not what the request was made as."""
    request = httpx.Request("GET", "http://h:1/")
    request.method = "delete"

    refused(request, "only reads")


@pytest.mark.parametrize(
    "url", ["http://other:1/", "http://h:2/", "https://h:1/", "http://h/", "http://u:p@h:1/", "http://h.:1/", "//h:1/"]
)
def test_no_other_host_is_asked(url: str) -> None:
    """A request to another host, port or scheme is refused before anything is sent."""
    refused(httpx.Request("GET", url), "another host")


@pytest.mark.parametrize(
    ("headers", "extensions", "match"),
    [
        ({"Host": "other"}, {}, "another host"),
        ({}, {"target": b"http://other/"}, "another host"),
        ({"X-HTTP-Method-Override": "DELETE"}, {}, "may change something"),
        ({"x-method-override": "PUT"}, {}, "may change something"),
        ({"X-HTTP-Method": "PUT"}, {}, "may change something"),
        ({"Content-Length": "1"}, {}, "may change something"),
        ({"Transfer-Encoding": "chunked"}, {}, "may change something"),
    ],
)
def test_a_get_that_is_none_is_refused(headers: dict[str, str], extensions: dict[str, Any], match: str) -> None:
    """A GET that servers take for something else, has a body or goes elsewhere does not pass."""
    refused(httpx.Request("GET", "http://h:1/", headers=headers, extensions=extensions), match)


@pytest.fixture(params=[False, True], ids=["direct", "through a proxy"])
def proxied(request: pytest.FixtureRequest) -> bool:
    """Whether there is a proxy between: the cluster itself, which answers any request line."""
    assert isinstance(request.param, bool)
    return request.param


def through(cluster: FakeCluster, use: Callable[[Client], Awaitable[object]], *, proxied: bool) -> None:
    """Use a client of a cluster."""

    async def using() -> None:
        proxy = Proxy(cluster.url + "/") if proxied else None
        async with Client(parse_address(cluster.url), QUICK, Access(proxy=proxy)) as client:
            await use(client)

    asyncio.run(using())


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_not_even_the_http_library_can_write(method: str, proxied: bool) -> None:  # noqa: FBT001 - a fixture
    """Behind the client's back, its library cannot send a request that is not GET, with a proxy or without."""
    with FakeCluster({"/x": {}}) as cluster:
        with pytest.raises(RecordError, match=method):
            through(cluster, lambda client: client._http.request(method, "/x"), proxied=proxied)
        with pytest.raises(RecordError, match="may change"):
            through(cluster, lambda client: client._http.request("GET", "/x", content=b"{}"), proxied=proxied)
        assert not cluster.seen


@pytest.mark.parametrize(
    "path", ["http://127.0.0.1:1/x", "https://127.0.0.1/x", "@127.0.0.1:1/x", "http://user@127.0.0.1:1/"]
)
def test_no_path_leads_elsewhere(path: str, proxied: bool) -> None:  # noqa: FBT001 - a fixture
    """A path that is an address of another host is refused, or is a path of the cluster after all."""
    with FakeCluster({}) as cluster:
        with pytest.raises((RecordError, Fault), match=r"another host|404"):
            through(cluster, lambda client: client.get(path, json.loads), proxied=proxied)
        assert {target.rpartition("/")[2] for _, target, _ in cluster.seen} <= {"x"}


@pytest.mark.parametrize("path", ["//127.0.0.1:1/x", "///127.0.0.1:1/x", "/\\127.0.0.1:1/x"])
def test_a_path_that_looks_like_a_host_stays_a_path(path: str) -> None:
    """Slashes in front do not make another host of a path: the cluster itself is asked."""
    with FakeCluster({}) as cluster:
        with pytest.raises(Fault, match="404"):
            through(cluster, lambda client: client.get(path, json.loads), proxied=False)
        assert len(cluster.seen) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_cluster_is_followed(status: int) -> None:
    """A redirect to another path of the same cluster is followed with GET and what the request had."""
    answers = {"/x": Reply(status, headers=(("Location", "../y?a=1#f"),)), "/y": lambda query: query}
    with FakeCluster(answers) as cluster:
        access = Access(headers={"X-Key": "k"}, login=("u", "p"))

        async def asking() -> Any:
            async with Client(parse_address(cluster.url), QUICK, access) as client:
                return await client.get("/x", json.loads, headers={"X-Toolkit-At": "+1s"})

        assert asyncio.run(asking()).value == {"a": "1"}
        first, second = cluster.seen

    assert second[:2] == ("GET", "/y?a=1")
    assert {"authorization", "x-key", "x-toolkit-at"} <= second[2].keys()
    assert second[2] == first[2]


def test_three_redirects_are_followed_and_no_more() -> None:
    """A chain of three leads somewhere; a loop ends after three."""
    chain = {f"/{step}": Reply(302, headers=(("Location", f"/{step + 1}"),)) for step in range(4)}
    with FakeCluster({**chain, "/4": {}, "/loop": Reply(302, headers=(("Location", "/loop"),))}) as cluster:
        through(cluster, lambda client: client.get("/1", json.loads), proxied=False)
        for path in ("/0", "/loop"):
            with pytest.raises(Fault, match="more than 3 redirects"):
                through(cluster, lambda client, path=path: client.get(path, json.loads), proxied=False)  # type: ignore[misc]

        assert cluster.asked["/loop"] == 4


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1:1/x", "a redirect to another host"),
        ("//127.0.0.1:1/x", "a redirect to another host"),
        ("http://localhost/x", "a redirect to another host"),
        ("ftp://127.0.0.1/x", "a redirect to another host"),
        ("file:///etc/passwd", "a redirect to another host"),
        ("https://HOST/x", "a redirect to https, which is not followed: give the https address"),
        ("http://user:pw@HOST/x", "a redirect to another host"),
        ("http://HOST@127.0.0.1:1/x", "a redirect to another host"),
        ("http://[", r"a redirect to another host|no HTTP"),
        ("http://127.0.0.1:99999/", r"a redirect to another host|no HTTP"),
    ],
)
def test_a_redirect_that_leads_away_is_not_followed(location: str, reason: str) -> None:
    """A redirect to another host, port or scheme, or with credentials, is a fault, and nothing else is asked for."""
    with FakeCluster({}) as cluster:
        place = location.replace("HOST", cluster.url.removeprefix("http://"))
        cluster.answers["/x"] = Reply(302, headers=(("Location", place),))
        with pytest.raises(Fault, match=reason) as caught:
            through(cluster, lambda client: client.get("/x", json.loads), proxied=False)

        assert set(cluster.asked) == {"/x"}
    assert "127.0.0.1" not in caught.value.reason


def test_a_redirect_to_nowhere_is_a_fault() -> None:
    """A redirect without a place cannot be followed."""
    with FakeCluster({"/x": Reply(302)}) as cluster, pytest.raises(Fault) as caught:
        through(cluster, lambda client: client.get("/x", json.loads), proxied=False)

    assert caught.value.reason == "status 302, a redirect to nowhere"
