"""The recorder's only way to a cluster: GET requests to one address, within limits.

Knows HTTP and its failures, and nothing of what a cluster's answers mean. Whatever goes wrong with one request comes
out as a `Fault` in plain words that hold nothing of the answer, so that they can be shown and stored.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Generic, NamedTuple, Self, TypeVar

import httpx

from toolkit import __version__
from toolkit.clock import wall_now
from toolkit.errors import RecordError, UsageError
from toolkit.model.instants import SECOND, parse_instant
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from toolkit.recorder.access import Access
    from toolkit.recorder.address import Address

T = TypeVar("T")

_OK = 200
_ABSENT = frozenset({404, 405})
_BUSY = 429
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Limits:
    """How long, how often and how much.

    Attributes:
        timeout_s: For one request, its body included.
        attempts: Requests made before giving one up.
        backoff_s: The pause before the second attempt; it doubles each time, and varies by half.
        wait_s: The longest pause, whatever `Retry-After` asks for.
        body: The most bytes an answer may have.
        together: Requests under way at once.
    """

    timeout_s: float = 10.0
    attempts: int = 3
    backoff_s: float = 0.25
    wait_s: float = 10.0
    body: int = 256 * 1024 * 1024
    together: int = 4


class Answer(NamedTuple, Generic[T]):
    """What was read from an answer's body, and when it was true; `stamped` if the server itself said so."""

    value: T
    t: int
    stamped: bool


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
        if (request.url.scheme, request.url.netloc) != (self._base.scheme, self._base.netloc):
            msg = "cannot send a request to another host: a recording reads one cluster; record the other one by itself"
            raise RecordError(msg)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the guarded transport."""
        await self._inner.aclose()


class Client:
    """Asks one cluster for JSON."""

    def __init__(self, address: Address, limits: Limits, access: Access | None = None) -> None:
        """Make ready; nothing is sent before the first `get`."""
        self._limits = limits
        self.requests = 0
        self.received = 0
        self._prefix = address.base.path.rstrip("/")
        self._slots = asyncio.Semaphore(limits.together)
        self._http = httpx.AsyncClient(
            base_url=address.base.copy_with(path="/"),
            auth=httpx.BasicAuth(*address.login) if address.login else None,
            headers={"User-Agent": f"teraslice-toolkit/{__version__}", "Accept": "application/json"},
            timeout=limits.timeout_s,
            follow_redirects=False,
            transport=ReadOnlyTransport(httpx.AsyncHTTPTransport(), address.base),
        )

    async def __aenter__(self) -> Self:
        """Open nothing yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        await self._http.aclose()

    async def get(
        self,
        path: str,
        read: Callable[[bytes], T],
        *,
        attempts: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer[T]:
        """Ask for a path (with its query) until there is an answer or the attempts are used up.

        Args:
            path: Below the cluster's address, with a slash in front.
            read: Makes what is wanted of an answer's body; it raises `Fault` for a body that cannot be used.
            attempts: How often at most; the limits' number by default.
            headers: Further ones to send.

        Raises:
            Fault: If there is no answer that could be recorded.
        """
        left = self._limits.attempts if attempts is None else attempts
        pause = self._limits.backoff_s
        while True:
            left -= 1
            try:
                async with self._slots:
                    return await self._once(path, read, headers or {})
            except Fault as fault:
                if not fault.again or left <= 0:
                    raise
                varied = pause * (0.5 + secrets.randbelow(1000) / 1000)
                await asyncio.sleep(min(max(varied, fault.wait_s), self._limits.wait_s))
                pause *= 2

    async def _once(self, path: str, read: Callable[[bytes], T], headers: dict[str, str]) -> Answer[T]:
        try:
            async with asyncio.timeout(self._limits.timeout_s):
                async with self._http.stream("GET", self._prefix + path, headers=headers) as response:
                    _check_status(response)
                    body = await self._body(response)
        except (TimeoutError, httpx.TimeoutException):
            reason = f"no answer within {self._limits.timeout_s:g} s"
            raise Fault(reason, again=True, silent=True) from None
        except httpx.ConnectError as error:
            reason = f"cannot connect ({' '.join(str(error).split())})"
            raise Fault(reason, silent=True) from None
        except httpx.RequestError:
            reason = "the connection broke before the answer was complete"
            raise Fault(reason, again=True, silent=True) from None
        stamp = _stamp(response)
        return Answer(read(body), wall_now() if stamp is None else stamp, stamp is not None)

    async def _body(self, response: httpx.Response) -> bytes:
        parts: list[bytes] = []
        size = 0
        async for part in response.aiter_bytes():
            size += len(part)
            if size > self._limits.body:
                reason = f"the answer is larger than {self._limits.body:,} bytes"
                raise Fault(reason)
            parts.append(part)
        return b"".join(parts)


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == _OK:
        return
    if response.is_redirect:
        reason = f"status {status}, a redirect, which is not followed"
        raise Fault(reason)
    again = status >= _SERVER_ERROR or status == _BUSY
    reason = f"status {status}"
    raise Fault(reason, again=again, absent=status in _ABSENT, wait_s=_retry_after(response) if again else 0.0)


def _retry_after(response: httpx.Response) -> float:
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - wall_now() / SECOND)
    except (ValueError, OverflowError):
        return 0.0


def _stamp(response: httpx.Response) -> int | None:
    try:
        return parse_instant(response.headers.get("X-Toolkit-Instant", ""))
    except UsageError:
        return None
