"""Encrypted clusters: whom we trust, what we show, and what is said when that fails."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import os
import socket
import ssl
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import trustme

from tests.recorder.certificates import Certificates, certificates
from tests.recorder.fake_cluster import QUICK
from tests.recorder.raw_server import raw_server, says
from toolkit.errors import UsageError
from toolkit.recorder.access import Access
from toolkit.recorder.address import parse_address
from toolkit.recorder.client import Client
from toolkit.recorder.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["certificates"]

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
NOT_TRUSTED = "cannot connect (the certificate is not trusted: use --ca FILE, or --insecure)"
CLIENT_WANTED = "cannot connect (the server asks for a certificate: use --client-cert FILE)"


def ask(context: ssl.SSLContext, access: Access) -> Any:
    """Ask an encrypted server; gives the value, or the reason it failed for."""

    async def asking() -> Any:
        async with raw_server(says(OK), context) as port:
            return await ask_port(port, access)

    return asyncio.run(asking())


async def ask_port(port: int, access: Access) -> Any:
    """Ask a server that is there; a failure must not be worth another try."""
    async with Client(parse_address(f"https://127.0.0.1:{port}"), QUICK, access) as client:
        try:
            return (await client.get("/x", json.loads)).value
        except Fault as fault:
            return fault.reason if (client.requests, fault.silent) == (1, True) else fault


@contextmanager
def gentle_server(context: ssl.SSLContext) -> Iterator[int]:
    """Serve one handshake that fails, and hear the client out, so that it hears why; gives the port."""

    def serve() -> None:
        connection, _ = listening.accept()
        with context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False) as encrypted:
            with pytest.raises(ssl.SSLError):
                encrypted.do_handshake()
            socket.socket.shutdown(encrypted, socket.SHUT_WR)
            while os.read(encrypted.fileno(), 4096):
                pass

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def test_an_authority_is_trusted_by_name(certificates: Certificates, tmp_path: Path) -> None:
    """A certificate is trusted through `--ca`, a file or a directory with other files in it, and not without."""
    (tmp_path / "certificates" / "notes.txt").write_text("no certificate")
    (tmp_path / "certificates" / "folder").mkdir()

    assert ask(certificates.server(), Access(ca=certificates.ca)) == {}
    assert ask(certificates.server(), Access(ca=certificates.ca.parent)) == {}
    assert ask(certificates.server(), Access()) == NOT_TRUSTED


def test_what_the_system_trusts_can_be_named(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """`SSL_CERT_FILE` counts as it does for other programs."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.ca))

    assert ask(certificates.server(), Access()) == {}


def test_insecure_trusts_everyone(certificates: Certificates) -> None:
    """With `--insecure` neither the authority nor the name matters."""
    assert ask(certificates.server("other.example"), Access(insecure=True)) == {}


def test_a_certificate_for_another_host_is_refused(certificates: Certificates) -> None:
    """A trusted authority is not enough: the name must fit."""
    assert ask(certificates.server("other.example"), Access(ca=certificates.ca)) == (
        "cannot connect (the certificate is for another host)"
    )


def test_an_expired_certificate_is_refused(certificates: Certificates) -> None:
    """A certificate that was good once is told as such."""
    context = certificates.server()
    past = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificates.authority.issue_cert("127.0.0.1", not_after=past).configure_cert(context)

    assert ask(context, Access(ca=certificates.ca)) == "cannot connect (the certificate has expired)"


