"""The socket that a server listens on: bound by us, so that every refusal is one clear sentence."""

from __future__ import annotations

import errno
import ipaddress
import socket

from toolkit.errors import ToolkitError, UsageError

BACKLOG = 1024
LAST_PORT = 65_535

_REASONS = {
    errno.EADDRINUSE: "the port is in use; choose another one with --port, or --port 0 for any free one",
    errno.EADDRNOTAVAIL: "this machine does not have that address; choose another one with --host",
    errno.EACCES: "the system keeps that port for privileged users; choose one from 1024 on with --port",
    errno.EPERM: "the system keeps that port for privileged users; choose one from 1024 on with --port",
    errno.EAFNOSUPPORT: "this machine does not have that kind of address; choose another one with --host",
}


def bind(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine; port 0 is any free one.

    Raises:
        UsageError: If there is no such port.
        ToolkitError: If the system does not let us; the message says which flag to use instead.
    """
    refuse_port(host, port)
    where = _written(host, port)
    try:
        # Names such as localhost have several addresses: IPv4 is what most clients try.
        found = sorted(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM), key=lambda entry: entry[0])
    except (socket.gaierror, UnicodeError):
        msg = f"cannot listen on {where}: no host of that name is known; choose an address of this machine with --host"
        raise ToolkitError(msg) from None
    family, kind, protocol, _, address = found[0]
    try:
        sock = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _refused(where, error) from None
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise _refused(where, error) from None
    return sock


def refuse_port(host: str, port: int) -> None:
    """Refuse a number that no port has: the system would take what is left of it.

    Raises:
        UsageError: If it is none.
    """
    if not 0 <= port <= LAST_PORT:
        msg = (
            f"cannot listen on {_written(host, port)}: ports go from 1 to {LAST_PORT}; choose one of them with --port, "
            "or --port 0 for any free one"
        )
        raise UsageError(msg)


def _written(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def siblings(sock: socket.socket, count: int) -> list[socket.socket]:
    """Listen so many more times where a socket listens; the system spreads what comes over all of them.

    The first one is bound alone, so that a port in use is noticed; only sockets of this user can join it from here on.

    Raises:
        ToolkitError: If the system does not let us.
    """
    made: list[socket.socket] = []
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        for _ in range(count):
            made.append(socket.socket(sock.family, sock.type, sock.proto))
            made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            made[-1].bind(sock.getsockname())
            made[-1].listen(BACKLOG)
    except OSError as error:
        for each in made:
            each.close()
        raise _refused(_written(*address_of(sock)), error) from None
    return made


def _refused(where: str, error: OSError) -> ToolkitError:
    reason = _REASONS.get(error.errno or 0, f"{error.strerror}; choose another address with --host or --port")
    return ToolkitError(f"cannot listen on {where}: {reason}")


def address_of(sock: socket.socket) -> tuple[str, int]:
    """Give the address and the real port of a listening socket."""
    host, port = sock.getsockname()[:2]
    return host, port


def url_of(sock: socket.socket) -> str:
    """Give the URL of a listening socket, with its real port."""
    return f"http://{_written(*address_of(sock))}"


def is_loopback(sock: socket.socket) -> bool:
    """Tell whether only this machine can reach a listening socket."""
    return ipaddress.ip_address(address_of(sock)[0].partition("%")[0]).is_loopback


def is_everywhere(sock: socket.socket) -> bool:
    """Tell whether a listening socket is on every address of this machine."""
    return ipaddress.ip_address(address_of(sock)[0].partition("%")[0]).is_unspecified
