"""A cluster's address: what a person types, checked, and without anything that may be a secret."""

from __future__ import annotations

from dataclasses import dataclass

import httpx

from toolkit.errors import UsageError

_MAX_PORT = 65_535


@dataclass(frozen=True)
class Address:
    """Where a cluster is. There are no credentials in it."""

    base: httpx.URL

    @property
    def shown(self) -> str:
        """The address as it may be shown: without a slash at its end."""
        return str(self.base).rstrip("/")


def parse_address(text: str) -> Address:
    """Read a cluster's address; a slash or `/v1` at its end does not count.

    Raises:
        UsageError: If it is no address of a cluster, or has credentials in it, which other users of the machine can
            see on a command line. The text shows nothing that may be a password.
    """
    problem = f"cannot use {_seen(text)} as a cluster's address: "
    if "@" in text:
        msg = (
            f"{problem}credentials on a command line are seen by other users and kept in histories; "
            "put them into a file and name it with --basic-auth-file, --header-file or NETRC"
        )
        raise UsageError(msg)
    try:
        url = httpx.URL(text.strip())
    except (httpx.InvalidURL, ValueError):
        msg = f"{problem}it is no address; write it like http://localhost:5678"
        raise UsageError(msg) from None
    if url.scheme not in {"http", "https"} or not _is_host(url.host) or not 0 < (url.port or 1) <= _MAX_PORT:
        msg = f"{problem}it is no http or https address; write it like http://localhost:5678"
        raise UsageError(msg)
    if url.query or url.fragment:
        msg = f"{problem}an address has no query and no fragment; leave out what follows the path"
        raise UsageError(msg)
    path = url.path.rstrip("/").removesuffix("/v1").rstrip("/")
    return Address(url.copy_with(path=path or "/"))


def _seen(text: str) -> str:
    """Give what may be shown: nothing before an @, and nothing after a mark that begins a query or a fragment."""
    shown = text.partition("?")[0].partition("#")[0]
    if "@" in text:
        # Where the marks are before the @, they are part of a password.
        shown = shown.rpartition("@")[2] if "@" in shown else ""
    return repr(shown) if shown else "this"


def _is_host(host: str) -> bool:
    try:
        return bool(host.encode("idna")) and "%" not in host
    except UnicodeError:
        return False
