"""Credentials from files: headers, a user with a password, netrc, and the key of pseudonyms.

No message shows anything of what is in a file but the number of a line. A file that other users of the machine can
read is used, with a warning.
"""

from __future__ import annotations

import netrc
import re
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from toolkit.errors import UsageError
from toolkit.recorder.access import Access, Login
from toolkit.recorder.proxies import proxy_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from toolkit.recorder.address import Address

_MOST: Final = 64 * 1024
_KEY_LEAST: Final = 16
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE: Final = re.compile(r"[\x20-\x7e]+")
_OURS: Final = frozenset(
    {
        "accept-encoding", "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te",
        "trailer", "transfer-encoding", "upgrade", "x-http-method", "x-http-method-override", "x-method-override",
    }
)  # fmt: skip
"""Headers that change what a request is, or where it goes."""

_INSECURE: Final = (
    "WARNING: --insecure: nobody checks that this is really the cluster.",
    "WARNING: Whoever is in between can read what is sent, credentials too,",
    "WARNING: and can forge what it answers. A recording says so. Better: --ca FILE.",
)


class Named(NamedTuple):
    """The files a person named, and the choice not to look at certificates."""

    header_file: Path | None = None
    basic_auth_file: Path | None = None
    ca: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    insecure: bool = False


def open_access(address: Address, named: Named, environment: Mapping[str, str], warn: Callable[[str], None]) -> Access:
    """Gather what a cluster is to be shown.

    Args:
        address: The cluster's.
        named: What was asked for.
        environment: For the proxy variables, `NETRC` and `HOME`. Netrc counts where no other credentials are named.
        warn: Takes lines about what is unsafe.

    Raises:
        UsageError: If a file cannot be used, or two of them say different things.
    """
    if named.client_key is not None and named.client_cert is None:
        msg = "cannot use --client-key without --client-cert: a key goes with a certificate; name both"
        raise UsageError(msg)
    headers = read_headers(named.header_file, warn) if named.header_file else {}
    login = read_login(named.basic_auth_file, warn) if named.basic_auth_file else None
    if login is not None and any(name.lower() == "authorization" for name in headers):
        msg = f"cannot use --basic-auth-file: {named.header_file} has an Authorization header too; keep one of them"
        raise UsageError(msg)
    if named.header_file is None and named.basic_auth_file is None:
        login = read_netrc(address.base.host, environment, warn)
    for key in (named.client_key or named.client_cert,):
        if key is not None:
            _check_private(key, warn)
    if named.insecure:
        for line in _INSECURE:
            warn(line)
    return Access(
        headers=headers,
        login=login,
        ca=named.ca,
        client_cert=named.client_cert,
        client_key=named.client_key,
        insecure=named.insecure,
        proxy=proxy_for(address.base, environment),
    )


def read_headers(file: Path, warn: Callable[[str], None]) -> dict[str, str]:
    """Read lines `Name: value`; empty lines, and lines that begin with `#`, do not count.

    Raises:
        UsageError: If it cannot be read, or a line is no header that a recording may send.
    """
    headers: dict[str, str] = {}
    for number, line in enumerate(_text(file, warn).split("\n"), 1):
        line = line.removesuffix("\r")  # noqa: PLW2901 - the same line, without its end
        if not line.strip() or line.startswith("#"):
            continue
        name, colon, value = line.partition(":")
        value = value.strip()
        if not colon or not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            _refuse(file, number, "it is no header; write it like `Name: value`, in ASCII")
        if name.lower() in _OURS:
            _refuse(file, number, "this header changes what is asked for, or where; leave it out")
        if name.lower() in {known.lower() for known in headers}:
            _refuse(file, number, "the header of this name is there already; keep one of them")
        headers[name] = value
    if not headers:
        msg = f"cannot use {file}: there is no header in it; write lines like `Name: value`"
        raise UsageError(msg)
    return headers


def read_login(file: Path, warn: Callable[[str], None]) -> Login:
    """Read the one line `user:password`; the password may have colons and blanks.

    Raises:
        UsageError: If it cannot be read, or is something else.
    """
    line, *more = _text(file, warn).removesuffix("\n").removesuffix("\r").split("\n")
    user, colon, password = line.partition(":")
    if more or not colon or not user or not line.isprintable():
        _refuse(file, len(more) + 1, "a user and a password are one line; write it like `user:password`")
    return user, password


def read_netrc(host: str, environment: Mapping[str, str], warn: Callable[[str], None]) -> Login | None:
    """Find a host's user and password in the file `$NETRC`, or else in `~/.netrc`; `None` if there are none.

    Raises:
        UsageError: If a file that names the host cannot be read as netrc.
    """
    if environment.get("NETRC"):
        file = Path(environment["NETRC"])
    elif environment.get("HOME"):
        file = Path(environment["HOME"], ".netrc")
    else:
        return None
    try:
        content = file.read_bytes()
    except OSError:
        # Nobody asked for this file in so many words: without it, the cluster says whether credentials are needed.
        return None
    try:
        found = netrc.netrc(file).authenticators(host)
    except (netrc.NetrcParseError, ValueError) as error:
        if not {host.encode(), b"default"} & set(content.split()):
            return None
        line = getattr(error, "lineno", None)
        where = f"{file}, line {line}" if line else file
        msg = (
            f"cannot read the credentials for {host} in {where}: this is not netrc's form; "
            "correct it, or name another file with --basic-auth-file"
        )
        raise UsageError(msg) from None
    if found is None or not (found[0] or found[2]):
        return None
    _check_private(file, warn)
    return found[0], found[2]


def read_key(file: Path, warn: Callable[[str], None]) -> bytes:
    """Read the key of pseudonyms: the file's bytes, but for a line end after them.

    Raises:
        UsageError: If it cannot be read, or has fewer than 16 bytes.
    """
    key = _content(file, warn).removesuffix(b"\n").removesuffix(b"\r")
    if len(key) < _KEY_LEAST:
        msg = (
            f"cannot use the key in {file}: it has {len(key)} bytes, and a key has at least {_KEY_LEAST}; "
            f"make one with `openssl rand -hex 32`"
        )
        raise UsageError(msg)
    return key


def _refuse(file: Path, number: int, why: str) -> None:
    msg = f"cannot use {file}, line {number}: {why}"
    raise UsageError(msg)


def _text(file: Path, warn: Callable[[str], None]) -> str:
    try:
        return _content(file, warn).decode()
    except UnicodeDecodeError:
        msg = f"cannot use {file}: it is not UTF-8; write it as plain text"
        raise UsageError(msg) from None


def _content(file: Path, warn: Callable[[str], None]) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(_MOST + 1)
    except OSError as error:
        why = (error.strerror or "it cannot be read").lower()
        msg = f"cannot read {file}: {why}; check the path"
        raise UsageError(msg) from None
    if len(content) > _MOST:
        msg = f"cannot use {file}: it is larger than {_MOST:,} bytes; name the file with the secret alone"
        raise UsageError(msg)
    _check_private(file, warn)
    return content


def _check_private(file: Path, warn: Callable[[str], None]) -> None:
    try:
        found = file.stat()
    except OSError:
        return
    if stat.S_ISREG(found.st_mode) and found.st_mode & (stat.S_IRGRP | stat.S_IROTH):
        warn(f"warning: {file} holds a secret and other users can read it; chmod 600 {file}")
