"""How a recording gets into a cluster: credentials and certificates, from files and never from the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Access:
    """What is shown to a cluster, and what is asked of it. Its `repr` shows no secret.

    Attributes:
        headers: Sent with every request.
        login: User and password for basic authentication.
        ca: A file with the certificates to trust instead of the system's.
        client_cert: A file with the client's certificate, and perhaps its key.
        client_key: A file with the key, if it is not in `client_cert`.
        insecure: Whether the cluster's certificate is not looked at.
    """

    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    login: tuple[str, str] | None = field(default=None, repr=False)
    ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    insecure: bool = False

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text in it that must never be seen in a recording."""
        return (*self.headers.values(), *(self.login or ()))