def test_a_server_that_is_not_encrypted_is_told(certificates: Certificates) -> None:
    """An http server at an https address is a mistake that the words name."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async def asking() -> Any:
        async with raw_server(talk) as port:
            return await ask_port(port, Access(ca=certificates.ca))

    assert asyncio.run(asking()) == "cannot connect (the server does not speak TLS: is it an http address?)"


def test_a_handshake_that_breaks_is_tried_again(certificates: Certificates) -> None:
    """A connection that ends while it is being encrypted may only have met a restart."""

    async def talk(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read(10_000)

    async def asking() -> Any:
        async with raw_server(talk) as port:
            return await ask_port(port, Access(ca=certificates.ca))

    fault = asyncio.run(asking())

    assert fault.reason == "cannot connect (the connection was closed during the TLS handshake)"
    assert fault.again


def test_a_client_shows_its_certificate(certificates: Certificates) -> None:
    """A server that asks for a certificate gets it, with the key in the same file or in another."""
    shown = Access(ca=certificates.ca, client_cert=certificates.client)
    apart = Access(ca=certificates.ca, client_cert=certificates.client_cert, client_key=certificates.client_key)

    assert ask(certificates.server(client=True), shown) == {}
    assert ask(certificates.server(client=True), apart) == {}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_server_that_wants_a_certificate_is_told(certificates: Certificates, version: ssl.TLSVersion) -> None:
    """A client without a certificate is told that it needs one, in every version of TLS."""
    context = certificates.server(client=True)
    context.minimum_version = context.maximum_version = version
    with gentle_server(context) as port:
        assert asyncio.run(ask_port(port, Access(ca=certificates.ca))) == CLIENT_WANTED


def test_a_certificate_that_the_server_does_not_trust_is_told(certificates: Certificates) -> None:
    """A client's certificate of another authority is told as such."""
    other = trustme.CA().issue_cert("stranger@example.org")
    other.private_key_and_cert_chain_pem.write_to_path(certificates.client)
    with gentle_server(certificates.server(client=True)) as port:
        assert asyncio.run(ask_port(port, Access(ca=certificates.ca, client_cert=certificates.client))) == (
            "cannot connect (the server does not trust the certificate of --client-cert)"
        )


def test_files_that_cannot_be_used(certificates: Certificates, tmp_path: Path) -> None:
    """A file that is missing, is something else or has a password is asked wrongly, in one line, before any request."""
    empty = tmp_path / "empty"
    empty.mkdir()
    text = tmp_path / "text.pem"
    text.write_text("hunter2")
    locked = tmp_path / "locked.pem"
    locked.write_text(_LOCKED)
    for access, words in [
        (Access(ca=tmp_path / "none.pem"), "no such file or directory; name a PEM file"),
        (Access(ca=empty), "there is no certificate of an authority"),
        (Access(ca=text), "there is no certificate of an authority"),
        (Access(ca=certificates.client_key), "there is no certificate of an authority"),
        (Access(client_cert=tmp_path / "none.pem"), "no such file or directory; check the path"),
        (Access(client_cert=text), "no certificate with its key"),
        (Access(client_cert=certificates.client_cert), "no certificate with its key"),
        (Access(client_cert=certificates.ca, client_key=certificates.client_key), "no certificate with its key"),
        (Access(client_cert=certificates.client_cert, client_key=locked), "the key has a password"),
    ]:
        for scheme in ("http", "https"):
            with pytest.raises(UsageError, match=words) as caught:
                Client(parse_address(f"{scheme}://127.0.0.1:1"), QUICK, access)
            assert "\n" not in str(caught.value)
            assert "hunter2" not in str(caught.value)


_LOCKED = """\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIH0MF8GCSqGSIb3DQEFDTBSMDEGCSqGSIb3DQEFDDAkBBCgzr+hmgoM/uDmrOKU
ZXUOAgIIADAMBggqhkiG9w0CCQUAMB0GCWCGSAFlAwQBKgQQBCiD1vFGSUzI/If6
cdLt4QSBkLbExdWku+Jxcv3fVTH/w3RiCy3eF0QBA2Q+I4jQ/kmQqifclRrufGd2
RgZBa4Ngt+pHy5Tzuc2fIhw3G97I996jlRYNxduO4oDhQEyAFflYq2uX/tkcdcMO
bgjOlyJfnijbUsQZwuwVbedal/X/O68pz4TPFhyfehbKDr+HtQb4iAmbWab+P2su
x9xivtCWSQ==
-----END ENCRYPTED PRIVATE KEY-----
"""
