"""How a recording gets into a cluster: credentials, certificates and a proxy, never from the command line."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

Login = tuple[str, str]
"""User and password."""
_SCHEMES: Final = frozenset({"basic", "bearer", "digest", "token", "apikey", "negotiate"})
"""What stands in front of credentials and is no secret."""

_OPEN: Final = frozenset({"accept", "accept-language", "cache-control", "pragma", "user-agent", "x-requested-with"})
"""Headers whose values are words that a recording may well have, and no secrets."""


@dataclass(frozen=True)
class Proxy:
    """What requests go through: an http or https address without credentials, and the credentials for it."""

    url: str
    login: Login | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Access:
    """What is shown to a cluster, and what is asked of it. Its `repr` shows no secret.

    Attributes:
        headers: Sent with every request.
        login: User and password for basic authentication.
        ca: A file, or a directory of files, with the certificates to trust instead of the system's.
        client_cert: A file with the client's certificate, and perhaps its key.
        client_key: A file with the key, if it is not in `client_cert`.
        insecure: Whether the cluster's certificate is not looked at.
        proxy: What the requests go through.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    login: Login | None = field(default=None, repr=False)
    ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    insecure: bool = False
    proxy: Proxy | None = None

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text in it that must never be seen in a recording: whole values, their parts, and encoded forms."""
        found: dict[str, None] = {}
        for name, value in self.headers.items():
            if name.lower() not in _OPEN:
                found |= dict.fromkeys(_of_header(value))
        for login in (self.login, self.proxy.login if self.proxy else None):
            if login is not None:
                found |= dict.fromkeys(_of_login(login))
        return tuple(secret for secret in found if secret)


def _of_header(value: str) -> Iterator[str]:
    yield value
    words = value.replace(";", " ").replace(",", " ").split()
    for word in words:
        if word.lower() in _SCHEMES:
            continue
        yield word
        # `name=value`, as in cookies.
        yield word.partition("=")[2].strip('"')
    if len(words) > 1 and words[0].lower() == "basic":
        try:
            user, _, password = base64.b64decode(words[1], validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return
        yield from _of_login((user, password))


def _of_login(login: Login) -> Iterator[str]:
    user, password = login
    yield from (password, user, base64.b64encode(f"{user}:{password}".encode()).decode())
    yield from (f"{user}:{password}", quote(password, safe=""), quote(user, safe=""))
