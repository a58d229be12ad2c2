"""Proxy variables: which proxy they name, and that requests really go through it."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.recorder.certificates import Certificates, certificates
from tests.recorder.fake_cluster import QUICK
from tests.recorder.proxy_server import proxy_server
from tests.recorder.raw_server import raw_server, says
from toolkit.errors import RecordError, UsageError
from toolkit.recorder.access import Access
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client
from toolkit.recorder.credentials import Named, open_access
from toolkit.recorder.fault import Fault
from toolkit.recorder.proxies import is_skipped, proxy_for

if TYPE_CHECKING:
    import ssl

__all__ = ["certificates"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
HTTP, HTTPS = httpx.URL("http://c.example:5678"), httpx.URL("https://c.example")


@pytest.mark.parametrize(
    ("base", "environment", "url"),
    [
        (HTTP, {}, None),
        (HTTP, {"HTTP_PROXY": "http://p:1"}, "http://p:1/"),
        (HTTP, {"HTTPS_PROXY": "http://p:1"}, None),
        (HTTPS, {"HTTPS_PROXY": "http://p:1"}, "http://p:1/"),
        (HTTPS, {"HTTP_PROXY": "http://p:1"}, None),
        (HTTPS, {"ALL_PROXY": "https://p:1"}, "https://p:1/"),
        (HTTP, {"http_proxy": "p:1", "HTTP_PROXY": "q:1", "ALL_PROXY": "r:1"}, "http://p:1/"),
        (HTTP, {"http_proxy": "", "HTTP_PROXY": "q:1"}, None),
        (HTTP, {"http_proxy": "", "HTTP_PROXY": "q:1", "all_proxy": "r"}, "http://r/"),
        (HTTP, {"HTTP_PROXY": "p", "NO_PROXY": "example"}, None),
        (HTTP, {"HTTP_PROXY": "p", "no_proxy": "", "NO_PROXY": "example"}, "http://p/"),
        (HTTP, {"HTTP_PROXY": "http://u%3A:p%40@p:1/path?q#f"}, "http://p:1/"),
    ],
)
def test_which_proxy(base: httpx.URL, environment: dict[str, str], url: str | None) -> None:
    """The scheme's variable counts before that for all, small letters before capitals, and `NO_PROXY` before both."""
    proxy = proxy_for(base, environment)

    assert (proxy and proxy.url) == url


def test_credentials_of_a_proxy_are_set_apart() -> None:
    """A proxy's credentials are decoded, in no text that is made of it, and among the secrets."""
    proxy = proxy_for(HTTP, {"HTTP_PROXY": "http://us%3Aer:p%40ss@p:1"})

    assert proxy is not None
    assert proxy.login == ("us:er", "p@ss")
    assert "p@ss" not in repr(proxy) + repr(Access(proxy=proxy))
    assert {"us:er", "p@ss", "p%40ss", base64.b64encode(b"us:er:p@ss").decode()} <= set(Access(proxy=proxy).secrets)


@pytest.mark.parametrize("value", ["socks5://u:hunter2@p:1", "http://", "http://u:hunter2@p:x", "::"])
def test_a_variable_that_holds_no_proxy_is_told_by_name(value: str) -> None:
    """A value that cannot be used is an error that names the variable and not the value."""
    with pytest.raises(UsageError, match="HTTP_PROXY") as caught:
        proxy_for(HTTP, {"HTTP_PROXY": value})

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "no_proxy", "skipped"),
    [
        ("http://c.example", "c.example", True),
        ("http://c.example", "C.EXAMPLE", True),
        ("http://c.example", "other, example", True),
        ("http://c.example", ".example", True),
        ("http://c.example", "*.example", True),
        ("http://c.example", "*", True),
        ("http://c.example", "ample", False),
        ("http://c.example", "b.c.example", False),
        ("http://c.example", "", False),
        ("http://c.example", ".", False),
        ("http://c.example", "c.example:80", True),
        ("https://c.example", "c.example:80", False),
        ("https://c.example", "c.example:443", True),
        ("http://10.1.2.3", "10.0.0.0/8", True),
        ("http://10.1.2.3", "10.1.2.3", True),
        ("http://10.1.2.3:7", "10.1.2.3:8", False),
        ("http://11.1.2.3", "10.0.0.0/8", False),
        ("http://c.example", "10.0.0.0/8", False),
        ("http://[::1]:7", "::1", True),
        ("http://[::1]:7", "[::1]", True),
        ("http://[::1]:7", "[::1]:7", True),
        ("http://[::1]:7", "[::1]:8", False),
        ("http://[fd00::7]", "fd00::/8", True),
    ],
)
def test_what_no_proxy_excepts(url: str, no_proxy: str, skipped: bool) -> None:  # noqa: FBT001 - a case
    """Hosts are excepted by name, by the end of the name, by network, and by port."""
    assert is_skipped(httpx.URL(url), no_proxy) is skipped


