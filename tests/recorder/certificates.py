"""Certificates for tests, made when they are needed."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, NamedTuple

import pytest
import trustme

if TYPE_CHECKING:
    from pathlib import Path


class Certificates(NamedTuple):
    """An authority, and what it signed: a server at 127.0.0.1 and localhost, and a client.

    Attributes:
        ca: The authority's certificate.
        client: The client's certificate with its key.
        client_cert: The client's certificate alone.
        client_key: Its key alone.
        authority: Signs more.
    """

    ca: Path
    client: Path
    client_cert: Path
    client_key: Path
    authority: trustme.CA

    def server(self, *names: str, client: bool = False) -> ssl.SSLContext:
        """Make the context of a server with these names, `127.0.0.1` if none; it may ask for a client's certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.authority.issue_cert(*(names or ("127.0.0.1",))).configure_cert(context)
        if client:
            self.authority.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        return context


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    """An authority and what it signed."""
    authority = trustme.CA()
    made = authority.issue_cert("client@example.org")
    folder = tmp_path / "certificates"
    folder.mkdir(mode=0o700)
    files = Certificates(folder / "ca.pem", folder / "client.pem", folder / "cert.pem", folder / "key.pem", authority)
    authority.cert_pem.write_to_path(files.ca)
    made.private_key_and_cert_chain_pem.write_to_path(files.client)
    made.cert_chain_pems[0].write_to_path(files.client_cert)
    made.private_key_pem.write_to_path(files.client_key)
    for file in folder.iterdir():
        file.chmod(0o600)
    return files
