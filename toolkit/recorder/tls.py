"""Which certificates are trusted and shown: the contexts of encrypted connections, from the files a person named."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpx

from toolkit.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from toolkit.recorder.access import Access, Proxy


def cluster_context(access: Access, scheme: str) -> ssl.SSLContext:
    """Make the context for a cluster; the files are read even if the scheme is http, so that a bad one is told.

    Without `ca`, what the system trusts counts, and what Mozilla trusts (the package certifi).

    Raises:
        UsageError: If a file cannot be used.
    """
    if access.ca is not None:
        context = _trusting(access.ca)
    elif scheme == "https" and not access.insecure:
        context = _trusting_as_usual()
    else:
        # It trusts nobody, which is right where it is not used.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if access.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if access.client_cert is not None:
        _show(context, access.client_cert, access.client_key)
    return context


def proxy_context(proxy: Proxy) -> ssl.SSLContext | None:
    """Make the context for a proxy, `None` if it is an http one; it is not shown the client's certificate."""
    return _trusting_as_usual() if proxy.url.startswith("https:") else None


def _trusting_as_usual() -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context


def _trusting(place: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        files = sorted(path for path in place.iterdir() if path.is_file()) if place.is_dir() else [place]
        for file in files:
            try:
                context.load_verify_locations(file)
            except ssl.SSLError:
                # A directory of certificates may hold other files; one file must be what it is said to be.
                continue
    except OSError as error:
        msg = f"cannot read the certificates in {place}: {_said(error)}; name a PEM file or a directory with --ca"
        raise UsageError(msg) from None
    if not context.get_ca_certs():
        msg = f"cannot trust {place}: there is no certificate of an authority in PEM form; name another file with --ca"
        raise UsageError(msg)
    return context


class _Encrypted(Exception):
    pass


def _show(context: ssl.SSLContext, certificate: Path, key: Path | None) -> None:
    def ask() -> str:
        # Without this OpenSSL would ask on the terminal.
        raise _Encrypted

    what = f"the certificate {certificate}" if key is None else f"the certificate {certificate} with the key {key}"
    try:
        context.load_cert_chain(certificate, key, password=ask)
    except _Encrypted:
        msg = f"cannot use {what}: the key has a password; decrypt it into a file that only you can read"
    except ssl.SSLError:
        msg = (
            f"cannot use {what}: no certificate with its key in PEM form; name a key in its own file with --client-key"
        )
    except OSError as error:
        msg = f"cannot use {what}: {_said(error)}; check the path"
    else:
        return
    raise UsageError(msg)


def _said(error: OSError) -> str:
    return (error.strerror or "it cannot be read").lower()