def ask(
    certificates: Certificates | None, *, no_proxy: str = "", refusal: bytes = b"", method: str = "GET"
) -> tuple[Any, list[str], list[str]]:
    """Ask a cluster, encrypted if there are certificates, with a proxy in the environment.

    Gives the value or the reason, and the lines and heads of what the proxy was asked.
    """
    context: ssl.SSLContext | None = certificates.server() if certificates else None
    scheme = "https" if certificates else "http"

    async def asking() -> tuple[Any, list[str], list[str]]:
        async with raw_server(says(OK), context) as port, proxy_server(refusal) as proxy:
            environment = {
                f"{scheme.upper()}_PROXY": f"http://proxyuser:hunter2@127.0.0.1:{proxy.port}",
                "NO_PROXY": no_proxy,
            }
            address = parse_address(f"{scheme}://127.0.0.1:{port}")
            named = Named(ca=certificates.ca if certificates else None)
            access = open_access(address, named, environment, print)
            async with Client(address, QUICK, access) as client:
                try:
                    if method != "GET":
                        await client._http.request(method, "/x")
                    value = (await client.get("/x?a=1", json.loads)).value
                except Fault as fault:
                    value = fault.reason
                except RecordError:
                    value = "refused"
            seen = [line.replace(str(port), "PORT") for line in proxy.lines]
            return value, seen, proxy.heads

    return asyncio.run(asking())


LOGIN = "Proxy-Authorization: Basic " + base64.b64encode(b"proxyuser:hunter2").decode()


def test_requests_go_through_a_proxy() -> None:
    """A cluster is asked through the proxy of the environment, with the proxy's credentials."""
    value, lines, heads = ask(None)

    assert (value, lines) == ({}, ["GET http://127.0.0.1:PORT/x?a=1 HTTP/1.1"])
    assert LOGIN in heads[0]


def test_encrypted_requests_go_through_a_tunnel(certificates: Certificates) -> None:
    """An encrypted cluster is asked through a tunnel, and the proxy sees nothing but where it leads."""
    value, lines, heads = ask(certificates)

    assert (value, lines) == ({}, ["CONNECT 127.0.0.1:PORT HTTP/1.1"])
    assert LOGIN in heads[0]
    assert "/x" not in heads[0]


@pytest.mark.parametrize("method", ["POST", "DELETE", "CONNECT"])
def test_the_guard_stands_in_front_of_the_proxy(certificates: Certificates, method: str) -> None:
    """A request that is not GET does not even reach the proxy."""
    assert ask(None, method=method) == ("refused", [], [])
    assert ask(certificates, method=method) == ("refused", [], [])


def test_no_proxy_goes_around_it(certificates: Certificates) -> None:
    """A cluster that `NO_PROXY` names is asked directly."""
    assert ask(None, no_proxy="127.0.0.0/8") == ({}, [], [])
    assert ask(certificates, no_proxy="127.0.0.1") == ({}, [], [])


def test_a_proxy_that_refuses(certificates: Certificates) -> None:
    """A proxy's refusal is told by its status, and so is an answer it gives itself."""
    refusal = b"HTTP/1.1 407 hunter2 wanted\r\nContent-Length: 0\r\n\r\n"

    assert ask(certificates, refusal=refusal)[0] == "the proxy refuses to connect (status 407)"
    assert ask(None, refusal=refusal)[0] == "status 407: the proxy wants credentials"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_way_to_a_proxy_may_be_encrypted(
    certificates: Certificates, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """A proxy's certificate is checked as the system does it; `--ca` and `--insecure` are about the cluster's."""
    cluster = certificates.server() if scheme == "https" else None

    async def asking() -> tuple[Any, list[str]]:
        async with raw_server(says(OK), cluster) as port, proxy_server(context=certificates.server()) as proxy:
            address = parse_address(f"{scheme}://127.0.0.1:{port}")
            environment = {"ALL_PROXY": f"https://127.0.0.1:{proxy.port}"}
            access = open_access(address, Named(insecure=True), environment, str)
            async with Client(address, QUICK, access) as client:
                try:
                    value = (await client.get("/x", json.loads)).value
                except Fault as fault:
                    value = fault.reason
            return value, [line.partition(" ")[0] for line in proxy.lines]

    assert asyncio.run(asking()) == (
        "cannot connect (the certificate is not trusted: use --ca FILE, or --insecure)", []
    )  # fmt: skip
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))
    assert asyncio.run(asking()) == ({}, ["CONNECT" if cluster else "GET"])


def test_a_proxy_that_is_not_there() -> None:
    """Where no proxy listens, that is what is said."""

    async def asking() -> str:
        async with raw_server(says(OK)) as port:
            pass
        address = parse_address("http://c.example")
        access = open_access(address, Named(), {"http_proxy": f"127.0.0.1:{port}"}, print)
        async with Client(address, QUICK, access) as client:
            with pytest.raises(Fault) as caught:
                await client.get("/x", json.loads)
            return caught.value.reason

    assert asyncio.run(asking()) == "cannot connect to the proxy (connection refused)"
