"""The recorder's only way to a cluster: GET requests to one address, within limits.

Knows HTTP and its failures, and nothing of what a cluster's answers mean. Whatever goes wrong with one request comes
out as a `Fault` in plain words that hold nothing of the answer, so that they can be shown and stored.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, Self, TypeVar

import httpx

from toolkit import __version__
from toolkit.clock import wall_now
from toolkit.errors import RecordError, UsageError
from toolkit.model.instants import parse_instant
from toolkit.recorder.access import Access
from toolkit.recorder.failures import NOT_MODIFIED, check_status, redirect_fault, transport_fault
from toolkit.recorder.fault import Fault
from toolkit.recorder.pace import Pacer, pause_before
from toolkit.recorder.transport import guarded_transport, is_same_host
from toolkit.recorder.unpack import ACCEPTED, Body

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from toolkit.recorder.address import Address

T = TypeVar("T")

_REDIRECTS: Final = 3
"""How many redirects within the cluster are followed for one request."""
_DRAWS: Final = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How long, how often and how much.

    Attributes:
        timeout_s: For one request, its body and its redirects included.
        attempts: Requests made before giving one up.
        backoff_s: The bound of the pause before the second attempt; it doubles each time, and a part of it is drawn.
        wait_s: The longest pause, whatever `Retry-After` asks for.
        patience_s: No further attempt begins when so much has passed since the first one did.
        body: The most bytes an answer may have, unpacked.
        together: Requests under way at once.
        per_second: Requests sent in a second at most, attempts and redirects included; `None` for any number.
    """

    timeout_s: float = 10.0
    attempts: int = 3
    backoff_s: float = 0.25
    wait_s: float = 10.0
    patience_s: float = 60.0
    body: int = 64 * 1024 * 1024
    together: int = 4
    per_second: float | None = None


class Answer(NamedTuple, Generic[T]):
    """What was read from an answer's body, and when it was true; `stamped` if the server itself said so.

    Attributes:
        tag: Its `ETag`; empty without.
    """

    value: T
    t: int
    stamped: bool
    tag: str = ""


class Before(NamedTuple, Generic[T]):
    """What was read before, and the `ETag` that a body still has if it is the same."""

    value: T
    tag: str


