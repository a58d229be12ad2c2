"""A cluster's address: what a person types, taken apart so that credentials are used and never shown."""

from __future__ import annotations

from dataclasses import dataclass, field

import httpx

from toolkit.errors import UsageError

_MAX_PORT = 65_535


@dataclass(frozen=True)
class Address:
    """Where a cluster is. `shown` and `base` never hold the credentials."""

    base: httpx.URL
    login: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def shown(self) -> str:
        """The address as it may be shown: without credentials and without a slash at its end."""
        return str(self.base).rstrip("/")


def parse_address(text: str) -> Address:
    """Read a cluster's address; credentials in it are set apart, a slash or `/v1` at its end does not count.

    Raises:
        UsageError: If it is no address of a cluster. The text shows nothing that may be a password.
    """
    seen = text.rpartition("@")[2].partition("?")[0].partition("#")[0]
    problem = f"cannot record {seen!r}: "
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError):
        msg = f"{problem}it is no address; write it like http://localhost:5678"
        raise UsageError(msg) from None
    if url.scheme not in {"http", "https"} or not _is_host(url.host) or not 0 < (url.port or 1) <= _MAX_PORT:
        msg = f"{problem}it is no http or https address; write it like http://localhost:5678"
        raise UsageError(msg)
    if "@" in url.path or "@" in url.query.decode("ascii", "replace"):
        msg = f"{problem}there is an @ after the host; write special characters of a password as %40, %2F, %3F"
        raise UsageError(msg)
    if url.query or url.fragment:
        msg = f"{problem}an address has no query and no fragment; leave out what follows the path"
        raise UsageError(msg)
    login = (url.username, url.password) if url.userinfo else None
    path = url.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return Address(url.copy_with(username=None, password=None, path=path or "/"), login)


def _is_host(host: str) -> bool:
    try:
        return bool(host.encode("idna")) and "%" not in host
    except UnicodeError:
        return False
