"""Who may use the control API: everyone on this machine, elsewhere who has the token.

A page in a browser of this machine is not everyone: a host name that is not ours means that another site's name was
made to point here, an origin that is not ours that another site's page asks; both are refused.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import urlsplit

from toolkit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_LOCAL: Final = frozenset({"localhost"})
_SCHEMES: Final = frozenset({"http", "https"})


LEAST_TOKEN: Final = 16
"""Characters of a token that is read from a file."""


def token_of(file: Path | None, *, alone: bool) -> str | None:
    """Give the token of a server's control API: from a file, else a random one; none where only this machine asks.

    Raises:
        UsageError: If the file cannot be read, or holds no token.
    """
    if file is None:
        return None if alone else secrets.token_urlsafe(24)
    try:
        token = file.read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        msg = f"cannot read the token in {file}: {reason.lower()}; give a file with one line"
        raise UsageError(msg) from None
    if len(token) < LEAST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        msg = f"cannot use the token in {file}: it must be one line of {LEAST_TOKEN} or more ASCII letters and digits"
        raise UsageError(msg)
    return token


class Refused(NamedTuple):
    """Why a request may not use the control API.

    Attributes:
        status: 401 or 403.
        message: What to do instead.
    """

    status: int
    message: str


class Guard:
    """Decides who may use the control API of a server."""

    def __init__(self, host: str | None = None, token: str | None = None) -> None:
        """Say what is let in.

        Args:
            host: The name or address that the server was told to listen on, which may be asked for too.
            token: What has to be sent with each request; `None` on an address that only this machine reaches.
        """
        self._hosts = _LOCAL | {host.lower()} if host else _LOCAL
        self._token = None if token is None else token.encode()

    def refuse(self, headers: Mapping[str, str]) -> Refused | None:
        """Tell why a request may not use the control API, `None` if it may.

        Args:
            headers: The request's, by name in lower case.
        """
        if self._token is None:
            if not self._is_ours(headers.get("host", "")):
                return Refused(403, _HOST)
            return None if self._is_our_page(headers) else Refused(403, _PAGE)
        sent = headers.get("x-toolkit-token") or _bearer(headers.get("authorization", ""))
        if sent is not None and hmac.compare_digest(sent.encode("utf-8", "surrogateescape"), self._token):
            return None
        return Refused(401, _ASK_FOR_IT)

    def _is_our_page(self, headers: Mapping[str, str]) -> bool:
        """Tell whether no page asks, or one of a server of this machine; browsers say which, and pages cannot lie."""
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site") != "cross-site"
        scheme, _, host = origin.partition("://")
        name, asked = _name_in(host), _name_in(headers.get("host", ""))
        if scheme not in _SCHEMES or not name:
            return False
        address = _address(name)
        return name == asked or self._is_local(name) or (address is not None and address.is_loopback)

    def _is_ours(self, host: str) -> bool:
        name = _name_in(host)
        return name is not None and (not name or self._is_local(name) or _address(name) is not None)

    def _is_local(self, name: str) -> bool:
        return name in self._hosts or name.endswith(".localhost")


def _name_in(host: str) -> str | None:
    """Give the name of a host that may have a port, `None` for what is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return None


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return None


def _bearer(text: str) -> str | None:
    kind, _, token = text.strip().partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


_HOST: Final = (
    "cannot use the control API under this host name: it is for names of this machine; ask for 127.0.0.1 or localhost"
)
_PAGE: Final = (
    "cannot use the control API from a page of another site: it is for this machine; ask from a page of this machine, "
    "or from a program"
)
_ASK_FOR_IT: Final = (
    "cannot use the control API without its token: this server listens to other machines; "
    "send the token that it printed as Authorization: Bearer TOKEN"
)