class Client:
    """Asks one cluster for JSON.

    Attributes:
        requests: Requests sent until now, attempts and redirects included.
        received: Bytes of the answers' bodies until now, unpacked, those of failed attempts included.
    """

    def __init__(self, address: Address, limits: Limits, access: Access | None = None) -> None:
        """Make ready; nothing is sent before the first `get`.

        Raises:
            UsageError: If the certificates of the access cannot be used.
        """
        access = access or Access()
        headers = httpx.Headers({"User-Agent": f"teraslice-toolkit/{__version__}", "Accept": "application/json"})
        headers.update(access.headers)
        headers["Accept-Encoding"] = ACCEPTED
        self.requests = 0
        self.received = 0
        self._limits = limits
        self._base = address.base
        self._prefix = address.base.path.rstrip("/")
        self._proxied = access.proxy is not None
        self._slots = asyncio.Semaphore(limits.together)
        self._pacer = Pacer(limits.per_second)
        self._http = httpx.AsyncClient(
            base_url=address.base.copy_with(path="/"),
            auth=httpx.BasicAuth(*access.login) if access.login else None,
            headers=headers,
            # A cluster that sets cookies would make requests grow, and answers depend on what was asked before.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            timeout=None,  # noqa: S113 - the limits' time is for the whole request
            follow_redirects=False,
            trust_env=False,
            transport=guarded_transport(address.base, access, limits.together),
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
        before: Before[T] | None = None,
    ) -> Answer[T]:
        """Ask for a path (with its query) until there is an answer, or attempts or patience are used up.

        Args:
            path: Below the cluster's address, with a slash in front.
            read: Makes what is wanted of an answer's body; it raises `Fault` for a body that cannot be used.
            attempts: How often at most; the limits' number by default.
            headers: Further ones to send.
            before: What was read before; it is the answer again if the server says that it still is.

        Raises:
            Fault: If there is no answer that could be recorded.
            RecordError: If the path leads to another host.
        """
        limits = self._limits
        most = limits.attempts if attempts is None else attempts
        now = asyncio.get_running_loop().time
        begun: float | None = None
        attempt = 1
        while True:
            try:
                async with self._slots:
                    # Waiting for a slot is not the cluster's fault.
                    begun = now() if begun is None else begun
                    return await self._once(path, read, headers or {}, before)
            except Fault as fault:
                pause = pause_before(
                    attempt,
                    base=limits.backoff_s,
                    longest=limits.wait_s,
                    asked=fault.wait_s,
                    drawn=secrets.randbelow(_DRAWS) / _DRAWS,
                )
                passed = now() - (begun or 0.0)
                if not fault.again or attempt >= most or passed + pause > limits.patience_s:
                    raise
                await asyncio.sleep(pause)
                attempt += 1

    async def _once(
        self, path: str, read: Callable[[bytes], T], headers: dict[str, str], before: Before[T] | None
    ) -> Answer[T]:
        condition = {"If-None-Match": before.tag} if before else {}
        request = self._http.build_request("GET", self._prefix + path, headers=headers | condition)
        try:
            async with asyncio.timeout(None) as limit:
                response, body = await self._followed(request, limit, conditional=before is not None)
        except TimeoutError:
            reason = f"no answer within {self._limits.timeout_s:g} s"
            raise Fault(reason, again=True, silent=True) from None
        except (Fault, RecordError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever an answer breaks, it is a gap and no end
            raise transport_fault(error, proxied=self._proxied) from None
        stamp = _stamp(response)
        try:
            value = before.value if before and response.status_code == NOT_MODIFIED else read(body)
        except Fault:
            raise
        except Exception:  # noqa: BLE001 - as above
            reason = "an answer that cannot be read"
            raise Fault(reason) from None
        tag = response.headers.get("ETag", "")
        return Answer(value, wall_now() if stamp is None else stamp, stamp is not None, tag)

    async def _followed(
        self, request: httpx.Request, limit: asyncio.Timeout, *, conditional: bool
    ) -> tuple[httpx.Response, bytes]:
        """Send a request and at most three more, to where redirects within the cluster lead."""
        for followed in range(_REDIRECTS + 1):
            await self._pacer.turn()
            if not followed:
                # Waiting for one's turn is not the cluster's fault.
                limit.reschedule(asyncio.get_running_loop().time() + self._limits.timeout_s)
            self.requests += 1
            response = await self._http.send(request, stream=True)
            try:
                if response.next_request is None:
                    check_status(response, wall_now(), conditional=conditional)
                    return response, await self._body(response)
                request = self._redirected(request, response)
            finally:
                await response.aclose()
        reason = f"more than {_REDIRECTS} redirects, one after the other"
        raise Fault(reason)

    def _redirected(self, request: httpx.Request, response: httpx.Response) -> httpx.Request:
        """Make the request that a redirect asks for, if it is one to the same cluster."""
        assert response.next_request is not None
        url = response.next_request.url
        if not is_same_host(url, self._base):
            raise redirect_fault(response.status_code, url, self._base)
        # Not the request that the library made: that one may have another method, and other headers.
        return httpx.Request("GET", url, headers=request.headers, extensions=request.extensions)

    async def _body(self, response: httpx.Response) -> bytes:
        body = Body(response.headers.get("Content-Encoding", ""), self._limits.body)
        try:
            async for part in response.aiter_raw():
                body.add(part)
            return body.whole()
        finally:
            self.received += body.size


def _stamp(response: httpx.Response) -> int | None:
    try:
        return parse_instant(response.headers.get("X-Toolkit-Instant", ""))
    except UsageError:
        return None
