"""The connections of a recording: only GET requests to the one cluster leave, through a proxy or not.

The guard stands in front of whatever carries the requests, so that nothing between it and the caller has to be trusted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import httpx

from toolkit.errors import RecordError
from toolkit.recorder.tls import cluster_context, proxy_context

if TYPE_CHECKING:
    from toolkit.recorder.access import Access

_OVERRIDES: Final = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
"""With these, some servers take a GET for something else."""
_IDLE_S: Final = 4.0
"""Node.js closes a connection that was idle for 5 s, and a request that is just on its way is lost then."""
_BODY: Final = ("Content-Length", "Transfer-Encoding")


class ReadOnlyTransport(httpx.AsyncBaseTransport):
    """Lets GET requests to one host through, and nothing else."""

    def __init__(self, inner: httpx.AsyncBaseTransport, base: httpx.URL) -> None:
        """Guard a transport; `base` names the one host."""
        self._inner = inner
        self._base = base

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a GET request to the one host.

        Raises:
            RecordError: If it is another request; nothing was sent.
        """
        if request.method != "GET":
            msg = (
                f"cannot send a {request.method} request: a recording only reads; change a cluster with another client"
            )
            raise RecordError(msg)
        if any(name in request.headers for name in (*_OVERRIDES, *_BODY)):
            msg = "cannot send a GET request that may change something: a recording only reads; leave out its body"
            raise RecordError(msg)
        if not self._is_ours(request):
            msg = "cannot send a request to another host: a recording reads one cluster; record the other one by itself"
            raise RecordError(msg)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the guarded transport."""
        await self._inner.aclose()

    def _is_ours(self, request: httpx.Request) -> bool:
        # The extension `target` would be sent instead of the URL that was looked at.
        host = request.headers.get("Host", "").encode("utf-8", "replace")
        retargeted = "target" in request.extensions or host != self._base.netloc
        return is_same_host(request.url, self._base) and not retargeted


def is_same_host(url: httpx.URL, base: httpx.URL) -> bool:
    """Tell whether two addresses have the same scheme, host and port."""
    return (url.scheme, url.netloc) == (base.scheme, base.netloc) and not url.userinfo


def guarded_transport(base: httpx.URL, access: Access, together: int) -> ReadOnlyTransport:
    """Make the connections to a cluster, so many at once.

    Raises:
        UsageError: If the certificates of the access cannot be used.
    """
    proxy = access.proxy
    inner = httpx.AsyncHTTPTransport(
        verify=cluster_context(access, base.scheme),
        trust_env=False,
        limits=httpx.Limits(max_connections=together, max_keepalive_connections=together, keepalive_expiry=_IDLE_S),
        proxy=None if proxy is None else httpx.Proxy(proxy.url, auth=proxy.login, ssl_context=proxy_context(proxy)),
    )
    return ReadOnlyTransport(inner, base)
