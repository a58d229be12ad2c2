"""What went wrong with a connection, in fixed words: nothing of what the system, the network or the cluster said.

Pure. The texts of errors name hosts, addresses and files, and a proxy's or a server's words may be in them; so only
their types and numbers are looked at.
"""

from __future__ import annotations

import errno
import socket
import ssl
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

import httpx

from toolkit.model.instants import SECOND
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator

_ERRNOS: Final = {
    errno.ECONNREFUSED: "connection refused",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ENETUNREACH: "the network cannot be reached",
    errno.ETIMEDOUT: "the connection timed out",
    errno.ECONNRESET: "the connection was reset",
    errno.EPIPE: "the connection was reset",
    errno.EADDRNOTAVAIL: "the system has no address left to connect from",
    errno.EMFILE: "the system allows no more open files",
    errno.EACCES: "the system does not allow it",
    errno.EPERM: "the system does not allow it",
}
_UNTRUSTED: Final = "the certificate is not trusted: use --ca FILE, or --insecure"
_CERTIFICATES: Final = {
    # The numbers are OpenSSL's X509_V_ERR_*, which no Python module names.
    9: "the certificate is not valid yet",
    10: "the certificate has expired",
    62: "the certificate is for another host",
    64: "the certificate is for another host",
}
_CLIENT_CERTIFICATE: Final = "the server asks for a certificate: use --client-cert FILE"
_ALERTS: Final = {
    "WRONG_VERSION_NUMBER": "the server does not speak TLS: is it an http address?",
    "HTTP_REQUEST": "the server does not speak TLS: is it an http address?",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _CLIENT_CERTIFICATE,
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not trust the certificate of --client-cert",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server does not take the certificate of --client-cert",
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": "the certificate of --client-cert has expired",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": _CLIENT_CERTIFICATE,
    "UNSUPPORTED_PROTOCOL": "the server speaks only versions of TLS that are too old",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server speaks only versions of TLS that are too old",
}
_NOT_REFUSED: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""What TLS says of connections that broke, and of those that it only waits for."""
_STATUS_DIGITS: Final = 3
_OK: Final = 200
NOT_MODIFIED: Final = 304
_BUSY: Final = 429
_SERVER_ERROR: Final = 500
_ABSENT: Final = frozenset({404, 405})
_MEANINGS: Final = {
    401: ": credentials are missing or wrong",
    403: ": the credentials are not enough",
    407: ": the proxy wants credentials",
}


def check_status(response: httpx.Response, now: int, *, conditional: bool = False) -> None:
    """Let an answer with status 200 pass, and 304 where it was asked for.

    Args:
        response: The answer, its body not read.
        now: The instant, for a `Retry-After` that is a date.
        conditional: Whether the request said what the client has already.

    Raises:
        Fault: For any other status.
    """
    status = response.status_code
    if status == _OK or (conditional and status == NOT_MODIFIED):
        return
    again = status >= _SERVER_ERROR or status == _BUSY
    reason = f"status {status}{_MEANINGS.get(status, ', a redirect to nowhere' if response.is_redirect else '')}"
    wait_s = retry_after(response.headers.get("Retry-After", ""), now) if again else 0.0
    raise Fault(reason, again=again, absent=status in _ABSENT, wait_s=wait_s)


def redirect_fault(status: int, url: httpx.URL, base: httpx.URL) -> Fault:
    """Make the fault of a redirect that leads away from the cluster's address."""
    if (base.scheme, url.scheme, url.host) == ("http", "https", base.host):
        return Fault(f"status {status}, a redirect to https, which is not followed: give the https address")
    return Fault(f"status {status}, a redirect to another host, which is not followed")


def retry_after(text: str, now: int) -> float:
    """Read `Retry-After`, seconds or a date, as seconds from `now`; what is neither asks for nothing."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now / SECOND)
    except (ValueError, OverflowError, TypeError, IndexError, AttributeError, OSError):
        return 0.0


def transport_fault(error: Exception, *, proxied: bool) -> Fault:
    """Make the fault of a request that got no whole answer.

    What a restart of the cluster may cause is worth another attempt; what TLS refuses is not.

    Args:
        error: What httpx raised, or what came through it, be it of an answer that it cannot make sense of.
        proxied: Whether the connection that failed was one to a proxy.
    """
    if isinstance(error, httpx.ProxyError):
        digits = str(error)[:_STATUS_DIGITS]
        status = f" (status {digits})" if digits.isascii() and digits.isdigit() else ""
        return Fault(f"the proxy refuses to connect{status}", again=digits.startswith("5"), silent=True)
    if isinstance(error, httpx.InvalidURL | UnicodeError) or _is_nowhere(error):
        return Fault("a redirect to nowhere")
    causes = list(_causes(error))
    refused = [cause for cause in causes if isinstance(cause, ssl.SSLError) and not isinstance(cause, _NOT_REFUSED)]
    if refused:
        return Fault(f"cannot connect ({_tls(refused[0])})", silent=True)
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        to = " to the proxy" if proxied else ""
        return Fault(f"cannot connect{to} ({_connecting(causes)})", again=True, silent=True)
    return _broken(error)


def _broken(error: Exception) -> Fault:
    if isinstance(error, httpx.RemoteProtocolError) and not _is_cut(error):
        return Fault("an answer that is no HTTP", again=True, silent=True)
    if isinstance(error, httpx.TransportError | OSError):
        return Fault("the connection broke before the answer was complete", again=True, silent=True)
    return Fault("an answer that cannot be read", again=True)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Give an error and everything that caused it; where several addresses were tried, all of them."""
    open_: list[BaseException] = [error]
    seen: set[int] = set()
    while open_:
        cause = open_.pop(0)
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        open_ += cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
        open_ += [inner for inner in (cause.__cause__, cause.__context__) if inner is not None]


def _connecting(causes: list[BaseException]) -> str:
    for cause in causes:
        if isinstance(cause, socket.gaierror):
            return "the name cannot be resolved"
        if isinstance(cause, ssl.SSLEOFError):
            return "the connection was closed during the TLS handshake"
        if isinstance(cause, OSError) and cause.errno in _ERRNOS:
            return _ERRNOS[cause.errno]
        if isinstance(cause, TimeoutError):
            return _ERRNOS[errno.ETIMEDOUT]
    return "no connection"


def _tls(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _CERTIFICATES.get(error.verify_code, _UNTRUSTED)
    return _ALERTS.get(error.reason or "", "the TLS handshake failed")


def _is_cut(error: httpx.RemoteProtocolError) -> bool:
    # The library has one type for both, and says which it is only in its own fixed words.
    return str(error).startswith(("Server disconnected", "peer closed connection"))


def _is_nowhere(error: Exception) -> bool:
    # As above: these are the library's words for the address of a redirect that it cannot read.
    return isinstance(error, httpx.RemoteProtocolError) and str(error).startswith("Invalid URL in location header")
