from __future__ import annotations

import errno
import socket
from typing import NoReturn

import pytest

from toolkit.errors import ToolkitError, UsageError
from toolkit.server.binding import bind, is_everywhere, is_loopback, url_of

EVERYWHERE = "0.0.0.0"  # noqa: S104 - this is what is tested


def test_port_0_is_a_free_port_and_the_url_has_the_real_one() -> None:
    """Two sockets on port 0 have two ports, and connections are taken at once."""
    with bind("127.0.0.1", 0) as first, bind("127.0.0.1", 0) as second:
        assert url_of(first) != url_of(second)
        assert url_of(first) == f"http://127.0.0.1:{first.getsockname()[1]}"
        socket.create_connection(first.getsockname()).close()


def test_a_name_is_an_address_of_this_machine() -> None:
    """`localhost` is a loopback address, and IPv4 where there is one."""
    with bind("localhost", 0) as sock:
        assert is_loopback(sock)
        assert url_of(sock).startswith("http://127.0.0.1:")


def test_who_can_reach_a_socket() -> None:
    """All addresses of the machine are not loopback."""
    with bind(EVERYWHERE, 0) as everywhere, bind("127.0.0.2", 0) as here:
        assert (is_loopback(everywhere), is_everywhere(everywhere)) == (False, True)
        assert (is_loopback(here), is_everywhere(here)) == (True, False)


def test_a_port_is_free_again_at_once() -> None:
    """A closed socket with a client still in TIME_WAIT does not block the next server."""
    with bind("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        client = socket.create_connection(sock.getsockname())
        served, _ = sock.accept()
        served.close()
        client.close()
    bind("127.0.0.1", port).close()


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_none_is_is_refused(port: int) -> None:
    """The system would take what is left of the number."""
    with pytest.raises(
        UsageError, match=rf"^cannot listen on \[::1\]:{port}: ports go from 1 to 65535; .* --port 0 for"
    ):
        bind("::1", port)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EADDRINUSE, "the port is in use; choose another one with --port"),
        (errno.EADDRNOTAVAIL, "this machine does not have that address; choose another one with --host"),
        (errno.EACCES, "privileged users; choose one from 1024 on with --port"),
        (errno.EPERM, "privileged users; choose one from 1024 on with --port"),
        (errno.ENOBUFS, "No buffer space available; choose another address with --host or --port"),
    ],
)
def test_a_refusal_of_the_system_is_one_sentence(monkeypatch: pytest.MonkeyPatch, number: int, words: str) -> None:
    """The address, the reason, and the flag that helps; the socket is closed."""

    def refuse(*_: object) -> NoReturn:
        raise OSError(number, "No buffer space available")

    monkeypatch.setattr(socket.socket, "bind", refuse)
    with pytest.raises(ToolkitError, match=rf"^cannot listen on 127\.0\.0\.1:80: .*{words}") as refused:
        bind("127.0.0.1", 80)
    assert refused.value.exit_code == 1


def test_a_kind_of_address_that_the_machine_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without IPv6 says so; the address stands in brackets."""

    def refuse(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    with pytest.raises(ToolkitError, match=r"^cannot listen on \[::1\]:80: this machine does not have that kind"):
        bind("::1", 80)
